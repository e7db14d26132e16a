// SPDX-License-Identifier: MIT
//
// An installed driver on an installed model, read by name; and what has no bus here.
//   installed_driver AS5600-MODEL
#include <cstdio>
#include <iio/host/buses.hpp>
#include <iio/host/log.hpp>
#include <iio/host/modules.hpp>
#include <iio/host/simulated_chip.hpp>

int main(int, char **argv)
{
    if (iio::open_i2c("/nowhere", 0x36) || iio::open_spi("/nowhere", {}) ||
        iio::open_interrupt("/nowhere", 0, iio::Edge::rising))
        return 1;
    const auto chip = iio::SimulatedChip::load(argv[1]);
    if (!chip) {
        iio::log(chip.error());
        return 1;
    }
    iio::Registry registry;
    for (const auto *module : iio::all_modules()) {
        if (!module->find((*chip)->part()))
            continue;
        const iio::Hardware hardware{(*chip)->part(), *(*chip)->i2c(), iio::Supplies{}};
        const auto bound = module->bind(hardware, registry, {});
        const auto text = bound ? (*bound)->view()->read("in_angl_raw") : iio::fail(ENODEV);
        return text && std::fputs(text->c_str(), stdout) >= 0 ? 0 : 1;
    }
    return 1;
}
