// SPDX-License-Identifier: MIT
//
// What the real buses say without a bus: files that are no nodes, refused
// arguments, bounded waits. Their transfers are tested in guest kernels
// (tests/guest).
#include "bus/i2cdev.hpp"
#include "bus/smbus.hpp"
#include "bus/spidev.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <linux/i2c.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace bus_test {

using namespace iio;
using namespace iio::bus;
using namespace std::chrono_literals;

namespace {

class TemporaryFile {
public:
    TemporaryFile() { ::close(::mkstemp(path_.data())); }
    ~TemporaryFile() { ::unlink(path_.c_str()); }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    [[nodiscard]] const std::string &path() const { return path_; }

private:
    std::string path_ = "/tmp/bus_test.XXXXXX";
};

const std::string missing = "/tmp/bus_test.missing/node";

// On a node that was never opened a call that the adapter knows ends in EBADF,
// which tells the calls that are made from those that are not.
int smbus_error(unsigned long functions, std::span<const I2cMessage> messages)
{
    Node node{missing};
    const auto result = Smbus{node, functions, transaction_deadline()}.transfer(messages);
    return result ? 0 : result.error().value();
}

int smbus_write(unsigned long functions, std::size_t bytes)
{
    const std::vector<std::uint8_t> out(bytes);
    return smbus_error(functions, std::array{I2cMessage::write(out)});
}

int smbus_read(unsigned long functions, std::uint8_t reg, std::size_t bytes)
{
    const std::array pointer{reg};
    std::vector<std::uint8_t> in(bytes);
    return smbus_error(functions, std::array{I2cMessage::write(pointer), I2cMessage::read(in)});
}

int smbus_plain_read(unsigned long functions, std::size_t bytes)
{
    std::vector<std::uint8_t> in(bytes);
    return smbus_error(functions, std::array{I2cMessage::read(in)});
}

constexpr unsigned long every_function_but(unsigned long function) { return ~function; }
constexpr unsigned long every_function = every_function_but(I2C_FUNC_I2C);

} // namespace

TEST_CASE("a bus node that does not exist is ENOENT")
{
    CHECK(I2cAdapter::open(missing).error() == Errno{ENOENT});
    CHECK(SpidevDevice::open(missing, {}).error() == Errno{ENOENT});
}

TEST_CASE("a file that is no bus node is ENOTTY")
{
    const TemporaryFile file;
    CHECK(I2cAdapter::open(file.path()).error() == Errno{ENOTTY});
    CHECK(SpidevDevice::open(file.path(), {}).error() == Errno{ENOTTY});
    CHECK(I2cAdapter::open("/dev/null").error() == Errno{ENOTTY});
    CHECK(SpidevDevice::open("/dev/null", {}).error() == Errno{ENOTTY});
}

TEST_CASE("an address that no chip may have is EINVAL before the adapter is asked")
{
    for (const unsigned address : {0x00U, 0x02U, 0x78U, 0x7fU, 0x80U, 0x103U, ~0U})
        CHECK(I2cDevClient::create(nullptr, address).error() == Errno{EINVAL});
}

TEST_CASE("an SPI mode above 3 is EINVAL before the node is opened")
{
    CHECK(SpidevDevice::open(missing, {.mode = 4}).error() == Errno{EINVAL});
    CHECK(SpidevDevice::open(missing, {.mode = 3}).error() == Errno{ENOENT});
}

TEST_CASE("a node that was there before and is not any more is ENODEV")
{
    Node node{missing};
    CHECK(node.open().error() == Errno{ENOENT});
    CHECK(node.reopen().error() == Errno{ENODEV});
}

TEST_CASE("an SMBus adapter refuses what no SMBus call carries")
{
    CHECK(smbus_write(every_function, 0) == EOPNOTSUPP);
    CHECK(smbus_plain_read(every_function, 2) == EOPNOTSUPP);
    CHECK(smbus_plain_read(every_function, 5) == EOPNOTSUPP);
    CHECK(smbus_write(every_function, 1 + I2C_SMBUS_BLOCK_MAX + 1) == EOPNOTSUPP);

    const std::array<std::uint8_t, 2> out{};
    std::array<std::uint8_t, 1> in{};
    const auto write = I2cMessage::write(out);
    const auto read = I2cMessage::read(in);
    CHECK(smbus_error(every_function, std::array{write, read}) == EOPNOTSUPP);
    CHECK(smbus_error(every_function, std::array{write, write}) == EOPNOTSUPP);
    CHECK(smbus_error(every_function, std::array{read, write}) == EOPNOTSUPP);
    CHECK(smbus_error(every_function, std::array{write, read, read}) == EOPNOTSUPP);
}

