// SPDX-License-Identifier: MIT
//
// InterruptLine: the wire from a chip's interrupt output.
#pragma once

#include <chrono>
#include <cstdint>
#include <iio/driver/result.hpp>
#include <optional>

namespace iio {

/// The edge that a chip's interrupt output makes; what a driver programs the
/// chip for.
enum class Edge { rising, falling };

/// A wire with a level: active is high where edge() is rising, low where it is falling.
///
/// The core alone waits on it; a driver only asks for edge(). The core calls
/// handle_interrupt once for each edge, and again, bounded and with growing
/// pauses, while the line is still active after that call, or after the buffers
/// of a trigger that the call fired have taken their samples. So no driver needs
/// a loop of its own, and none may rely on one call for each edge.
///
/// Threads: wait() on one at a time, all else from any. Lifetime: outlives the
/// device that was given it.
class InterruptLine {
public:
    InterruptLine() = default;
    InterruptLine(const InterruptLine &) = delete;
    InterruptLine &operator=(const InterruptLine &) = delete;
    virtual ~InterruptLine() = default;

    [[nodiscard]] virtual Edge edge() const = 0;
    /// Blocks until there is an edge to the active level, wake() was called, or `at_most`
    /// has passed (none: without a bound). Gives the moment of the first edge since the last
    /// wait(), in nanoseconds of CLOCK_MONOTONIC as the kernel stamped it, or nothing.
    /// Further edges since then are dropped: edges are not counted. A line that was active
    /// before the first wait() makes no edge; is_active() tells.
    /// Errors: ENODEV: the line is gone, and will be; wait() is not to be called any more.
    [[nodiscard]] virtual Result<std::optional<std::int64_t>>
    wait(std::optional<std::chrono::milliseconds> at_most) const = 0;
    /// The level now. False, too, where it is not known: the line is gone, or knows
    /// edges only.
    [[nodiscard]] virtual bool is_active() const = 0;
    /// Ends one wait(): the one under way, else the next. Several before a wait() are one.
    virtual void wake() const = 0;
};

} // namespace iio
