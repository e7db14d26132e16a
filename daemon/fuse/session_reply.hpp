// SPDX-License-Identifier: MIT
//
// What the operations of the mount have in common.
#pragma once

#include <daemon/fuse/reply.hpp>
#include <daemon/fuse/session.hpp>

namespace iiofs {

inline Session &session_of(fuse_req_t request)
{
    return *static_cast<Session *>(fuse_req_userdata(request));
}

inline Tree &tree_of(fuse_req_t request) { return session_of(request).tree(); }

} // namespace iiofs
