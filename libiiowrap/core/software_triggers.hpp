// SPDX-License-Identifier: MIT
//
// The triggers that clients make: fired by a write (iio_sysfs_trigger), or by a
// timer (configfs, triggers/hrtimer).
#pragma once

#include <condition_variable>
#include <iio/trigger.hpp>
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

/// Fires sampling_frequency times a second while somebody uses it, on a thread
/// of its own, at moments that do not drift.
class HrtimerTrigger final : public Trigger {
public:
    explicit HrtimerTrigger(std::string name) : Trigger{std::move(name)} {}
    ~HrtimerTrigger() override { stop(); }

    [[nodiscard]] std::span<const TriggerAttribute> attributes() const override;
    [[nodiscard]] std::uint64_t frequency_mhz() const; ///< thousandths of a hertz
    /// Errors: EINVAL: 0, or a period below a nanosecond.
    [[nodiscard]] Result<void> set_frequency_mhz(std::uint64_t frequency) const;

private:
    [[nodiscard]] Result<void> set_state(bool on) const override;
    void stop() const;
    void run() const;

    mutable std::mutex timer_mutex_;
    mutable std::condition_variable changed_;
    mutable std::uint64_t frequency_mhz_ = 100'000;
    mutable bool running_ = false;
    mutable std::thread thread_;
};

} // namespace iio::core
