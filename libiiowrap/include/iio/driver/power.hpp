// SPDX-License-Identifier: MIT
//
// Power: keeps a part awake while it is used, as the kernel's runtime power
// management does.
//
//     const auto awake = IIO_TRY(power_.use());
#pragma once

#include <functional>
#include <iio/driver/hardware.hpp>
#include <memory>
#include <mutex>
#include <optional>

namespace iio {

class Alarm;

/// Threads: use() and the end of a use from any; switching excludes all of them.
/// Lifetime: the last member of its driver, as its destructor puts the part to sleep.
class Power {
public:
    /// Wakes the part, waits until it is up, or puts it to sleep. Must not use this Power.
    using Switch = std::function<Result<void>(bool on)>;

    /// The part sleeps. It is put to sleep again at the end of the last use, or where `idle`
    /// is above 0 so long after it.
    explicit Power(const Hardware &hardware, Switch turn, std::chrono::milliseconds idle = {});
    ~Power();
    Power(const Power &) = delete;
    Power &operator=(const Power &) = delete;

    /// The part is awake as long as it lives.
    class Use {
    public:
        Use() = default;
        /// Ends it now. Errors: the part could not be put to sleep; it counts as asleep.
        Result<void> end();
        /// The part was asleep before.
        [[nodiscard]] bool woke() const { return woke_; }
        explicit operator bool() const { return power_ != nullptr; }

    private:
        friend Power;
        struct Release {
            void operator()(const Power *power) const { (void)power->release(); }
        };
        Use(const Power &power, bool woke) : power_{&power}, woke_{woke} {}
        std::unique_ptr<const Power, Release> power_;
        bool woke_ = false;
    };
    /// Errors: of the Switch.
    [[nodiscard]] Result<Use> use() const;
    /// Calls `tell()` if the part is awake; it neither wakes up nor falls asleep meanwhile.
    /// Errors: tell's.
    template <class Tell> [[nodiscard]] Result<void> if_awake(Tell &&tell) const
    {
        const std::lock_guard lock{mutex_};
        return awake_ ? tell() : Result<void>{};
    }

private:
    Result<void> release() const;
    std::optional<std::chrono::steady_clock::time_point> sleep_if_idle() const;

    const Timing &timing_;
    const Switch turn_;
    mutable std::mutex mutex_;
    mutable unsigned users_ = 0;
    mutable bool awake_ = false;
    const std::chrono::milliseconds idle_;
    std::unique_ptr<Alarm> when_idle_; ///< none: at once
};

} // namespace iio
