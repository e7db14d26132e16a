// SPDX-License-Identifier: MIT
//
// What the mount answers to each operation of FUSE's low-level interface.
#pragma once

#include <daemon/fuse/reply.hpp>

namespace iiofs {

class Session;

/// libfuse's session for the tree, without a mount yet; null: libfuse said why.
[[nodiscard]] fuse_session *new_session(Session &session);

/// For a session whose user data is the Session.
[[nodiscard]] const fuse_lowlevel_ops &session_operations();

/// Those of open files: open, read, write, poll, ioctl, release.
void add_file_operations(fuse_lowlevel_ops &operations);

} // namespace iiofs
