// SPDX-License-Identifier: MIT
#include "bus/spidev.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <linux/spi/spi.h>
#include <linux/spi/spidev.h>

namespace iio::bus {

namespace {

constexpr std::uint32_t clock_mode = SPI_CPHA | SPI_CPOL;

// The most bytes of one direction in one transaction.
std::size_t buffer_bytes()
{
    std::ifstream parameter{"/sys/module/spidev/parameters/bufsiz"};
    std::size_t bytes = 0;
    return parameter >> bytes ? bytes : 4096;
}

Result<void> set_mode(Node &node, std::uint8_t mode, Deadline deadline)
{
    std::uint32_t before = 0;
    IIO_TRY(node.ioctl(SPI_IOC_RD_MODE32, &before, deadline));
    std::uint32_t wanted = (before & ~clock_mode) | mode;
    IIO_TRY(node.ioctl(SPI_IOC_WR_MODE32, &wanted, deadline));
    std::uint32_t after = 0;
    IIO_TRY(node.ioctl(SPI_IOC_RD_MODE32, &after, deadline));
    return (after & clock_mode) == mode ? Result<void>{} : fail(EINVAL);
}

// 0 is another way to say 8, for spidev too.
Result<void> set_bits_per_word(Node &node, std::uint8_t bits, Deadline deadline)
{
    std::uint8_t wanted = bits == 0 ? 8 : bits;
    IIO_TRY(node.ioctl(SPI_IOC_WR_BITS_PER_WORD, &wanted, deadline));
    std::uint8_t after = 0;
    IIO_TRY(node.ioctl(SPI_IOC_RD_BITS_PER_WORD, &after, deadline));
    return (after == 0 ? 8 : after) == wanted ? Result<void>{} : fail(EINVAL);
}

Result<void> configure(Node &node, const SpiSettings &settings, Deadline deadline)
{
    IIO_TRY(set_mode(node, settings.mode, deadline));
    IIO_TRY(set_bits_per_word(node, settings.bits_per_word, deadline));
    if (settings.speed_hz != 0) {
        std::uint32_t speed_hz = settings.speed_hz;
        IIO_TRY(node.ioctl(SPI_IOC_WR_MAX_SPEED_HZ, &speed_hz, deadline));
    }
    return {};
}

Result<void> check(std::span<const SpiTransfer> transfers, std::size_t buffer_bytes)
{
    if (transfers.empty())
        return fail(EINVAL);
    if (transfers.size() > SpidevDevice::max_transfers)
        return fail(EMSGSIZE);
    std::size_t out_left = buffer_bytes;
    std::size_t in_left = buffer_bytes;
    for (const SpiTransfer &transfer : transfers) {
        const std::size_t out = transfer.out.size();
        const std::size_t in = transfer.in.size();
        if (out != 0 && in != 0 && out != in)
            return fail(EINVAL);
        if (out > out_left || in > in_left)
            return fail(EMSGSIZE);
        out_left -= out;
        in_left -= in;
    }
    return {};
}

// A null buffer is how spidev is told that a transfer is one-sided, whatever the address of an
// empty span.
std::uint64_t buffer_of(const std::uint8_t *data, std::size_t bytes)
{
    return bytes == 0 ? 0 : reinterpret_cast<std::uintptr_t>(data);
}

spi_ioc_transfer to_kernel(const SpiTransfer &transfer)
{
    return {.tx_buf = buffer_of(transfer.out.data(), transfer.out.size()),
            .rx_buf = buffer_of(transfer.in.data(), transfer.in.size()),
            .len = static_cast<std::uint32_t>(std::max(transfer.out.size(), transfer.in.size())),
            .delay_usecs = transfer.delay_us,
            .cs_change = transfer.cs_change};
}

} // namespace

Result<std::unique_ptr<SpidevDevice>> SpidevDevice::open(std::string path,
                                                         const SpiSettings &settings)
{
    if (settings.mode > clock_mode)
        return fail(EINVAL);
    Node node{std::move(path)};
    IIO_TRY(node.open());
    IIO_TRY(configure(node, settings, transaction_deadline()));
    return std::unique_ptr<SpidevDevice>{new SpidevDevice{std::move(node), settings}};
}

SpidevDevice::SpidevDevice(Node node, const SpiSettings &settings)
    : settings_{settings}, buffer_bytes_{buffer_bytes()}, node_{std::move(node)}
{
}

Result<void> SpidevDevice::transfer(std::span<const SpiTransfer> transfers) const
{
    IIO_TRY(check(transfers, buffer_bytes_));
    const Deadline deadline = transaction_deadline();
    const std::unique_lock turn{mutex_, deadline};
    if (!turn)
        return fail(ETIMEDOUT);
    if (!node_.is_open()) {
        IIO_TRY(node_.reopen());
        if (const auto configured = configure(node_, settings_, deadline); !configured) {
            node_.close();
            return fail(configured.error());
        }
    }

    std::array<spi_ioc_transfer, max_transfers> message{};
    for (std::size_t i = 0; i < transfers.size(); ++i)
        message[i] = to_kernel(transfers[i]);
    // SPI_IOC_MESSAGE(n) for an n that is no constant.
    const unsigned long request =
        _IOC(_IOC_WRITE, SPI_IOC_MAGIC, 0, transfers.size() * sizeof(spi_ioc_transfer));
    IIO_TRY(node_.ioctl(request, message.data(), deadline));
    return {};
}

} // namespace iio::bus
