// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <daemon/top/format.hpp>
#include <daemon/top/graph.hpp>
#include <daemon/top/view.hpp>

namespace iiofs::top {

namespace {

void put_title(Canvas &canvas, const Board &board, const Status &status)
{
    std::size_t channels = 0;
    for (const auto &device : board.devices())
        channels += device.channels.size();
    const auto counted = [](std::size_t count, const std::string &noun) {
        return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
    };
    const auto pace = status.paused ? "paused" : "every " + interval_text(status.moment.interval);
    const auto right = pace + "  " + status.clock + " ";
    const int room = canvas.columns() - static_cast<int>(right.size());
    canvas.put(0, room, static_cast<int>(right.size()), right,
               status.paused ? Role::trouble : Role::title);
    int at = 0;
    const auto put = [&](const std::string &text, Role role) {
        at += canvas.put(0, at, std::max(room - at - 1, 0), text, role);
    };
    put(" iiofs top  ", Role::title);
    if (board.error() != 0)
        put(errno_name(board.error()) + ": " + std::strerror(board.error()), Role::failed);
    else
        put(counted(board.devices().size(), "device") + ", " + counted(channels, "channel"),
            Role::text);
    put("  " + status.tree, Role::quiet);
}

void put_keys(Canvas &canvas, const std::string &position)
{
    const auto *const keys = canvas.charset() == Charset::unicode
                                 ? " ↑↓ select   space graph   p pause   +/- interval   q quit"
                                 : " j/k select   space graph   p pause   +/- interval   q quit";
    const int row = canvas.rows() - 1, width = canvas.columns();
    const int taken = canvas.put(row, 0, width, keys, Role::quiet);
    canvas.put(row, taken + 1, width - taken - 2, position, Role::quiet, Align::right);
}

/// "── greenhouse temp ── last 53 s ──────────── 21.53 °C ──"
void put_graph_title(Canvas &canvas, int row, const ChannelKey &key, const Board &board, int colour,
                     std::chrono::duration<double> shown)
{
    const auto &channel = *board.channel(key);
    const auto rule = canvas.charset() == Charset::unicode ? U'─' : U'-';
    for (int column = 0; column < canvas.columns(); ++column)
        canvas.put(row, column, {rule, Role::quiet});
    const auto name =
        " " + title_of(*board.device(key.device)) + " " + shown_name(channel.name) + " ";
    int at = 2;
    at += canvas.put(row, at, canvas.columns() - 4, name, Role::text);
    for (int column = 2; column < at; ++column)
        canvas.put(row, column, {canvas.at(row, column).glyph, Role::graph, colour});

    std::string text;
    if (channel.error == EBUSY)
        text = " streaming ";
    else if (channel.error != 0)
        text = " " + errno_name(channel.error) + " ";
    else if (channel.value)
        text = " " + value_text(*channel.value, channel.decimals, 12) + " " +
               std::string{unit_text(channel.unit, canvas.charset())} +
               (channel.unit.ascii.empty() ? "" : " ");
    const int width = canvas.columns() - 2 - at;
    const int taken = canvas.put(row, at, width, text,
                                 channel.error != 0 ? Role::failed : Role::value, Align::right);
    const auto span = " last " + duration_text(shown) + " ";
    if (const int length = static_cast<int>(span.size()); length + 2 < width - taken)
        canvas.put(row, at + 2, length, span, Role::quiet);
}

void put_graph(Canvas &canvas, int row, int rows, const ChannelKey &key, const Board &board,
               int colour)
{
    constexpr int axis = 11; // the column of the line beside the numbers
    const auto &channel = *board.channel(key);
    const int width = canvas.columns() - axis - 2;
    const auto values = channel.history.last(samples_in(width, canvas.charset()));
    const auto &samples = channel.history.samples();
    const auto oldest = samples.end() - static_cast<std::ptrdiff_t>(values.size());
    put_graph_title(canvas, row, key, board, colour, samples.back().time - oldest->time);
    const auto range = range_of(values, 4 * std::pow(10, -channel.decimals));
    const auto lines = graph(values, range, rows - 1, width, canvas.charset());
    const bool fine = canvas.charset() == Charset::unicode;
    for (int i = 0; i < static_cast<int>(lines.size()); ++i) {
        const int at = row + 1 + i;
        const bool end = i == 0 || i + 1 == static_cast<int>(lines.size());
        const auto mark = fine ? (end ? U'┤' : U'│') : (end ? U'+' : U'|');
        canvas.put(at, axis, {mark, Role::quiet});
        int column = axis + 1;
        for (const auto glyph : lines[static_cast<std::size_t>(i)])
            canvas.put(at, column++, {glyph, Role::graph, colour});
        if (end && channel.value) {
            const double value = i == 0 ? range.high : range.low;
            canvas.put(at, 0, axis - 1, value_text(value, channel.decimals, axis - 1), Role::quiet,
                       Align::right);
        }
    }
}

/// The rows that graphs take of those between heading and keys.
struct Pane {
    int graphs = 0, rows_each = 0;
    [[nodiscard]] int rows() const { return graphs * rows_each; }
};

Pane pane_for(int body, int lines, int watched)
{
    constexpr int least = 4, most = 14, least_body = 8;
    if (watched == 0 || body < least_body)
        return {};
    const int room = std::max(body / 2, body - lines);
    const int graphs = std::clamp(room / least, 1, watched);
    return {graphs, std::min(room / graphs, most)};
}

} // namespace

int View::selected_line(const std::vector<Line> &lines) const
{
    const auto found = std::ranges::find_if(lines, [&](const Line &l) { return l.key() == key_; });
    if (found != lines.end())
        return static_cast<int>(found - lines.begin());
    return std::clamp(line_, 0, std::max(static_cast<int>(lines.size()) - 1, 0));
}

std::optional<ChannelKey> View::selected(const Board &board) const
{
    const auto lines = lines_of(board);
    if (lines.empty())
        return std::nullopt;
    return lines[static_cast<std::size_t>(selected_line(lines))].key();
}

void View::move(const Board &board, int lines)
{
    const auto all = lines_of(board);
    if (all.empty())
        return;
    const auto last = static_cast<int>(all.size()) - 1;
    line_ = static_cast<int>(
        std::clamp(static_cast<long>(selected_line(all)) + lines, 0L, static_cast<long>(last)));
    key_ = all[static_cast<std::size_t>(line_)].key();
}

Canvas View::draw(const Board &board, const Status &status, int rows, int columns, Charset charset)
{
    Canvas canvas{rows, columns, charset};
    constexpr int above = 2, below = 1;
    const int body = std::max(rows - above - below, 0);
    const auto watched = board.watched();
    const auto lines = lines_of(board);
    const auto pane =
        pane_for(body, static_cast<int>(lines.size()), static_cast<int>(watched.size()));

    put_title(canvas, board, status);
    draw_table(canvas, above, body - pane.rows(), board, status);
    for (int i = 0; i < pane.graphs; ++i)
        put_graph(canvas, above + body - pane.rows() + i * pane.rows_each, pane.rows_each,
                  watched[static_cast<std::size_t>(i)], board, i % graph_count);
    if (rows > above)
        put_keys(canvas, position_in(static_cast<int>(lines.size())));
    return canvas;
}

/// "22-42 of 49"; nothing where all lines are on the screen.
std::string View::position_in(int lines) const
{
    if (lines <= page_)
        return {};
    return std::to_string(top_ + 1) + "-" + std::to_string(std::min(top_ + page_, lines)) + " of " +
           std::to_string(lines);
}

void View::draw_table(Canvas &canvas, int row, int rows, const Board &board, const Status &status)
{
    page_ = std::max(rows, 1);
    const auto columns = columns_for(canvas.columns());
    put_heading(canvas, row - 1, columns);
    const auto lines = lines_of(board);
    if (lines.empty() && board.error() == 0)
        canvas.put(row, 2, canvas.columns() - 2,
                   status.selective ? "none of the devices asked for is there" : "no devices",
                   Role::quiet);
    const int last = static_cast<int>(lines.size()) - 1;
    line_ = selected_line(lines);
    top_ = std::clamp(top_, std::max(line_ - page_ + 1, 0), line_);
    top_ = std::min(top_, std::max(last + 1 - page_, 0));
    for (int i = 0; i < rows && top_ + i <= last; ++i) {
        const int index = top_ + i;
        const auto &line = lines[static_cast<std::size_t>(index)];
        put_line(canvas, row + i, columns, line, i == 0, status.moment);
        if (board.watched(line.key()))
            canvas.put(row + i, 0, 1, "*", Role::trend);
        if (index == line_)
            canvas.select(row + i);
    }
}

} // namespace iiofs::top
