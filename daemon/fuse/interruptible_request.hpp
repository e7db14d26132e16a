// SPDX-License-Identifier: MIT
//
// InterruptibleRequest: a request whose client may get a signal while it waits.
#pragma once

#include <atomic>
#include <core/waiters.hpp>
#include <daemon/fuse/reply.hpp>
#include <memory>
#include <utility>

namespace iiofs {

/// A request has one reply. Either the worker sends it, or, if the client gets a signal
/// first, the thread that receives the interrupt (EINTR).
///
/// Either side uses this object before it has taken the reply. Afterwards only the
/// worker does, once the interrupt function cannot be called any more.
class InterruptibleRequest {
public:
    /// `cancellation` ends the worker's wait when the interrupt has answered; null: the
    /// worker goes on to its end.
    explicit InterruptibleRequest(fuse_req_t request,
                                  std::shared_ptr<iio::core::Cancellation> cancellation = nullptr)
        : request_{request}, cancellation_{std::move(cancellation)}
    {
        // A call from in here must not reply: libfuse still uses the request.
        fuse_req_interrupt_func(request_, interrupted, this);
        auto expected = State::starting;
        state_.compare_exchange_strong(expected, State::waiting);
    }
    InterruptibleRequest(const InterruptibleRequest &) = delete;
    InterruptibleRequest &operator=(const InterruptibleRequest &) = delete;

    /// Interrupted before it began: there is no sense in beginning.
    [[nodiscard]] bool is_interrupted() const { return state_ == State::interrupted_early; }

    /// Whether the worker is to reply; if not, the request is gone.
    [[nodiscard]] bool take_reply()
    {
        if (state_.exchange(State::answered) == State::answered)
            return false;
        // Waits for a call that is under way, and lets none begin.
        fuse_req_interrupt_func(request_, nullptr, nullptr);
        return true;
    }

private:
    enum class State { starting, waiting, interrupted_early, answered };

    static void interrupted(fuse_req_t request, void *data)
    {
        auto &self = *static_cast<InterruptibleRequest *>(data);
        auto expected = State::starting;
        if (self.state_.compare_exchange_strong(expected, State::interrupted_early))
            return;
        const auto cancellation = self.cancellation_;
        if (expected != State::waiting ||
            !self.state_.compare_exchange_strong(expected, State::answered))
            return;
        fuse_reply_err(request, EINTR);
        if (cancellation)
            cancellation->cancel();
    }

    fuse_req_t request_;
    const std::shared_ptr<iio::core::Cancellation> cancellation_;
    std::atomic<State> state_{State::starting};
};

} // namespace iiofs
