// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <daemon/top/format.hpp>
#include <daemon/top/graph.hpp>
#include <daemon/top/table.hpp>

namespace iiofs::top {

namespace {

/// A device column from here on has name and label in one line.
constexpr int both_names = 22;

/// Gives a column more, up to `most`, out of what is there.
void widen(Column &column, int most, int &extra)
{
    const int more = std::clamp(most - column.width, 0, extra);
    column.width += more;
    extra -= more;
}

/// Leaves a column out if there is too little room.
void leave_out(Column &column, int &extra)
{
    if (extra < 0) {
        extra += column.width + 1;
        column.width = 0;
    }
}

void place(Columns &columns)
{
    int at = 0;
    for (auto *const column :
         {&columns.mark, &columns.device, &columns.channel, &columns.value, &columns.unit,
          &columns.min, &columns.max, &columns.trend, &columns.rate, &columns.errors}) {
        column->at = at;
        // The mark stands close to what it marks.
        at += column->width + (column->width > 0 && column != &columns.mark ? 1 : 0);
    }
}

std::string device_text(const DeviceState &device, int index, int width)
{
    const auto number = std::to_string(device.number) + " ";
    const bool labelled = !device.label.empty();
    if (index == 0 && labelled && width >= both_names)
        return number + device.label + " " + device.name;
    if (index == 0)
        return number + title_of(device);
    if (index == 1 && labelled && width < both_names)
        return std::string(number.size(), ' ') + device.name;
    return {};
}

void put_device(Canvas &canvas, int row, const Columns &columns, const Line &line, bool first)
{
    const auto &[at, width] = columns.device;
    const int index = first ? 0 : line.index;
    const auto text = device_text(*line.device, index, width);
    canvas.put(row, at, width, text, index == 0 ? Role::device : Role::quiet);
}

void put_trend(Canvas &canvas, int row, const Column &column, const ChannelState &channel)
{
    const auto values = channel.history.last(static_cast<std::size_t>(column.width));
    const auto steps =
        sparkline(values, range_of(values, 4 * std::pow(10, -channel.decimals)), canvas.charset());
    int at = column.at + column.width - static_cast<int>(steps.size());
    for (const auto step : steps)
        canvas.put(row, at++, {step, Role::trend});
}

/// What is the matter: with the device at this moment, or with the channel.
void put_errors(Canvas &canvas, int row, const Column &column, const Line &line,
                const Moment &moment)
{
    const auto put = [&](const std::string &text, Role role) {
        canvas.put(row, column.at, column.width, text, role);
    };
    const auto counted = [](std::uint64_t count, int error) {
        return std::to_string(count) + " " + errno_name(error);
    };
    const auto &device = *line.device;
    const auto silence = moment.now - device.last_time;
    const bool late =
        device.last_tick < moment.tick && silence > moment.interval + std::chrono::seconds{2};
    const auto *const channel = line.channel;
    if (late && line.index == 0)
        put("waits " + duration_text(silence), Role::trouble);
    else if (channel == nullptr && device.error != 0)
        put(counted(device.errors, device.error), Role::failed);
    else if (channel == nullptr)
        return;
    else if (channel->error != 0 && channel->error != EBUSY)
        put(counted(channel->errors, channel->error), Role::failed);
    else if (device.streaming || channel->error == EBUSY)
        put("streaming", Role::trouble);
    else if (channel->errors > 0)
        put(counted(channel->errors, channel->last_error), Role::quiet);
}

} // namespace

ChannelKey Line::key() const
{
    return {device->number, channel == nullptr ? std::string{} : channel->name};
}

Columns columns_for(int width)
{
    Columns columns{.mark = {0, 2},
                    .device = {0, 14},
                    .channel = {0, 16},
                    .value = {0, 10},
                    .unit = {0, 5},
                    .trend = {0, 10},
                    .rate = {0, 4},
                    .errors = {0, 13}};
    constexpr int usual = 80, min_and_max = 22;
    int extra = width - usual;
    leave_out(columns.trend, extra);
    leave_out(columns.rate, extra);
    if (extra >= min_and_max) {
        columns.min.width = columns.max.width = min_and_max / 2 - 1;
        extra -= min_and_max;
    }
    extra = std::max(extra, 0);
    if (columns.trend.width > 0) {
        widen(columns.trend, 14, extra);
        widen(columns.device, 26, extra);
        widen(columns.errors, 16, extra);
        widen(columns.trend, 60, extra);
    }
    place(columns);
    return columns;
}

Columns columns_of_one_moment(const Board &board)
{
    Columns columns{.device = {0, both_names},
                    .channel = {0, 19},
                    .value = {0, 12},
                    .unit = {0, 6},
                    .errors = {0, 20}};
    for (const auto &device : board.devices()) {
        const auto text = device_text(device, 0, both_names);
        columns.device.width =
            std::max(columns.device.width, static_cast<int>(decoded(text).size()));
    }
    place(columns);
    return columns;
}

std::vector<Line> lines_of(const Board &board)
{
    std::vector<Line> lines;
    for (const auto &device : board.devices()) {
        int index = 0;
        for (const auto &channel : device.channels)
            lines.push_back({&device, &channel, index++});
        if (device.channels.empty())
            lines.push_back({&device, nullptr, 0});
    }
    return lines;
}

std::string title_of(const DeviceState &device)
{
    if (!device.label.empty())
        return device.label;
    return device.name.empty() ? directory_name(device.number) : device.name;
}

std::string shown_name(const std::string &channel)
{
    const auto dash = channel.find('-');
    const auto second = channel.find_first_of("0123456789", dash);
    if (dash == std::string::npos || second == std::string::npos)
        return channel;
    return channel.substr(0, dash + 1) + channel.substr(second);
}

std::string_view unit_text(const Unit &unit, Charset charset)
{
    const auto fits = [](char32_t glyph) { return glyph < 0x100; };
    const bool shown =
        charset == Charset::unicode ||
        (charset == Charset::latin && std::ranges::all_of(decoded(unit.symbol), fits));
    return shown ? unit.symbol : unit.ascii;
}

void put_heading(Canvas &canvas, int row, const Columns &columns)
{
    const auto put = [&](const Column &column, std::string_view text, Align align = Align::left) {
        canvas.put(row, column.at, column.width, text, Role::heading, align);
    };
    put(columns.device, "DEVICE");
    put(columns.channel, "CHANNEL");
    put(columns.value, "VALUE", Align::right);
    put(columns.unit, "UNIT");
    put(columns.min, "MIN", Align::right);
    put(columns.max, "MAX", Align::right);
    put(columns.trend, "TREND");
    put(columns.rate, "/S", Align::right);
    put(columns.errors, "ERRORS");
}

void put_line(Canvas &canvas, int row, const Columns &columns, const Line &line, bool first,
              const Moment &moment)
{
    put_device(canvas, row, columns, line, first);
    put_errors(canvas, row, columns.errors, line, moment);
    if (line.channel == nullptr) {
        canvas.put(row, columns.channel.at, columns.channel.width, "-", Role::quiet);
        return;
    }
    const auto &channel = *line.channel;
    const auto put = [&](const Column &column, std::string_view text, Role role,
                         Align align = Align::right) {
        canvas.put(row, column.at, column.width, text, role, align);
    };
    const auto put_value = [&](const Column &column, double value, Role role) {
        put(column, value_text(value, channel.decimals, column.width), role);
    };
    put(columns.channel, shown_name(channel.name), Role::text, Align::left);
    if (channel.error == 0 && channel.value)
        put_value(columns.value, *channel.value, Role::value);
    else
        put(columns.value, "-", Role::quiet);
    put(columns.unit, unit_text(channel.unit, canvas.charset()), Role::quiet, Align::left);
    if (channel.value) {
        put_value(columns.min, channel.min, Role::quiet);
        put_value(columns.max, channel.max, Role::quiet);
    }
    put_trend(canvas, row, columns.trend, channel);
    const auto rate = channel.history.rate(moment.now);
    put(columns.rate, rate ? rate_text(*rate) : "-", Role::quiet);
}

} // namespace iiofs::top
