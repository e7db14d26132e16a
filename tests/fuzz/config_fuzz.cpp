// SPDX-License-Identifier: MIT
//
// The input is a configuration's text: it is right, or there is a mistake that can be said.
#include "../unit/config_catalogue.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto config = config_test::parse(fuzz::text_of(data, size));
    if (!config) {
        fuzz::require(!config.error().empty(), "a wrong configuration has a mistake");
        for (const iiofs::Mistake &mistake : config.error())
            fuzz::require(!iiofs::format(mistake).empty(), "a mistake is said");
        return 0;
    }
    for (const iiofs::DeviceConfig &device : config->devices) {
        fuzz::require(device == device, "a device equals itself");
        fuzz::require(!iiofs::identity(device).empty(), "a device has an identity");
        fuzz::require(!iiofs::describe(device.bus).empty(), "a bus is described");
        (void)iiofs::bus_location(device.bus);
    }
    return 0;
}
