// SPDX-License-Identifier: MIT
//
// Values as lines of text, for files, pipes and other programs.
#pragma once

#include <daemon/top/board.hpp>
#include <daemon/top/canvas.hpp>
#include <daemon/top/top.hpp>
#include <filesystem>
#include <string>

namespace iiofs::top {

/// "TIME DEVICE CHANNEL VALUE UNIT\n" for each channel of a pass. No field is
/// empty or has a blank in it; what cannot be read has "-" as its value and the
/// errno's name, or "streaming", as its unit.
[[nodiscard]] std::string lines_of_pass(const Pass &pass);

/// The table of what the devices say at one moment.
[[nodiscard]] std::string table_of_one_moment(const Board &board, Charset charset);

/// Writes lines to stdout until the count is reached or nobody reads them. One
/// block an interval; a device that has not answered by its end is in a later one.
/// Errors: the exit status.
[[nodiscard]] int write_lines(const std::filesystem::path &tree, const TopOptions &options);

/// Writes one table to stdout.
[[nodiscard]] int write_table(const std::filesystem::path &tree, const TopOptions &options);

} // namespace iiofs::top
