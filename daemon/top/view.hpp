// SPDX-License-Identifier: MIT
//
// The screen: title, table, graphs of the watched channels, keys.
#pragma once

#include <daemon/top/board.hpp>
#include <daemon/top/canvas.hpp>
#include <daemon/top/table.hpp>
#include <optional>
#include <string>

namespace iiofs::top {

/// What the screen says besides the values.
struct Status {
    std::string tree;  ///< the mount
    std::string clock; ///< "18:27:31"
    bool paused;
    bool selective; ///< only some devices were asked for
    Moment moment;
};

/// Keeps the selected channel where it is while devices come and go.
class View {
public:
    /// Selects the channel so many lines further down, or up.
    void move(const Board &board, int lines);
    /// The lines of the table in the last drawing.
    [[nodiscard]] int page() const { return page_; }
    [[nodiscard]] std::optional<ChannelKey> selected(const Board &board) const;

    [[nodiscard]] Canvas draw(const Board &board, const Status &status, int rows, int columns,
                              Charset charset);

private:
    [[nodiscard]] int selected_line(const std::vector<Line> &lines) const;
    [[nodiscard]] std::string position_in(int lines) const;
    void draw_table(Canvas &canvas, int row, int rows, const Board &board, const Status &status);

    std::optional<ChannelKey> key_; ///< selected; none: nobody has moved yet
    int line_ = 0;                  ///< its line when it was last seen
    int top_ = 0;                   ///< the first line on the screen
    int page_ = 1;
};

} // namespace iiofs::top
