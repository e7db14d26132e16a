// SPDX-License-Identifier: MIT
//
// DeviceTrigger: a trigger that a device itself is the source of.
#pragma once

#include <functional>
#include <iio/host/health.hpp>
#include <iio/host/trigger.hpp>
#include <optional>
#include <utility>

namespace iio::core {

/// The device is told of its first consumer, and when a sample was taken: its line may be
/// active then without an edge to come.
///
/// Lifetime: the device and its chip outlive it or give it up.
class DeviceTrigger final : public Trigger {
public:
    DeviceTrigger(const iio_dev &dev, const iio_trigger_spec &spec, unsigned device_number,
                  Health *health, std::function<void(bool is_first_consumer)> tell)
        : Trigger{std::string{dev.name} + spec.suffix +
                  (spec.numbered ? std::to_string(device_number) : "")},
          dev_{dev},
          device_number_{device_number},
          id_{spec.id},
          own_device_only_{spec.own_device_only != 0},
          health_{health},
          tell_{std::move(tell)}
    {
    }
    [[nodiscard]] const iio_dev *owner() const override { return &dev_; }
    [[nodiscard]] std::optional<unsigned> owner_number() const override { return device_number_; }
    [[nodiscard]] bool may_drive(const iio_dev &dev) const override
    {
        return !own_device_only_ || &dev == &dev_;
    }
    [[nodiscard]] std::uint32_t id() const { return id_; }
    /// The part was probed again; it becomes the source again if it was.
    [[nodiscard]] Result<void> resume() const { return on_ ? set(true) : Result<void>{}; }

private:
    [[nodiscard]] Result<void> set_state(bool on) const override
    {
        if (!on)
            on_ = false;
        const auto use = IIO_TRY(enter(health_));
        IIO_TRY(set(on));
        on_ = on;
        if (on)
            tell_(true);
        return {};
    }
    void reenable() const override
    {
        if (!dev_.info->reenable_trigger)
            return;
        if (const auto use = enter(health_))
            dev_.info->reenable_trigger(&dev_, id_);
    }
    void served() const override { tell_(false); }
    [[nodiscard]] bool source_answers() const override
    {
        return !health_ || health_->is_answering();
    }
    void try_source() const override { (void)enter(health_); }
    [[nodiscard]] Result<void> set(bool on) const
    {
        if (!dev_.info->set_trigger)
            return {};
        const int code = dev_.info->set_trigger(&dev_, id_, on);
        return code < 0 ? fail(-code) : Result<void>{};
    }

    const iio_dev &dev_;
    const unsigned device_number_;
    const std::uint32_t id_;
    const bool own_device_only_;
    Health *const health_;
    const std::function<void(bool is_first_consumer)> tell_;
    mutable std::atomic<bool> on_{false}; ///< turned on with the part in use
};

} // namespace iio::core
