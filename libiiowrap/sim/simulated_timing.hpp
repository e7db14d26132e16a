// SPDX-License-Identifier: MIT
//
// SimulatedTiming: a driver's waits take no time, but move the clock that its chip's
// waveforms follow.
#pragma once

#include <atomic>
#include <iio/driver/timing.hpp>

namespace iio::sim {

/// The steady clock, ahead by all delays so far.
/// Threads: all members from any.
class SimulatedTiming final : public Timing {
public:
    [[nodiscard]] std::chrono::nanoseconds now() const override
    {
        return Timing::real().now() + std::chrono::nanoseconds{ahead_ns_.load()};
    }
    void delay(std::chrono::nanoseconds duration) const override { ahead_ns_ += duration.count(); }
    [[nodiscard]] bool passes_by_itself() const override { return false; }
    [[nodiscard]] bool run(const std::function<void()> &call) const override
    {
        call();
        return true;
    }

private:
    mutable std::atomic<std::chrono::nanoseconds::rep> ahead_ns_{0};
};

} // namespace iio::sim
