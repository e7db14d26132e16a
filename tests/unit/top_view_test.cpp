// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <clocale>
#include <daemon/top/graph.hpp>
#include <daemon/top/view.hpp>
#include <limits>

namespace top_view_test {

using namespace iiofs::top;
using namespace std::chrono_literals;

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
const SteadyTime start{1h};

Pass pass_of(unsigned device, std::uint64_t tick, std::vector<Reading> readings)
{
    Pass pass{.device = device, .tick = tick};
    pass.name = "bme280";
    pass.end = start + std::chrono::seconds{tick};
    pass.readings = std::move(readings);
    return pass;
}

Reading temperature(double value, int error = 0)
{
    return {"temp", unit_of("temp"), 2, value, error};
}

/// Ten seconds of two devices, the first with a label.
Board usual_board()
{
    Board board{false};
    board.apply(DeviceList{{0, 2}}, start);
    for (std::uint64_t tick = 1; tick <= 10; ++tick) {
        auto first = pass_of(0, tick,
                             {{"pressure", unit_of("pressure"), 2, 987.65, 0},
                              temperature(20.0 + static_cast<double>(tick))});
        first.label = "greenhouse";
        board.apply(first, first.end);
        auto second = pass_of(2, tick, {{"voltage0-voltage1", unit_of("voltage"), 3, -1.5, 0}});
        second.name = "mcp3008";
        board.apply(second, second.end);
    }
    return board;
}

Status usual_status() { return {"/run/iiofs", "18:27:31", false, false, {10, start + 10s, 1s}}; }

std::string drawn(View &view, const Board &board, int rows, int columns, Charset charset,
                  const Status &status = usual_status())
{
    std::setlocale(LC_CTYPE, "C.UTF-8");
    const auto canvas = view.draw(board, status, rows, columns, charset);
    std::string text = "\n";
    for (int row = 0; row < canvas.rows(); ++row)
        text += canvas.line(row) + "\n";
    return text;
}

std::string line_with(const std::string &text, const std::string &part)
{
    const auto at = text.find(part);
    if (at == std::string::npos)
        return "no line with " + part + text;
    const auto begin = text.rfind('\n', at) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
}

} // namespace

TEST_CASE("80 columns have everything about a channel")
{
    View view;
    CHECK(drawn(view, usual_board(), 8, 80, Charset::unicode) == R"(
 iiofs top  2 devices, 3 channels  /run/iiofs               every 1 s  18:27:31
  DEVICE         CHANNEL               VALUE UNIT  TREND        /S ERRORS
  0 greenhouse   pressure             987.65 hPa   ▅▅▅▅▅▅▅▅▅▅  1.0
    bme280       temp                  30.00 °C    ▁▂▃▃▄▅▆▆▇█  1.0
  2 mcp3008      voltage0-1           -1.500 V     ▅▅▅▅▅▅▅▅▅▅  1.0


 ↑↓ select   space graph   p pause   +/- interval   q quit
)");
}

TEST_CASE("without UTF-8 the screen has ASCII only")
{
    auto board = usual_board();
    board.toggle_watched({0, "temp"});
    View view;
    const auto text = drawn(view, board, 16, 80, Charset::ascii);
    CHECK(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7F); }));
    CHECK(line_with(text, "pressure").find("987.65 hPa") != std::string::npos);
    CHECK(line_with(text, "* ").find("30.00 degC  _..--~~^^^") == std::string::npos);
    CHECK(line_with(text, "* ").find("30.00 degC") != std::string::npos);
}

TEST_CASE("the Linux console gets Latin-1's signs, and graphs in ASCII")
{
    View view;
    const auto text = drawn(view, usual_board(), 8, 80, Charset::latin);
    CHECK(line_with(text, "temp").find("°C") != std::string::npos);
    CHECK(text.find("▅") == std::string::npos);
}

TEST_CASE("a wide terminal has minimum and maximum since the start")
{
    View view;
    const auto text = drawn(view, usual_board(), 8, 120, Charset::unicode);
    CHECK(line_with(text, "temp").find("30.00 °C         21.00      30.00 ") != std::string::npos);
    CHECK(line_with(text, "pressure").find("0 greenhouse bme280") != std::string::npos);
}

