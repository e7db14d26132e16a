// SPDX-License-Identifier: MIT
#include "register_bench.hpp"

#include <iio/driver/registers.hpp>
#include <numeric>

namespace registers_test {

namespace {

using namespace iio;
using Write = RegisterChip::Write;
using Writes = std::vector<Write>;

const Supplies no_supplies;

/// An adapter that knows SMBus only, and a FIFO at one register.
class FifoChip : public I2cClient {
public:
    explicit FifoChip(std::size_t most) : most_{most} {}
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        registers_read.push_back(messages[0].out()[0]);
        for (std::uint8_t &byte : messages[1].in())
            byte = next_++;
        return {};
    }
    std::size_t most_read_at_once() const override { return most_; }
    mutable std::vector<unsigned> registers_read;

private:
    const std::size_t most_;
    mutable std::uint8_t next_ = 0;
};

/// What goes out on SPI, and 0x5a for all that comes in.
class SpiLog : public SpiDevice {
public:
    Result<void> transfer(std::span<const SpiTransfer> transfers) const override
    {
        for (const SpiTransfer &transfer : transfers) {
            sent.insert(sent.end(), transfer.out.begin(), transfer.out.end());
            std::ranges::fill(transfer.in, std::uint8_t{0x5a});
        }
        return {};
    }
    mutable std::vector<unsigned> sent;
};

constexpr Field low{0x10, 0x0f};
constexpr Field high{0x10, 0xf0};
constexpr Field other{0x11, 0xff};

} // namespace

TEST_CASE("the highest of a number's bits is its sign")
{
    CHECK(sign_extend(0x1fff, 13) == -1);
    CHECK(sign_extend(0x1000, 13) == -4096);
    CHECK(sign_extend(0x0fff, 13) == 4095);
}

TEST_CASE("a field is set among its neighbours, and written only where that changes something")
{
    RegisterChip chip;
    chip.set(0x10, 0x37);
    const Registers registers{Hardware{"part", chip, no_supplies}};
    REQUIRE(registers.set(high, 5));
    CHECK(chip.take_writes() == Writes{{0x10, 0x57}});
    REQUIRE(registers.set(low, 7));
    CHECK(chip.take_writes().empty());
    REQUIRE(registers.set(Field{}, 3));
    CHECK(chip.take_writes().empty());
}

TEST_CASE("what was read once is not read again until the registers are forgotten")
{
    RegisterChip chip;
    const Registers registers{Hardware{"part", chip, no_supplies}};
    REQUIRE(registers.set(low, 1));
    chip.set(0x10, 0xf0);
    REQUIRE(registers.set(low, 2));
    CHECK(chip.get(0x10) == 0x02);
    registers.forget();
    chip.set(0x10, 0xf0);
    REQUIRE(registers.set(low, 3));
    CHECK(chip.get(0x10) == 0xf3);
}

TEST_CASE("values that follow one another in a register are one write")
{
    RegisterChip chip;
    const Registers registers{Hardware{"part", chip, no_supplies}};
    const std::array values{FieldValue{low, 1}, FieldValue{high, 2}, FieldValue{other, 3}};
    REQUIRE(registers.set(values));
    CHECK(chip.take_writes() == Writes{{0x10, 0x21}, {0x11, 0x03}});
}

TEST_CASE("an order is always written and never remembered")
{
    RegisterChip chip;
    const Registers registers{Hardware{"part", chip, no_supplies}};
    REQUIRE(registers.set(low, 1));
    (void)chip.take_writes();
    chip.set(0x10, 0x81);
    REQUIRE(registers.order({low, 1}));
    CHECK(chip.take_writes() == Writes{{0x10, 0x81}});
    chip.set(0x10, 0x40);
    REQUIRE(registers.set(low, 1));
    CHECK(chip.take_writes() == Writes{{0x10, 0x41}});
    // A whole register needs no read.
    chip.fail_transfer(2);
    REQUIRE(registers.order({other, 0xb6}));
    CHECK(chip.take_writes() == Writes{{0x11, 0xb6}});
}

TEST_CASE("a write that fails leaves nothing remembered that the part may not hold")
{
    RegisterChip chip;
    const Registers registers{Hardware{"part", chip, no_supplies}};
    chip.fail_transfer(2);
    CHECK(registers.set(low, 5).error() == Errno{EREMOTEIO});
    REQUIRE(registers.set(low, 5));
    CHECK(chip.get(0x10) == 5);
}

TEST_CASE("words of 16 bits are read and written in the part's byte order")
{
    RegisterChip chip;
    chip.set(0x01, 0x12);
    chip.set(0x02, 0x34);
    const Hardware hardware{"part", chip, no_supplies};
    CHECK(Registers(hardware, {.word_bytes = 2}).read(1) == 0x1234u);
    CHECK(Registers(hardware, {.word_bytes = 2, .order = Endian::little}).read(1) == 0x3412u);
    REQUIRE(Registers(hardware, {.word_bytes = 2, .order = Endian::little}).write(1, 0xabcd));
    CHECK(chip.take_writes() == Writes{{1, 0xcd}, {2, 0xab}});
}

