// SPDX-License-Identifier: MIT
//
// The BMM150 on a chip of registers: the corrections at their limits, which
// settings go together, and data ready as trigger.
#include "register_bench.hpp"

#include <utility>

namespace bmc150_magn_test {

namespace {

constexpr std::uint8_t POWER_CONTROL = 0x4b;
constexpr std::uint8_t OPERATION_MODE = 0x4c;
constexpr std::uint8_t INTERRUPT_PINS = 0x4e;
constexpr std::uint8_t REPETITIONS_XY = 0x51;
constexpr std::uint8_t REPETITIONS_Z = 0x52;

using Registers = std::vector<std::pair<std::uint8_t, unsigned>>;

class Chip final : public RegisterChip {
public:
    explicit Chip(const Registers &others = {})
    {
        // A chip's own trim values, and a sample.
        const Registers usual{{0x40, 0x32}, {0x42, 0xa8}, {0x43, 0xfd}, {0x44, 0x60}, {0x45, 0x04},
                              {0x46, 0xbc}, {0x47, 0x01}, {0x48, 0x81}, {0x49, 0x6b}, {0x4e, 0x07},
                              {0x5d, 0x0c}, {0x5e, 0xec}, {0x62, 0x23}, {0x64, 0x1f}, {0x65, 0x16},
                              {0x68, 0xc7}, {0x69, 0x02}, {0x6a, 0xcc}, {0x6b, 0x5b}, {0x6c, 0xf4},
                              {0x6d, 0x1a}, {0x6e, 0x88}, {0x6f, 0xff}, {0x70, 0xfb}, {0x71, 0x1b}};
        for (const auto &[reg, value] : usual)
            set(reg, value);
        for (const auto &[reg, value] : others)
            set(reg, value);
    }
};

struct Corrected {
    const char *what;
    Registers registers;
    const char *x;
    const char *y;
    const char *z;
};

} // namespace

TEST_CASE("a BMM150's corrections are those of the kernel's driver, up to their limits")
{
    // As read through the kernel's driver on the same registers.
    const std::array answers{
        Corrected{
            "the largest readings",
            {{0x42, 0xf8}, {0x43, 0x7f}, {0x44, 0x08}, {0x45, 0x80}, {0x46, 0xfe}, {0x47, 0x7f}},
            "24545",
            "-23458",
            "94896"},
        Corrected{"no Hall resistance", {{0x48, 0}, {0x49, 0}}, "-352", "636", "8327"},
        Corrected{"the largest", {{0x48, 0xfc}, {0x49, 0xff}}, "-322", "582", "514"},
        Corrected{"the smallest", {{0x48, 4}, {0x49, 0}}, "-296", "536", "8315"},
        Corrected{"xyz1 0", {{0x6c, 0}, {0x6d, 0}}, "-296", "536", "1122"},
        Corrected{"xyz1 65535", {{0x6c, 0xff}, {0x6d, 0xff}}, "-375", "676", "1122"},
        Corrected{"xy2 -128, xy1 255",
                  {{0x70, 0x80}, {0x71, 0xff}, {0x48, 4}, {0x49, 0}},
                  "318",
                  "-556",
                  "8315"},
        Corrected{"xy2 127, xy1 255, x2 127, y2 -128",
                  {{0x70, 0x7f}, {0x71, 0xff}, {0x48, 4}, {0x49, 0}, {0x64, 0x7f}, {0x65, 0x80}},
                  "-241",
                  "-90",
                  "8315"},
        Corrected{"the largest z",
                  {{0x46, 0xfe},
                   {0x47, 0x7f},
                   {0x62, 0},
                   {0x63, 0x80},
                   {0x68, 1},
                   {0x69, 0},
                   {0x6a, 0},
                   {0x6b, 0}},
                  "-352",
                  "636",
                  "1610579368"},
        Corrected{"the smallest z",
                  {{0x46, 2},
                   {0x47, 0x80},
                   {0x62, 0xff},
                   {0x63, 0x7f},
                   {0x68, 1},
                   {0x69, 0},
                   {0x6a, 0},
                   {0x6b, 0}},
                  "-352",
                  "636",
                  "-1610547800"},
        Corrected{
            "z1 65535, z2 32767",
            {{0x6a, 0xff}, {0x6b, 0xff}, {0x48, 0xfc}, {0x49, 0xff}, {0x68, 0xff}, {0x69, 0x7f}},
            "-322",
            "582",
            "97"},
        Corrected{"z3 32767", {{0x6e, 0xff}, {0x6f, 0x7f}}, "-352", "636", "1114"},
        Corrected{"z3 -32768", {{0x6e, 0}, {0x6f, 0x80}}, "-352", "636", "1056"},
        Corrected{"x1 -128, y1 127", {{0x5d, 0x80}, {0x5e, 0x7f}}, "-1472", "1812", "1085"},
    };
    for (const auto &answer : answers) {
        INFO(answer.what);
        Chip chip{answer.registers};
        const RegisterBench bench{chip, "bmm150_magn"};
        CHECK(bench.read("in_magn_x_raw") == answer.x);
        CHECK(bench.read("in_magn_y_raw") == answer.y);
        CHECK(bench.read("in_magn_z_raw") == answer.z);
    }
}

TEST_CASE("a BMM150 whose trim values cannot be is not divided by")
{
    Chip chip{{{0x48, 0}, {0x49, 0}, {0x6c, 0}, {0x6d, 0}, {0x68, 0}, {0x69, 0}}};
    const RegisterBench bench{chip, "bmm150_magn"};
    CHECK(bench.read("in_magn_z_raw") == "EIO");
}

TEST_CASE("a BMM150 is not told to measure more often than its repetitions let it")
{
    Chip chip;
    const RegisterBench bench{chip, "bmm150_magn"};
    const auto xy = [&](const char *n) { return bench.write("in_magn_x_oversampling_ratio", n); };
    const auto z = [&](const char *n) { return bench.write("in_magn_z_oversampling_ratio", n); };
    const auto rate = [&](const char *n) { return bench.write("in_magn_sampling_frequency", n); };
    CHECK(z("1") == "ok");
    CHECK(rate("30") == "ok");
    CHECK(chip.get(OPERATION_MODE) == 7 << 3);
    // 145 us * 219 + 500 us + 980 us = 33.235 ms, 30.09 Hz.
    CHECK(xy("219") == "ok");
    CHECK(xy("220") == "EINVAL");
    CHECK(chip.get(REPETITIONS_XY) == 109);
    CHECK(rate("2") == "ok");
    CHECK(xy("511") == "ok");
    CHECK(z("256") == "ok");
    CHECK(rate("6") == "EINVAL");
    CHECK(chip.get(OPERATION_MODE) == 1 << 3);
    CHECK(chip.get(REPETITIONS_XY) == 255);
    CHECK(chip.get(REPETITIONS_Z) == 255);
    for (const char *none : {"0", "-1", "512", "2147483647", "-2147483648"}) {
        CHECK(xy(none) == "EINVAL");
        CHECK(z(none) == "EINVAL");
    }
    CHECK(xy("256") == "ok"); // x and y have odd numbers only
    CHECK(bench.read("in_magn_y_oversampling_ratio") == "255");
    CHECK(bench.read("in_magn_z_oversampling_ratio") == "256");
}

TEST_CASE("a BMM150's data ready takes a scan")
{
    Chip chip;
    const RegisterBench bench{chip, "bmm150_magn"};
    REQUIRE(bench.write("trigger/current_trigger", "bmm150_magn-dev0") == "ok");
    REQUIRE(bench.write("scan_elements/in_magn_z_en", "1") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(chip.get(INTERRUPT_PINS) == 0x87);
    for (unsigned i = 0; i < 3; ++i) {
        // An edge that comes while the last use of the trigger has not ended is lost.
        CHECK(bench.soon([&] {
            bench.line.raise();
            return bench.scans(4) == std::vector<std::uint8_t>{0x3d, 0x04, 0, 0};
        }));
    }
    CHECK(bench.read("in_magn_z_raw") == "EBUSY");
    REQUIRE(bench.write("buffer/enable", "0") == "ok");
    CHECK(chip.get(INTERRUPT_PINS) == 0x07);
    CHECK(bench.read("in_magn_z_raw") == "1085");
}

TEST_CASE("a BMM150 that is given up is suspended")
{
    Chip chip;
    {
        const RegisterBench bench{chip, "bmm150_magn"};
        CHECK(chip.get(POWER_CONTROL) == 1);
    }
    CHECK(chip.get(POWER_CONTROL) == 0);
}

} // namespace bmc150_magn_test
