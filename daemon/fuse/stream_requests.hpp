// SPDX-License-Identifier: MIT
//
// StreamRequests: how a FUSE session, the mount's or a node's, answers reads and
// polls of the streams that its clients have open.
#pragma once

#include <cstddef>
#include <daemon/tree/stream.hpp>
#include <memory>

struct fuse_pollhandle;
struct fuse_req;

namespace iiofs {

/// Threads: all members from any.
class StreamRequests {
public:
    StreamRequests();
    ~StreamRequests() { end(); }
    StreamRequests(const StreamRequests &) = delete;
    StreamRequests &operator=(const StreamRequests &) = delete;

    /// Answers when there is something to answer, or when the client gets a
    /// signal.
    void read(fuse_req *request, OpenStream &stream, std::size_t size, bool nonblocking);
    /// `wakeup`: whom to tell when a read would not block any more; null: nobody.
    void poll(fuse_req *request, OpenStream &stream, fuse_pollhandle *wakeup);

    /// The session is about to end: reads that wait, and those that come, are
    /// answered ENODEV, and nobody is told of anything.
    void end();

private:
    struct State;
    class Wait;

    const std::shared_ptr<State> state_; ///< shared with who wakes
};

} // namespace iiofs
