// SPDX-License-Identifier: MIT
//
// What a changed configuration means for the devices that there are.
#pragma once

#include <cstddef>
#include <daemon/config/config.hpp>
#include <functional>
#include <span>
#include <vector>

namespace iiofs {

/// Indices into the old and the new devices; each is in one list once.
struct ConfigDifference {
    struct Pair {
        std::size_t before;
        std::size_t now;
        friend bool operator==(Pair, Pair) = default;
    };
    std::vector<Pair> unchanged;      ///< they stand elsewhere in the file at most
    std::vector<Pair> changed;        ///< the same chip with other settings: it keeps its numbers
    std::vector<std::size_t> removed; ///< of the old ones
    std::vector<std::size_t> added;   ///< of the new ones, in their order
};

/// Simulated chips of one model are told apart by their settings, then by their order.
[[nodiscard]] ConfigDifference
difference(std::span<const std::reference_wrapper<const DeviceConfig>> before,
           std::span<const DeviceConfig> now);

} // namespace iiofs
