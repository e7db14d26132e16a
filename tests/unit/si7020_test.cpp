// SPDX-License-Identifier: MIT
//
// What the recording of an Si7020 does not show: a name on another bus.
#include <algorithm>
#include <catch2/catch.hpp>
#include <core/board.hpp>
#include <iio/host/modules.hpp>
#include <sim/simulated.hpp>

namespace si7020_test {

using namespace iio;

TEST_CASE("an Si7020 is named by its bus and address, for drivers in C, too")
{
    const auto *const module = *std::ranges::find_if(
        all_modules(), [](const Module *one) { return one->find("si7020") != nullptr; });
    const auto chip = sim::ChipFile::parse(R"({
        "part": "Si7021", "driver": "si7020", "bus": "i2c", "address": "0x40",
        "model": {"kind": "registers", "registers": {"0xe6": "0x3a"}}})",
                                           "the test");
    REQUIRE(chip);
    CHECK(chip->location() == "0-0040");
    const sim::SimulatedI2c client{std::make_shared<sim::SimulatedBus>(*chip), chip->address};
    const Hardware nowhere{"si7020", client, Supplies{}};
    const auto hardware = nowhere.with_location("1-0040");
    Registry registry;
    const auto bound = module->bind(hardware, registry, {});
    REQUIRE(bound);
    CHECK((*bound)->view()->read("name").value_or("") == "1-0040\n");
    CHECK(std::string_view{core::Board{hardware}.in_c().location} == "1-0040");
    CHECK(std::string_view{core::Board{nowhere}.in_c().location} == "si7020");
}

} // namespace si7020_test
