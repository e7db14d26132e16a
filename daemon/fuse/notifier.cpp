// SPDX-License-Identifier: MIT
#include <daemon/fuse/notifier.hpp>
#include <utility>

namespace iiofs {

void Notifier::start()
{
    const std::lock_guard lock{mutex_};
    if (running_ || stopped_)
        return;
    running_ = true;
    thread_ = std::thread{[this] { run(); }};
}

void Notifier::stop()
{
    std::thread thread;
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        running_ = false;
        thread.swap(thread_);
    }
    changed_.notify_one();
    if (thread.joinable())
        thread.join();
}

void Notifier::post(Job job)
{
    {
        const std::lock_guard lock{mutex_};
        if (!running_)
            return;
        jobs_.push_back(std::move(job));
        pending_.fetch_add(1, std::memory_order_relaxed);
    }
    changed_.notify_one();
}

void Notifier::run_after_posted(Job job)
{
    // This thread sees its own posts; jobs that others post meanwhile need not come first.
    if (pending_.load(std::memory_order_acquire) != 0) {
        const std::lock_guard lock{mutex_};
        if (pending_.load(std::memory_order_relaxed) != 0) {
            jobs_.push_back(std::move(job));
            pending_.fetch_add(1, std::memory_order_relaxed);
            changed_.notify_one();
            return;
        }
    }
    job();
}

void Notifier::run()
{
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return !jobs_.empty() || !running_; });
        if (jobs_.empty())
            return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
        pending_.fetch_sub(1, std::memory_order_release);
    }
}

} // namespace iiofs