TEST_CASE("dummy bytes before what is read on I2C are left out, and count for the adapter")
{
    const FifoChip chip{8};
    const Registers registers{Hardware{"part", chip, no_supplies},
                              {.word_bytes = 2, .order = Endian::little, .i2c_dummy_bytes = 2}};
    CHECK(registers.read(0x10) == 0x0302u);
    std::array<std::uint8_t, 6> burst{};
    REQUIRE(registers.read_burst(0x10, burst));
    CHECK(burst == std::array<std::uint8_t, 6>{6, 7, 8, 9, 10, 11});
    std::array<std::uint8_t, 7> longer{};
    CHECK(registers.read_burst(0x10, longer).error().value() == EOPNOTSUPP);
    std::vector<unsigned> taken;
    REQUIRE(registers.drain(0x11, 4, 3, [&](const auto &entry) { taken.push_back(entry[0]); }));
    CHECK(taken == std::vector<unsigned>{14, 17, 22, 25}); // two entries a transaction
}

TEST_CASE("on SPI a read and a write of several registers carry the part's flags")
{
    SpiLog spi;
    const Registers registers{Hardware{"part", spi, no_supplies},
                              {.read_flag = 0x80, .dummy_bytes = 1, .spi_increment = 0x40}};
    CHECK(registers.read(0x12) == 0x5au);
    CHECK(spi.sent == std::vector<unsigned>{0xd2, 0x00});
    spi.sent.clear();
    REQUIRE(registers.write(0x12, 7));
    CHECK(spi.sent == std::vector<unsigned>{0x12, 7});
    spi.sent.clear();
    REQUIRE(registers.write_burst(0x12, std::array<std::uint8_t, 2>{1, 2}));
    CHECK(spi.sent == std::vector<unsigned>{0x52, 1, 2});
}

TEST_CASE("a register above 0x7f is written on SPI as the datasheets' tables mean it")
{
    SpiLog spi;
    const Registers registers{Hardware{"part", spi, no_supplies}};
    CHECK(registers.read(0xf4) == 0x5au);
    REQUIRE(registers.write(0xf4, 7));
    CHECK(spi.sent == std::vector<unsigned>{0xf4, 0x74, 7});
}

TEST_CASE("a register's number on SPI may begin above the flags")
{
    SpiLog spi;
    const Registers registers{Hardware{"part", spi, no_supplies},
                              {.read_flag = 1, .spi_address_shift = 1}};
    REQUIRE(registers.read(0x12));
    REQUIRE(registers.write(0x12, 7));
    CHECK(spi.sent == std::vector<unsigned>{0x25, 0x24, 7});
}

TEST_CASE("a register number of two bytes goes out with the high byte first")
{
    SpiLog spi;
    const Registers registers{Hardware{"part", spi, no_supplies}, {.address_bytes = 2}};
    REQUIRE(registers.read(0x0123));
    CHECK(spi.sent == std::vector<unsigned>{0x81, 0x23});
}

TEST_CASE("a FIFO is read in whole entries from one register, whatever the adapter reads at once")
{
    const FifoChip chip{32};
    const Registers registers{Hardware{"part", chip, no_supplies}};
    std::vector<unsigned> bytes;
    const auto take = [&](std::span<const std::uint8_t> entry) {
        REQUIRE(entry.size() == 7);
        bytes.insert(bytes.end(), entry.begin(), entry.end());
    };
    REQUIRE(registers.drain(0x3f, 10, 7, take));
    CHECK(chip.registers_read == std::vector<unsigned>{0x3f, 0x3f, 0x3f});
    std::vector<unsigned> expected(70);
    std::iota(expected.begin(), expected.end(), 0U);
    CHECK(bytes == expected);
    CHECK(registers.drain(0x3f, 1, 33, take).error() == Errno{EOPNOTSUPP});
    REQUIRE(registers.drain(0x3f, 0, 7, take));
    CHECK(chip.registers_read.size() == 3);
}

TEST_CASE("a burst that the adapter would split is refused: its bytes would not be of one moment")
{
    const FifoChip chip{4};
    const Registers registers{Hardware{"part", chip, no_supplies}};
    CHECK(registers.burst<std::array<std::uint8_t, 4>>(0x10));
    CHECK(registers.burst<std::array<std::uint8_t, 6>>(0x10).error() == Errno{EOPNOTSUPP});
}

TEST_CASE("a burst is a struct of the bytes and words that stand in the registers")
{
    struct Calibration {
        LeU16 first;
        BeS16 second;
        std::int8_t third;
        BeU24 fourth;
        LeS16 fifth;
    };
    RegisterChip chip;
    constexpr std::array<unsigned, 10> held{0x34, 0xff, 0xff, 0xfe, 0x80, 0x81, 0, 1, 2, 0x80};
    for (std::size_t i = 0; i < held.size(); ++i)
        chip.set(static_cast<std::uint8_t>(0x20 + i), held[i]);
    const Registers registers{Hardware{"part", chip, no_supplies}};
    const auto all = registers.burst<Calibration>(0x20);
    REQUIRE(all);
    CHECK(all->first == 0xff34);
    CHECK(all->second == -2);
    CHECK(all->third == -128);
    CHECK(all->fourth == 0x81'0001);
    CHECK(all->fifth == -32'766);
    const auto begin = registers.burst<Calibration>(0x20, 4);
    CHECK(begin->second == -2);
    CHECK(begin->third == 0);
}

TEST_CASE("a sample is cut out of its bytes as its scan type says")
{
    constexpr std::array<std::uint8_t, 2> bytes{0xf8, 0x7f};
    CHECK(sample_of(ScanType::of_signed(12, 16, 4, Endian::big), bytes) == -121);
    CHECK(sample_of(ScanType::of_unsigned(12, 16, 4, Endian::big), bytes) == 0xf87);
    CHECK(sample_of(ScanType::of_unsigned(8, 16, 4, Endian::little), bytes) == 0xff);
    CHECK(sample_of(ScanType::of_signed(16, 16, 0, Endian::little), bytes) == 0x7ff8);
}

} // namespace registers_test
