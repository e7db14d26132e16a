// SPDX-License-Identifier: MIT
//
// Host: what the subsystem does for a driver's device. A driver keeps the one
// that its Hardware has.
#pragma once

#include <iio/driver/event_code.hpp>
#include <iio/driver/result.hpp>
#include <iio/driver/scan.hpp>
#include <utility>

namespace iio {

/// Threads: all members from any. Lifetime: the device's. Before registration
/// and after removal nothing is pushed and direct mode is always to be had.
class Host {
public:
    explicit Host(const iio_dev &dev) : dev_{&dev} {}

    /// Nanoseconds of the clock in current_timestamp_clock.
    [[nodiscard]] std::int64_t now() const { return dev_->core ? dev_->core->now(dev_) : 0; }

    /// Reports an event; dropped where nobody listens.
    void push_event(std::uint64_t code, std::int64_t timestamp_ns) const
    {
        if (dev_->core)
            dev_->core->push_event(dev_, code, timestamp_ns);
    }

    /// Pushes one scan, filled by `fill(Scan &)`, into the running buffer. False
    /// where it does not run or is full: the scan is lost.
    template <class Fill> bool push(std::int64_t timestamp_ns, Fill &&fill) const
    {
        Scan scan;
        if (!dev_->core || dev_->core->begin_scan(dev_, &scan) < 0)
            return false;
        try {
            std::forward<Fill>(fill)(scan);
        } catch (...) {
            dev_->core->end_scan(dev_, timestamp_ns, 0);
            throw;
        }
        dev_->core->end_scan(dev_, timestamp_ns, 1);
        return true;
    }

    /// Fires the trigger of the device's own with this id; the scan that is taken
    /// gets this timestamp.
    void fire(std::uint32_t trigger_id, std::int64_t timestamp_ns) const
    {
        if (dev_->core)
            dev_->core->fire_trigger(dev_, trigger_id, timestamp_ns);
    }

private:
    friend class DirectMode;
    const iio_dev *dev_;
};

/// Keeps the device from starting to stream, for an operation that the part
/// cannot do while it streams. No lock: others may hold one at the same time.
///
///     const auto direct = IIO_TRY(DirectMode::claim(host_));
class DirectMode {
public:
    /// Errors: EBUSY: the buffer runs.
    [[nodiscard]] static Result<DirectMode> claim(const Host &host)
    {
        const iio_dev *dev = host.dev_;
        if (!dev->core)
            return DirectMode{nullptr};
        const int code = dev->core->claim_direct(dev);
        if (code < 0)
            return fail(-code);
        return DirectMode{dev};
    }
    DirectMode(DirectMode &&other) noexcept : dev_{std::exchange(other.dev_, nullptr)} {}
    DirectMode &operator=(DirectMode &&) = delete;
    ~DirectMode()
    {
        if (dev_)
            dev_->core->release_direct(dev_);
    }

private:
    explicit DirectMode(const iio_dev *dev) : dev_{dev} {}
    const iio_dev *dev_;
};

} // namespace iio
