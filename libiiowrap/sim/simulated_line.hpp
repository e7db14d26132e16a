// SPDX-License-Identifier: MIT
//
// SimulatedLine: a simulated chip's interrupt output.
#pragma once

#include <chrono>
#include <condition_variable>
#include <iio/driver/interrupt.hpp>
#include <mutex>
#include <optional>

namespace iio::sim {

/// Threads: all members from any; wait() on one at a time.
class SimulatedLine final : public InterruptLine {
public:
    using Period = std::chrono::nanoseconds;

    /// With a period it makes edges by itself, while somebody waits for them.
    explicit SimulatedLine(std::optional<Period> period = std::nullopt) : period_{period} {}
    explicit SimulatedLine(Edge edge) : edge_{edge} {}

    /// Makes one edge. Edges that come while nobody waits are one, as a latched
    /// interrupt is.
    void raise() const
    {
        {
            const std::lock_guard lock{mutex_};
            raised_ = true;
        }
        changed_.notify_one();
    }

    [[nodiscard]] Edge edge() const override { return edge_; }
    [[nodiscard]] Result<bool> wait() const override
    {
        std::unique_lock lock{mutex_};
        const auto is_over = [this] { return raised_ || woken_; };
        if (!period_)
            changed_.wait(lock, is_over);
        else
            changed_.wait_until(lock, next_edge(), is_over);
        if (woken_) {
            woken_ = false;
            return false;
        }
        raised_ = false;
        return true;
    }
    void wake() const override
    {
        {
            const std::lock_guard lock{mutex_};
            woken_ = true;
        }
        changed_.notify_one();
    }

private:
    using Time = std::chrono::time_point<std::chrono::steady_clock, Period>;

    /// Edges that nobody waited for are lost.
    [[nodiscard]] Time next_edge() const
    {
        const auto now = std::chrono::steady_clock::now();
        last_edge_ += (now - last_edge_) / *period_ * *period_ + *period_;
        return last_edge_;
    }

    const Edge edge_ = Edge::rising;
    const std::optional<Period> period_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    mutable bool raised_ = false;
    mutable bool woken_ = false;
    mutable Time last_edge_ = std::chrono::steady_clock::now(); ///< with a period
};

} // namespace iio::sim
