// SPDX-License-Identifier: MIT
//
// The triggers that clients make: fired by a write (iio_sysfs_trigger), or by a
// timer (configfs, triggers/hrtimer).
#pragma once

#include <chrono>
#include <condition_variable>
#include <iio/host/trigger.hpp>
#include <thread>

namespace iio::core {

/// "sysfstrig7", with a file trigger_now.
class SysfsTrigger final : public Trigger {
public:
    explicit SysfsTrigger(unsigned id) : Trigger{name_of(id)} {}
    [[nodiscard]] static std::string name_of(unsigned id)
    {
        return "sysfstrig" + std::to_string(id);
    }
    [[nodiscard]] std::span<const TriggerAttribute> attributes() const override;
};

/// Fires sampling_frequency times a second while it is used, at moments that
/// do not drift.
///
/// A moment that finds a consumer at its last sample, or that this process is late
/// for, is made up for as soon as it can be; those from more than `memory` ago are
/// lost. (The kernel's loses each of them; its threads are late less often.) The
/// timer's thread fires on time; the thread that took the last sample fires what is late.
class HrtimerTrigger final : public Trigger {
public:
    explicit HrtimerTrigger(std::string name) : Trigger{std::move(name)} {}
    ~HrtimerTrigger() override { stop(); }

    [[nodiscard]] std::span<const TriggerAttribute> attributes() const override;
    [[nodiscard]] std::uint64_t frequency_millihertz() const; ///< thousandths of a hertz
    /// Errors: EINVAL: 0, or a period below a nanosecond.
    [[nodiscard]] Result<void> set_frequency_millihertz(std::uint64_t frequency) const;

private:
    using Time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
    static constexpr std::chrono::nanoseconds memory = std::chrono::milliseconds{100};

    [[nodiscard]] Result<void> set_state(bool on) const override;
    void reenable() const override;
    void stop() const;
    void run() const;
    void begin_anew() const;
    void advance() const;
    [[nodiscard]] bool fire_due() const;

    mutable std::mutex timer_mutex_; ///< held while it fires; for all below
    mutable std::condition_variable changed_;
    mutable std::uint64_t frequency_millihertz_ = 100'000;
    mutable Time next_;                       ///< moment that is to fire
    mutable std::uint64_t next_fraction_ = 0; ///< of a nanosecond, in `frequency`ths
    mutable bool running_ = false;
    mutable bool overrun_ = false; ///< the consumers are not done; reenable() goes on
    mutable std::thread thread_;
};

} // namespace iio::core
