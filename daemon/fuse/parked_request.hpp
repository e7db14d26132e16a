// SPDX-License-Identifier: MIT
//
// ParkedRequest: a request that waits for its answer without a thread.
#pragma once

#include <atomic>
#include <daemon/fuse/parking.hpp>
#include <daemon/fuse/reply.hpp>
#include <memory>

namespace iiofs {

/// A request has one reply. Either who does it sends that, or, if the client gets a signal
/// first, the thread that receives the interrupt (EINTR).
///
/// Threads: park() on the request's thread, the others on any. libfuse calls the interrupt
/// with a lock of the request, which take_reply() takes, too: so give_up() takes no lock with
/// which anybody calls take_reply().
/// Lifetime: shared by who is to answer it; ends before the Parking.
class ParkedRequest : public std::enable_shared_from_this<ParkedRequest> {
public:
    ParkedRequest(fuse_req_t request, Parking &parking)
        : request_{request}, parking_{parking}, user_{fuse_req_ctx(request)->uid}
    {
    }
    ParkedRequest(const ParkedRequest &) = delete;
    ParkedRequest &operator=(const ParkedRequest &) = delete;
    virtual ~ParkedRequest() { parking_.ended(*this); }

    /// From here on a signal of the client reaches it. False: there is no sense in
    /// beginning, and it was answered: as Parking::enter(); EINTR; ENODEV, after end().
    [[nodiscard]] bool park();
    [[nodiscard]] bool is_answered() const { return state_ == State::answered; }
    /// Whether the caller is to reply; if not, the request is gone.
    [[nodiscard]] bool take_reply();

    /// Nobody waits for it any more. What has not begun is not to begin then. True: the
    /// client may be told that it did not happen.
    [[nodiscard]] virtual bool give_up() = 0;
    /// Whether it may wait for ever.
    [[nodiscard]] virtual bool is_of_stream() const { return false; }
    /// Of a stream that ends: answers ENODEV, unless it is answered.
    void end();

protected:
    [[nodiscard]] fuse_req_t request() const { return request_; }

private:
    enum class State { starting, waiting, interrupted_early, ended_early, answered };

    static void interrupted(fuse_req_t request, void *data);

    const fuse_req_t request_;
    Parking &parking_;
    const uid_t user_;
    std::atomic<State> state_{State::starting};
};

} // namespace iiofs
