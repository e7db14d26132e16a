// SPDX-License-Identifier: MIT
//
// The SHT4x on a chip that measures as long as the datasheet says: its values over their
// range, and answers that a check byte proves wrong.
#include "device_bench.hpp"

#include <cmath>
#include <iio/driver/commands.hpp>

namespace sht4x_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;

class FakeSht4x final : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        if (fails)
            return fail(EREMOTEIO);
        const I2cMessage &message = messages[0];
        if (!message.is_read()) {
            command_ = message.out()[0];
            ready_at_ = timing->now() + (command_ == 0xfd ? 8300us : 1000us);
            return {};
        }
        if (timing->now() < ready_at_)
            return fail(ENXIO);
        std::array<std::uint8_t, 6> answer{};
        put(answer, 0, temperature);
        put(answer, 3, humidity);
        if (is_garbled && command_ == 0xfd)
            answer[5] ^= 1;
        std::ranges::copy(std::span{answer}.first(message.in().size()), message.in().begin());
        return {};
    }

    std::uint16_t temperature = 0x64a8;
    std::uint16_t humidity = 0x7559;
    bool fails = false;
    bool is_garbled = false;
    const Timing *timing = &Timing::real();

private:
    static void put(std::array<std::uint8_t, 6> &answer, std::size_t at, unsigned word)
    {
        answer[at] = static_cast<std::uint8_t>(word >> 8);
        answer[at + 1] = static_cast<std::uint8_t>(word);
        answer[at + 2] = Crc8{}.of(std::span{answer}.subspan(at, 2));
    }
    mutable std::uint8_t command_ = 0;
    mutable std::chrono::nanoseconds ready_at_{0};
};

struct Bench : OnChip<FakeSht4x>, DeviceBench {
    Bench()
    {
        chip.timing = &timing;
        REQUIRE(bind("sht4x", chip));
    }
    double value(const std::string &channel) const
    {
        const auto part = [&](const char *info) { return std::stod(read(channel + info)); };
        return (part("_raw") + part("_offset")) * part("_scale");
    }
};

} // namespace

TEST_CASE("an SHT4x measures -45 to 130 degrees Celsius and -6 to 119 % in 65535 steps")
{
    Bench bench;
    for (const unsigned word : {0U, 1U, 0x7fffU, 0x8000U, 0xa5c3U, 0xfffeU, 0xffffU}) {
        bench.chip.temperature = static_cast<std::uint16_t>(word);
        bench.chip.humidity = static_cast<std::uint16_t>(0xffff - word);
        const double part = word / 65535.0;
        CHECK(bench.value("in_temp") == Approx(-45'000 + 175'000 * part).margin(0.001));
        CHECK(bench.value("in_humidityrelative") ==
              Approx(-6'000 + 125'000 * (1 - part)).margin(0.001));
    }
}

TEST_CASE("an SHT4x answer whose check byte is wrong is EIO, and the next one is read")
{
    Bench bench;
    bench.chip.is_garbled = true;
    CHECK(bench.read("in_temp_raw") == "EIO");
    bench.chip.is_garbled = false;
    CHECK(bench.read("in_temp_raw") == "25768");
    CHECK(bench.read("in_humidityrelative_raw") == "30041");
}

TEST_CASE("an SHT4x that does not answer gives the bus's errno until it does")
{
    Bench bench;
    bench.chip.fails = true;
    CHECK(bench.read("in_temp_raw") == "EREMOTEIO");
    bench.chip.fails = false;
    CHECK(bench.read("in_temp_raw") == "25768");
}

} // namespace sht4x_test