TEST_CASE("no window is too small to be drawn")
{
    auto board = usual_board();
    board.toggle_watched({0, "temp"});
    const int columns = GENERATE(0, 1, 2, 5, 20, 40, 63, 79, 300);
    const int rows = GENERATE(0, 1, 2, 3, 5, 11, 24, 100);
    View view;
    const auto text = drawn(view, board, rows, columns, Charset::unicode);
    CHECK(std::ranges::count(text, '\n') == rows + 1);
}

TEST_CASE("a narrow terminal leaves out the trend, then the rate")
{
    View view;
    const auto narrow = drawn(view, usual_board(), 8, 70, Charset::unicode);
    CHECK(narrow.find("TREND") == std::string::npos);
    CHECK(narrow.find("/S") != std::string::npos);
    const auto narrower = drawn(view, usual_board(), 8, 64, Charset::unicode);
    CHECK(narrower.find("/S") == std::string::npos);
    CHECK(line_with(narrower, "temp").find("30.00 °C") != std::string::npos);
}

TEST_CASE("a channel that fails shows its errno and count, and no old value")
{
    auto board = usual_board();
    board.apply(pass_of(0, 11, {temperature(0, EIO)}), start);
    board.apply(pass_of(0, 12, {temperature(0, EREMOTEIO)}), start);
    View view;
    auto line = line_with(drawn(view, board, 8, 80, Charset::unicode), "temp");
    CHECK(line.find("- °C") != std::string::npos);
    CHECK(line.find("2 EREMOTEIO") != std::string::npos);
    // And once it is well again, what was.
    board.apply(pass_of(0, 13, {temperature(22)}), start);
    line = line_with(drawn(view, board, 8, 80, Charset::unicode), "temp");
    CHECK(line.find("22.00 °C") != std::string::npos);
    CHECK(line.find("2 EREMOTEIO") != std::string::npos);
}

TEST_CASE("a device that streams is marked, and its EBUSY is no error")
{
    auto board = usual_board();
    auto pass = pass_of(0, 11, {temperature(0, EBUSY)});
    pass.streaming = true;
    board.apply(pass, start);
    View view;
    CHECK(line_with(drawn(view, board, 8, 80, Charset::unicode), "temp").ends_with("streaming"));
    CHECK(board.channel({0, "temp"})->errors == 0);
}

TEST_CASE("a device that does not answer says since when, the others do not")
{
    auto board = usual_board();
    board.apply(pass_of(0, 19, {temperature(1)}), start);
    auto status = usual_status();
    status.moment = {20, start + 20s, 1s};
    View view;
    const auto text = drawn(view, board, 8, 80, Charset::unicode, status);
    CHECK(line_with(text, "mcp3008").ends_with("waits 10 s"));
    CHECK(line_with(text, "temp").find("waits") == std::string::npos);
}

TEST_CASE("a device whose channels are not known has a line with its errno")
{
    Board board{false};
    board.apply(DeviceList{{7}}, start);
    auto pass = pass_of(7, 1, {});
    pass.name.clear();
    pass.error = EACCES;
    board.apply(pass, start);
    View view;
    auto status = usual_status();
    status.moment = {1, start + 1s, 1s};
    const auto line = line_with(drawn(view, board, 8, 80, Charset::unicode, status), "iio:device7");
    CHECK(line.ends_with("1 EACCES"));
}

TEST_CASE("a tree that has gone says so and keeps what was known")
{
    auto board = usual_board();
    board.apply(DeviceList{{}, ENOTCONN}, start);
    View view;
    const auto text = drawn(view, board, 8, 80, Charset::unicode);
    CHECK(line_with(text, "iiofs top").find("ENOTCONN") != std::string::npos);
    CHECK(text.find("greenhouse") != std::string::npos);
}

TEST_CASE("the selection stays at its channel while devices come and go")
{
    auto board = usual_board();
    View view;
    view.move(board, 2);
    const ChannelKey key{2, "voltage0-voltage1"};
    CHECK(view.selected(board) == key);
    board.apply(DeviceList{{0, 1, 2}}, start);
    board.apply(pass_of(1, 11, {temperature(1)}), start);
    CHECK(view.selected(board) == key);
    board.apply(DeviceList{{0, 1}}, start);
    CHECK(view.selected(board).has_value());
    view.move(board, -1000);
    CHECK(view.selected(board) == ChannelKey{0, "pressure"});
    board.apply(DeviceList{{}}, start);
    CHECK_FALSE(view.selected(board));
}

