// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/base/problem.hpp>
#include <filesystem>
#include <optional>

namespace iiofs {

/// The directory whose devices/ a command is to see: `chosen`, else the one
/// iiofs mount there is that answers the caller.
[[nodiscard]] OrProblem<std::filesystem::path>
find_tree(const std::optional<std::filesystem::path> &chosen);

} // namespace iiofs
