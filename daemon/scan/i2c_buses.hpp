// SPDX-License-Identifier: MIT
//
// The I2C buses that the kernel has, and what it has on them, as sysfs shows them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iiofs {

/// One adapter, or one channel of a multiplexer.
struct I2cBusEntry {
    std::string name;   ///< "i2c-1"
    std::string about;  ///< what the adapter calls itself: "bcm2835 (i2c@7e804000)"
    std::string parent; ///< of a multiplexer's channel, the bus before it: "i2c-1"
    /// What speaks against sensors on it: "of a display"; empty: nothing.
    std::string other_purpose;
    /// The kernel's drivers that are bound, by the chip's address.
    std::map<std::uint8_t, std::string> drivers;
};

/// In the order of their numbers, but a channel after its parent. `sysfs` is where it is mounted,
/// "/sys".
[[nodiscard]] std::vector<I2cBusEntry> i2c_buses(const std::filesystem::path &sysfs);

} // namespace iiofs
