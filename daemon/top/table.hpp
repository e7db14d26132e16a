// SPDX-License-Identifier: MIT
//
// The table of channels: which lines it has, and how one is laid out.
#pragma once

#include <daemon/top/board.hpp>
#include <daemon/top/canvas.hpp>
#include <vector>

namespace iiofs::top {

struct Column {
    int at = 0, width = 0; ///< no width: it is left out
};

/// Where each column is.
struct Columns {
    Column mark, device, channel, value, unit, min, max, trend, rate, errors;
};

/// For so many columns in all. 80 have the trend, wider ones min and max too;
/// narrow ones leave out the trend, then the rate.
[[nodiscard]] Columns columns_for(int width);

/// A table that shows one moment, with devices' names so long.
[[nodiscard]] Columns columns_of_one_moment(const Board &board);

struct Line {
    const DeviceState *device;
    const ChannelState *channel; ///< null: the device has said none
    int index;                   ///< of the device's lines
    [[nodiscard]] ChannelKey key() const;
};

/// Lifetime: until the board changes.
[[nodiscard]] std::vector<Line> lines_of(const Board &board);

/// What time it is for the table.
struct Moment {
    std::uint64_t tick;
    SteadyTime now;
    std::chrono::milliseconds interval;
};

/// "greenhouse", or the part's name where there is no label.
[[nodiscard]] std::string title_of(const DeviceState &device);
/// The channel's name as the table shows it: "voltage0-1".
[[nodiscard]] std::string shown_name(const std::string &channel);
[[nodiscard]] std::string_view unit_text(const Unit &unit, Charset charset);

void put_heading(Canvas &canvas, int row, const Columns &columns);
/// `first`: of those on the screen, whose device is named in any case.
void put_line(Canvas &canvas, int row, const Columns &columns, const Line &line, bool first,
              const Moment &moment);

} // namespace iiofs::top
