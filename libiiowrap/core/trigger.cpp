// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iio/host/trigger.hpp>

namespace iio {

bool Trigger::fire(std::optional<std::int64_t> moment_ns) const
{
    const std::lock_guard lock{mutex_};
    if (busy_ != 0 || given_up_)
        return false;
    busy_ = static_cast<unsigned>(consumers_.size());
    for (TriggerConsumer *consumer : consumers_)
        consumer->poll(moment_ns);
    return true;
}

void Trigger::give_up() const
{
    const std::lock_guard state_lock{state_mutex_};
    if (!given_up_.exchange(true) && users_ > 0)
        (void)set_state(false);
}

Result<void> Trigger::attach(TriggerConsumer &consumer) const
{
    const std::lock_guard state_lock{state_mutex_};
    {
        const std::lock_guard lock{mutex_};
        consumers_.push_back(&consumer);
    }
    if (++users_ > 1 || given_up_)
        return {};
    auto started = set_state(true);
    if (!started) {
        --users_;
        detach(consumer);
    }
    return started;
}

void Trigger::detach(TriggerConsumer &consumer) const
{
    const std::lock_guard lock{mutex_};
    std::erase(consumers_, &consumer);
}

void Trigger::release() const
{
    const std::lock_guard state_lock{state_mutex_};
    if (--users_ == 0 && !given_up_)
        (void)set_state(false);
}

void Trigger::sampled() const
{
    {
        const std::lock_guard lock{mutex_};
        if (busy_ == 0 || --busy_ != 0)
            return;
        ++reenabling_;
    }
    reenable();
    {
        const std::lock_guard lock{mutex_};
        --reenabling_;
    }
    served();
}

bool Trigger::is_busy() const
{
    const std::lock_guard lock{mutex_};
    return busy_ != 0 || reenabling_ != 0;
}

} // namespace iio
