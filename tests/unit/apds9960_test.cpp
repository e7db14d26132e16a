// SPDX-License-Identifier: MIT
//
// The APDS-9960 on a chip of byte registers with a FIFO that measures only while it
// is awake: its interrupts, its gestures and its sleep.
#include "register_bench.hpp"

#include <deque>
#include <functional>

namespace apds9960_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;

constexpr std::uint8_t ENABLE = 0x80;
constexpr std::uint8_t ATIME = 0x81;
constexpr std::uint8_t CONTROL = 0x8f;
constexpr std::uint8_t STATUS = 0x93;
constexpr std::uint8_t RDATAL = 0x96;
constexpr std::uint8_t PDATA = 0x9c;
constexpr std::uint8_t GCONF2 = 0xa3;
constexpr std::uint8_t GCONF4 = 0xab;
constexpr std::uint8_t GFLVL = 0xae;
constexpr std::uint8_t PICLEAR = 0xe5;
constexpr std::uint8_t CICLEAR = 0xe6;
constexpr std::uint8_t GFIFO = 0xfc;

constexpr unsigned PON = 1 << 0;

using Dataset = std::array<std::uint8_t, 4>;

class FakeSensor final : public RegisterChip {
public:
    void fill_fifo(std::size_t datasets)
    {
        const std::lock_guard lock{mutex_};
        for (std::size_t i = 0; i < datasets; ++i) {
            const auto first = static_cast<std::uint8_t>(i * 4);
            fifo_.push_back({first, static_cast<std::uint8_t>(first + 1),
                             static_cast<std::uint8_t>(first + 2),
                             static_cast<std::uint8_t>(first + 3)});
        }
    }
    /// Somebody stays near: the FIFO is full again after each reading, so often.
    mutable int refills = 0;
    const Timing *timing = &Timing::real();
    std::function<void()> when_fifo_is_read;
    std::size_t fifo_level() const
    {
        const std::lock_guard lock{mutex_};
        return fifo_.size();
    }

private:
    Result<void> serve(std::span<const I2cMessage> messages) const override
    {
        const auto out = messages[0].out();
        for (std::size_t i = 1; i < out.size(); ++i)
            store(static_cast<std::uint8_t>(out[0] + i - 1), out[i]);
        if (messages.size() == 2)
            read(out[0], messages[1].in());
        return {};
    }
    void store(std::uint8_t reg, std::uint8_t value) const
    {
        // Light is there 5.7 ms and (256 - ATIME) steps of 2.78 ms after PON is set.
        if (reg == ENABLE && value & ~registers_[ENABLE] & PON)
            measured_at_ = timing->now() + 5700us + (256 - registers_[ATIME]) * 2780us;
        registers_[reg] = value;
    }
    void read(std::uint8_t reg, std::span<std::uint8_t> into) const
    {
        if (reg == GFLVL) {
            into[0] = static_cast<std::uint8_t>(fifo_.size());
        } else if (reg == GFIFO) {
            if (when_fifo_is_read)
                when_fifo_is_read();
            for (auto next = into.begin(); next != into.end(); fifo_.pop_front())
                next = std::ranges::copy(fifo_.front(), next).out;
            if (refills > 0 && refills-- > 0)
                fifo_.resize(32);
        } else if ((reg == RDATAL || reg == PDATA) && timing->now() < measured_at_) {
            std::ranges::fill(into, std::uint8_t{1}); // of before the sleep
        } else {
            std::copy_n(registers_.begin() + reg, into.size(), into.begin());
        }
    }

    mutable std::deque<Dataset> fifo_;
    mutable std::chrono::nanoseconds measured_at_{0};
};

