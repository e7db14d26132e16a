// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iio/host/trigger.hpp>

namespace iio {

/// A call to the source, if it is there: it stays until the call ends.
class Trigger::SourceCall {
public:
    explicit SourceCall(const Trigger &trigger) : trigger_{trigger}
    {
        const std::lock_guard lock{trigger_.mutex_};
        is_there_ = !trigger_.given_up_;
        if (is_there_)
            ++trigger_.calls_;
    }
    ~SourceCall()
    {
        if (!is_there_)
            return;
        const std::lock_guard lock{trigger_.mutex_};
        if (--trigger_.calls_ == 0)
            trigger_.no_call_.notify_all();
    }
    SourceCall(const SourceCall &) = delete;
    SourceCall &operator=(const SourceCall &) = delete;
    explicit operator bool() const { return is_there_; }

private:
    const Trigger &trigger_;
    bool is_there_;
};

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
    if (given_up_)
        return;
    {
        std::unique_lock lock{mutex_};
        given_up_ = true;
        no_call_.wait(lock, [this] { return calls_ == 0; });
    }
    if (users_ > 0)
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
    const SourceCall call{*this};
    if (call)
        reenable();
    {
        const std::lock_guard lock{mutex_};
        --reenabling_;
    }
    if (call)
        served();
}

bool Trigger::is_answering() const
{
    const SourceCall call{*this};
    return !call || source_answers();
}

void Trigger::try_again() const
{
    if (const SourceCall call{*this})
        try_source();
}

bool Trigger::is_busy() const
{
    const std::lock_guard lock{mutex_};
    return busy_ != 0 || reenabling_ != 0;
}

} // namespace iio
