// SPDX-License-Identifier: MIT
//
// A daemon that a service manager runs: what it is told, and what it orders.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace iiofs {

/// Tells the manager that the mount answers, again and again if a watchdog waits for
/// that, and what there is to say about the devices.
///
/// The mount is asked by a message that comes back as a request of the kernel's
/// (Session::ask), not by opening a file of it: a thread that waits for the mount's
/// answer cannot be killed, and a daemon that hangs could not be either.
///
/// Threads: all members from any. Without a manager it does nothing.
class Managed {
public:
    struct Calls {
        std::function<std::string()> status; ///< one line for people
        std::function<void()> ask;           ///< answered() is called some time after it
    };

    Managed();
    /// Before all others but changed(). What the calls need outlives stop().
    void set(Calls calls) { calls_ = std::move(calls); }

    /// The mount can be asked from now on.
    void start();
    /// There is no mount any more to ask.
    void stop();
    /// The mount has answered; the first time, the daemon is ready.
    void answered();
    /// There is another status.
    void changed();

    // Around a reload.
    void reloading();
    void reloaded();

private:
    void tell_until(const std::stop_token &stop);

    Calls calls_;
    /// How often the watchdog is fed; 0: there is none.
    const std::chrono::microseconds period_;
    std::atomic<bool> is_ready_{false};
    std::mutex mutex_;
    std::condition_variable_any news_;
    bool has_news_ = false;
    std::jthread thread_; ///< last: it ends first
};

/// Calls a function whenever SIGHUP comes, on a thread of its own.
class ReloadSignal {
public:
    /// SIGHUP waits from here on, in this thread and those that it starts.
    static void block();

    explicit ReloadSignal(std::function<void()> reload);
    ~ReloadSignal();
    ReloadSignal(const ReloadSignal &) = delete;
    ReloadSignal &operator=(const ReloadSignal &) = delete;

private:
    std::atomic<bool> is_ending_{false};
    std::thread thread_;
};

} // namespace iiofs