struct Bench : OnChip<FakeSensor>, DeviceBench {
    explicit Bench(bool is_wired = true) : DeviceBench{Edge::falling}
    {
        // Found running, at full gain.
        chip.set(ENABLE, 0x7f);
        chip.set(CONTROL, 0xcf);
        chip.set(GCONF2, 0x7f);
        chip.timing = &timing;
        REQUIRE(bind("apds9960", chip, is_wired ? &line : nullptr));
        if (!is_wired)
            return;
        REQUIRE(view().events()->open());
        REQUIRE(view().buffer()->open());
    }
    const LiveDevice &view() const { return *device->view(); }
    void start(const std::string &photodiodes) const
    {
        for (const char number : photodiodes)
            REQUIRE(write(std::string{"buffer0/in_proximity"} + number + "_en", "1") == "ok");
        REQUIRE(write("buffer/length", "64") == "ok");
        REQUIRE(write("buffer/enable", "1") == "ok");
    }
    void interrupt(unsigned status)
    {
        chip.set(STATUS, status);
        const iio_dev &dev = view().dev();
        dev.info->handle_interrupt(&dev, 1234);
    }
    std::vector<std::uint64_t> events() const
    {
        std::array<iio_event_data, 16> records{};
        core::Cancellation never;
        const auto count = view().events()->read(records, true, never);
        std::vector<std::uint64_t> ids;
        for (std::size_t i = 0; i < count.value_or(0); ++i) {
            CHECK(records[i].timestamp == 1234);
            ids.push_back(records[i].id);
        }
        return ids;
    }
};

const std::string clear_enable = "events/in_intensity_clear_thresh_either_en";
const std::string proximity_enable = "events/in_proximity_thresh_either_en";

// Threshold, either direction, no modifier.
constexpr std::uint64_t intensity_event = 0x0000'0007'0000'0000;
constexpr std::uint64_t proximity_event = 0x0000'0008'0000'0000;

} // namespace

TEST_CASE("an APDS-9960 found at any gain has the gain that it shows")
{
    const Bench bench;
    CHECK(bench.read("in_intensity_scale") == "1");
    CHECK(bench.read("in_proximity_scale") == "1");
    CHECK(bench.chip.get(CONTROL) == 0xc0);
    CHECK(bench.chip.get(GCONF2) == 0x1f);
    CHECK(bench.chip.get(ENABLE) == 0x07);
}

TEST_CASE("an APDS-9960 is awake after its probe, and sleeps when it is let go")
{
    Bench bench;
    CHECK((bench.chip.get(ENABLE) & PON) == PON);
    SECTION("a reading") { bench.read("in_intensity_red_raw"); }
    SECTION("an event") { CHECK(bench.write(clear_enable, "1") == "ok"); }
    SECTION("the buffer") { bench.start("1"); }
    CHECK((bench.chip.get(ENABLE) & PON) == PON);
    bench.device.reset();
    CHECK((bench.chip.get(ENABLE) & PON) == 0);
}

TEST_CASE("what an APDS-9960 measured before it slept is not read: the first values are awaited")
{
    Bench bench;
    const std::string time = GENERATE("0.028", "0.1", "0.2", "0.7");
    REQUIRE(bench.write("in_intensity_integration_time", time) == "ok");
    bench.chip.set_word(RDATAL, 2000);
    bench.chip.set(PDATA, 20);
    SECTION("it wakes for a reading") { CHECK(bench.read("in_intensity_red_raw") == "2000"); }
    SECTION("it woke for an event just now")
    {
        REQUIRE(bench.write(proximity_enable, "1") == "ok");
        CHECK(bench.read("in_intensity_red_raw") == "2000");
    }
    SECTION("it woke for the buffer just now")
    {
        bench.start("1");
        CHECK(bench.read("in_proximity_raw") == "20");
    }
    const auto before = bench.timing.now();
    CHECK(bench.read("in_proximity_raw") == "20"); // this one is not awaited
    CHECK(bench.timing.now() - before < 28ms);
}

