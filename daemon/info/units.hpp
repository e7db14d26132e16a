// SPDX-License-Identifier: MIT
//
// Where the kernel's drivers, and so ours, do not give the unit of IIO's ABI. The families say
// so in their comments: "kernel: ... top: PART TYPE * FACTOR".
#pragma once

#include <span>
#include <string_view>

namespace iiofs::info {

struct OtherUnit {
    std::string_view part; ///< as in the device's file `name`
    std::string_view type; ///< of the channels: "temp"
    double factor;         ///< to the unit of the ABI
};

/// Threads: any. Lifetime: the program's.
[[nodiscard]] std::span<const OtherUnit> other_units();

} // namespace iiofs::info
