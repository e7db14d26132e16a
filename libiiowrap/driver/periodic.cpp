// SPDX-License-Identifier: MIT
#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <iio/driver/periodic.hpp>
#include <mutex>

namespace iio {

void Periodic::start(std::chrono::nanoseconds period)
{
    stop();
    if (timing_.passes_by_itself())
        thread_ = std::jthread{[this, period](const std::stop_token &stop) { run(stop, period); }};
}

void Periodic::stop() { thread_ = {}; }

void Periodic::run(const std::stop_token &stop, std::chrono::nanoseconds period) const
{
    // The process's signals are for its other threads.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);

    using Clock = std::chrono::steady_clock;
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock{mutex};
    auto due = Clock::now() + period;
    while (!stopped.wait_until(lock, stop, due, [&] { return stop.stop_requested(); })) {
        (void)timing_.run(call_);
        due = std::max(due + period, Clock::now());
    }
}

} // namespace iio
