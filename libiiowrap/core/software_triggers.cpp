// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <core/software_triggers.hpp>
#include <core/thread.hpp>
#include <core/value_text.hpp>
#include <iio/driver/text.hpp>

namespace iio::core {

namespace {

using Nanoseconds = std::chrono::nanoseconds;

/// Nanoseconds of a period at a thousandth of a hertz.
constexpr std::uint64_t mhz_ns = 1'000'000'000'000;

Result<std::size_t> store_trigger_now(const Trigger &trigger, std::string_view text)
{
    trigger.fire();
    return text.size();
}
constexpr std::array sysfs_attributes{
    TriggerAttribute{"trigger_now", 0200, nullptr, store_trigger_now},
};

const HrtimerTrigger &timer(const Trigger &trigger)
{
    return static_cast<const HrtimerTrigger &>(trigger);
}

/// The kernel's has three digits of its own and prints six.
Result<std::size_t> show_frequency(const Trigger &trigger, char *page)
{
    const auto frequency = timer(trigger).frequency_millihertz();
    Text text{page};
    append_value(
        text, IIO_VAL_INT_PLUS_MICRO,
        std::array{static_cast<int>(frequency / 1000), static_cast<int>(frequency % 1000) * 1000});
    text += "\n";
    return text.size();
}

Result<std::size_t> store_frequency(const Trigger &trigger, std::string_view text)
{
    const Written hertz = IIO_TRY(parse_written(text, IIO_VAL_INT_PLUS_MICRO));
    if (hertz.integer < 0 || hertz.fraction < 0)
        return fail(ERANGE);
    IIO_TRY(
        timer(trigger).set_frequency_millihertz(static_cast<std::uint64_t>(hertz.integer) * 1000 +
                                                static_cast<std::uint64_t>(hertz.fraction) / 1000));
    return text.size();
}
constexpr std::array hrtimer_attributes{
    TriggerAttribute{"sampling_frequency", 0644, show_frequency, store_frequency},
};

} // namespace

std::span<const TriggerAttribute> SysfsTrigger::attributes() const { return sysfs_attributes; }

std::span<const TriggerAttribute> HrtimerTrigger::attributes() const { return hrtimer_attributes; }

std::uint64_t HrtimerTrigger::frequency_millihertz() const
{
    const std::lock_guard lock{timer_mutex_};
    return frequency_millihertz_;
}

Result<void> HrtimerTrigger::set_frequency_millihertz(std::uint64_t frequency) const
{
    if (frequency == 0 || frequency > mhz_ns)
        return fail(EINVAL);
    {
        const std::lock_guard lock{timer_mutex_};
        frequency_millihertz_ = frequency;
        begin_anew();
    }
    changed_.notify_all();
    return {};
}

Result<void> HrtimerTrigger::set_state(bool on) const
{
    stop();
    if (!on)
        return {};
    {
        const std::lock_guard lock{timer_mutex_};
        running_ = true;
        overrun_ = false;
        begin_anew();
    }
    thread_ = IIO_TRY(start_thread([this] { run(); }));
    return {};
}

void HrtimerTrigger::stop() const
{
    {
        const std::lock_guard lock{timer_mutex_};
        running_ = false;
    }
    changed_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void HrtimerTrigger::begin_anew() const
{
    next_ = std::chrono::steady_clock::now();
    next_fraction_ = 0;
    advance();
}

/// A period on; what it has beyond whole nanoseconds adds up to one in time.
void HrtimerTrigger::advance() const
{
    next_ += Nanoseconds{mhz_ns / frequency_millihertz_};
    next_fraction_ += mhz_ns % frequency_millihertz_;
    if (next_fraction_ >= frequency_millihertz_) {
        next_fraction_ -= frequency_millihertz_;
        next_ += Nanoseconds{1};
    }
}

/// False: nothing is due, or a consumer is not done.
bool HrtimerTrigger::fire_due() const
{
    const Time now = std::chrono::steady_clock::now();
    if (next_ > now)
        return false;
    const Nanoseconds period{mhz_ns / frequency_millihertz_};
    if (now - next_ > memory)
        next_ += (now - memory - next_) / period * period;
    if (!fire())
        return false;
    advance();
    return true;
}

void HrtimerTrigger::run() const
{
    RealTime real_time{RealTime::to_tell_moments};
    std::unique_lock lock{timer_mutex_};
    while (running_) {
        const Time moment = next_;
        if (changed_.wait_until(lock, moment, [&] { return !running_ || next_ != moment; }))
            continue;
        overrun_ = !fire_due();
        changed_.wait(lock, [this] { return !running_ || !overrun_; });
        real_time.check();
    }
}

void HrtimerTrigger::reenable() const
{
    {
        const std::lock_guard lock{timer_mutex_};
        if (!running_ || fire_due() || !overrun_)
            return;
        overrun_ = false;
    }
    changed_.notify_all();
}

} // namespace iio::core
