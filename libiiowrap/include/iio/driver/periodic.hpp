// SPDX-License-Identifier: MIT
//
// Periodic: calls a function of a driver again and again, as the thread or the delayed work
// of a kernel driver does: for a part that has to be asked each second, or one whose buffer
// nothing but the driver fills.
#pragma once

#include <functional>
#include <iio/driver/hardware.hpp>
#include <memory>

namespace iio {

class Alarm;

/// Threads: start() and stop() on one at a time; the function runs on a thread of its own, by
/// Timing::run. Lifetime: the last member of its driver, as the function uses the others.
/// Where time does not pass by itself, the function is never called.
class Periodic {
public:
    /// `call` may take longer than the period: what is missed is left out. It must not throw,
    /// and must not use this Periodic.
    Periodic(const Hardware &hardware, std::function<void()> call);
    ~Periodic();
    Periodic(const Periodic &) = delete;
    Periodic &operator=(const Periodic &) = delete;

    /// The first call is a period from now. It replaces what was started before.
    void start(std::chrono::nanoseconds period);
    /// Waits for a call under way.
    void stop();

private:
    const Timing &timing_;
    const std::function<void()> call_;
    std::unique_ptr<Alarm> alarm_;
};

} // namespace iio
