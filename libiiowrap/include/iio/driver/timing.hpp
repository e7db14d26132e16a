// SPDX-License-Identifier: MIT
//
// Timing: time as a driver has it. The board gives it like a bus, so that a test
// waits for nothing and the removal of a device ends a driver's wait.
#pragma once

#include <chrono>
#include <functional>

namespace iio {

/// Threads: all members from any. Lifetime: outlives the driver that was given it.
class Timing {
public:
    Timing() = default;
    Timing(const Timing &) = delete;
    Timing &operator=(const Timing &) = delete;
    virtual ~Timing() = default;

    /// Time since some fixed moment; never goes back.
    [[nodiscard]] virtual std::chrono::nanoseconds now() const = 0;
    /// Waits at least so long. Returns early while the device is being removed; the
    /// driver's next transfer then fails with ENODEV.
    virtual void delay(std::chrono::nanoseconds duration) const = 0;
    /// False: it goes on only by delays, as in tests, and nothing happens by itself.
    [[nodiscard]] virtual bool passes_by_itself() const { return true; }
    /// Runs `call` as a call into the driver that no client made, such as that of an
    /// idle timer. False, and `call` was not run: the part is being recovered or
    /// removed, or another call has to end first.
    [[nodiscard]] virtual bool run(const std::function<void()> &call) const = 0;

    /// The steady clock, for drivers without a core.
    [[nodiscard]] static const Timing &real();
};

} // namespace iio
