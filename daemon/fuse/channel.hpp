// SPDX-License-Identifier: MIT
//
// A session on a descriptor that we hold, served by a Loop.
#pragma once

#include <daemon/base/fd.hpp>
#include <daemon/fuse/reply.hpp>
#include <sys/uio.h>

namespace iiofs {

/// How libfuse is to write replies, as writev(2); the last argument is the session's user data.
using WriteReply = ssize_t (*)(int fuse, iovec *pieces, int count, void *data);

inline ssize_t write_reply(int fuse, iovec *pieces, int count, void *)
{
    return ::writev(fuse, pieces, count);
}

/// The session writes to the descriptor and closes it; reading is the Loop's. False: libfuse
/// refuses, and the descriptor stays the caller's.
inline bool take_channel(fuse_session *session, Fd &fuse, WriteReply write)
{
    fuse_custom_io io{};
    io.writev = write;
    // libfuse wants one, and calls it only in a loop of its own.
    io.read = [](int, void *, std::size_t, void *) -> ssize_t {
        errno = ENOSYS;
        return -1;
    };
    if (fuse_session_custom_io(session, &io, fuse.get()) != 0)
        return false;
    (void)fuse.release();
    return true;
}

} // namespace iiofs
