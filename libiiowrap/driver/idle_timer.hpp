// SPDX-License-Identifier: MIT
//
// IdleTimer: calls a function once nothing has happened for a while, as the
// kernel's runtime power management puts an unused part to sleep.
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

/// Threads: touch() from any; the function runs on the timer's own thread and
/// may call touch(). Lifetime: the destructor waits for a call in progress, so
/// the timer is the last member of whatever the function uses.
class IdleTimer {
public:
    /// `when_idle` is called `quiet` after the last touch(), once, and not
    /// before the first. It must not throw.
    IdleTimer(std::chrono::milliseconds quiet, std::function<void()> when_idle)
        : quiet_{quiet},
          when_idle_{std::move(when_idle)},
          thread_{[this](const std::stop_token &stop) { run(stop); }}
    {
    }

    /// Something happened: the idle time starts again.
    void touch() const
    {
        {
            const std::lock_guard lock{mutex_};
            const bool running = due_.has_value();
            due_ = Clock::now() + quiet_;
            if (running)
                return;
        }
        started_.notify_one();
    }

private:
    using Clock = std::chrono::steady_clock;

    void run(const std::stop_token &stop)
    {
        // The process's signals are for its other threads.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);

        std::unique_lock lock{mutex_};
        while (!stop.stop_requested()) {
            if (!started_.wait(lock, stop, [this] { return due_.has_value(); }))
                return;
            const auto due = *due_;
            if (Clock::now() < due) {
                started_.wait_until(lock, stop, due, [] { return false; });
                continue;
            }
            due_.reset();
            lock.unlock();
            when_idle_();
            lock.lock();
        }
    }

    const std::chrono::milliseconds quiet_;
    const std::function<void()> when_idle_;
    mutable std::mutex mutex_;
    mutable std::condition_variable_any started_;
    mutable std::optional<Clock::time_point> due_;
    std::jthread thread_;
};

} // namespace iio
