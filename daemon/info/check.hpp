// SPDX-License-Identifier: MIT
//
// The command `iiofs check`.
#pragma once

#include <filesystem>

namespace iiofs {

/// Prints the devices of a configuration, and what each cannot do as its interrupt output is not
/// wired. Returns the exit status: 0; 1: the file has mistakes, which are printed to stderr.
[[nodiscard]] int check_command(const std::filesystem::path &file);

} // namespace iiofs
