// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <iio/driver/commands.hpp>
#include <sim/simulated_timing.hpp>
#include <vector>

namespace commands_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;
using Octets = std::vector<std::uint8_t>;

const Supplies no_supplies;

/// Keeps what was written; gives `answer`.
class CommandChip : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        const auto out = messages[0].out();
        written.emplace_back(out.begin(), out.end());
        if (messages[0].is_read())
            std::ranges::copy(std::span{answer}.first(messages[0].in().size()),
                              messages[0].in().begin());
        return {};
    }
    Octets answer{};
    mutable std::vector<Octets> written;
};

} // namespace

TEST_CASE("the check byte is the datasheets' example: 0xbeef has 0x92")
{
    CHECK(Crc8{}.of(Octets{0xbe, 0xef}) == 0x92);
    CHECK(Crc8{}.of(Octets{0x00}) == 0xac);
}

TEST_CASE("a command goes out with its words, each with a check byte")
{
    const CommandChip chip;
    const Commands commands{Hardware{"part", chip, no_supplies}};
    REQUIRE(commands.send(0x2032, std::array<std::uint16_t, 1>{0xbeef}));
    CHECK(chip.written.at(0) == Octets{0x20, 0x32, 0xbe, 0xef, 0x92});
    const Commands short_ones{Hardware{"part", chip, no_supplies}, {.command_bytes = 1}};
    REQUIRE(short_ones.send(0xfd));
    CHECK(chip.written.back() == Octets{0xfd});
}

TEST_CASE("an answer with a wrong check byte is EIO, whichever word it is of")
{
    CommandChip chip;
    chip.answer = {0xbe, 0xef, 0x92, 0xbe, 0xef, 0x92};
    const Commands commands{Hardware{"part", chip, no_supplies}};
    CHECK(commands.ask<2>(0x0f12) == std::array<std::uint16_t, 2>{0xbeef, 0xbeef});
    chip.answer[5] ^= 1;
    CHECK(commands.ask<2>(0x0f12).error() == Errno{EIO});
    CHECK(commands.ask<1>(0x0f12) == std::array<std::uint16_t, 1>{0xbeef});
}

TEST_CASE("an answer is read after the part's time, which the board keeps")
{
    CommandChip chip;
    chip.answer = {0xbe, 0xef, 0x92};
    const sim::SimulatedTiming timing;
    const auto hardware = Hardware{"part", chip, no_supplies}.with_timing(timing);
    const auto before = timing.now();
    REQUIRE(Commands{hardware}.ask<1>(0x0f12, 10min));
    CHECK(timing.now() - before >= 10min);
}

} // namespace commands_test
