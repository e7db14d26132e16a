// SPDX-License-Identifier: MIT
//
// A C++ driver in a shared object of its own, which IIO_PLUGIN exports.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <dlfcn.h>
#include <iio/host/bound_chip.hpp>
#include <memory>
#include <sim/simulated.hpp>

using namespace iio;

TEST_CASE("a shared object's driver has the name of its ABI's version, and reads its chip")
{
    const std::unique_ptr<void, int (*)(void *)> object{
        dlopen(std::getenv("IIOFS_PLUGIN"), RTLD_NOW | RTLD_LOCAL), dlclose};
    if (!object)
        FAIL(dlerror());
    const auto *const driver =
        static_cast<const iio_driver *>(dlsym(object.get(), IIO_DRIVER_SYMBOL));
    REQUIRE(driver);
    CHECK(driver->abi_version == IIO_WRAP_ABI_VERSION);
    CHECK(IIO_DRIVER_SYMBOL == "iio_driver_v" + std::to_string(driver->abi_version));
    // Nothing else of the family is exported.
    CHECK_FALSE(dlsym(object.get(), "as5600_module"));

    const ForeignModule foreign{*driver};
    REQUIRE(foreign.module().find("as5600"));
    const auto chip = sim::ChipFile::parse(R"({
        "part": "AS5600", "driver": "as5600", "bus": "i2c", "address": "0x36",
        "model": {"kind": "registers",
                  "registers": {"0x0b": "0x20", "0x0c": "0x04", "0x0d": "0xb0"}}})",
                                           "the test");
    REQUIRE(chip);
    const sim::SimulatedI2c client{std::make_shared<sim::SimulatedBus>(*chip), chip->address};
    Registry registry;
    const auto bound = foreign.module().bind(Hardware{"as5600", client, Supplies{}}, registry, {});
    REQUIRE(bound);
    const auto view = (*bound)->view();
    CHECK(view->read("name").value_or("") == "as5600\n");
    CHECK(view->read("in_angl_raw").value_or("") == "1200\n");
    CHECK(view->read("in_angl_scale").value_or("") == "0.001533981\n");
}
