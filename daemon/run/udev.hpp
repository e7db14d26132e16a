// SPDX-License-Identifier: MIT
//
// What udevd would have in its database (/run/udev/data) for a device, were it the kernel's.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace iiofs {

/// The name of a device's entry: "c254:0" where it has a node, else "+iio:iio:device0".
[[nodiscard]] std::string udev_id(const std::filesystem::path &device);

/// What is in it: that the device is initialised, since when (of the monotonic
/// clock), and the property by which iio-sensor-proxy
/// finds its sensors.
[[nodiscard]] std::string udev_entry(const std::filesystem::path &device,
                                     std::chrono::microseconds since);

/// What a program is told of the device by a uevent, or when it asks libudev: "SUBSYSTEM=iio".
[[nodiscard]] std::vector<std::string> udev_properties(const std::filesystem::path &device,
                                                       std::chrono::microseconds since);

} // namespace iiofs
