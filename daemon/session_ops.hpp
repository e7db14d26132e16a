// SPDX-License-Identifier: MIT
//
// What the mount answers to each operation of FUSE's low-level interface.
#pragma once

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse_lowlevel.h>

namespace iiofs {

/// For a session whose user data is the Session.
[[nodiscard]] const fuse_lowlevel_ops &session_operations();

} // namespace iiofs
