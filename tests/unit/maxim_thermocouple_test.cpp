// SPDX-License-Identifier: MIT
//
// What the recordings of a MAX6675 and a MAX31855 do not show: temperatures below zero, and
// a thermocouple that is not there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iio/host/modules.hpp>
#include <sim/simulated.hpp>
#include <string>

namespace maxim_thermocouple_test {

using namespace iio;

namespace {

/// What two attributes of a part show that answers with these bytes.
struct Shown {
    Result<std::string> thermocouple;
    Result<std::string> cold_junction;
};
Shown shown(const std::string &part, const std::string &frame)
{
    const auto *const module = *std::ranges::find_if(
        all_modules(), [&](const Module *one) { return one->find(part) != nullptr; });
    const auto chip = sim::ChipFile::parse(
        R"({"part": "a thermocouple", "driver": ")" + part +
            R"(", "bus": "spi", "model": {"kind": "frames", "frames": [{"tx": "", "rx": ")" +
            frame + R"("}]}})",
        "the test");
    REQUIRE(chip);
    const sim::SimulatedSpi device{std::make_shared<sim::SimulatedBus>(*chip)};
    Registry registry;
    const auto bound = module->bind(Hardware{part, device, Supplies{}}, registry, {});
    REQUIRE(bound);
    const auto view = (*bound)->view();
    return {view->read("in_temp_raw"), view->read("in_temp_ambient_raw")};
}

} // namespace

TEST_CASE("a MAX31855 measures below zero at both ends")
{
    const auto [thermocouple, cold_junction] = shown("max31855", "fffcf000");
    CHECK(thermocouple.value_or("") == "-1\n");
    CHECK(cold_junction.value_or("") == "-256\n");
}

TEST_CASE("a thermocouple that is not there has no temperature")
{
    const auto open = shown("max31855k", "7fff1901");
    REQUIRE_FALSE(open.thermocouple);
    CHECK(open.thermocouple.error() == Errno{EINVAL});
    CHECK_FALSE(open.cold_junction);
    CHECK_FALSE(shown("max6675", "0004").thermocouple);
    CHECK(shown("max6675", "7ff8").thermocouple.value_or("") == "4095\n");
}

} // namespace maxim_thermocouple_test
