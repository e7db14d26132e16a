// SPDX-License-Identifier: MIT
//
// Waveforms: what moves, how far, and when.
#include "model_bench.hpp"

#include <algorithm>
#include <set>

namespace model_waveform_test {

namespace {

/// A chip of one byte at 0, moved by a waveform of these members.
ModelBench moving_byte(const std::string &waveform)
{
    return {"i2c", R"("model": {"kind": "registers", "registers": {"0": 100}},
                      "waveforms": [{"registers": 0, )" +
                       waveform + "}]"};
}

/// The byte at each of these milliseconds.
std::vector<int> bytes_at(ModelBench &chip, std::initializer_list<int> times_ms)
{
    std::vector<int> bytes;
    for (const auto ms : times_ms) {
        chip.set_time_ms(ms);
        bytes.push_back(std::stoi(chip.ask("w:00 r:1"), nullptr, 16));
    }
    return bytes;
}

} // namespace

TEST_CASE("each shape goes from min to max in its own way")
{
    const auto shape = [](const std::string &name) {
        return R"("shape": ")" + name + R"(", "min": 10, "max": 90, "period_s": 4)";
    };
    auto sine = moving_byte(shape("sine"));
    CHECK(bytes_at(sine, {0, 1000, 2000, 3000, 4000}) == std::vector{50, 90, 50, 10, 50});
    auto triangle = moving_byte(shape("triangle"));
    CHECK(bytes_at(triangle, {0, 500, 1000, 2000, 3500}) == std::vector{50, 70, 90, 50, 30});
    auto square = moving_byte(shape("square"));
    CHECK(bytes_at(square, {0, 1999, 2000, 3999, 4000}) == std::vector{90, 90, 10, 10, 90});
    auto sawtooth = moving_byte(shape("sawtooth"));
    CHECK(bytes_at(sawtooth, {0, 1000, 2000, 3000, 4000}) == std::vector{10, 30, 50, 70, 10});
    auto shifted = moving_byte(shape("sawtooth") + R"(, "phase": 0.25)");
    CHECK(bytes_at(shifted, {0, 3000}) == std::vector{30, 10});
}

TEST_CASE("noise changes once a period, stays in range and repeats by its seed")
{
    const auto noise = [](int seed) {
        return R"("shape": "noise", "min": 10, "max": 20, "period_s": 1, "seed": )" +
               std::to_string(seed);
    };
    const auto times = {0, 999, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000};
    auto first = moving_byte(noise(1));
    auto again = moving_byte(noise(1));
    auto other = moving_byte(noise(2));
    const auto bytes = bytes_at(first, times);
    CHECK(bytes == bytes_at(again, times));
    CHECK(bytes != bytes_at(other, times));
    CHECK(bytes[0] == bytes[1]);
    CHECK(std::set<int>(bytes.begin(), bytes.end()).size() > 3);
    CHECK(*std::ranges::min_element(bytes) >= 10);
    CHECK(*std::ranges::max_element(bytes) <= 20);
}

TEST_CASE("a swing goes around what the chip answers anyway, clamped")
{
    auto swing = moving_byte(R"("shape": "sine", "swing": 30, "max": 120, "period_s": 4)");
    CHECK(bytes_at(swing, {0, 1000, 3000}) == std::vector{100, 120, 70});
    CHECK(swing.ask("w:000a") == "");
    CHECK(bytes_at(swing, {1000, 3000}) == std::vector{40, 0});
    auto percent = moving_byte(R"("shape": "sine", "swing_percent": 10, "period_s": 4)");
    CHECK(bytes_at(percent, {1000, 3000}) == std::vector{110, 90});
}

TEST_CASE("a field over three registers moves and its neighbours stay")
{
    ModelBench chip{"i2c", R"("model": {"kind": "registers", "registers":
                        {"0xf9": 1, "0xfa": 0, "0xfb": 0, "0xfc": "0x07", "0xfd": 2}},
        "waveforms": [{"registers": ["0xfa", "0xfb", "0xfc"], "mask": "0xfffff0", "shape": "square",
                       "min": 0, "max": 703710, "period_s": 2}])"};
    CHECK(chip.ask("w:f9 r:5") == "01abcde702");
    CHECK(chip.ask("w:fb r:1") == "cd");
    chip.set_time_ms(1000);
    CHECK(chip.ask("w:f9 r:5") == "0100000702");
}

TEST_CASE("a signed field moves below zero, in registers of any width and order")
{
    ModelBench chip{"i2c",
                    R"("model": {"kind": "registers", "word_bytes": 2, "byte_order": "little",
                                        "registers": {"1": "0x000f"}},
        "waveforms": [{"registers": 1, "mask": "0xfff0", "signed": true, "shape": "sine",
                       "min": -2048, "max": 2046, "period_s": 4}])"};
    chip.set_time_ms(3000);
    CHECK(chip.ask("w:01 r:2") == "0f80"); // -2048
    chip.set_time_ms(1000);
    CHECK(chip.ask("w:01 r:2") == "ef7f"); // 2046
    chip.set_time_ms(0);
    CHECK(chip.ask("w:01 r:2") == "ffff"); // -1
}

