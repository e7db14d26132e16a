// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/base/problem.hpp>
#include <filesystem>

namespace iiofs {

/// Shows a mount in the places of the kernel's IIO, in the caller's mount namespace, which is his
/// own: /sys/bus/iio, its nodes in /dev, debugfs's and configfs's iio; its chips in
/// /sys/bus/i2c/devices and those of other buses; and its devices in the udev database.
[[nodiscard]] OrProblem<void> show_tree(const std::filesystem::path &mount);

} // namespace iiofs
