// SPDX-License-Identifier: MIT
//
// Alarm: calls a function at a moment, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace iio {

/// Threads: set() from any; the function runs on the alarm's own thread and may call set().
/// Lifetime: the destructor waits for a call in progress, so the alarm is the last member of
/// whatever the function uses.
class Alarm {
public:
    using Clock = std::chrono::steady_clock;
    /// Returns when it is to be called again; none: when set() says so. It must not throw.
    using Call = std::function<std::optional<Clock::time_point>()>;

    /// Does not call before the first set().
    explicit Alarm(Call call)
        : call_{std::move(call)}, thread_{[this](const std::stop_token &stop) { run(stop); }}
    {
    }

    /// The next call is then, whatever was set before.
    void set(Clock::time_point due) const
    {
        const std::lock_guard lock{mutex_};
        if (!due_ || due < *due_)
            changed_.notify_one();
        due_ = due;
    }

private:
    void run(const std::stop_token &stop)
    {
        // The process's signals are for its other threads.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);

        std::unique_lock lock{mutex_};
        const auto is_set = [this] { return due_.has_value(); };
        while (changed_.wait(lock, stop, is_set) && !stop.stop_requested()) {
            const auto due = *due_;
            changed_.wait_until(lock, stop, due, [&] { return *due_ < due; });
            if (Clock::now() < *due_ || stop.stop_requested())
                continue;
            due_.reset();
            lock.unlock();
            const auto again = call_();
            lock.lock();
            if (!due_)
                due_ = again;
        }
    }

    const Call call_;
    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    mutable std::optional<Clock::time_point> due_;
    std::jthread thread_;
};

} // namespace iio
