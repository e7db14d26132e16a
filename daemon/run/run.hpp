// SPDX-License-Identifier: MIT
//
// `iiofs run`: a command that sees the mounted tree where the kernel has its own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iiofs {

struct RunOptions {
    std::optional<std::filesystem::path> mount; ///< none: the one iiofs mount there is
    std::vector<std::string> command; ///< the program, looked for in PATH, and its arguments
};

/// Becomes the command, in a mount namespace of its own in which the mount is
/// /sys/bus/iio and its debug/iio is /sys/kernel/debug/iio, and in which the udev
/// database has its devices; SYSTEMD_DEVICE_VERIFY_SYSFS=0 is set for libudev. All else
/// of the system is there as before; what is mounted later shows up as well.
///
/// The mount lives on for the command when it is unmounted elsewhere meanwhile.
///
/// A process beside the command keeps this up to date (companion.hpp), but there is none in
/// between: process id, parent, terminal, open files,
/// exit status and signals are the command's own. A caller who may not make mount
/// namespaces gets a user namespace, too. There he keeps his user, his group and his
/// supplementary groups, although only the first two are mapped, so that the others are
/// shown as nogroup. The command has no capability that the caller does not have, and
/// set-user-ID programs do nothing for it.
///
/// Errors: returns only when the command could not be started, which it says on
/// stderr; with the exit status that env(1) has: 125: the launcher failed; 126:
/// the command is there but cannot be executed; 127: there is no such command.
/// Threads: the process must have only one.
[[nodiscard]] int run_command(const RunOptions &options);

} // namespace iiofs
