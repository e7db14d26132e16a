// SPDX-License-Identifier: MIT
//
// ModeLock: whether a device streams, and the claims that keep it from doing so.
#pragma once

#include <condition_variable>
#include <iio/driver/result.hpp>
#include <mutex>
#include <utility>

namespace iio::core {

/// Threads: all members from any. Lock order: see core/buffer.hpp.
class ModeLock {
public:
    /// Direct mode: as long as it lives the device does not begin to stream. It is no
    /// lock: any number of threads may have one, but a thread must not have two,
    /// as the second would wait for a start that waits for the first.
    class Claim {
    public:
        /// Claims nothing.
        Claim() = default;
        /// Waits while the device starts or stops; the caller is in no driver.
        /// Errors: EBUSY: it streams.
        [[nodiscard]] static Result<Claim> of(ModeLock &mode)
        {
            std::unique_lock lock{mode.mutex_};
            mode.changed_.wait(lock, [&] { return !mode.changing_; });
            if (mode.streaming_)
                return fail(EBUSY);
            ++mode.claims_;
            return Claim{&mode};
        }
        Claim(Claim &&other) noexcept : mode_{std::exchange(other.mode_, nullptr)} {}
        Claim &operator=(Claim &&) = delete;
        ~Claim()
        {
            if (!mode_)
                return;
            {
                const std::lock_guard lock{mode_->mutex_};
                --mode_->claims_;
            }
            mode_->changed_.notify_all();
        }

    private:
        explicit Claim(ModeLock *mode) : mode_{mode} {}
        ModeLock *mode_ = nullptr;
    };

    /// As long as it lives the mode changes: it begins when all claims are gone, and
    /// new ones wait for its end.
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
