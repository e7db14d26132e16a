// SPDX-License-Identifier: MIT
//
// The buses of a Linux board, as a Hardware takes them: i2c-dev, spidev and the GPIO
// character device. What is behind them is the library's own.
#pragma once

#include <iio/driver/i2c.hpp>
#include <iio/driver/interrupt.hpp>
#include <iio/driver/spi.hpp>
#include <memory>
#include <string>

namespace iio {

/// The chip at a 7-bit address (0x03 to 0x77) of an adapter's node, "/dev/i2c-1". Makes no
/// transfer. Clients of one node share its adapter, whose transfer timeout and retries are
/// set for all its users.
/// Threads: any. Blocks: until the bus is free, 2 s at most.
/// Errors: open(2)'s (ENOENT, EACCES, …); ENOTTY: no i2c-dev node; EINVAL: the address;
/// EBUSY: a kernel driver is bound to the chip; ETIMEDOUT, ENODEV: as I2cClient::transfer.
[[nodiscard]] Result<std::unique_ptr<const I2cClient>> open_i2c(const std::string &node,
                                                                unsigned address);

/// The chip behind a node "/dev/spidev0.0". Sets mode, speed (Hz) and word size.
/// Threads: any.
/// Errors: open(2)'s; ENOTTY: no spidev node; EINVAL: a mode above 3, or a setting that the
/// controller does not take.
[[nodiscard]] Result<std::unique_ptr<const SpiDevice>> open_spi(const std::string &node,
                                                                const SpiSettings &settings);

/// Line `line` of a chip "/dev/gpiochip0", which a chip's interrupt output is wired to.
/// Threads: any.
/// Errors: open(2)'s; EINVAL: it has no such line; EBUSY: it is in use; ENXIO,
/// EOPNOTSUPP: the line cannot interrupt.
[[nodiscard]] Result<std::unique_ptr<const InterruptLine>>
open_interrupt(const std::string &gpiochip, std::uint32_t line, Edge edge);

} // namespace iio
