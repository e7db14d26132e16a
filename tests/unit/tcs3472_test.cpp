// SPDX-License-Identifier: MIT
//
// What the recording of a TCS3472 does not show: its event, and a part that never ends an
// integration.
#include "device_bench.hpp"

#include <iio/driver.hpp>
#include <sim/simulated.hpp>

namespace tcs3472_test {

using namespace iio;

namespace {

struct Bench : DeviceBench {
    explicit Bench(const std::string &status)
    {
        const auto chip = sim::ChipFile::parse(
            R"({"part": "TCS34725", "driver": "tcs3472", "bus": "i2c", "address": "0x29",
            "model": {"kind": "registers", "address_mask": "0x1f",
              "registers": {"0x12": "0x44", "0x14": "0x10", "0x13": ")" +
                status + R"("}}})",
            "the test");
        REQUIRE(chip);
        client = std::make_unique<sim::SimulatedI2c>(std::make_shared<sim::SimulatedBus>(*chip),
                                                     chip->address);
        REQUIRE(bind("tcs3472", *client, &line));
        REQUIRE(device->view()->events()->open());
    }
    ~Bench() { device.reset(); }

    std::unique_ptr<sim::SimulatedI2c> client;
};

} // namespace

TEST_CASE("a TCS3472 that does not end an integration has no intensity")
{
    CHECK(Bench{"0x01"}.read("in_intensity_clear_raw") == "16");
    CHECK(Bench{"0x00"}.read("in_intensity_clear_raw") == "EIO");
}

TEST_CASE("a TCS3472's interrupt is an event where that is on and the part says so")
{
    Bench bench{"0x11"};
    bench.line.set_active(true);
    bench.line.set_active(false);
    REQUIRE(bench.write("events/in_intensity_clear_thresh_either_en", "1") == "ok");
    bench.line.set_active(true);
    std::vector<std::uint64_t> codes;
    CHECK(bench.soon([&] { return !(codes = bench.events()).empty(); }));
    bench.line.set_active(false);
    CHECK(codes.front() == event_code(Channel::in(ChannelType::intensity), EventType::thresh,
                                      EventDirection::either));
}

} // namespace tcs3472_test
