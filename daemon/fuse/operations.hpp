// SPDX-License-Identifier: MIT
//
// What the mount answers to each operation of FUSE's low-level interface.
#pragma once

#include <daemon/fuse/fence.hpp>
#include <daemon/fuse/reply.hpp>
#include <daemon/fuse/session.hpp>
#include <daemon/takeover/serving.hpp>

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

template <auto operation> struct Noted;
template <class... Arguments, void (*operation)(fuse_req_t, fuse_ino_t, Arguments...)>
struct Noted<operation> {
    static void call(fuse_req_t request, fuse_ino_t node, Arguments... arguments)
    {
        const Serving serving{mount_of(request).keep, origin_of(request), node};
        if (serving.is_refused())
            fuse_reply_err(request, EIO);
        else
            operation(request, node, arguments...);
    }
};

/// With the fence around it, and the keep knows of the request while it is served. Not for what
/// may wait: that notes itself while it does not.
template <auto operation> constexpr auto fenced_and_noted = Fence<Noted<operation>::call>::call;

/// For a session whose user data is the Session.
[[nodiscard]] const fuse_lowlevel_ops &session_operations();

/// Those of open files: open, read, write, poll, ioctl, release.
void add_file_operations(fuse_lowlevel_ops &operations);

} // namespace iiofs
