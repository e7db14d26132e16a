// SPDX-License-Identifier: MIT
//
// `iiofs scan`.
#pragma once

#include <string>
#include <vector>

namespace iiofs {

struct ScanOptions {
    std::vector<std::string> buses{}; ///< "i2c-1" or "/dev/i2c-1"; none: all that may have sensors
    std::vector<std::string> skipped{}; ///< addresses that are not touched
    std::string config{};               ///< written; "-": to stdout, in place of the list
};

/// The command: an ExitStatus, with a line for each thing that failed.
int scan_command(const ScanOptions &options);

} // namespace iiofs
