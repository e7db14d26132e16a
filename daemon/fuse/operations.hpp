// SPDX-License-Identifier: MIT
//
// What the mount answers to each operation of FUSE's low-level interface.
#pragma once

#include <daemon/fuse/reply.hpp>
#include <daemon/fuse/session.hpp>

namespace iiofs {

inline Session &session_of(fuse_req_t request)
{
    return *static_cast<Session *>(fuse_req_userdata(request));
}

/// Which request it is, and whose. Before the operation returns, on its thread.
inline Request origin_of(fuse_req_t request)
{
    return session_of(request).origin_of(*fuse_req_ctx(request));
}

inline const Mount &mount_of(fuse_req_t request) { return session_of(request).mount(); }
inline Tree &tree_of(fuse_req_t request) { return mount_of(request).tree; }

/// For a session whose user data is the Session.
[[nodiscard]] const fuse_lowlevel_ops &session_operations();

/// Those of open files: open, read, write, poll, ioctl, release.
void add_file_operations(fuse_lowlevel_ops &operations);

} // namespace iiofs
