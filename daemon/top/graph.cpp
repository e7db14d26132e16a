// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <daemon/top/graph.hpp>
#include <limits>
#include <string_view>

namespace iiofs::top {

namespace {

/// The step of a value, 0 to steps - 1.
int step_of(double value, Range range, int steps)
{
    const double part = (value - range.low) / (range.high - range.low);
    return std::clamp(static_cast<int>(std::lround(part * (steps - 1))), 0, steps - 1);
}

/// Dots in a raster of cells that have several each.
class Raster {
public:
    Raster(int rows, int columns, int dots_down, int dots_across)
        : dots_down_{dots_down},
          dots_across_{dots_across},
          bits_(static_cast<std::size_t>(rows),
                std::vector<unsigned>(static_cast<std::size_t>(columns)))
    {
    }

    /// The cell's dots, a bit for each: down the first column, then the next one.
    [[nodiscard]] const std::vector<std::vector<unsigned>> &cells() const { return bits_; }

    /// From the left and from the bottom.
    void dot(int x, int y)
    {
        const int from_top = static_cast<int>(bits_.size()) * dots_down_ - 1 - y;
        auto &cell = bits_[static_cast<std::size_t>(from_top / dots_down_)]
                          [static_cast<std::size_t>(x / dots_across_)];
        cell |= 1U << static_cast<unsigned>(x % dots_across_ * dots_down_ + from_top % dots_down_);
    }

private:
    int dots_down_, dots_across_;
    std::vector<std::vector<unsigned>> bits_;
};

/// A line through the values, the last one at the right edge.
void draw(Raster &raster, std::span<const double> values, Range range, int height, int width)
{
    const auto shown = std::min(values.size(), static_cast<std::size_t>(width));
    int before = -1;
    for (std::size_t i = 0; i < shown; ++i) {
        const double value = values[values.size() - shown + i];
        const int x = width - static_cast<int>(shown - i);
        if (std::isnan(value)) {
            before = -1;
            continue;
        }
        const int y = step_of(value, range, height);
        // Joined to its neighbour by what lies between the two.
        for (int join = before; join >= 0 && join != y; join += join < y ? 1 : -1) {
            if (join != before)
                raster.dot(x, join);
        }
        raster.dot(x, y);
        before = y;
    }
}

/// The Unicode block's bits: down the left column 0, 1, 2 and 6, the right 3, 4, 5, 7.
char32_t braille(unsigned dots)
{
    constexpr unsigned places[]{0, 1, 2, 6, 3, 4, 5, 7};
    char32_t glyph = U'\u2800';
    for (unsigned dot = 0; dot < 8; ++dot) {
        if (dots & (1U << dot))
            glyph |= 1U << places[dot];
    }
    return dots == 0 ? U' ' : glyph;
}

/// Three dots, one above the other.
char32_t ascii(unsigned dots)
{
    constexpr std::u32string_view glyphs = U" '-|.|||";
    return glyphs[dots];
}

} // namespace

Range range_of(std::span<const double> values, double least)
{
    Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    for (const double value : values) {
        if (!std::isnan(value))
            range = {std::min(range.low, value), std::max(range.high, value)};
    }
    if (range.low > range.high)
        range = {0, 0};
    // Of values so large that `least` is lost in them, what a double can tell.
    const double scale = std::max(std::abs(range.low), std::abs(range.high));
    const double missing = std::max(least, scale * 1e-12) - (range.high - range.low);
    if (missing > 0)
        range = {range.low - missing / 2, range.high + missing / 2};
    if (range.low == range.high)
        range = {range.low - 1, range.high + 1};
    return range;
}

std::size_t samples_in(int columns, Charset charset)
{
    return static_cast<std::size_t>(std::max(columns, 0)) * (charset == Charset::unicode ? 2 : 1);
}

std::u32string sparkline(std::span<const double> values, Range range, Charset charset)
{
    const std::u32string_view steps = charset == Charset::unicode ? U"▁▂▃▄▅▆▇█" : U"_.-~^";
    std::u32string line;
    for (const double value : values) {
        const auto step =
            std::isnan(value) ? 0 : step_of(value, range, static_cast<int>(steps.size()));
        line += std::isnan(value) ? U' ' : steps[static_cast<std::size_t>(step)];
    }
    return line;
}

std::vector<std::u32string> graph(std::span<const double> values, Range range, int rows,
                                  int columns, Charset charset)
{
    if (rows <= 0 || columns <= 0)
        return {};
    const bool fine = charset == Charset::unicode;
    const int down = fine ? 4 : 3, across = fine ? 2 : 1;
    Raster raster{rows, columns, down, across};
    draw(raster, values, range, rows * down, columns * across);
    std::vector<std::u32string> lines;
    for (const auto &cells : raster.cells()) {
        std::u32string line;
        for (const auto dots : cells)
            line += fine ? braille(dots) : ascii(dots);
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace iiofs::top
