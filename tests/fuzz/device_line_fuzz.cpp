// SPDX-License-Identifier: MIT
//
// The input is what was written to new_device; how its chip is described is a line for
// delete_device.
#include "../unit/config_catalogue.hpp"
#include "fuzz.hpp"

#include <daemon/config/chip.hpp>
#include <daemon/devices/devices.hpp>

namespace {

/// No chip, so no line names one.
struct NoDevices {
    iio::Registry registry;
    std::unique_ptr<iiofs::Keep> keep = iiofs::Keep::make();
    iiofs::Workers workers;
    iiofs::Devices devices{registry, *keep, workers};
};

/// Whether the bus is the one that its short name stands for.
bool has_name(const iiofs::Bus &bus)
{
    const std::string place = iiofs::describe(bus);
    const auto name = place.substr(0, place.find(' '));
    if (const auto *const i2c = std::get_if<iiofs::I2cBus>(&bus))
        return iiofs::i2c_node(name) == i2c->path;
    const auto *const spi = std::get_if<iiofs::SpiBus>(&bus);
    return spi && iiofs::spi_node(name) == spi->path;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static NoDevices none;
    const auto line = fuzz::text_of(data, size);
    const auto removed = none.devices.remove(line, {});
    fuzz::require(!removed && removed.error().value() == ENODEV, "there is no device to remove");

    const auto catalogue = config_test::catalogue();
    const auto device = iiofs::parse_new_device(line, "/etc", catalogue);
    if (!device) {
        fuzz::require(!device.error().empty(), "a wrong line has a mistake");
        for (const iiofs::Mistake &mistake : device.error())
            fuzz::require(!iiofs::format(mistake).empty(), "a mistake is said");
        return 0;
    }
    // Other nodes, such as links to these, are named by their paths alone.
    if (!has_name(device->bus))
        return 0;
    const auto again = iiofs::parse_new_device(device->driver + " " + iiofs::describe(device->bus),
                                               "/etc", catalogue);
    fuzz::require(again && iiofs::same_chip(*again, *device),
                  "what describes a chip's place names the chip");
    return 0;
}
