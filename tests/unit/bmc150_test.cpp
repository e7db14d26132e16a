// SPDX-License-Identifier: MIT
//
// The BMC150's accelerometer and its relatives on a chip with a FIFO: every
// code, what the interrupts are on for, and how samples and events come.
#include "register_bench.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

namespace bmc150_test {

namespace {

using Scan = std::array<std::uint8_t, 6>;

constexpr std::uint8_t CHIPID = 0x00;
constexpr std::uint8_t ACCD_X_LSB = 0x02;
constexpr std::uint8_t INT_STATUS_2 = 0x0b;
constexpr std::uint8_t FIFO_STATUS = 0x0e;
constexpr std::uint8_t PMU_LPW = 0x11;
constexpr std::uint8_t SOFTRESET = 0x14;
constexpr std::uint8_t INT_EN_0 = 0x16;
constexpr std::uint8_t INT_EN_1 = 0x17;
constexpr std::uint8_t INT_RST_LATCH = 0x21;
constexpr std::uint8_t INT_5 = 0x27;
constexpr std::uint8_t INT_6 = 0x28;
constexpr std::uint8_t FIFO_CONFIG_0 = 0x30;
constexpr std::uint8_t FIFO_CONFIG_1 = 0x3e;
constexpr std::uint8_t FIFO_DATA = 0x3f;

class Chip final : public RegisterChip {
public:
    explicit Chip(unsigned chip_id = 0xfa) { set(CHIPID, chip_id); }
    /// Frame n has n in all its bytes, from 1 on.
    void fill(unsigned frames)
    {
        const std::lock_guard lock{mutex_};
        for (unsigned i = 0; i < frames; ++i)
            fifo_.insert(fifo_.end(), 6, ++filled_);
    }

