// SPDX-License-Identifier: MIT
//
// Portrait: what a part's devices show, found by binding the driver to a simulated chip.
#pragma once

#include <daemon/base/problem.hpp>
#include <iio/driver/module.hpp>
#include <string>
#include <vector>

namespace iiofs::info {

/// What a part measures or sets, in the order of the listing.
enum class Quantity {
    environment,
    air,
    light,
    distance,
    motion,
    magnetic_field,
    current,
    adc,
    dac,
    potentiometer,
    other,
};
/// "Environment: temperature, humidity, pressure"
[[nodiscard]] std::string_view title_of(Quantity quantity);

/// A file of a device, or several whose names differ in one word: "in_accel_x|y|z_raw".
struct File {
    std::string name;
    bool can_read = false;
    bool can_write = false;
    std::string values; ///< what the file "..._available" of it lists; may be empty
    bool operator==(const File &) const = default;
};

struct DevicePortrait {
    std::string name; ///< what the file `name` shows
    std::vector<File> files;
    std::vector<File> events;
    std::vector<std::string> scan_elements; ///< empty: it has no buffer
    std::vector<std::string> triggers;      ///< its own, "lis3dh-trigger"
    bool own_trigger_only = false;
    bool operator==(const DevicePortrait &) const = default;
};

/// What the part's interrupt output is to the driver.
enum class Interrupt { unused, useful, needed };

struct Portrait {
    Quantity quantity = Quantity::other;
    Interrupt interrupt = Interrupt::unused;
    std::vector<DevicePortrait> devices; ///< with the interrupt output wired
    /// Without it; the same where that makes no difference.
    std::vector<DevicePortrait> without_interrupt;
    bool operator==(const Portrait &) const = default;
};

/// Binds the part to its own model, else to another model of its family. Threads: any. Blocks: for
/// some milliseconds. Errors: one line for people: there is no model that the driver takes for the
/// part.
[[nodiscard]] OrProblem<Portrait> portray(const iio::Module &family, const iio::Part &part);

} // namespace iiofs::info
