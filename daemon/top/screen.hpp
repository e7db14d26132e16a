// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/top/top.hpp>
#include <filesystem>

namespace iiofs::top {

/// Shows the tree on the terminal until the user, a signal or the count ends it.
/// Errors: the exit status. A signal that ends it ends the process.
/// Threads: the process must have only one.
[[nodiscard]] int show_screen(const std::filesystem::path &tree, const TopOptions &options);

} // namespace iiofs::top