    std::size_t most_at_once = no_limit;

private:
    /// As an adapter of SMBus: what is beyond is refused.
    iio::Result<void> serve(std::span<const iio::I2cMessage> messages) const override
    {
        if (messages.size() > 1 && messages[1].in().size() > most_at_once)
            return iio::fail(EOPNOTSUPP);
        if (messages[0].out()[0] == SOFTRESET)
            registers_[INT_EN_0] = registers_[INT_EN_1] = registers_[FIFO_CONFIG_1] = 0;
        return RegisterChip::serve(messages);
    }
    std::uint8_t load(std::uint8_t reg) const override
    {
        if (reg == FIFO_STATUS)
            return static_cast<std::uint8_t>(fifo_.size() / 6);
        if (reg != FIFO_DATA)
            return RegisterChip::load(reg);
        const auto byte = fifo_.front();
        fifo_.pop_front();
        return byte;
    }
    std::size_t most_read_at_once() const override { return most_at_once; }
    std::uint8_t next(std::uint8_t reg) const override
    {
        return reg == FIFO_DATA ? reg : RegisterChip::next(reg);
    }
    mutable std::deque<std::uint8_t> fifo_;
    std::uint8_t filled_ = 0;
};

struct Bench : RegisterBench {
    explicit Bench(Chip &chip, bool with_interrupt = true)
        : RegisterBench{chip, "bma255", with_interrupt}
    {
        for (const char *axis : {"x", "y", "z"})
            REQUIRE(write("scan_elements/in_accel_" + std::string{axis} + "_en", "1") == "ok");
        REQUIRE(write("buffer/length", "64") == "ok");
    }
    /// The first bytes of the scans that wait.
    [[nodiscard]] std::vector<unsigned> frames(std::size_t most = 64) const
    {
        const auto bytes = scans(most * sizeof(Scan));
        std::vector<unsigned> numbers;
        for (std::size_t i = 0; i < bytes.size(); i += sizeof(Scan))
            numbers.push_back(bytes[i]);
        return numbers;
    }
};

constexpr std::uint64_t event(unsigned direction, unsigned modifier)
{
    constexpr std::uint64_t type_roc = 2;
    constexpr std::uint64_t accel = 3;
    return type_roc << 56 | std::uint64_t{direction} << 48 | std::uint64_t{modifier} << 40 |
           accel << 32;
}

} // namespace

TEST_CASE("every code of a BMA2xx's axis reads as its two's complement number")
{
    constexpr std::array<std::pair<unsigned, int>, 5> resolutions{
        {{0x03, 8}, {0xf8, 8}, {0xf9, 10}, {0xfa, 12}, {0xfb, 14}}};
    for (const auto &[chip_id, bits] : resolutions) {
        Chip chip{chip_id};
        const RegisterBench bench{chip, "bma255"};
        unsigned wrong = 0;
        for (unsigned code = 0; code <= 0xffff; ++code) {
            chip.set_word(ACCD_X_LSB, code);
            const double whole = (code & 0x7fff) - (code & 0x8000 ? 32768.0 : 0.0);
            const auto expected = std::floor(whole / (1 << (16 - bits)));
            wrong += std::stod(bench.read("in_accel_x_raw")) != expected;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("a BMA255's FIFO fills the buffer when its watermark is reached")
{
    Chip chip;
    const Bench bench{chip};
    REQUIRE(bench.write("scan_elements/in_timestamp_en", "1") == "ok");
    REQUIRE(bench.write("buffer/watermark", "40") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(bench.read("buffer/hwfifo_enabled") == "1");
    CHECK(bench.read("buffer/hwfifo_watermark") == "32");
    CHECK(chip.get(FIFO_CONFIG_0) == 32);
    CHECK(chip.get(INT_EN_1) == 0x40);

    const auto before = bench.device->view()->now();
    chip.fill(32);
    bench.line.raise();
    REQUIRE(bench.soon([&] { return bench.buffer().data_available() == 32; }));
    const auto after = bench.device->view()->now();

    struct Stamped {
        Scan scan;
        std::int64_t time_ns;
    };
    const auto bytes = bench.scans(64 * sizeof(Stamped));
    REQUIRE(bytes.size() == 32 * sizeof(Stamped));
    std::array<Stamped, 32> scans{};
    std::memcpy(scans.data(), bytes.data(), bytes.size());
    for (unsigned i = 0; i < 32; ++i)
        CHECK(scans[i].scan[5] == i + 1);
    const auto period_ns = scans[1].time_ns - scans[0].time_ns;
    for (unsigned i = 1; i < 32; ++i)
        CHECK(scans[i].time_ns - scans[i - 1].time_ns == period_ns);
    CHECK(scans[0].time_ns < scans[31].time_ns);
    CHECK(scans[31].time_ns >= before);
    CHECK(scans[31].time_ns <= after);
    CHECK(bench.soon([&] { return chip.get(INT_RST_LATCH) == 0x8f; }));
}

TEST_CASE("who reads takes from a BMA255's FIFO as much as fits, with and without interrupts")
{
    const bool with_interrupt = GENERATE(true, false);
    Chip chip;
    const Bench bench{chip, with_interrupt};
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(bench.frames().empty());
    chip.fill(5);
    CHECK(bench.frames(2) == std::vector<unsigned>{1, 2});
    CHECK(bench.frames() == std::vector<unsigned>{3, 4, 5});
    CHECK(bench.frames().empty());
    chip.fill(40); // more than it can hold
    CHECK(bench.frames().size() == 32);

    SECTION("and what it holds in the end is not lost")
    {
        REQUIRE(bench.write("buffer/enable", "0") == "ok");
        CHECK(bench.frames().size() == 8);
        CHECK(chip.get(FIFO_CONFIG_1) == 0);
        CHECK(chip.get(INT_EN_1) == 0);
        CHECK(bench.read("buffer/hwfifo_enabled") == "0");
    }
}

TEST_CASE("a BMA255's FIFO is read through an adapter of 32 bytes at once")
{
    Chip chip;
    chip.most_at_once = 32;
    const Bench bench{chip};
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    chip.fill(32);
    std::vector<unsigned> expected(32);
    std::iota(expected.begin(), expected.end(), 1U);
    CHECK(bench.frames() == expected);
}

TEST_CASE("the newest sample of a BMA255's FIFO has the time of the edge")
{
    using namespace std::chrono_literals;
    Chip chip;
    const Bench bench{chip};
    REQUIRE(bench.write("current_timestamp_clock", "monotonic") == "ok");
    REQUIRE(bench.write("scan_elements/in_timestamp_en", "1") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    std::this_thread::sleep_for(20ms);
    const auto edge = std::chrono::steady_clock::now() - 10ms;
    chip.fill(2);
    bench.line.raise(edge);
    REQUIRE(bench.soon([&] { return bench.buffer().data_available() == 2; }));
    const auto bytes = bench.scans(64);
    std::int64_t time_ns = 0;
    std::memcpy(&time_ns, bytes.data() + 24, sizeof time_ns);
    CHECK(time_ns == edge.time_since_epoch().count());
}

TEST_CASE("a BMA255's buffer that does not start leaves the FIFO off")
{
    for (int n = 1; n <= 4; ++n) {
        Chip chip;
        const Bench bench{chip};
        chip.fail_transfer(n);
        CHECK(bench.write("buffer/enable", "1") == "EREMOTEIO");
        CHECK(bench.soon([&] { return bench.read("in_accel_x_raw") == "0"; })); // it was recovered
        CHECK(chip.get(FIFO_CONFIG_1) == 0);
        CHECK(chip.get(INT_EN_1) == 0);
        CHECK(bench.read("buffer/hwfifo_enabled") == "0");
        CHECK(bench.read("buffer/hwfifo_watermark") == "0");
        CHECK(bench.write("buffer/enable", "1") == "ok");
    }
}

TEST_CASE("a BMA255's new data reaches the buffer")
{
    Chip chip;
    const Bench bench{chip};
    REQUIRE(bench.write("trigger/current_trigger", "bma255-dev0") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(chip.get(INT_EN_1) == 0x10);
    CHECK(chip.get(FIFO_CONFIG_1) == 0);
    chip.fill(3); // not for a triggered buffer
    CHECK(bench.frames().empty());
    for (const unsigned sample : {1U, 3U, 5U}) { // bit 0: it is new
        chip.set(ACCD_X_LSB, sample);
        // An edge that comes while the last use of the trigger has not ended is lost.
        CHECK(bench.soon([&] {
            bench.line.raise();
            const auto frames = bench.frames();
            return !frames.empty() && frames.back() == sample;
        }));
    }
    REQUIRE(bench.write("buffer/enable", "0") == "ok");
    CHECK(chip.get(INT_EN_1) == 0);
}

TEST_CASE("a BMA255 that moved says which axes did, and where to")
{
    Chip chip;
    const Bench bench{chip};
    REQUIRE(bench.device->view()->events()->open());
    REQUIRE(bench.write("events/in_accel_x_roc_either_value", "276") == "ok"); // 8 bits: 20
    REQUIRE(bench.write("events/in_accel_y_roc_either_period", "7") == "ok");  // 2 bits: 3
    REQUIRE(bench.write("events/in_accel_z_roc_either_en", "1") == "ok");
    CHECK(bench.read("events/in_accel_x_roc_either_en") == "1");
    CHECK(chip.get(INT_6) == 20);
    CHECK(chip.get(INT_5) == 3);
    CHECK(chip.get(INT_EN_0) == 7);
    CHECK(bench.write("events/in_accel_x_roc_either_value", "1") == "EBUSY");
    CHECK(bench.write("events/in_accel_x_roc_either_period", "1") == "EBUSY");

    const auto events_for = [&](unsigned status) {
        chip.set(INT_STATUS_2, status);
        chip.take_writes();
        bench.line.raise();
        std::vector<std::uint64_t> codes;
        CHECK(bench.soon([&] {
            const auto more = bench.events();
            codes.insert(codes.end(), more.begin(), more.end());
            return !chip.take_writes().empty(); // the latch is reset at last
        }));
        const auto more = bench.events();
        codes.insert(codes.end(), more.begin(), more.end());
        return codes;
    };
    CHECK(events_for(0).empty());
    CHECK(events_for(0x01) == std::vector{event(1, 1)});
    CHECK(events_for(0x07) == std::vector{event(1, 1), event(1, 2), event(1, 3)});
    CHECK(events_for(0x0a) == std::vector{event(2, 2)});

    REQUIRE(bench.write("events/in_accel_x_roc_either_en", "0") == "ok");
    CHECK(chip.get(INT_EN_0) == 0);
}

TEST_CASE("a BMA255's any-motion interrupt stays on for who needs it still")
{
    Chip chip;
    const Bench bench{chip};
    REQUIRE(bench.write("trigger/current_trigger", "bma255-any-motion-dev0") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(chip.get(INT_EN_0) == 7);
    REQUIRE(bench.write("events/in_accel_x_roc_either_en", "1") == "ok");
    REQUIRE(bench.write("buffer/enable", "0") == "ok");
    CHECK(chip.get(INT_EN_0) == 7);
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    REQUIRE(bench.write("events/in_accel_x_roc_either_en", "0") == "ok");
    CHECK(chip.get(INT_EN_0) == 7);
    chip.take_writes();
    bench.line.raise();
    CHECK(bench.soon([&] { return bench.buffer().data_available() == 1; }));
    using Writes = std::vector<RegisterChip::Write>;
    CHECK(bench.soon([&] { return chip.take_writes() == Writes{{INT_RST_LATCH, 0x8f}}; }));
    REQUIRE(bench.write("buffer/enable", "0") == "ok");
    CHECK(chip.get(INT_EN_0) == 0);
}

TEST_CASE("a BMA255 that is given up is suspended")
{
    Chip chip;
    {
        const Bench bench{chip};
        CHECK(chip.get(PMU_LPW) == 0);
    }
    CHECK(chip.get(PMU_LPW) == 0x80);
}

} // namespace bmc150_test
