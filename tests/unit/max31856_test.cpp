// SPDX-License-Identifier: MIT
//
// What the recording of a MAX31856 does not show: temperatures below zero, and a
// thermocouple that is not there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iio/host/modules.hpp>
#include <sim/simulated.hpp>
#include <sim/simulated_timing.hpp>
#include <string>

namespace max31856_test {

using namespace iio;

namespace {

/// "-16 -64 0" of thermocouple, cold junction and fault_oc, an errno's name for what fails.
std::string shown(const std::string &status)
{
    const auto *const module = *std::ranges::find_if(
        all_modules(), [](const Module *one) { return one->find("max31856") != nullptr; });
    const auto chip = sim::ChipFile::parse(
        R"({"part": "MAX31856", "driver": "max31856", "bus": "spi", "model": {
            "kind": "registers", "address_mask": "0x7f", "write_flag": "0x80",
            "registers": {"0x0a": "0xff", "0x0b": "0x00", "0x0c": "0xff", "0x0d": "0xfe",
                          "0x0e": "0x00", "0x0f": ")" +
            status + R"("}}})",
        "the test");
    REQUIRE(chip);
    const sim::SimulatedSpi device{std::make_shared<sim::SimulatedBus>(*chip)};
    const sim::SimulatedTiming timing;
    Registry registry;
    const auto bound =
        module->bind(Hardware{"max31856", device, Supplies{}}.with_timing(timing), registry, {});
    REQUIRE(bound);
    std::string words;
    for (const char *path : {"in_temp_raw", "in_temp_ambient_raw", "fault_oc"}) {
        const auto text = (*bound)->view()->read(path);
        words += text ? *text : errno_name(text.error().value()) + "\n";
    }
    return words;
}

} // namespace

TEST_CASE("a MAX31856 measures below zero at both ends")
{
    CHECK(shown("0x00") == "-16\n-64\n0\n");
}

TEST_CASE("a MAX31856 without a thermocouple has no temperature and says so")
{
    CHECK(shown("0x01") == "EIO\nEIO\n1\n");
}

} // namespace max31856_test
