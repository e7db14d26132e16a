// SPDX-License-Identifier: MIT
//
// `iiofs mount`.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace iiofs {

struct MountCommand {
    std::string config; ///< empty: none
    std::vector<std::string> simulate;
    std::string mountpoint; ///< empty: the configuration's
    bool background = false;
    bool verbose = false;
};

/// Serves until it is told to stop; in the background the parent returns once
/// the mount answers. A mountpoint that is missing is made, and removed at the end.
/// Returns an ExitStatus: exit_failed: it could not start or did not end cleanly,
/// which is logged.
/// `arguments` are the program's, for the servers that a holder starts.
[[nodiscard]] int mount_command(const MountCommand &command, std::span<char *> arguments);

} // namespace iiofs
