// SPDX-License-Identifier: MIT
//
// What the recordings of the HTU21D do not show: check bytes that are wrong, and how long a
// measurement is waited for.
#include "device_bench.hpp"

#include <map>

namespace htu21_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;

/// Answers after the times of 12 bits of humidity and 14 bits of temperature, or of 11 bits.
class FakeHtu21 final : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        for (const I2cMessage &message : messages) {
            if (!message.is_read()) {
                command_ = message.out()[0];
                if (command_ == 0xe6)
                    user_register_ = message.out()[1];
                ready_at_ = timing->now() + time_of(command_);
                continue;
            }
            if (timing->now() < ready_at_)
                return fail(ENXIO);
            static const std::map<unsigned, std::vector<std::uint8_t>> answers{
                {0xf3, {0x64, 0xd0, 0xd2}},
                {0xf5, {0x6c, 0x22, 0x05}},
                {0xfc, {0x32, 0x00, 0x6b, 0x48, 0x54, 0x04}}};
            if (command_ == 0xe7)
                message.in()[0] = user_register_;
            else
                std::ranges::copy(answers.at(command_), message.in().begin());
            message.in().back() ^= garbled;
        }
        return {};
    }

    std::uint8_t garbled = 0;
    const Timing *timing = &Timing::real();

private:
    std::chrono::nanoseconds time_of(unsigned command) const
    {
        const bool is_short = user_register_ & 0x80;
        if (command == 0xf3)
            return is_short ? 7ms : 50ms;
        return command == 0xf5 ? (is_short ? 8ms : 16ms) : 0ms;
    }
    mutable std::uint8_t command_ = 0;
    mutable std::uint8_t user_register_ = 0x02;
    mutable std::chrono::nanoseconds ready_at_{0};
};

struct Bench : OnChip<FakeHtu21>, DeviceBench {
    Bench() { chip.timing = &timing; }
};

} // namespace

TEST_CASE("an HTU21D's answer whose check byte is wrong is EIO, and the next one is read")
{
    Bench bench;
    REQUIRE(bench.bind("htu21", bench.chip));
    bench.chip.garbled = 1;
    CHECK(bench.read("in_temp_input") == "EIO");
    bench.chip.garbled = 0;
    CHECK(bench.read("in_temp_input") == "22348");
}

TEST_CASE("an HTU21D whose serial number checks wrong is not bound")
{
    Bench bench;
    bench.chip.garbled = 1;
    CHECK(bench.bind("htu21", bench.chip).error().value() == EIO);
}

TEST_CASE("an HTU21D is read after the longest measurement of its resolution")
{
    Bench bench;
    REQUIRE(bench.bind("htu21", bench.chip));
    CHECK(bench.read("in_temp_input") == "22348");
    CHECK(bench.read("in_humidityrelative_input") == "46790");
    CHECK(bench.write("sampling_frequency", "120\n") == "ok");
    CHECK(bench.read("in_temp_input") == "22348");
    CHECK(bench.read("in_humidityrelative_input") == "46790");
}

} // namespace htu21_test
