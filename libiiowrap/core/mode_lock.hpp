// SPDX-License-Identifier: MIT
//
// ModeLock: whether a device streams, and who keeps it from doing so.
#pragma once

#include <condition_variable>
#include <iio/driver/result.hpp>
#include <mutex>

namespace iio::core {

/// Threads: all members from any.
class ModeLock {
public:
    /// Any number may be held at once, one by a thread: a second one would wait for
    /// the device that starts, which waits for the first. Waits while the device
    /// starts or stops.
    /// Errors: EBUSY: it streams.
    [[nodiscard]] Result<void> claim_direct()
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return !changing_; });
        if (streaming_)
            return fail(EBUSY);
        ++claims_;
        return {};
    }
    void release_direct()
    {
        {
            const std::lock_guard lock{mutex_};
            --claims_;
        }
        changed_.notify_all();
    }

    /// While it lives the mode changes: it waits for all claims, and new ones
    /// wait for its end.
    class Change {
    public:
        explicit Change(ModeLock &mode) : mode_{mode}
        {
            std::unique_lock lock{mode_.mutex_};
            mode_.changed_.wait(lock, [this] { return !mode_.changing_; });
            mode_.changing_ = true;
            mode_.changed_.wait(lock, [this] { return mode_.claims_ == 0; });
        }
        ~Change()
        {
            {
                const std::lock_guard lock{mode_.mutex_};
                mode_.changing_ = false;
            }
            mode_.changed_.notify_all();
        }
        Change(const Change &) = delete;
        Change &operator=(const Change &) = delete;
        void set_streaming(bool streaming)
        {
            const std::lock_guard lock{mode_.mutex_};
            mode_.streaming_ = streaming;
        }

    private:
        ModeLock &mode_;
    };

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned claims_ = 0;
    bool changing_ = false;
    bool streaming_ = false;
};

} // namespace iio::core
