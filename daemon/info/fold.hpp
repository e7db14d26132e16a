// SPDX-License-Identifier: MIT
//
// Names that differ in one word, as one name.
#pragma once

#include <daemon/info/portrait.hpp>
#include <string>
#include <vector>

namespace iiofs::info {

/// "in_accel_x" in "in", "accel", "x".
[[nodiscard]] std::vector<std::string> words_of(std::string_view name);

/// "in_accel_x_raw", "in_accel_y_raw" become "in_accel_x|y_raw", and "in_voltage0_raw" to
/// "in_voltage3_raw" become "in_voltage0..3_raw". Only files that are alike in all else.
[[nodiscard]] std::vector<File> fold(const std::vector<File> &files);
[[nodiscard]] std::vector<std::string> fold(const std::vector<std::string> &names);

} // namespace iiofs::info
