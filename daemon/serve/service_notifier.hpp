// SPDX-License-Identifier: MIT
//
// A daemon that a service manager runs: what the manager is told.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace iiofs {

/// Tells the manager that the mount answers (regularly, where a watchdog wants that), and
/// the status of the devices.
///
/// It asks the mount by Session::ask, not by opening a file: a thread that waits for an
/// answer of the mount cannot be killed, so a daemon that hangs could not be killed either.
///
/// Threads: all members from any. Without a manager it does nothing.
class ServiceNotifier {
public:
    struct Calls {
        std::function<std::string()> status; ///< one line for people
        std::function<void()> ask;           ///< answered() is called some time after it
    };

    ServiceNotifier();
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

} // namespace iiofs