TEST_CASE("an SMBus adapter is asked for a write only in a call that it knows")
{
    CHECK(smbus_write(I2C_FUNC_SMBUS_WRITE_BYTE, 1) == EBADF);
    CHECK(smbus_write(every_function_but(I2C_FUNC_SMBUS_WRITE_BYTE), 1) == EOPNOTSUPP);
    CHECK(smbus_write(I2C_FUNC_SMBUS_WRITE_BYTE_DATA, 2) == EBADF);
    CHECK(smbus_write(I2C_FUNC_SMBUS_WRITE_BYTE_DATA, 3) == EOPNOTSUPP);
    CHECK(smbus_write(I2C_FUNC_SMBUS_WRITE_WORD_DATA, 3) == EBADF);
    CHECK(smbus_write(I2C_FUNC_SMBUS_WRITE_WORD_DATA, 2) == EOPNOTSUPP);
    for (const std::size_t bytes : {2U, 3U, 4U, 33U})
        CHECK(smbus_write(I2C_FUNC_SMBUS_WRITE_I2C_BLOCK, bytes) == EBADF);
    CHECK(smbus_plain_read(I2C_FUNC_SMBUS_READ_BYTE, 1) == EBADF);
    CHECK(smbus_plain_read(every_function_but(I2C_FUNC_SMBUS_READ_BYTE), 1) == EOPNOTSUPP);
}

TEST_CASE("an SMBus read of two bytes is one call or none, a longer one may be several")
{
    CHECK(smbus_read(I2C_FUNC_SMBUS_READ_BYTE_DATA, 0, 2) == EOPNOTSUPP);
    CHECK(smbus_read(I2C_FUNC_SMBUS_READ_WORD_DATA, 0, 2) == EBADF);
    CHECK(smbus_read(I2C_FUNC_SMBUS_READ_I2C_BLOCK, 0, 2) == EBADF);
    for (const std::size_t bytes : {1U, 3U, 24U, 32U, 33U, 256U})
        CHECK(smbus_read(I2C_FUNC_SMBUS_READ_BYTE_DATA, 0, bytes) == EBADF);
    CHECK(smbus_read(0, 0, 3) == EOPNOTSUPP);
}

TEST_CASE("an SMBus read in several calls does not run past the last register")
{
    CHECK(smbus_read(I2C_FUNC_SMBUS_READ_BYTE_DATA, 0xfd, 3) == EBADF);
    CHECK(smbus_read(I2C_FUNC_SMBUS_READ_BYTE_DATA, 0xfe, 3) == EOPNOTSUPP);
    CHECK(smbus_read(I2C_FUNC_SMBUS_READ_I2C_BLOCK, 0xfe, 3) == EBADF);
}

TEST_CASE("the wait for a bus that is held ends at its deadline")
{
    TimedMutex mutex;
    const std::unique_lock held{mutex};
    const auto begin = std::chrono::steady_clock::now();
    std::thread{[&] {
        const std::unique_lock turn{mutex, begin + 50ms};
        CHECK_FALSE(turn.owns_lock());
    }}.join();
    const auto waited = std::chrono::steady_clock::now() - begin;
    CHECK(waited >= 50ms);
    CHECK(waited < transaction_bound);
}

TEST_CASE("turns on a bus exclude each other and everybody gets one")
{
    constexpr int threads = 4;
    constexpr int turns = 500;
    TimedMutex mutex;
    int taken = 0;
    std::atomic<int> late = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i)
        workers.emplace_back([&] {
            for (int n = 0; n < turns; ++n) {
                const std::unique_lock turn{mutex, std::chrono::steady_clock::now() + 30s};
                turn.owns_lock() ? ++taken : ++late;
            }
        });
    for (std::thread &worker : workers)
        worker.join();
    CHECK(late == 0);
    CHECK(taken == threads * turns);
}

} // namespace bus_test
