// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/base/problem.hpp>
#include <daemon/run/view.hpp>

namespace iiofs {

/// Starts the process beside a command, which this process becomes afterwards. It keeps what the
/// command sees up to date, and answers the ioctls that return descriptors (descriptors.hpp). It
/// ends with the last process that the command has started, where seccomp tells of that, else
/// with the command.
/// Errors: one line for people: the ioctls are not answered; or there is no such process.
[[nodiscard]] OrProblem<void> start_companion(View view);

} // namespace iiofs