TEST_CASE("registers that a write sets swing too, and a condition picks one input")
{
    ModelBench chip{"i2c", R"("model": {"kind": "registers", "word_bytes": 2, "address_mask": 3,
            "auto_increment": false, "registers": {"0": 0, "1": 0}, "read_only": [0],
            "on_write": [{"reg": 1, "mask": "0x7000", "value": "0x4000", "set": {"0": 1000}},
                         {"reg": 1, "mask": "0x7000", "value": "0x5000", "set": {"0": 2000}}]},
        "waveforms": [{"registers": 0, "when": {"reg": 1, "mask": "0x7000", "value": "0x4000"},
                       "shape": "square", "swing_percent": 5, "signed": true, "period_s": 1}])"};
    CHECK(chip.ask("w:014000 w:00 r:2") == "041a"); // 1050
    CHECK(chip.ask("w:015000 w:00 r:2") == "07d0"); // 2000
}

TEST_CASE("a waveform changes what reads give, never what is stored")
{
    ModelBench chip{"i2c", R"("model": {"kind": "registers", "registers": {"0": 100, "1": 0},
                                        "on_write": [{"reg": 1, "copy": {"2": 0}}]},
        "waveforms": [{"registers": 0, "shape": "square", "swing": 5, "period_s": 1}])"};
    CHECK(chip.ask("w:0101 w:00 r:3") == "690164");
}

TEST_CASE("scan words, frames, replies and variables move as well")
{
    ModelBench scan{"i2c", R"("model": {"kind": "registers", "word_bytes": 2, "registers": {},
            "scans": [{"select": "pointer", "mask": "0xf0", "values": [1, 2, 3, 4]}]},
        "waveforms": [{"scan": 1, "mask": "0x0fff", "shape": "square", "min": 5, "max": 9, "period_s": 1}])"};
    CHECK(scan.ask("w:70 r:6") == "000100090003");

    ModelBench frames{"spi", R"("model": {"kind": "frames", "align": "start_bit",
            "frames": [{"tx": "c0", "mask": "f0", "rx": "f00000"}]},
        "waveforms": [{"tx": "c0", "mask": "07ff80", "shape": "square", "min": 0, "max": 2748, "period_s": 1}])"};
    CHECK(frames.ask("c00000") == "f55e00");
    CHECK(frames.ask("600000") == "7aaf00");

    ModelBench commands{"i2c", R"("model": {"kind": "commands", "initial": "10",
                                            "commands": {"f3": ["2000", "3000"]}},
        "waveforms": [{"mask": "ff", "shape": "square", "swing": 1, "period_s": 1},
                      {"command": "f3", "reply": "3000", "mask": "ffff", "shape": "square",
                       "swing": 2, "period_s": 1}])"};
    CHECK(commands.ask("r:1") == "11");
    CHECK(commands.ask("w:f3 r:2") == "2000");
    CHECK(commands.ask("w:f3 r:2") == "3002");
    CHECK(commands.ask("r:1") == "30");

    ModelBench messages{
        "i2c",
        R"("model": {"kind": "messages", "vars": {"t": 5}, "initial": {"var": "t", "bytes": 2}},
        "waveforms": [{"var": "t", "shape": "sine", "min": -10, "max": 10, "period_s": 4}])"};
    messages.set_time_ms(3000);
    CHECK(messages.ask("r:2") == "fff6");
}

TEST_CASE("a waveform can act on a part's other address")
{
    ModelBench chip{"i2c", R"("model": {"kind": "registers", "registers": {"0": 1},
            "also_at": {"0x21": {"kind": "registers", "registers": {"0": 1}}}},
        "waveforms": [{"address": "0x21", "registers": 0, "shape": "square", "swing": 1, "period_s": 1}])"};
    CHECK(chip.ask("w:00 r:1") == "01");
    CHECK(chip.ask_at("0x21", "w:00 r:1") == "02");
}

} // namespace model_waveform_test
