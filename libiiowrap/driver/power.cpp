// SPDX-License-Identifier: MIT
#include <driver/alarm.hpp>
#include <iio/driver/power.hpp>
#include <utility>

namespace iio {

Power::Power(const Hardware &hardware, Switch turn, std::chrono::milliseconds idle)
    : timing_{hardware.timing()},
      turn_{std::move(turn)},
      idle_{idle},
      when_idle_{idle.count() > 0 ? std::make_unique<Alarm>([this] { return sleep_if_idle(); })
                                  : nullptr}
{
}

Power::~Power()
{
    when_idle_.reset();
    if (awake_)
        (void)turn_(false);
}

Result<Power::Use> Power::use() const
{
    const std::lock_guard lock{mutex_};
    const bool woke = !awake_;
    if (woke)
        IIO_TRY(turn_(true));
    awake_ = true;
    ++users_;
    return Use{*this, woke};
}

/// The core sees a transfer that fails here, even if the caller ignores the Result.
Result<void> Power::release() const
{
    const std::lock_guard lock{mutex_};
    if (--users_ > 0)
        return {};
    if (when_idle_) {
        when_idle_->set(Alarm::Clock::now() + idle_);
        return {};
    }
    awake_ = false;
    return turn_(false);
}

/// On the alarm's thread. Returns when to try again: the part is being recovered just now.
std::optional<std::chrono::steady_clock::time_point> Power::sleep_if_idle() const
{
    const bool ran = timing_.run([this] {
        const std::lock_guard lock{mutex_};
        if (users_ == 0 && std::exchange(awake_, false))
            (void)turn_(false);
    });
    return ran ? std::nullopt : std::optional{Alarm::Clock::now() + idle_};
}

Result<void> Power::Use::end()
{
    const Power *const power = power_.release();
    return power ? power->release() : Result<void>{};
}

} // namespace iio