TEST_CASE("an APDS-9960 interrupt is an event of each enabled channel that asks for one")
{
    Bench bench;
    using Events = std::vector<std::uint64_t>;
    bench.interrupt(0x34);
    CHECK(bench.events().empty());
    CHECK(bench.chip.get(CICLEAR) == 0);
    CHECK(bench.chip.get(PICLEAR) == 0);

    REQUIRE(bench.write(clear_enable, "1") == "ok");
    bench.interrupt(0x20);
    CHECK(bench.events().empty());
    bench.interrupt(0x30);
    CHECK(bench.events() == Events{intensity_event});
    CHECK(bench.chip.get(CICLEAR) == 1);
    CHECK(bench.chip.get(PICLEAR) == 0);

    REQUIRE(bench.write(proximity_enable, "1") == "ok");
    bench.interrupt(0x30);
    CHECK(bench.events() == Events{intensity_event, proximity_event});
    CHECK(bench.chip.get(PICLEAR) == 1);

    SECTION("none where the status cannot be read")
    {
        bench.chip.fail_transfer(1);
        bench.interrupt(0x30);
        CHECK(bench.events().empty());
    }
    SECTION("an event all the same where it cannot be acknowledged")
    {
        bench.chip.fail_transfer(2);
        bench.interrupt(0x30);
        CHECK(bench.events() == Events{intensity_event, proximity_event});
    }
}

TEST_CASE("the datasets in an APDS-9960's FIFO are scans of the wanted photodiodes")
{
    Bench bench;
    bench.start("14");
    CHECK(bench.chip.get(ENABLE) == 0x47);
    CHECK(bench.chip.get(GCONF4) == 0x02);
    bench.chip.fill_fifo(32);
    bench.interrupt(0x04);
    CHECK(bench.chip.fifo_level() == 0);
    std::vector<std::uint8_t> expected;
    for (unsigned i = 0; i < 32; ++i) {
        expected.push_back(static_cast<std::uint8_t>(i * 4));
        expected.push_back(static_cast<std::uint8_t>(i * 4 + 3));
    }
    CHECK(bench.scans() == expected);

    SECTION("a transfer that fails ends the reading until the next interrupt")
    {
        bench.chip.fill_fifo(2);
        for (const int n : {2, 3}) { // the level, the dataset
            bench.chip.fail_transfer(n);
            bench.interrupt(0x04);
            CHECK(bench.scans().empty());
            CHECK(bench.read("in_proximity_raw") == "0");
        }
        bench.interrupt(0x04);
        CHECK(bench.scans() == std::vector<std::uint8_t>{0, 3, 4, 7});
    }
    SECTION("nothing is read once the buffer is stopped")
    {
        REQUIRE(bench.write("buffer/enable", "0") == "ok");
        CHECK((bench.chip.get(ENABLE) & ~PON) == 0x06);
        CHECK(bench.chip.get(GCONF4) == 0);
        bench.chip.fill_fifo(2);
        bench.interrupt(0x04);
        CHECK(bench.chip.fifo_level() == 2);
    }
}

TEST_CASE("while an APDS-9960's FIFO is read there are no readings")
{
    Bench bench;
    bench.start("1234");
    bench.chip.fill_fifo(4);
    std::string raw;
    std::string scale;
    bench.chip.when_fifo_is_read = [&] {
        raw = bench.read("in_proximity_raw");
        scale = bench.read("in_intensity_scale");
    };
    bench.interrupt(0x04);
    CHECK(raw == "EBUSY");
    CHECK(scale == "EBUSY");
    CHECK(bench.read("in_intensity_scale") == "1");
}

TEST_CASE("an interrupt of an APDS-9960 reads its FIFO once, however fast that fills")
{
    Bench bench;
    bench.start("1");
    bench.chip.fill_fifo(32);
    bench.chip.refills = 100;
    bench.interrupt(0x04);
    CHECK(bench.scans().size() == 32);
    CHECK(bench.chip.fifo_level() == 32);
}

TEST_CASE("an APDS-9960 whose interrupt is not wired measures, without events and buffer")
{
    Bench bench{false};
    bench.chip.set(STATUS, 0);
    CHECK(bench.read("in_proximity_raw") != "EBUSY");
    CHECK(bench.write("in_proximity_scale", "4") == "ok");
    CHECK(bench.read("in_proximity_scale") == "4");
    CHECK(bench.write("events/in_proximity_thresh_either_en", "1") == "EINVAL");
    CHECK(bench.view().buffer() == nullptr);
}

} // namespace apds9960_test
