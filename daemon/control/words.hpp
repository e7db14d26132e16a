// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace iiofs {

/// Says on stderr why a command could not be done, and returns exit_failed.
[[nodiscard]] int fail(const std::string &why);

[[nodiscard]] std::string joined(const std::vector<std::string> &words, const char *separator);

} // namespace iiofs
