// SPDX-License-Identifier: MIT
#include <driver/idle_timer.hpp>
#include <iio/driver/power.hpp>
#include <utility>

namespace iio {

Power::Power(const Hardware &hardware, Switch turn, std::chrono::milliseconds idle)
    : timing_{hardware.timing()},
      turn_{std::move(turn)},
      idle_timer_{idle.count() > 0 ? std::make_unique<IdleTimer>(idle, [this] { sleep_if_idle(); })
                                   : nullptr}
{
}

Power::~Power()
{
    idle_timer_.reset();
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
    if (idle_timer_) {
        idle_timer_->touch();
        return {};
    }
    awake_ = false;
    return turn_(false);
}

/// On the timer's thread: later, if the part is being recovered just now.
void Power::sleep_if_idle() const
{
    const bool ran = timing_.run([this] {
        const std::lock_guard lock{mutex_};
        if (users_ > 0 || !awake_)
            return;
        awake_ = false;
        (void)turn_(false);
    });
    if (!ran)
        idle_timer_->touch();
}

Result<void> Power::Use::end()
{
    const Power *const power = power_.release();
    return power ? power->release() : Result<void>{};
}

} // namespace iio
