// SPDX-License-Identifier: MIT
//
// The BMA180's family on chips of registers: every code, whose bits a setting
// changes, and new data as trigger.
#include "register_bench.hpp"

#include <algorithm>
#include <cmath>

namespace bma180_test {

namespace {

constexpr std::uint8_t CHIP_ID = 0x00;
constexpr std::uint8_t ACC_X_LSB = 0x02;

struct Part {
    const char *name;
    unsigned chip_id;
    int bits;
    RegisterChip::Write sleep;      // register and bit
    RegisterChip::Write data_ready; // of its interrupt
    RegisterChip::Write reset_interrupt;
    RegisterChip::Write bandwidth; // register and mask
    RegisterChip::Write range;
    const char *fastest;
    const char *widest;
    // What the two registers hold then, all other bits being set.
    unsigned with_fastest;
    unsigned with_widest;
};
constexpr std::array parts{
    Part{"bma150",
         2,
         10,
         {0x0a, 0x01},
         {0x15, 0x20},
         {0x0a, 0x40},
         {0x14, 0x07},
         {0x14, 0x18},
         "1500",
         "0.009709",
         0xe0 | 6,
         0xe0 | 2 << 3 | 1},
    Part{"bma180",
         3,
         14,
         {0x0d, 0x02},
         {0x21, 0x02},
         {0x0d, 0x40},
         {0x20, 0xf0},
         {0x35, 0x0e},
         "300",
         "0.019417",
         5 << 4 | 0x0f,
         0xf1 | 6 << 1},
    Part{"bma250",
         3,
         10,
         {0x11, 0x80},
         {0x17, 0x10},
         {0x21, 0x80},
         {0x10, 0x1f},
         {0x0f, 0x0f},
         "1000",
         "0.306458",
         0xe0 | 15,
         0xf0 | 12},
};

/// All bits are set but those of its identification.
class Chip final : public RegisterChip {
public:
    explicit Chip(const Part &part)
    {
        registers_.fill(0xff);
        set(CHIP_ID, part.chip_id);
    }
    bool has(const Write &bits) const { return (get(bits.reg) & bits.value) == bits.value; }
};

} // namespace

TEST_CASE("every code of a BMA180's or its relatives' axis reads as its two's complement number")
{
    for (const auto &part : parts) {
        Chip chip{part};
        const RegisterBench bench{chip, part.name};
        unsigned wrong = 0;
        for (unsigned code = 0; code <= 0xffff; ++code) {
            chip.set_word(ACC_X_LSB, code);
            const double whole = (code & 0x7fff) - (code & 0x8000 ? 32768.0 : 0.0);
            const auto expected = std::floor(whole / (1 << (16 - part.bits)));
            wrong += std::stod(bench.read("in_accel_x_raw")) != expected;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("a setting of a BMA180 or a relative changes its own bits only")
{
    for (const auto &part : parts) {
        INFO(part.name);
        Chip chip{part};
        const RegisterBench bench{chip, part.name};
        CHECK(chip.get(part.data_ready.reg) == (0xffU & ~part.data_ready.value));
        CHECK(bench.write("in_accel_filter_low_pass_3db_frequency", part.fastest) == "ok");
        CHECK(chip.get(part.bandwidth.reg) == part.with_fastest);
        CHECK(bench.write("in_accel_filter_low_pass_3db_frequency", "8.5") == "EINVAL");
        CHECK(bench.read("in_accel_filter_low_pass_3db_frequency") == part.fastest);
        chip.take_writes();
        CHECK(bench.write("in_accel_scale", part.widest) == "ok");
        const auto writes = chip.take_writes();
        REQUIRE(writes.size() == 1);
        CHECK(writes[0].reg == part.range.reg);
        const unsigned others = part.range.reg == part.bandwidth.reg ? part.bandwidth.value : 0;
        CHECK((writes[0].value & ~others) == (part.with_widest & ~others));
        CHECK(bench.read("in_accel_scale") == part.widest);
    }
}

TEST_CASE("a BMA180's or a relative's new data reaches the buffer")
{
    for (const auto &part : parts) {
        INFO(part.name);
        Chip chip{part};
        const RegisterBench bench{chip, part.name};
        CHECK(bench.read("trigger/current_trigger") == std::string{part.name} + "-dev0");
        REQUIRE(bench.write("scan_elements/in_accel_x_en", "1") == "ok");
        REQUIRE(bench.write("buffer/length", "16") == "ok");
        REQUIRE(bench.write("buffer/enable", "1") == "ok");
        CHECK(chip.has(part.data_ready));
        for (std::uint8_t sample = 1; sample <= 3; ++sample) {
            chip.set_word(ACC_X_LSB, sample * 0x100U + 1); // a BMA250 tells by bit 0 that it is new
            // An edge that comes while the last use of the trigger has not ended is lost.
            CHECK(bench.soon([&] {
                bench.line.raise();
                const auto bytes = bench.scans(16 * 2);
                return !bytes.empty() && bytes.back() == sample;
            }));
        }
        CHECK(bench.soon([&] {
            const auto writes = chip.take_writes();
            return std::ranges::any_of(writes, [&](const RegisterChip::Write &write) {
                return write.reg == part.reset_interrupt.reg &&
                       (write.value & part.reset_interrupt.value);
            });
        }));
        REQUIRE(bench.write("buffer/enable", "0") == "ok");
        CHECK_FALSE(chip.has(part.data_ready));
    }
}

TEST_CASE("a BMA180's buffer that does not start leaves new data off")
{
    for (const auto &part : parts) {
        for (int n = 1; n <= 3; ++n) {
            INFO(part.name << ", transfer " << n);
            Chip chip{part};
            const RegisterBench bench{chip, part.name};
            REQUIRE(bench.write("scan_elements/in_accel_x_en", "1") == "ok");
            chip.fail_transfer(n);
            CHECK(bench.write("buffer/enable", "1") == "EREMOTEIO");
            CHECK_FALSE(chip.has(part.data_ready));
            CHECK(bench.write("buffer/enable", "1") == "ok");
        }
    }
}

TEST_CASE("a BMA180 or a relative that is given up sleeps")
{
    for (const auto &part : parts) {
        INFO(part.name);
        Chip chip{part};
        {
            const RegisterBench bench{chip, part.name};
            chip.set(part.sleep.reg, 0);
        }
        CHECK(chip.has(part.sleep));
    }
}

} // namespace bma180_test