TEST_CASE("the selected line is on the screen, and its place is said")
{
    auto board = usual_board();
    View view;
    view.move(board, 2);
    const auto text = drawn(view, board, 5, 80, Charset::unicode);
    CHECK(text.find("voltage0-1") != std::string::npos);
    CHECK(text.find("pressure") == std::string::npos);
    CHECK(text.find("2-3 of 3") != std::string::npos);
    CHECK(line_with(text, "temp").find("0 greenhouse") != std::string::npos);
}

TEST_CASE("another device with the number of one before it begins anew")
{
    auto board = usual_board();
    auto pass = pass_of(0, 11, {temperature(5)});
    pass.name = "lis3dh";
    board.apply(pass, start);
    CHECK(board.channel({0, "temp"})->max == 5);
    CHECK(board.device(0)->channels.size() == 1);
}

TEST_CASE("only devices that were asked for are shown")
{
    Board board{true};
    board.apply(DeviceList{{0, 1}}, start);
    CHECK_FALSE(board.answered(1));
    auto unwanted = pass_of(0, 1, {});
    unwanted.wanted = false;
    board.apply(unwanted, start);
    board.apply(pass_of(1, 1, {temperature(1)}), start);
    CHECK(board.answered(1));
    CHECK(board.devices().size() == 1);
}

TEST_CASE("a watched channel has a graph below the table")
{
    auto board = usual_board();
    board.toggle_watched({0, "temp"});
    View view;
    const auto text = drawn(view, board, 14, 40, Charset::unicode);
    CHECK(line_with(text, "greenhouse temp") == "── greenhouse temp ───────── 30.00 °C ──");
    CHECK(line_with(text, "30.00 ┤").ends_with("  ⡸"));
    CHECK(text.find("21.00 ┤") != std::string::npos);
    board.toggle_watched({0, "temp"});
    CHECK(drawn(view, board, 14, 40, Charset::unicode).find("┤") == std::string::npos);
}

TEST_CASE("samples that are missing are gaps")
{
    const std::vector values{1.0, nothing, 2.0};
    CHECK(sparkline(values, {1, 2}, Charset::unicode) == U"▁ █");
    CHECK(sparkline(values, {1, 2}, Charset::ascii) == U"_ ^");
    CHECK(graph(values, {1, 2}, 1, 4, Charset::ascii) == std::vector<std::u32string>{U" . '"});
}

TEST_CASE("a graph joins its samples and keeps the newest")
{
    const std::vector values{5.0, 0.0, 3.0, 0.0};
    CHECK(graph(values, {0, 3}, 1, 1, Charset::unicode) == std::vector<std::u32string>{U"⢱"});
    CHECK(graph(values, {0, 3}, 0, 10, Charset::unicode).empty());
    CHECK(range_of(std::vector{nothing}, 1) == Range{-0.5, 0.5});
    CHECK(range_of(std::vector{2.0, 2.0}, 1) == Range{1.5, 2.5});
    CHECK(range_of(std::vector{2.0, 9.0}, 1) == Range{2, 9});
}

TEST_CASE("a read rate is that of the last answers, and sinks when none come")
{
    History history;
    CHECK_FALSE(history.rate(start));
    for (int i = 0; i < 5; ++i)
        history.add({start + i * 500ms, 1});
    CHECK(*history.rate(start + 2s) == Approx(2));
    CHECK(*history.rate(start + 10s) == Approx(0.4));
    history.interrupt(start + 20s);
    CHECK_FALSE(history.rate(start + 20s));
}

TEST_CASE("text of strangers cannot disturb the screen")
{
    std::setlocale(LC_CTYPE, "C.UTF-8");
    Canvas canvas{1, 12, Charset::unicode};
    CHECK(canvas.put(0, 0, 12, "a\x1B[2J\tb\xFF\xC0\x80", Role::text) == 10);
    CHECK(canvas.line(0) == "a?[2J?b\uFFFD\uFFFD\uFFFD");
    CHECK(canvas.put(0, 0, 6, "測定器具", Role::text) == 5);
    CHECK(canvas.line(0).starts_with("測定…"));
    CHECK(canvas.put(0, 11, 10, "long", Role::text) == 1);
}

} // namespace top_view_test
