// SPDX-License-Identifier: MIT
//
// What the recording of a VEML6030 does not show: its events, for which it needs a line.
#include "device_bench.hpp"

#include <iio/driver.hpp>
#include <sim/simulated.hpp>

namespace veml6030_test {

using namespace iio;

TEST_CASE("a VEML6030 tells on which side of its thresholds the light is")
{
    const auto chip = sim::ChipFile::parse(
        R"({"part": "VEML6030", "driver": "veml6030", "bus": "i2c", "address": "0x10",
        "model": {"kind": "registers", "word_bytes": 2, "byte_order": "little",
          "auto_increment": false, "registers": {"0x04": "0x07d0", "0x06": "0x4000"}},
        "on_read": [{"reg": "0x06", "clear_bits": {"0x06": "0xc000"}}]})",
        "the test");
    REQUIRE(chip);
    const sim::SimulatedI2c client{std::make_shared<sim::SimulatedBus>(*chip), chip->address};
    DeviceBench bench{Edge::falling};
    REQUIRE(bench.bind("veml6030", client, &bench.line));
    REQUIRE(bench.device->view()->events()->open());
    const std::string period = "events/in_illuminance_thresh_either_period";
    CHECK(bench.write("events/in_illuminance_thresh_rising_value", "1900") == "ok");
    CHECK(bench.write("events/in_illuminance_thresh_rising_value", "65536") == "EINVAL");
    CHECK(bench.read("events/in_illuminance_thresh_rising_value") == "1900");
    CHECK(bench.read(period) == "1.100000");
    CHECK(bench.write(period, "4.4") == "ok");
    CHECK(bench.write(period, "4.5") == "EINVAL");
    CHECK(bench.read(period) == "4.400000");
    REQUIRE(bench.write("events/in_illuminance_thresh_either_en", "1") == "ok");
    bench.line.set_active(true);
    std::vector<std::uint64_t> codes;
    CHECK(bench.soon([&] { return !(codes = bench.events()).empty(); }));
    CHECK(codes == std::vector{event_code(Channel::in(ChannelType::illuminance), EventType::thresh,
                                          EventDirection::rising)});
    bench.device.reset();
}

} // namespace veml6030_test
