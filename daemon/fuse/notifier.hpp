// SPDX-License-Identifier: MIT
//
// Notifier: a thread of its own that tells the kernel what changed in the tree.
//
// No request may wait for it on its own thread: telling takes the lock of a
// directory in the kernel, which somebody may hold who waits for our answer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace iiofs {

/// Threads: all members from any.
class Notifier {
public:
    using Job = std::function<void()>;

    Notifier() = default;
    ~Notifier() { stop(); }
    Notifier(const Notifier &) = delete;
    Notifier &operator=(const Notifier &) = delete;

    /// Nothing after stop().
    void start();
    /// Runs what is queued, then ends the thread for good.
    void stop();

    /// Queues a job; it is dropped if the thread does not run.
    void post(Job job);
    /// Runs the job after all that was posted before: at once, on this thread,
    /// if that is done.
    void run_after_posted(Job job);

private:
    void run();

    std::atomic<unsigned> pending_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool running_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

} // namespace iiofs
