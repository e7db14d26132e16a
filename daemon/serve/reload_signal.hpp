// SPDX-License-Identifier: MIT
//
// ReloadSignal: SIGHUP, which orders the server to read its configuration again.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace iiofs {

/// Calls a function whenever SIGHUP comes, on a thread of its own.
class ReloadSignal {
public:
    /// Blocks SIGHUP in this thread and in those that it starts from here on.
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
