// SPDX-License-Identifier: MIT
//
// cuse_spidev: a spidev node in user space (CUSE), with a simulated chip behind
// it. For guest kernels that have CUSE and no SPI controller.
//
//     cuse_spidev NAME CHIP.json      serves /dev/NAME until a signal ends it
//
// Modes 0 and 3 and words of 8 bits are all it takes. Source: Linux,
// <linux/spi/spidev.h>; libfuse, cuse_lowlevel.h and fuse_reply_ioctl_retry().
#define FUSE_USE_VERSION 35

#include "sim/simulated.hpp"

#include <cuse_lowlevel.h>

#include <cstring>
#include <iostream>
#include <linux/spi/spidev.h>
#include <numeric>
#include <sys/uio.h>

namespace {

using namespace iio;

struct Served {
    explicit Served(const sim::ChipFile &chip) : chip_bus{chip} {}
    sim::SimulatedBus chip_bus;
    std::uint32_t mode = 0;
    std::uint8_t bits_per_word = 8;
    std::uint32_t speed_hz = 1'000'000;
};

Served &served(fuse_req_t request) { return *static_cast<Served *>(fuse_req_userdata(request)); }

/// The client's address of a buffer, as its spi_ioc_transfer has it.
void *client_address(std::uint64_t address)
{
    return reinterpret_cast<void *>(static_cast<std::uintptr_t>(address));
}

// A request of unrestricted CUSE comes without data first; the reply says where in the client's
// memory it is, and it comes again with that.
template <class T> void give(fuse_req_t request, void *to, std::size_t room, T value)
{
    const iovec out{to, sizeof(T)};
    if (room < sizeof(T))
        fuse_reply_ioctl_retry(request, nullptr, 0, &out, 1);
    else
        fuse_reply_ioctl(request, 0, &value, sizeof(T));
}

template <class T, class Accept>
void take(fuse_req_t request, void *from, std::span<const std::uint8_t> data, T &into,
          Accept accept)
{
    const iovec in{from, sizeof(T)};
    T value{};
    if (data.size() < sizeof(T)) {
        fuse_reply_ioctl_retry(request, &in, 1, nullptr, 0);
        return;
    }
    std::memcpy(&value, data.data(), sizeof(T));
    if (!accept(value)) {
        fuse_reply_err(request, EINVAL);
        return;
    }
    into = value;
    fuse_reply_ioctl(request, 0, nullptr, 0);
}

template <class T> bool is_mode(T mode) { return mode == SPI_MODE_0 || mode == SPI_MODE_3; }

/// The two sides' buffers of a message, for the retry that asks for their bytes.
struct Buffers {
    std::vector<iovec> in;  // what the client wrote: the array of transfers first
    std::vector<iovec> out; // where what it reads goes
};

std::size_t size_of(std::span<const iovec> buffers)
{
    return std::accumulate(buffers.begin(), buffers.end(), std::size_t{0},
                           [](std::size_t sum, const iovec &one) { return sum + one.iov_len; });
}

Buffers buffers_of(void *message, std::span<const spi_ioc_transfer> transfers)
{
    Buffers buffers{.in = {{message, transfers.size_bytes()}}, .out = {}};
    for (const spi_ioc_transfer &transfer : transfers) {
        if (transfer.tx_buf != 0)
            buffers.in.push_back({client_address(transfer.tx_buf), transfer.len});
        if (transfer.rx_buf != 0)
            buffers.out.push_back({client_address(transfer.rx_buf), transfer.len});
    }
    return buffers;
}

void exchange(fuse_req_t request, std::span<const spi_ioc_transfer> message,
              std::span<const std::uint8_t> written, std::size_t bytes_read)
{
    std::vector<std::uint8_t> read(bytes_read);
    std::span<std::uint8_t> room{read};
    std::vector<SpiTransfer> transfers;
    int clocked = 0;
    for (const spi_ioc_transfer &one : message) {
        SpiTransfer &transfer = transfers.emplace_back(
            SpiTransfer{.cs_change = one.cs_change != 0, .delay_us = one.delay_usecs});
        if (one.tx_buf != 0) {
            transfer.out = written.first(one.len);
            written = written.subspan(one.len);
        }
        if (one.rx_buf != 0) {
            transfer.in = room.first(one.len);
            room = room.subspan(one.len);
        }
        clocked += static_cast<int>(one.len);
    }
    if (const auto done = served(request).chip_bus.spi(transfers); !done)
        fuse_reply_err(request, done.error().value());
    else
        fuse_reply_ioctl(request, clocked, read.data(), read.size());
}

void transfer(fuse_req_t request, void *message, std::size_t count,
              std::span<const std::uint8_t> data, std::size_t room)
{
    std::vector<spi_ioc_transfer> transfers(count);
    const std::size_t array_bytes = count * sizeof(spi_ioc_transfer);
    const iovec array{message, array_bytes};
    if (data.size() < array_bytes) {
        fuse_reply_ioctl_retry(request, &array, 1, nullptr, 0);
        return;
    }
    std::memcpy(transfers.data(), data.data(), array_bytes);
    const Buffers buffers = buffers_of(message, transfers);
    if (data.size() == size_of(buffers.in) && room == size_of(buffers.out))
        exchange(request, transfers, data.subspan(array_bytes), room);
    else
        fuse_reply_ioctl_retry(request, buffers.in.data(), buffers.in.size(), buffers.out.data(),
                               buffers.out.size());
}

void on_open(fuse_req_t request, fuse_file_info *file) { fuse_reply_open(request, file); }

void on_ioctl(fuse_req_t request, int number, void *argument, fuse_file_info * /*file*/,
              unsigned /*flags*/, const void *in, std::size_t in_bytes, std::size_t out_bytes)
{
    const std::span data{static_cast<const std::uint8_t *>(in), in_bytes};
    const auto command = static_cast<unsigned>(number);
    Served &node = served(request);
    switch (command) {
    case SPI_IOC_RD_MODE:
        return give(request, argument, out_bytes, static_cast<std::uint8_t>(node.mode));
    case SPI_IOC_RD_MODE32:
        return give(request, argument, out_bytes, node.mode);
    case SPI_IOC_RD_BITS_PER_WORD:
        return give(request, argument, out_bytes, node.bits_per_word);
    case SPI_IOC_RD_MAX_SPEED_HZ:
        return give(request, argument, out_bytes, node.speed_hz);
    case SPI_IOC_WR_MODE32:
        return take(request, argument, data, node.mode, is_mode<std::uint32_t>);
    case SPI_IOC_WR_BITS_PER_WORD:
        return take(request, argument, data, node.bits_per_word,
                    [](std::uint8_t bits) { return bits == 0 || bits == 8; });
    case SPI_IOC_WR_MAX_SPEED_HZ:
        return take(request, argument, data, node.speed_hz,
                    [](std::uint32_t hz) { return hz > 0; });
    default:
        break;
    }
    const std::size_t message_bytes = _IOC_SIZE(command);
    if (_IOC_TYPE(command) != SPI_IOC_MAGIC || _IOC_NR(command) != _IOC_NR(SPI_IOC_MESSAGE(1)) ||
        message_bytes % sizeof(spi_ioc_transfer) != 0)
        fuse_reply_err(request, ENOTTY);
    else
        transfer(request, argument, message_bytes / sizeof(spi_ioc_transfer), data, out_bytes);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::cerr << "usage: cuse_spidev NAME CHIP.json\n";
        return 2;
    }
    const auto chip = sim::ChipFile::load(argv[2]);
    if (!chip) {
        std::cerr << chip.error() << '\n';
        return 1;
    }
    Served node{*chip};
    const std::string name = std::string{"DEVNAME="} + argv[1];
    const char *device[] = {name.c_str()};
    cuse_info info{};
    info.dev_info_argc = 1;
    info.dev_info_argv = device;
    info.flags = CUSE_UNRESTRICTED_IOCTL;
    cuse_lowlevel_ops operations{};
    operations.open = on_open;
    operations.ioctl = on_ioctl;
    char foreground[] = "-f";
    char single_threaded[] = "-s";
    char *arguments[] = {argv[0], foreground, single_threaded, nullptr};
    return cuse_lowlevel_main(3, arguments, &info, &operations, &node);
}
