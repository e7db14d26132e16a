// SPDX-License-Identifier: MIT
//
// What the recordings of a TSL2561 do not show: light that saturates it, and events.
#include "device_bench.hpp"

#include <iio/driver.hpp>
#include <sim/simulated.hpp>

namespace tsl2563_test {

using namespace iio;

namespace {

struct Bench : DeviceBench {
    /// What the part counts at TIMING 0x12, 0x02, 0x01 and 0x00.
    explicit Bench(const std::array<int, 4> &counts)
    {
        constexpr std::array timings{"0x12", "0x02", "0x01", "0x00"};
        std::string levels;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const auto byte = [&](int shift) { return std::to_string(counts[i] >> shift & 0xff); };
            levels += std::string{i == 0 ? "" : ", "} +
                      R"({"reg": "0x01", "mask": "0x13", "value": ")" + timings[i] +
                      R"(", "set": {"0x0c": )" + byte(0) + R"(, "0x0d": )" + byte(8) + "}}";
        }
        const auto chip = sim::ChipFile::parse(
            R"({"part": "TSL2561", "driver": "tsl2561", "bus": "i2c", "address": "0x39",
            "model": {"kind": "registers", "address_mask": "0x0f",
              "registers": {"0x01": "0x02", "0x0a": "0x11"}, "on_write": [)" +
                levels + "]}}",
            "the test");
        REQUIRE(chip);
        client = std::make_unique<sim::SimulatedI2c>(std::make_shared<sim::SimulatedBus>(*chip),
                                                     chip->address);
        REQUIRE(bind("tsl2561", *client, &line));
        REQUIRE(device->view()->events()->open());
    }
    ~Bench() { device.reset(); }

    std::unique_ptr<sim::SimulatedI2c> client;
};
const std::string counts_of_light = "in_intensity_both_raw";

} // namespace

TEST_CASE("a TSL2561 that saturates is read at a less sensitive level")
{
    CHECK(Bench{{60'000, 3'750, 940, 128}}.read(counts_of_light) == "60000");
    CHECK(Bench{{65'535, 40'000, 10'000, 1'360}}.read(counts_of_light) == "640000");
    CHECK(Bench{{65'535, 65'535, 30'000, 4'080}}.read(counts_of_light) == "1920000");
    CHECK(Bench{{65'535, 65'535, 37'177, 5'047}}.read(counts_of_light) == "2584064");
}

TEST_CASE("a TSL2561 whose light changes all the time still gives an answer")
{
    CHECK(Bench{{65'535, 100, 100, 100}}.read(counts_of_light) != "");
}

TEST_CASE("a TSL2561's interrupt is an event where that is on")
{
    Bench bench{{60'000, 3'750, 940, 128}};
    bench.line.set_active(true);
    bench.line.set_active(false);
    REQUIRE(bench.write("events/in_intensity_both_thresh_rising_en", "1") == "ok");
    CHECK(bench.read("events/in_intensity_both_thresh_falling_en") == "1");
    bench.line.set_active(true);
    std::vector<std::uint64_t> codes;
    CHECK(bench.soon([&] { return !(codes = bench.events()).empty(); }));
    bench.line.set_active(false);
    CHECK(codes.front() == event_code(Channel::in(ChannelType::intensity), EventType::thresh,
                                      EventDirection::either));
}

} // namespace tsl2563_test
