// SPDX-License-Identifier: MIT
//
// start_thread: a thread of the core's own. RealTime: that of a thread which must
// not come late.
#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <iio/driver/result.hpp>
#include <system_error>
#include <thread>
#include <utility>

namespace iio::core {

/// Runs f on a thread that takes no signals: the process's are for its other
/// threads.
/// Errors: EAGAIN: there are too many threads.
template <class F> [[nodiscard]] Result<std::thread> start_thread(F &&f)
{
    try {
        return std::thread{[f = std::forward<F>(f)]() mutable {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            f();
        }};
    } catch (const std::system_error &) {
        return fail(EAGAIN);
    }
}

/// The calling thread's real-time priority, where that is allowed (CAP_SYS_NICE or
/// RLIMIT_RTPRIO); else the thread stays an ordinary one.
///
/// Threads that together use more than half of the CPUs go on as ordinary ones until they
/// use less, so that it starves no other thread, even on a single CPU.
/// Threads: the one that made it, which also destroys it.
class RealTime {
public:
    /// Below the kernel's own interrupt threads, which have 50.
    static constexpr int to_sample = 40;
    static constexpr int to_tell_moments = 41;

    explicit RealTime(int priority);
    ~RealTime() { used_by_all_permille -= used_permille_; }
    RealTime(const RealTime &) = delete;
    RealTime &operator=(const RealTime &) = delete;
    /// To be called again and again, a few times in a `window` at least.
    void check()
    {
        if (allowed_ && std::chrono::steady_clock::now() >= window_end_)
            weigh();
    }

private:
    using Nanoseconds = std::chrono::nanoseconds;
    static constexpr Nanoseconds window = std::chrono::milliseconds{50};

    void weigh();
    [[nodiscard]] bool set(bool urgent) const;

    static std::atomic<int>
        used_by_all_permille; ///< of a CPU, by all threads that have one of these
    const int priority_;
    bool urgent_ = true;
    bool allowed_;
    std::chrono::time_point<std::chrono::steady_clock, Nanoseconds> window_end_;
    Nanoseconds cpu_time_;  ///< when the window began
    int used_permille_ = 0; ///< in the last window
};

} // namespace iio::core
