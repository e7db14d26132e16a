// SPDX-License-Identifier: MIT
//
// GpioLine: a chip's interrupt output on a GPIO of the board, through the GPIO
// character device (<linux/gpio.h>, version 2 of its interface).
#pragma once

#include <chrono>
#include <cstdint>
#include <iio/driver/interrupt.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace iio::bus {

/// What holds the line's level where nothing drives it.
enum class Bias { as_is, disabled, pull_up, pull_down };

struct GpioSettings {
    Edge edge = Edge::rising;
    Bias bias = Bias::as_is;
    std::chrono::microseconds debounce{0}; ///< a level has to last so long; 0: as it is
};

struct GpioPlace {
    std::string gpiochip; ///< "/dev/gpiochip0"
    std::uint32_t line = 0;
};

/// The line of a name, such as "GPIO17", among all chips of a folder. Opens each of them.
/// Errors: ENOLINK: no line has the name; EACCES: likewise, but a chip may not be opened;
/// ENOTUNIQ: several have.
[[nodiscard]] Result<GpioPlace> find_gpio_line(std::string_view name,
                                               const std::string &folder = "/dev");

/// Threads: as InterruptLine.
class GpioLine final : public InterruptLine {
public:
    /// Requests the line as an input that reports these edges.
    /// Errors: of opening the node (ENOENT: no such chip; EACCES); EINVAL: it has
    /// no such line; EBUSY: it is in use; ENXIO, EOPNOTSUPP: the line
    /// cannot interrupt, or cannot have this bias.
    [[nodiscard]] static Result<std::unique_ptr<GpioLine>>
    open(const std::string &gpiochip, std::uint32_t line, const GpioSettings &settings);

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
