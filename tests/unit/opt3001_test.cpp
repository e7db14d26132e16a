// SPDX-License-Identifier: MIT
//
// What the recording of an OPT3001 does not show: its events, and a conversion without end.
#include "device_bench.hpp"

#include <iio/driver.hpp>
#include <sim/simulated.hpp>

namespace opt3001_test {

using namespace iio;

namespace {

/// The result is above the high limit, and below no limit, as soon as the part converts by
/// itself. `ready` is what a single conversion sets.
struct Bench : DeviceBench {
    explicit Bench(const std::string &ready)
    {
        const auto chip = sim::ChipFile::parse(
            R"({"part": "OPT3001", "driver": "opt3001", "bus": "i2c", "address": "0x44", "irq": 0,
            "model": {"kind": "registers", "word_bytes": 2, "auto_increment": false,
              "registers": {"0x00": "0x4929", "0x01": "0xc810", "0x7f": "0x3001"},
              "on_write": [
                {"reg": "0x01", "mask": "0x0600", "value": "0x0400", "set_bits": {"0x01": "0x0040"}},
                {"reg": "0x01", "mask": "0x0600", "value": "0x0200", "set_bits": {"0x01": ")" +
                ready + R"("}}]},
            "on_read": [{"reg": "0x01", "clear_bits": {"0x01": "0x00e0"}}],
            "line": {"any": [{"reg": "0x01", "mask": "0x0040", "value": "0x0040"}],
                     "active_low": {"reg": "0x01", "mask": "0x0008", "value": "0"}}})",
            "the test");
        REQUIRE(chip);
        const auto bus = std::make_shared<sim::SimulatedBus>(*chip);
        client = std::make_unique<sim::SimulatedI2c>(bus, chip->address);
        output = std::make_unique<sim::ChipLine>(bus, Edge::falling);
        REQUIRE(bind("opt3001", *client, output.get()));
        REQUIRE(device->view()->events()->open());
    }
    ~Bench() { device.reset(); }

    std::unique_ptr<sim::SimulatedI2c> client;
    std::unique_ptr<sim::ChipLine> output;
};

} // namespace

TEST_CASE("an OPT3001 tells that the light is above its high limit, where that event is on")
{
    Bench bench{"0x0080"};
    SECTION("it is on")
    {
        REQUIRE(bench.write("events/in_illuminance_thresh_rising_en", "1") == "ok");
        std::vector<std::uint64_t> codes;
        CHECK(bench.soon([&] { return !(codes = bench.events()).empty(); }));
        CHECK(codes == std::vector{event_code(Channel::in(ChannelType::illuminance),
                                              EventType::thresh, EventDirection::rising)});
    }
    SECTION("the other one is on")
    {
        REQUIRE(bench.write("events/in_illuminance_thresh_falling_en", "1") == "ok");
        REQUIRE(bench.soon([&] { return !bench.output->is_active(); }));
        CHECK(bench.events().empty());
    }
}

TEST_CASE("an OPT3001 whose conversion does not end has no illuminance")
{
    CHECK(Bench{"0x0080"}.read("in_illuminance_input") == "375.200000");
    CHECK(Bench{"0x0000"}.read("in_illuminance_input") == "ETIMEDOUT");
}

} // namespace opt3001_test
