// SPDX-License-Identifier: MIT
#pragma once

namespace iiofs {

/// What each command ends with. `iiofs run` ends with its command's status.
enum ExitStatus : int {
    exit_done = 0,
    exit_failed = 1, ///< it could not be done, or not in order; why was said
    exit_usage = 2,  ///< the command line is wrong; nothing was done
};

} // namespace iiofs
