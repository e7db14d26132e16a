// SPDX-License-Identifier: MIT
//
// Waiters: who waits for data of a buffer or for events: parked, by poll(), or blocked.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace iio::core {

/// Lets a wait end early: a client that gets a signal does not wait on.
///
/// Threads: all from any. Lifetime: shared by who waits and who may cancel.
class Cancellation {
public:
    /// Ends the wait, now or when it begins.
    void cancel()
    {
        cancelled_ = true;
        const std::lock_guard lock{mutex_};
        if (wake_)
            wake_();
    }

private:
    friend class Waiters;
    std::atomic<bool> cancelled_{false};
    std::mutex mutex_;           ///< taken before that of the Waiters
    std::function<void()> wake_; ///< of the wait that is under way
};

/// Who waits without a thread.
class Waiter {
public:
    virtual ~Waiter() = default;
    /// There may be something: look again. Called once for each time that it was parked, on
    /// the thread that fills or changes what is waited for. It must neither block nor call a
    /// driver.
    virtual void woken() = 0;
};

/// Threads: all from any.
class Waiters {
public:
    enum class Outcome { ready, cancelled };

    /// Blocks until ready() holds, which is asked with the lock and again after
    /// each wake().
    template <class Ready> Outcome wait(Cancellation &cancellation, Ready &&ready)
    {
        auto outcome = Outcome::ready;
        {
            const std::lock_guard lock{cancellation.mutex_};
            cancellation.wake_ = [this] { wake_blocked(); };
        }
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] {
                outcome = cancellation.cancelled_ ? Outcome::cancelled : Outcome::ready;
                return outcome == Outcome::cancelled || ready();
            });
        }
        const std::lock_guard lock{cancellation.mutex_};
        cancellation.wake_ = {};
        return outcome;
    }

    /// Parks it until the next wake(), unless ready() holds, which is asked with the lock:
    /// then it is not parked, and the answer is false.
    template <class Ready> bool park(std::shared_ptr<Waiter> waiter, Ready &&ready)
    {
        const std::lock_guard lock{mutex_};
        if (ready())
            return false;
        parked_.push_back(std::move(waiter));
        return true;
    }
    /// Takes one out that is parked; it may be woken at this moment, or was.
    void leave(const Waiter &waiter)
    {
        std::shared_ptr<Waiter> left; // ends without the lock
        const std::lock_guard lock{mutex_};
        const auto found = std::find_if(parked_.begin(), parked_.end(), [&](const auto &parked) {
            return parked.get() == &waiter;
        });
        if (found == parked_.end())
            return;
        left = std::move(*found);
        parked_.erase(found);
    }

    /// `listener` is called at the next wake(), once; it takes the place of the
    /// one before. It must neither block nor call back.
    void listen(std::function<void()> listener)
    {
        const std::lock_guard lock{mutex_};
        listener_ = std::move(listener);
    }

    void wake()
    {
        std::function<void()> listener;
        std::vector<std::shared_ptr<Waiter>> parked;
        {
            const std::lock_guard lock{mutex_};
            listener.swap(listener_);
            parked.swap(parked_);
        }
        changed_.notify_all();
        if (listener)
            listener();
        for (const auto &waiter : parked)
            waiter->woken();
    }

private:
    /// Those who are in wait() look again; there is no news for a listener.
    void wake_blocked()
    {
        {
            const std::lock_guard lock{mutex_}; // a wait() has not yet looked, or sleeps
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> listener_;
    std::vector<std::shared_ptr<Waiter>> parked_;
};

} // namespace iio::core
