// SPDX-License-Identifier: MIT
//
// EventQueue: the events of a device for the one client that listens.
#pragma once

#include <core/waiters.hpp>
#include <cstdint>
#include <deque>
#include <iio/driver/result.hpp>
#include <linux/iio/events.h>
#include <mutex>
#include <span>

namespace iio::core {

/// Threads: all members from any.
class EventQueue {
public:
    /// Errors: EBUSY: another client listens; ENODEV: the device is gone.
    [[nodiscard]] Result<void> open();
    /// What was not read is lost.
    void close();

    /// Dropped if no client listens, or if 16 wait already.
    void push(std::uint64_t code, std::int64_t timestamp_ns);

    /// As many records as there are and fit, one at least; blocks until there
    /// is one.
    /// Errors: EINVAL: too short for one; EAGAIN: none, and nonblocking; EINTR:
    /// cancelled; ENODEV: the device is gone.
    [[nodiscard]] Result<std::size_t> read(std::span<iio_event_data> records, bool nonblocking,
                                           Cancellation &cancellation);
    /// The same without blocking: where read() waits, `waiter` is parked, and the answer is 0;
    /// when it is woken it reads again.
    [[nodiscard]] Result<std::size_t> read_or_park(std::span<iio_event_data> records,
                                                   bool nonblocking,
                                                   const std::shared_ptr<Waiter> &waiter);
    /// The waiter's client is not there any more.
    void leave(const Waiter &waiter) { waiters_.leave(waiter); }
    /// Whether a read would not block; else `listener` is called once when it
    /// would not any more.
    [[nodiscard]] bool poll(std::function<void()> listener);

    /// The device goes: who waits is answered.
    void shut_down();

private:
    static constexpr std::size_t most = 16;
    [[nodiscard]] Result<std::size_t> take_or_fail(std::span<iio_event_data> records,
                                                   bool nonblocking);
    [[nodiscard]] std::size_t take(std::span<iio_event_data> records);
    [[nodiscard]] bool is_ready() const;

    mutable std::mutex mutex_;
    std::deque<iio_event_data> events_;
    bool open_ = false;
    bool gone_ = false;
    Waiters waiters_;
};

} // namespace iio::core
