// SPDX-License-Identifier: MIT
//
// The holder of a mount where there is no service manager: it has the descriptors,
// and starts one server after the other.
#pragma once

#include <string>

namespace iiofs {

/// Mounts on a directory, an absolute path, and starts the server: the program
/// `file` with `arguments` (with the program's name, null at the end), to which it
/// gives descriptors 3 to 5 as sd_listen_fds(3) has it: "fuse", "keep", and "ready", to
/// which the server writes a byte when the mount answers. Then `verdict` gets a byte
/// as well, and the terminal is left.
///
/// A server that dies of anything but SIGTERM, SIGINT or its own free will gets a
/// successor; at once, unless it answered for less than 250 ms. SIGTERM and SIGINT end
/// the server, and with it the mount.
/// Returns the exit status: 0; 1: it did not start, which was said.
/// Threads: one. SIGTERM, SIGINT, SIGHUP and SIGCHLD are blocked from here on.
[[nodiscard]] int supervise(const std::string &directory, int verdict, const char *file,
                            char *const *arguments);

} // namespace iiofs
