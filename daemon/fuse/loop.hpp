// SPDX-License-Identifier: MIT
//
// Loop: reads the requests of a session and has libfuse call their operations.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <daemon/base/fd.hpp>
#include <daemon/fuse/polling.hpp>
#include <daemon/fuse/request_buffer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

struct fuse_session;

namespace iiofs {

/// In the place of libfuse's own loop, which cancels its threads at the end and thereby
/// loses requests that they have read, wakes a thread for each request, and does not hear of
/// an end while it waits.
///
/// One thread leads: it reads a request, calls its operation, reads the next one. What waits
/// for a chip or for samples is parked by its operation. Another thread stands by and takes the
/// lead when an operation lasts for more than some ten milliseconds all the same: a chip that
/// was quick before, the making of a mount's directory. So no operation stops the session as
/// long as there are threads, and none costs a wake-up.
///
/// It uses neither clone_fd nor io_uring. The kernel fails the requests that were read from a
/// cloned descriptor when it is closed, so with the server's death instead of sending them to
/// the next one. The entries of a ring belong to its process likewise, and FUSE_NOTIFY_RESEND
/// knows nothing of them.
///
/// Threads: start(), stop() and what follows on one. Lifetime: the session outlives it.
class Loop {
public:
    struct Options {
        unsigned threads = 2; ///< at most
        bool polls = false;   ///< if there are CPUs for it, see Polling
        /// Is called for each request on the thread that has read it, before the
        /// operation. The number tells the buffers in use apart: at most `threads`.
        std::function<void(std::span<std::byte> request, unsigned buffer)> on_read;
        /// Is called on a thread of the loop if the session ends by itself: the kernel has
        /// no requests any more, or libfuse cannot go on.
        std::function<void()> on_end;
    };

    /// `fuse` is the descriptor of the session, whose O_NONBLOCK is the loop's as long as it lives.
    /// Throws std::system_error: there are no descriptors left.
    Loop(fuse_session *session, int fuse, Options options);
    ~Loop();
    Loop(const Loop &) = delete;
    Loop &operator=(const Loop &) = delete;

    void start();
    /// No request is read any more. Returns when each one that was read has left its
    /// operation; idempotent.
    void stop();
    /// After stop(): serves requests that wait in the kernel, at most so many, on this thread.
    void serve_waiting(unsigned most);
    /// Why the session ended by itself, an errno; 0: it did not, or it was unmounted.
    [[nodiscard]] int error() const { return error_; }

private:
    using Clock = std::chrono::steady_clock;

    struct Worker {
        unsigned number; ///< of its buffer
        RequestBuffer buffer{};
        std::thread thread{};
    };

    void add_worker();
    void work(Worker &worker);
    [[nodiscard]] bool stand_by();
    [[nodiscard]] bool wait_for_lead();
    void lead(Worker &worker);
    [[nodiscard]] std::size_t next_request(RequestBuffer &buffer);
    [[nodiscard]] ssize_t read_request(RequestBuffer &buffer);
    void sleep_until_request() const;
    void serve(Worker &worker, std::size_t length);
    void wake_standby_after(std::chrono::nanoseconds delay) const;
    void session_ended(int error);

    fuse_session *const session_;
    const int fuse_;
    const Options options_;
    const Fd end_event_; ///< an eventfd: readable once the loop shall end
    const Fd timer_;     ///< wakes who stands by

    /// Counts what the leader does; its lowest bits say what that is.
    std::atomic<std::uint64_t> turn_;
    std::atomic<bool> timer_is_set_{false};
    std::atomic<bool> ending_{false};
    std::atomic<int> error_{0};

    // Of the leader.
    Polling polling_;
    Clock::time_point answered_;
    bool queued_ = false; ///< the last request was there before the reply to the one before

    std::mutex standby_; ///< whose owner stands by
    std::mutex workers_mutex_;
    unsigned idle_ = 0; ///< workers that do not lead and serve nothing
    std::vector<std::unique_ptr<Worker>> workers_;
};

} // namespace iiofs
