// SPDX-License-Identifier: MIT
//
// `iiofs top`: the values of all devices, live.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iiofs {

struct TopOptions {
    std::optional<std::filesystem::path> mount; ///< none: the one iiofs mount there is
    double interval_s = 1;                      ///< 0.1 to 3600
    bool once = false;                          ///< one table
    std::uint64_t count = 0;                    ///< of intervals; 0: without end
    std::vector<std::string> devices;           ///< names, labels, iio:deviceN; empty: all
};

inline constexpr double shortest_interval_s = 0.1, longest_interval_s = 3600;

/// On a terminal full screen, else lines.
/// Threads: the process must have only one.
[[nodiscard]] int top_command(const TopOptions &options);

} // namespace iiofs
