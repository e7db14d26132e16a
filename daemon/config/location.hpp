// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/config/config.hpp>
#include <string>

namespace iiofs {

/// What the kernel calls the chip there: "1-0076", "spi0.1"; empty for a model.
[[nodiscard]] std::string location_of(const Bus &bus);

/// A chip's folder, as the kernel has one for each device of a bus.
struct ChipFolder {
    std::string bus{};       ///< "i2c-1", "spi0"
    std::string name{};      ///< "1-0076", "spi0.1"
    std::string subsystem{}; ///< "i2c", "spi", "platform"
};
/// That of a model is as a platform device's: "simulated", "bme280.3". `number` is that of the
/// chip's first device.
[[nodiscard]] ChipFolder folder_of(const DeviceConfig &config, unsigned number);

} // namespace iiofs
