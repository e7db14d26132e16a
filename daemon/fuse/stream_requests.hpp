// SPDX-License-Identifier: MIT
//
// StreamRequests: how a FUSE session, the mount's or a node's, answers reads and
// polls of the streams that its clients have open.
#pragma once

#include <cstddef>
#include <daemon/base/request.hpp>
#include <daemon/fuse/parking.hpp>
#include <daemon/takeover/keep.hpp>
#include <daemon/tree/stream.hpp>
#include <memory>

struct fuse_pollhandle;
struct fuse_req;

namespace iiofs {

/// Threads: all members from any. Lifetime: the parking outlives it.
class StreamRequests {
public:
    explicit StreamRequests(Parking &parking);
    ~StreamRequests() { end(); }
    StreamRequests(const StreamRequests &) = delete;
    StreamRequests &operator=(const StreamRequests &) = delete;

    /// What the takeover is to know of a read while it is served.
    struct Origin {
        /// Of the open stream; null: the session ends with the server. Lifetime: the stream's.
        const KeptFile *record = nullptr;
        Request request{};
    };
    /// Answers when there is something to answer, or when the client gets a signal. Never
    /// blocks: who fills the stream answers.
    void read(fuse_req *request, std::shared_ptr<OpenStream> stream, std::size_t size,
              bool nonblocking, const Origin &origin);
    /// `wakeup`: whom to tell when a read would not block any more; null: nobody.
    void poll(fuse_req *request, OpenStream &stream, fuse_pollhandle *wakeup);

    /// The session is about to end: reads that wait, and those that come, are
    /// answered ENODEV, and nobody is told of anything.
    void end();

private:
    struct State;

    Parking &parking_;
    const std::shared_ptr<State> state_; ///< shared with who wakes
};

} // namespace iiofs
