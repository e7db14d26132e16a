// SPDX-License-Identifier: MIT
//
// The BMI323's feature engine on its model: what it counts and tells, and from which rate on.
#include "device_bench.hpp"

#include <cstdlib>
#include <fstream>
#include <sim/simulated.hpp>

namespace bmi323_test {

namespace {

using namespace iio;

/// The family's model; the test writes its INT_STATUS_INT1, too.
sim::ChipFile model()
{
    const char *const source = std::getenv("IIOFS_SOURCE");
    REQUIRE(source);
    std::ifstream file{std::string{source} + "/drivers/bmi323/bmi323.model.json"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    const std::string read_only = R"("0x09", "0x0d", "0x0e")";
    const auto at = text.find(read_only);
    REQUIRE(at != text.npos);
    auto parsed = sim::ChipFile::parse(text.replace(at, read_only.size(), R"("0x09")"), "bmi323");
    REQUIRE(parsed);
    return *parsed;
}

struct Bench : OnChip<sim::SimulatedI2c>, DeviceBench {
    Bench() : OnChip{std::make_shared<sim::SimulatedBus>(model()), std::uint8_t{0x69}}
    {
        REQUIRE(bind("bmi323", chip, &line));
        REQUIRE(device->view()->events()->open());
    }
    void set(std::uint8_t reg, unsigned word) const
    {
        REQUIRE(chip.write(std::array{reg, static_cast<std::uint8_t>(word),
                                      static_cast<std::uint8_t>(word >> 8)}));
    }
    /// What is told of an interrupt with this status and these taps.
    std::vector<std::uint64_t> told(unsigned status, unsigned taps)
    {
        set(0x47, taps);
        set(0x0d, status);
        line.raise();
        std::vector<std::uint64_t> codes;
        (void)soon([&] { return !(codes = events()).empty(); });
        return codes;
    }
};

std::uint64_t of_accel(EventType type, EventDirection direction)
{
    return event_code(Channel::in(ChannelType::accel), type, direction, Modifier::x_or_y_or_z);
}

} // namespace

TEST_CASE("BMI323: steps are counted from 50 Hz on, taps recognised from 200 Hz on")
{
    const Bench bench;
    CHECK(bench.write("in_steps_en", "1") == "EINVAL");
    CHECK(bench.read("in_steps_input") == "EINVAL");
    REQUIRE(bench.write("in_accel_sampling_frequency", "50") == "ok");
    REQUIRE(bench.write("in_steps_en", "1") == "ok");
    CHECK(bench.read("in_steps_input") == "1234");
    CHECK(bench.write("in_steps_input", "5") == "EINVAL");
    CHECK(bench.write("in_steps_input", "0") == "ok");
    REQUIRE(bench.write("events/in_steps_change_value", "60") == "ok");
    CHECK(bench.read("events/in_steps_change_value") == "60");
    const std::string tap = "events/in_accel_gesture_singletap_en";
    CHECK(bench.write(tap, "1") == "EINVAL");
    REQUIRE(bench.write("in_accel_sampling_frequency", "200") == "ok");
    CHECK(bench.write(tap, "1") == "ok");
    CHECK(bench.read(tap) == "1");
    CHECK(bench.read("events/in_accel_gesture_doubletap_en") == "0");
}

TEST_CASE("BMI323: an event of movement keeps the threshold that was written before")
{
    const Bench bench;
    REQUIRE(bench.write("events/in_accel_mag_rising_value", "0.5") == "ok");
    REQUIRE(bench.write("events/in_accel_mag_rising_en", "1") == "ok");
    CHECK(bench.read("events/in_accel_mag_rising_value") == "0.500000");
    CHECK(bench.read("events/in_accel_mag_falling_value") == "0.019531");
    CHECK(bench.read("events/in_accel_mag_falling_en") == "0");
}

TEST_CASE("BMI323: each cause of an interrupt is its event")
{
    Bench bench;
    using Codes = std::vector<std::uint64_t>;
    CHECK(bench.told(1 << 1, 0) == Codes{of_accel(EventType::mag, EventDirection::rising)});
    CHECK(bench.told(1 << 0, 0) == Codes{of_accel(EventType::mag, EventDirection::falling)});
    CHECK(bench.told(1 << 8, 1 << 3) ==
          Codes{of_accel(EventType::gesture, EventDirection::singletap)});
    CHECK(bench.told(1 << 8, 1 << 4) ==
          Codes{of_accel(EventType::gesture, EventDirection::doubletap)});
    CHECK(bench.told(1 << 5, 0) == Codes{event_code(Channel::in(ChannelType::steps),
                                                    EventType::change, EventDirection::none)});
}

} // namespace bmi323_test
