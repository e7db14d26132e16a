// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <daemon/top/format.hpp>
#include <daemon/top/plain.hpp>
#include <daemon/top/readers.hpp>
#include <daemon/top/table.hpp>
#include <map>
#include <poll.h>
#include <unistd.h>

namespace iiofs::top {

namespace {

using Clock = Schedule::Clock;

/// A field of a line: no blanks, no control characters, not empty.
std::string field(std::string text)
{
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; }, '_');
    return text.empty() ? "-" : text;
}

std::string exact(double value)
{
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 9)
            .ptr;
    return {text.data(), end};
}

std::chrono::milliseconds interval_of(const TopOptions &options)
{
    return std::chrono::round<std::chrono::milliseconds>(
        std::chrono::duration<double>{options.interval_s});
}

/// False: nobody reads it any more, or it cannot be written (errno).
bool write_all(std::string_view text)
{
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return false;
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return true;
}

/// The exit status after a write that failed.
int write_failed()
{
    if (errno == EPIPE)
        return 0;
    std::fprintf(stderr, "iiofs: top: stdout: %s\n", std::strerror(errno));
    return 1;
}

/// Waits for reports until then. False: stdout has lost its reader.
bool wait(const Readers &readers, Clock::time_point until)
{
    std::array<pollfd, 2> fds{pollfd{readers.fd(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    return (fds[1].revents & POLLERR) == 0;
}

} // namespace

std::string lines_of_pass(const Pass &pass)
{
    const auto device = pass.label.empty() ? directory_name(pass.device) : pass.label;
    const auto start = utc_text(pass.wall_time) + " " + field(device) + " ";
    const auto why = [](int error) { return error == EBUSY ? "streaming" : errno_name(error); };
    if (pass.error != 0)
        return start + "- - " + why(pass.error) + "\n";
    std::string lines;
    for (const auto &reading : pass.readings) {
        lines += start + field(reading.channel) + " ";
        lines += reading.error != 0
                     ? "- " + why(reading.error)
                     : exact(reading.value) + " " + field(std::string{reading.unit.ascii});
        lines += "\n";
    }
    return lines;
}

std::string table_of_one_moment(const Board &board, Charset charset)
{
    const auto columns = columns_of_one_moment(board);
    const auto lines = lines_of(board);
    // Who has not answered says how long.
    const Moment moment{1, Clock::now(), {}};
    Canvas canvas{static_cast<int>(lines.size()) + 1, columns.errors.at + columns.errors.width,
                  charset};
    put_heading(canvas, 0, columns);
    for (int row = 0; row < static_cast<int>(lines.size()); ++row) {
        const auto &line = lines[static_cast<std::size_t>(row)];
        put_line(canvas, row + 1, columns, line, false, moment);
    }
    std::string text;
    for (int row = 0; row < canvas.rows(); ++row)
        text += canvas.line(row) + "\n";
    return text;
}

int write_lines(const std::filesystem::path &tree, const TopOptions &options)
{
    Readers readers{tree, options.devices, interval_of(options)};
    Board board{!options.devices.empty()};
    const auto &schedule = readers.schedule();
    std::map<unsigned, std::string> block;
    for (std::uint64_t tick = 1;;) {
        if (!wait(readers, schedule.next_at()))
            return 0;
        for (const auto &report : readers.take()) {
            board.apply(report, Clock::now());
            if (const auto *const pass = std::get_if<Pass>(&report); pass && pass->wanted)
                block[pass->device] += lines_of_pass(*pass);
        }
        const auto current = schedule.current();
        if (!board.answered(tick) && current <= tick)
            continue;
        std::string text;
        for (const auto &[device, lines] : block)
            text += lines;
        block.clear();
        if (!write_all(text))
            return write_failed();
        if (options.count > 0 && tick >= options.count)
            return 0;
        tick = std::max(tick + 1, current);
    }
}

int write_table(const std::filesystem::path &tree, const TopOptions &options)
{
    constexpr auto patience = std::chrono::seconds{20};
    Readers readers{tree, options.devices, std::chrono::hours{1}};
    Board board{!options.devices.empty()};
    const auto until = Clock::now() + patience;
    while (!board.answered(1) && Clock::now() < until) {
        if (!wait(readers, until))
            return 0;
        for (const auto &report : readers.take())
            board.apply(report, Clock::now());
    }
    if (board.error() != 0) {
        std::fprintf(stderr, "iiofs: top: %s: %s\n", tree.c_str(), std::strerror(board.error()));
        return 1;
    }
    if (board.devices().empty() && !options.devices.empty()) {
        std::fputs("iiofs: top: none of the devices asked for is there\n", stderr);
        return 1;
    }
    return write_all(table_of_one_moment(board, charset_of_terminal())) ? 0 : write_failed();
}

} // namespace iiofs::top
