// SPDX-License-Identifier: MIT
//
// Numbers as people read them.
#pragma once

#include <chrono>
#include <string>

namespace iiofs::top {

/// "-21.530"; where that is longer than `width`, with fewer digits or an exponent.
[[nodiscard]] std::string value_text(double value, int decimals, int width);
/// "0.25", "1.0", "12": at most four characters up to 9999.
[[nodiscard]] std::string rate_text(double per_second);
/// "9 s", "2 min", "3 h 5 min".
[[nodiscard]] std::string duration_text(std::chrono::duration<double> duration);
/// "0.1 s", "30 s", "5 min", "1 h".
[[nodiscard]] std::string interval_text(std::chrono::milliseconds interval);
/// "EIO"; its number where it has no name.
[[nodiscard]] std::string errno_name(int error);
/// "2026-11-25T18:27:31.250Z"
[[nodiscard]] std::string utc_text(std::chrono::system_clock::time_point time);

} // namespace iiofs::top
