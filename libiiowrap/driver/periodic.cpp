// SPDX-License-Identifier: MIT
#include <algorithm>
#include <driver/alarm.hpp>
#include <iio/driver/periodic.hpp>

namespace iio {

Periodic::Periodic(const Hardware &hardware, std::function<void()> call)
    : timing_{hardware.timing()}, call_{std::move(call)}
{
}

Periodic::~Periodic() = default;

void Periodic::start(std::chrono::nanoseconds period)
{
    stop();
    if (!timing_.passes_by_itself())
        return;
    const auto first = Alarm::Clock::now() + period;
    alarm_ = std::make_unique<Alarm>([this, period, due = first]() mutable {
        (void)timing_.run(call_);
        due = std::max(due + period, Alarm::Clock::now());
        return std::optional{due};
    });
    alarm_->set(first);
}

void Periodic::stop() { alarm_.reset(); }

} // namespace iio
