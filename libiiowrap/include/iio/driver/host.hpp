// SPDX-License-Identifier: MIT
//
// Host: what the core does for a driver's device. A driver copies the one that
// its Hardware has.
#pragma once

#include <iio/driver/event_code.hpp>
#include <iio/driver/result.hpp>
#include <iio/driver/scan.hpp>
#include <utility>

namespace iio {

/// Threads: all members from any, at any time. Lifetime: the device's. Before
/// registration and after removal nothing is pushed, and now() is 0.
class Host {
public:
    explicit Host(const iio_dev &dev) : dev_{&dev} {}

    /// Nanoseconds of the clock in current_timestamp_clock.
    [[nodiscard]] std::int64_t now() const
    {
        const iio_core *const calls = core();
        return calls ? calls->now(dev_) : 0;
    }

    /// Reports an event, whose time is of now()'s clock. Dropped where no client
    /// listens, or 16 events wait already.
    void push_event(std::uint64_t code, std::int64_t timestamp_ns) const
    {
        if (const iio_core *const calls = core())
            calls->push_event(dev_, code, timestamp_ns);
    }

    void push_event(const Channel &channel, EventType type, EventDirection direction,
                    std::int64_t timestamp_ns) const
    {
        push_event(event_code(channel, type, direction), timestamp_ns);
    }

    /// Pushes one scan, filled in by `fill(Scan &)`, into the running buffer.
    /// `timestamp_ns` is of now()'s clock. `fill` only puts samples: it holds the
    /// buffer's lock. False where the buffer does not run or is full: the scan is lost.
    template <class Fill> bool push(std::int64_t timestamp_ns, Fill &&fill) const
    {
        const iio_core *const calls = core();
        Scan scan;
        if (!calls || calls->begin_scan(dev_, &scan) < 0)
            return false;
        try {
            std::forward<Fill>(fill)(scan);
        } catch (...) {
            calls->end_scan(dev_, timestamp_ns, 0);
            throw;
        }
        calls->end_scan(dev_, timestamp_ns, 1);
        return true;
    }

    /// Fires the device's own trigger with this id; the scan that is taken gets
    /// this timestamp.
    void fire(std::uint32_t trigger_id, std::int64_t timestamp_ns) const
    {
        if (const iio_core *const calls = core())
            calls->fire_trigger(dev_, trigger_id, timestamp_ns);
    }

    /// The part shows that it was reset although no transfer failed: the core
    /// configures it again before the next call. A read that calls this and then
    /// fails is repeated, and the client does not see its error.
    void doubt() const
    {
        if (const iio_core *const calls = core())
            calls->doubt(dev_);
    }

private:
    [[nodiscard]] const iio_core *core() const
    {
        return __atomic_load_n(&dev_->core, __ATOMIC_ACQUIRE);
    }
    const iio_dev *dev_;
};

} // namespace iio
