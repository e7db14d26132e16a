// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/events.hpp>

namespace iio::core {

Result<void> EventQueue::open()
{
    const std::lock_guard lock{mutex_};
    if (gone_)
        return fail(ENODEV);
    if (open_)
        return fail(EBUSY);
    open_ = true;
    return {};
}

void EventQueue::close()
{
    const std::lock_guard lock{mutex_};
    open_ = false;
    events_.clear();
}

void EventQueue::push(std::uint64_t code, std::int64_t timestamp_ns)
{
    {
        const std::lock_guard lock{mutex_};
        if (!open_ || events_.size() == most)
            return;
        events_.push_back({code, timestamp_ns});
    }
    waiters_.wake();
}

std::size_t EventQueue::take(std::span<iio_event_data> records)
{
    const std::lock_guard lock{mutex_};
    const auto count = std::min(records.size(), events_.size());
    std::copy_n(events_.begin(), count, records.begin());
    events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
}

bool EventQueue::is_ready() const
{
    const std::lock_guard lock{mutex_};
    return gone_ || !events_.empty();
}

/// 0: there is none yet.
Result<std::size_t> EventQueue::take_or_fail(std::span<iio_event_data> records, bool nonblocking)
{
    if (records.empty())
        return fail(EINVAL);
    {
        const std::lock_guard lock{mutex_};
        if (gone_)
            return fail(ENODEV);
    }
    const auto count = take(records);
    return count == 0 && nonblocking ? Result<std::size_t>{fail(EAGAIN)} : count;
}

Result<std::size_t> EventQueue::read(std::span<iio_event_data> records, bool nonblocking,
                                     Cancellation &cancellation)
{
    for (;;) {
        if (const auto count = IIO_TRY(take_or_fail(records, nonblocking)))
            return count;
        if (waiters_.wait(cancellation, [this] { return is_ready(); }) ==
            Waiters::Outcome::cancelled)
            return fail(EINTR);
    }
}

Result<std::size_t> EventQueue::read_or_park(std::span<iio_event_data> records, bool nonblocking,
                                             const std::shared_ptr<Waiter> &waiter)
{
    for (;;) {
        if (const auto count = IIO_TRY(take_or_fail(records, nonblocking)))
            return count;
        if (waiters_.park(waiter, [this] { return is_ready(); }))
            return std::size_t{0};
    }
}

bool EventQueue::poll(std::function<void()> listener)
{
    waiters_.listen(std::move(listener));
    return is_ready();
}

void EventQueue::shut_down()
{
    {
        const std::lock_guard lock{mutex_};
        gone_ = true;
    }
    waiters_.wake();
}

} // namespace iio::core
