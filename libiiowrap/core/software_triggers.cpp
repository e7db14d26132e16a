// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <core/software_triggers.hpp>
#include <core/thread.hpp>
#include <core/value_text.hpp>
#include <iio/text.hpp>
#include <sys/prctl.h>

namespace iio::core {

namespace {

using std::chrono::nanoseconds;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, nanoseconds>;

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
    const auto frequency = timer(trigger).frequency_mhz();
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
    IIO_TRY(timer(trigger).set_frequency_mhz(static_cast<std::uint64_t>(hertz.integer) * 1000 +
                                             static_cast<std::uint64_t>(hertz.fraction) / 1000));
    return text.size();
}
constexpr std::array hrtimer_attributes{
    TriggerAttribute{"sampling_frequency", 0644, show_frequency, store_frequency},
};

} // namespace

std::span<const TriggerAttribute> SysfsTrigger::attributes() const { return sysfs_attributes; }

std::span<const TriggerAttribute> HrtimerTrigger::attributes() const { return hrtimer_attributes; }

std::uint64_t HrtimerTrigger::frequency_mhz() const
{
    const std::lock_guard lock{timer_mutex_};
    return frequency_mhz_;
}

Result<void> HrtimerTrigger::set_frequency_mhz(std::uint64_t frequency) const
{
    constexpr std::uint64_t highest = 1'000'000'000'000; // a period of one nanosecond
    if (frequency == 0 || frequency > highest)
        return fail(EINVAL);
    {
        const std::lock_guard lock{timer_mutex_};
        frequency_mhz_ = frequency;
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

void HrtimerTrigger::run() const
{
    // Sleeps are to end on time; where real-time priorities are allowed,
    // whatever else runs.
    prctl(PR_SET_TIMERSLACK, 1UL);
    const sched_param priority{.sched_priority = 50};
    (void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);

    std::unique_lock lock{timer_mutex_};
    SteadyTime next = std::chrono::steady_clock::now();
    auto frequency = frequency_mhz_;
    std::uint64_t ticks = 0; // since `start`, so that a period's rest never adds up
    SteadyTime start = next;
    while (running_) {
        if (frequency != frequency_mhz_) {
            frequency = frequency_mhz_;
            start = std::chrono::steady_clock::now();
            ticks = 0;
        }
        ++ticks;
        next = start + nanoseconds{static_cast<std::int64_t>(static_cast<long double>(ticks) *
                                                             1e12L / frequency)};
        const bool disturbed = changed_.wait_until(
            lock, next, [&] { return !running_ || frequency != frequency_mhz_; });
        if (disturbed)
            continue;
        // Moments that have passed while this thread did not run are lost.
        const SteadyTime now = std::chrono::steady_clock::now();
        const auto missed = (now - next).count() * static_cast<long double>(frequency) / 1e12L;
        if (missed > 1)
            ticks += static_cast<std::uint64_t>(missed);
        lock.unlock();
        fire();
        lock.lock();
    }
}

} // namespace iio::core
