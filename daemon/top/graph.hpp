// SPDX-License-Identifier: MIT
//
// Values over time, drawn with characters.
#pragma once

#include <daemon/top/canvas.hpp>
#include <span>
#include <string>
#include <vector>

namespace iiofs::top {

/// The lowest and the highest value that a graph shows.
struct Range {
    double low, high;
    friend bool operator==(const Range &, const Range &) = default;
};

/// Of the values that are no NaN, at least `least` wide: a flat line in the noise of
/// its last digit stays flat. All NaN: around 0.
[[nodiscard]] Range range_of(std::span<const double> values, double least);

/// The samples that a graph of so many columns shows.
[[nodiscard]] std::size_t samples_in(int columns, Charset charset);

/// One line of as many characters as there are values; a NaN is a blank.
[[nodiscard]] std::u32string sparkline(std::span<const double> values, Range range,
                                       Charset charset);

/// `rows` lines of `columns` characters, the newest sample at the right.
[[nodiscard]] std::vector<std::u32string> graph(std::span<const double> values, Range range,
                                                int rows, int columns, Charset charset);

} // namespace iiofs::top
