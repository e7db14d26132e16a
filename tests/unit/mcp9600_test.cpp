// SPDX-License-Identifier: MIT
//
// What the recordings of an MCP9600 do not show: its alert.
#include "device_bench.hpp"

#include <iio/driver.hpp>
#include <sim/simulated.hpp>

namespace mcp9600_test {

using namespace iio;

TEST_CASE("an MCP9600's alert is an event, and is cleared")
{
    const auto chip = sim::ChipFile::parse(
        R"({"part": "MCP9600", "driver": "mcp9600", "bus": "i2c", "address": "0x60", "irq": 0,
        "model": {"kind": "registers", "auto_increment": false,
          "registers": {"0x00": "0x0640", "0x04": "0", "0x08": "0", "0x10": "0", "0x20": "0x40"},
          "widths": {"0x00": 2, "0x10": 2},
          "on_write": [
            {"reg": "0x08", "mask": "0x81", "value": "0x01", "set": {"0x04": 1}},
            {"reg": "0x08", "mask": "0x80", "value": "0x80", "set": {"0x04": 0, "0x08": 7}}]},
        "line": {"any": [{"reg": "0x04", "mask": "0x01", "value": "0x01"}],
                 "active_low": {"reg": "0x08", "mask": "0x04", "value": "0"}}})",
        "the test");
    REQUIRE(chip);
    const auto bus = std::make_shared<sim::SimulatedBus>(*chip);
    const sim::SimulatedI2c client{bus, chip->address};
    const sim::ChipLine alert1{bus, Edge::rising};
    DeviceBench bench;
    REQUIRE(bench.bind("mcp9600", client, &alert1));
    REQUIRE(bench.device->view()->events()->open());
    REQUIRE(bench.write("events/in_temp_thresh_rising_en", "1") == "ok");
    std::vector<std::uint64_t> codes;
    CHECK(bench.soon([&] { return !(codes = bench.events()).empty(); }));
    CHECK(codes == std::vector{event_code(Channel::in(ChannelType::temp), EventType::thresh,
                                          EventDirection::rising)});
    CHECK(bench.soon([&] { return !alert1.is_active(); }));
    CHECK(bench.read("events/in_temp_thresh_rising_en") == "1");
    bench.device.reset();
}

} // namespace mcp9600_test
