// SPDX-License-Identifier: MIT
//
// What udevd would have in its database (/run/udev/data) for a device, were it the kernel's.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace iiofs {

/// The name of a device's entry: "c254:0" where it has a node, else "+iio:iio:device0".
[[nodiscard]] std::string udev_id(const std::filesystem::path &device);

/// What is in it: that the device is initialised, since when (of the monotonic
/// clock), and the property by which iio-sensor-proxy
/// finds its sensors.
[[nodiscard]] std::string udev_entry(const std::filesystem::path &device,
                                     std::chrono::microseconds since);

} // namespace iiofs
