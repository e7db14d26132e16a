// SPDX-License-Identifier: MIT
//
// SimulatedLine: a simulated chip's interrupt output.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iio/driver/interrupt.hpp>
#include <mutex>
#include <optional>
#include <utility>

namespace iio::sim {

/// Threads: as InterruptLine; the test's own calls from any.
class SimulatedLine final : public InterruptLine {
public:
    using Period = std::chrono::nanoseconds;
    using Time = std::chrono::time_point<std::chrono::steady_clock, Period>;

    /// With a period it makes edges of its own while a client waits for them.
    explicit SimulatedLine(std::optional<Period> period = std::nullopt) : period_{period} {}
    explicit SimulatedLine(Edge edge) : edge_{edge} {}

    /// Makes one edge, now or at `moment`: a pulse, which leaves the level inactive. Edges
    /// that come while no client waits count as one, as a latched interrupt does.
    void raise(Time moment = std::chrono::steady_clock::now()) const
    {
        {
            const std::lock_guard lock{mutex_};
            if (!raised_)
                raised_ = moment;
        }
        changed_.notify_one();
    }
    /// Sets the level; an edge where it becomes active.
    void set_active(bool active) const
    {
        bool edge = false;
        {
            const std::lock_guard lock{mutex_};
            edge = active && !active_;
            active_ = active;
        }
        if (edge)
            raise();
    }

    [[nodiscard]] Edge edge() const override { return edge_; }
    [[nodiscard]] Result<std::optional<std::int64_t>>
    wait(std::optional<std::chrono::milliseconds> at_most) const override
    {
        std::unique_lock lock{mutex_};
        const auto is_over = [this] { return raised_ || woken_; };
        const Time now = std::chrono::steady_clock::now();
        const auto until = at_most ? std::optional{now + *at_most} : std::nullopt;
        const auto own = period_ ? std::optional{next_edge(now)} : std::nullopt;
        const auto end = own && until ? std::min(own, until) : (own ? own : until);
        if (!end)
            changed_.wait(lock, is_over);
        else
            changed_.wait_until(lock, *end, is_over);
        if (std::exchange(woken_, false))
            return std::nullopt;
        if (const auto edge = std::exchange(raised_, std::nullopt))
            return edge->time_since_epoch().count();
        if (!own || std::chrono::steady_clock::now() < *own)
            return std::nullopt;
        last_edge_ = *own;
        return own->time_since_epoch().count();
    }
    [[nodiscard]] bool is_active() const override
    {
        const std::lock_guard lock{mutex_};
        return active_;
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
    /// Edges that came while no client waited are lost.
    [[nodiscard]] Time next_edge(Time now) const
    {
        return last_edge_ + (now - last_edge_) / *period_ * *period_ + *period_;
    }

    const Edge edge_ = Edge::rising;
    const std::optional<Period> period_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    mutable std::optional<Time> raised_; ///< the first edge that no client has waited for
    mutable bool active_ = false;
    mutable bool woken_ = false;
    mutable Time last_edge_ = std::chrono::steady_clock::now(); ///< with a period
};

} // namespace iio::sim
