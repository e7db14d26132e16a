// SPDX-License-Identifier: MIT
//
// GpioLine: a chip's interrupt output on a GPIO of the board, through the GPIO
// character device (<linux/gpio.h>, version 2 of its interface).
#pragma once

#include <iio/driver/interrupt.hpp>
#include <memory>
#include <string>

namespace iio::bus {

/// Threads: wait() on one at a time, wake() from any.
class GpioLine final : public InterruptLine {
public:
    /// Requests the line as an input that reports these edges.
    /// Errors: of opening the node (ENOENT: no such chip; EACCES); EINVAL: it has
    /// no such line; EBUSY: somebody else uses it; ENXIO, EOPNOTSUPP: the line
    /// cannot interrupt.
    [[nodiscard]] static Result<std::unique_ptr<GpioLine>> open(const std::string &gpiochip,
                                                                std::uint32_t line, Edge edge);

    ~GpioLine() override;

    [[nodiscard]] Edge edge() const override { return edge_; }
    /// Edges that came since the last wait are one.
    [[nodiscard]] Result<bool> wait() const override;
    void wake() const override;

private:
    GpioLine(int line, int wake, Edge edge) : line_{line}, wake_{wake}, edge_{edge} {}

    const int line_; ///< descriptors
    const int wake_; ///< an eventfd
    const Edge edge_;
};

} // namespace iio::bus
