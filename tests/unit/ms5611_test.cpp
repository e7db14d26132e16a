// SPDX-License-Identifier: MIT
//
// What the recordings of the MS5611 do not show: a PROM that checks wrong, a conversion
// that the part has not made, and the cold.
#include "device_bench.hpp"

namespace ms5611_test {

namespace {

using namespace iio;

class FakeMs5611 final : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        for (const I2cMessage &message : messages) {
            if (!message.is_read()) {
                command_ = message.out()[0];
                if (command_ >> 4 == 4)
                    adc_ = D1;
                if (command_ >> 4 == 5)
                    adc_ = D2;
                continue;
            }
            const unsigned word = command_ == 0 ? adc_ : prom[(command_ & 0xf) / 2];
            for (std::size_t i = 0; i < message.in().size(); ++i)
                message.in()[i] =
                    static_cast<std::uint8_t>(word >> 8 * (message.in().size() - 1 - i));
        }
        return {};
    }

    std::array<unsigned, 8> prom{0x004d, 0x9cbf, 0x903c, 0x5b15, 0x5af2, 0x82b8, 0x6e98, 0x3f05};
    unsigned D1 = 0x8aa21a;
    unsigned D2 = 0x82c13e;

private:
    mutable std::uint8_t command_ = 0;
    mutable unsigned adc_ = 0;
};

struct Bench : OnChip<FakeMs5611>, DeviceBench {};

} // namespace

TEST_CASE("an MS5611 whose PROM checks wrong, or is empty, is not bound")
{
    Bench bench;
    bench.chip.prom[3] ^= 0x100;
    CHECK(bench.bind("ms5611", bench.chip).error().value() == ENODEV);
    bench.chip.prom = {};
    CHECK(bench.bind("ms5611", bench.chip).error().value() == ENODEV);
}

TEST_CASE("an MS5611's conversion that was not made is EIO, and the next one is read")
{
    Bench bench;
    REQUIRE(bench.bind("ms5611", bench.chip));
    const unsigned good = std::exchange(bench.chip.D1, 0U);
    CHECK(bench.read("in_pressure_input") == "EIO");
    bench.chip.D1 = good;
    CHECK(bench.read("in_pressure_input") == "100.009000");
}

TEST_CASE("an MS5611 is compensated in the second order below 20 and below -15 degrees")
{
    Bench bench;
    REQUIRE(bench.bind("ms5611", bench.chip));
    const unsigned at_20 = bench.chip.D2;
    bench.chip.D2 = at_20 - 300'000;
    CHECK(bench.read("in_temp_input") == "9540");
    CHECK(bench.read("in_pressure_input") == "97.971000");
    bench.chip.D2 = at_20 - 1'200'000;
    CHECK(bench.read("in_temp_input") == "-27100");
    CHECK(bench.read("in_pressure_input") == "90.613000");
}

} // namespace ms5611_test
