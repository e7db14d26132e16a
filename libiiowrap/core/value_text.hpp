// SPDX-License-Identifier: MIT
//
// The text of a value as the kernel prints it, and the numbers of a text as it
// reads them. Source: Documentation/ABI/testing/sysfs-bus-iio and recordings.
#pragma once

#include <iio/driver/text.hpp>
#include <iio/driver/value.hpp>
#include <span>

namespace iio::core {

/// Appends the value without a newline; nothing for a type that is unknown.
/// vals has what the IIO_VAL_* type needs, two numbers at least.
void append_value(Text &text, int type, std::span<const int> vals);

/// What read_avail gave: a list, or "[min step max]"; without a newline.
void append_available(Text &text, int type, std::span<const int> vals, bool range);

/// The numbers of a client's text in a write format (enum iio_val_type).
/// A fixed-point text is an optional sign, digits, at most one '.', an optional
/// " dB" or "dB" in decibels, an optional final newline. Digits beyond the
/// precision are dropped, an empty number is 0, an integer part beyond an int
/// wraps around, all as in the kernel.
/// Errors: EINVAL; ERANGE: an integer format, beyond an int.
[[nodiscard]] Result<Written> parse_written(std::string_view text, int format);

} // namespace iio::core
