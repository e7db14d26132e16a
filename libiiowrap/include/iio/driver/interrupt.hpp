// SPDX-License-Identifier: MIT
//
// InterruptLine: the wire from a chip's interrupt output.
#pragma once

#include <chrono>
#include <iio/driver/result.hpp>

namespace iio {

/// The edge that a chip's interrupt output makes; what a driver programs the
/// chip for.
enum class Edge { rising, falling };

/// Threads: wait() on one at a time, wake() from any. Lifetime: outlives the
/// device that was given it.
class InterruptLine {
public:
    InterruptLine() = default;
    InterruptLine(const InterruptLine &) = delete;
    InterruptLine &operator=(const InterruptLine &) = delete;
    virtual ~InterruptLine() = default;

    [[nodiscard]] virtual Edge edge() const = 0;
    /// Blocks for the next edge; true: there was one, false: wake() was called.
    /// Errors: ENODEV: the line is gone.
    [[nodiscard]] virtual Result<bool> wait() const = 0;
    /// Ends a wait(), now or the next one.
    virtual void wake() const = 0;
};

} // namespace iio
