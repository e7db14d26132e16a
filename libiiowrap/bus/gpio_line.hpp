// SPDX-License-Identifier: MIT
//
// GpioLine: a chip's interrupt output on a GPIO of the board, through the GPIO
// character device (<linux/gpio.h>, version 2 of its interface).
#pragma once

#include <iio/driver/interrupt.hpp>
#include <memory>
#include <string>

namespace iio::bus {

/// Threads: as InterruptLine.
class GpioLine final : public InterruptLine {
public:
    /// Requests the line as an input that reports these edges.
    /// Errors: of opening the node (ENOENT: no such chip; EACCES); EINVAL: it has
    /// no such line; EBUSY: it is in use; ENXIO, EOPNOTSUPP: the line
    /// cannot interrupt.
    [[nodiscard]] static Result<std::unique_ptr<GpioLine>> open(const std::string &gpiochip,
                                                                std::uint32_t line, Edge edge);

    ~GpioLine() override;

    [[nodiscard]] Edge edge() const override { return edge_; }
    [[nodiscard]] Result<std::optional<std::int64_t>>
    wait(std::optional<std::chrono::milliseconds> at_most) const override;
    [[nodiscard]] bool is_active() const override;
    void wake() const override;

private:
    [[nodiscard]] std::optional<std::int64_t> take_edges() const;

    GpioLine(int line, int wake, Edge edge) : line_{line}, wake_{wake}, edge_{edge} {}

    const int line_; ///< descriptors
    const int wake_; ///< an eventfd
    const Edge edge_;
};

} // namespace iio::bus
