// SPDX-License-Identifier: MIT
//
// DeviceTrigger: a trigger that a device itself is the source of.
#pragma once

#include <iio/trigger.hpp>

namespace iio::core {

/// Only its own device may use it. Lifetime: while it has a consumer the device
/// is there.
class DeviceTrigger final : public Trigger {
public:
    DeviceTrigger(const iio_dev &dev, const iio_trigger_spec &spec, unsigned device_number)
        : Trigger{std::string{dev.name} + spec.suffix +
                  (spec.numbered ? std::to_string(device_number) : "")},
          dev_{dev},
          id_{spec.id}
    {
    }
    [[nodiscard]] const iio_dev *owner() const override { return &dev_; }
    [[nodiscard]] std::uint32_t id() const { return id_; }

private:
    [[nodiscard]] Result<void> set_state(bool on) const override
    {
        if (!dev_.info->set_trigger)
            return {};
        const int code = dev_.info->set_trigger(&dev_, id_, on);
        return code < 0 ? fail(-code) : Result<void>{};
    }
    void reenable() const override
    {
        if (dev_.info->reenable_trigger)
            dev_.info->reenable_trigger(&dev_, id_);
    }

    const iio_dev &dev_;
    const std::uint32_t id_;
};

} // namespace iio::core
