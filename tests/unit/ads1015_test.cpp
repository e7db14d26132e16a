// SPDX-License-Identifier: MIT
//
// The ADS1015 family on a chip of four registers: every code, every gain and
// rate, how long it waits, what it leaves on the chip, and its comparator.
#include "device_bench.hpp"

#include <atomic>
#include <cmath>
#include <core/software_triggers.hpp>
#include <mutex>
#include <utility>

namespace ads1015_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;

constexpr std::uint8_t CONVERSION = 0;
constexpr std::uint8_t CONFIG = 1;

/// Four 16-bit registers, and when each transfer came, in the driver's time.
class FakeAdc final : public I2cClient {
public:
    struct Transfer {
        std::uint8_t reg;
        bool write;
        std::uint16_t value;
        std::chrono::nanoseconds when;
    };

    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        const std::lock_guard lock{mutex_};
        if (fail_in_ > 0 && --fail_in_ == 0)
            return fail(EREMOTEIO);
        const auto out = messages[0].out();
        const std::uint8_t reg = out[0] & 3;
        const bool write = messages.size() == 1;
        if (write) {
            registers_[reg] = static_cast<std::uint16_t>(out[1] << 8 | out[2]);
        } else {
            messages[1].in()[0] = static_cast<std::uint8_t>(registers_[reg] >> 8);
            messages[1].in()[1] = static_cast<std::uint8_t>(registers_[reg]);
        }
        log_.push_back({reg, write, registers_[reg], timing->now()});
        return {};
    }
    void set(std::uint8_t reg, unsigned value)
    {
        const std::lock_guard lock{mutex_};
        registers_[reg] = static_cast<std::uint16_t>(value);
    }
    unsigned get(std::uint8_t reg) const
    {
        const std::lock_guard lock{mutex_};
        return registers_[reg];
    }
    std::vector<Transfer> take_log()
    {
        const std::lock_guard lock{mutex_};
        return std::exchange(log_, {});
    }
    /// The n-th transfer from now fails.
    void fail_transfer(int n)
    {
        const std::lock_guard lock{mutex_};
        fail_in_ = n;
    }
    const Timing *timing = &Timing::real();

private:
    mutable std::mutex mutex_;
    mutable std::array<std::uint16_t, 4> registers_{0, 0x8583, 0x8000, 0x7fff};
    mutable std::vector<Transfer> log_;
    mutable int fail_in_ = 0;
};

struct Bench : OnChip<FakeAdc>, DeviceBench {
    explicit Bench(std::string_view part, unsigned config = 0x8583,
                   const InterruptLine *alert = nullptr)
    {
        chip.set(CONFIG, config);
        chip.timing = &timing;
        REQUIRE(bind(part, chip, alert));
        chip.take_log();
    }
    /// From the last write of CONFIG to the read of CONVERSION after it.
    std::chrono::nanoseconds settling()
    {
        std::chrono::nanoseconds written{0};
        for (const auto &transfer : chip.take_log()) {
            if (transfer.reg == CONFIG && transfer.write)
                written = transfer.when;
            if (transfer.reg == CONVERSION && written != 0ns)
                return transfer.when - written;
        }
        return 0ns;
    }
};

struct Family {
    const char *part;
    int bits;
    std::vector<int> rates;
};
const std::array families{
    Family{"ads1015", 12, {128, 250, 490, 920, 1600, 2400, 3300, 3300}},
    Family{"ads1115", 16, {8, 16, 32, 64, 128, 250, 475, 860}},
    Family{"tla2024", 12, {128, 250, 490, 920, 1600, 2400, 3300, 3300}},
};
constexpr std::array inputs{"in_voltage0-voltage1", "in_voltage0-voltage3", "in_voltage1-voltage3",
                            "in_voltage2-voltage3", "in_voltage0",          "in_voltage1",
                            "in_voltage2",          "in_voltage3"};
// Full scale in mV by PGA code.
constexpr std::array full_scales{6144, 4096, 2048, 1024, 512, 256};

/// The slowest that the datasheet allows: 10 % below nominal.
std::chrono::duration<double> longest_period(int hz) { return 1s / (0.9 * hz); }

} // namespace

TEST_CASE("every code of an ADS1015's conversion register reads as its two's complement number")
{
    for (const auto &family : families) {
        Bench bench{family.part};
        REQUIRE(bench.read("in_voltage0_raw") == "0");
        unsigned wrong = 0;
        for (unsigned code = 0; code <= 0xffff; ++code) {
            bench.chip.set(CONVERSION, code);
            // The sign bit weighs -2^15; unused low bits are cut off downwards.
            const double whole = (code & 0x7fff) - (code & 0x8000 ? 32768.0 : 0.0);
            const auto expected = std::floor(whole / (1 << (16 - family.bits)));
            wrong += std::stod(bench.read("in_voltage0_raw")) != expected;
        }
        INFO(family.part);
        CHECK(wrong == 0);
    }
}

TEST_CASE("raw times scale is the input's millivolts at every gain of an ADS1015")
{
    for (const auto &family : families) {
        Bench bench{family.part};
        bench.write("in_voltage2_sampling_frequency", std::to_string(family.rates.back()));
        for (std::size_t pga = 0; pga < full_scales.size(); ++pga) {
            // Half of full scale.
            bench.chip.set(CONVERSION, 0x4000);
            const double scale = std::ldexp(full_scales[pga], 1 - family.bits);
            // Six digits are read, and what is below 1 mV of full scale is cut:
            // a millionth more is always enough.
            const auto text = std::to_string(std::ceil(scale * 1e6) / 1e6);
            INFO(family.part << " " << text);
            REQUIRE(bench.write("in_voltage2_scale", text) == "ok");
            CHECK(std::stod(bench.read("in_voltage2_scale")) == Approx(scale).epsilon(1e-7));
            CHECK(std::stod(bench.read("in_voltage2_raw")) * scale ==
                  Approx(full_scales[pga] / 2.0));
            CHECK((bench.chip.get(CONFIG) >> 9 & 7) == pga);
        }
    }
}

TEST_CASE("a written ADS1015 scale counts in millionths and whole millivolts of full scale")
{
    Bench bench{"ads1115"};
    const std::string scale = "in_voltage0_scale";
    CHECK(bench.write(scale, "0.0078125") == "EINVAL");
    CHECK(bench.write(scale, "0.007812999") == "EINVAL");
    CHECK(bench.write(scale, "0.007813") == "ok");
    CHECK(bench.read(scale) == "0.007812500");
    CHECK(bench.write(scale, "0.007844") == "EINVAL");
    CHECK(bench.write(scale, "0.18753099") == "ok" /* 6144.98 mV */);
    CHECK(bench.write(scale, "0.187531") == "EINVAL");
    CHECK(bench.write(scale, "-0.0625") == "EINVAL");
    CHECK(bench.write(scale, "2147483647.999999") == "EINVAL");
    CHECK(bench.read(scale) == "0.187500000");
}

TEST_CASE("an ADS1015 input gets its own multiplexer code, gain and rate")
{
    for (const auto &family : families) {
        Bench bench{family.part};
        for (unsigned mux = 0; mux < inputs.size(); ++mux) {
            const std::string input = inputs[mux];
            const auto rate = std::min(mux, 6U); // DR 7 is 3300 again in the 12-bit parts
            const auto full_scale = full_scales[mux % 5];
            bench.write(input + "_sampling_frequency", std::to_string(family.rates[rate]));
            bench.write(input + "_scale", std::to_string(std::ldexp(full_scale, 1 - family.bits)));
        }
        for (unsigned mux = 0; mux < inputs.size(); ++mux) {
            INFO(family.part << " " << inputs[mux]);
            CHECK(bench.read(std::string{inputs[mux]} + "_raw") == "0");
            // OS and the comparator's bits are as they were; MODE is 0.
            CHECK(bench.chip.get(CONFIG) ==
                  (0x8003 | mux << 12 | (mux % 5) << 9 | std::min(mux, 6U) << 5));
        }
    }
}

TEST_CASE(
    "after a change an ADS1015 sample is awaited for a conversion of the old and the new rate")
{
    for (const auto &family : families) {
        Bench bench{family.part};
        const std::string input = "in_voltage1";
        for (const auto &[from, to] : {std::pair{0, 1}, {1, 7}, {7, 0}, {0, 0}, {4, 5}}) {
            const int old_hz = family.rates[static_cast<std::size_t>(from)];
            const int new_hz = family.rates[static_cast<std::size_t>(to)];
            INFO(family.part << " from " << old_hz << " to " << new_hz);
            bench.write("in_voltage0_sampling_frequency", std::to_string(old_hz));
            bench.write("in_voltage1_sampling_frequency", std::to_string(new_hz));
            bench.read("in_voltage0_raw");
            bench.chip.take_log();
            bench.read("in_voltage1_raw");
            CHECK(bench.settling() >= longest_period(old_hz) + longest_period(new_hz));
        }
    }
}

TEST_CASE("an ADS1015 sample of what is converted already is not awaited")
{
    Bench bench{"ads1115"};
    bench.write("in_voltage1_sampling_frequency", "8");
    bench.read("in_voltage1_raw");
    const auto before = bench.timing.now();
    bench.read("in_voltage1_raw");
    bench.read("in_voltage1_raw");
    CHECK(bench.timing.now() - before < longest_period(8));
}

TEST_CASE("an ADS1015 setting whose write failed is awaited although the chip has it")
{
    Bench bench{"ads1115"};
    bench.read("in_voltage0_raw");
    bench.chip.fail_transfer(2);
    CHECK(bench.read("in_voltage1_raw") == "EREMOTEIO");
    // The write had arrived after all; only its acknowledge was lost.
    bench.chip.set(CONFIG, 0xd483);
    CHECK(bench.read("in_voltage1_raw") == "0");
    CHECK(bench.settling() >= 2 * longest_period(128));
}

TEST_CASE("an ADS1015 is asleep until it is used, awaited when it wakes, and asleep when let go")
{
    Bench bench{"ads1015", 0x8483}; // found converting
    CHECK(bench.chip.get(CONFIG) == 0x8583);
    bench.read("in_voltage0-voltage1_raw");
    CHECK(bench.chip.get(CONFIG) == 0x8483);
    CHECK(bench.settling() >= 2 * longest_period(1600));
    bench.device.reset();
    CHECK(bench.chip.get(CONFIG) == 0x8583);
}

TEST_CASE("an ADS1015 period is the shortest run of 1, 2 or 4 samples that is long enough")
{
    const std::string period = "events/in_voltage0_thresh_either_period";
    for (const auto &family : families) {
        if (family.part == std::string{"tla2024"})
            continue;
        Bench bench{family.part};
        for (const int hz : family.rates) {
            bench.write("in_voltage0_sampling_frequency", std::to_string(hz));
            for (const int run : {1, 2, 4}) {
                const int us = 1'000'000 * run / hz;
                for (const auto &[written, expected] :
                     {std::pair{us, run}, {us - 1, run}, {us + 1, std::min(2 * run, 4)}}) {
                    INFO(family.part << " at " << hz << " Hz: " << written << " us");
                    REQUIRE(bench.write(period, std::to_string(written / 1e6)) == "ok");
                    CHECK(std::lround(std::stod(bench.read(period)) * 1e6) ==
                          1'000'000 * expected / hz);
                }
            }
            for (const char *shortest : {"-5", "0", "", "-2147483648", "-0.000001"}) {
                REQUIRE(bench.write(period, shortest) == "ok");
                CHECK(std::lround(std::stod(bench.read(period)) * 1e6) == 1'000'000 / hz);
            }
            REQUIRE(bench.write(period, "2147483647.999999") == "ok");
            CHECK(std::lround(std::stod(bench.read(period)) * 1e6) == 4'000'000 / hz);
        }
    }
}

TEST_CASE("ADS1015 thresholds are codes of the part's range")
{
    for (const auto &[part, lowest, highest] :
         {std::tuple{"ads1015", -2048, 2047}, {"ads1115", -32768, 32767}}) {
        Bench bench{part};
        for (const char *event : {"rising", "falling"}) {
            const auto value = std::string{"events/in_voltage3_thresh_"} + event + "_value";
            CHECK(bench.write(value, std::to_string(lowest - 1)) == "EINVAL");
            CHECK(bench.write(value, std::to_string(highest + 1)) == "EINVAL");
            CHECK(bench.write(value, std::to_string(highest)) == "ok");
            CHECK(bench.read(value) == std::to_string(highest));
            CHECK(bench.write(value, std::to_string(lowest)) == "ok");
            CHECK(bench.read(value) == std::to_string(lowest));
        }
    }
}

TEST_CASE("the ADS1015 comparator gets thresholds, window and queue when an event is enabled")
{
    Bench bench{"ads1015"};
    const std::string events = "events/in_voltage1_thresh_";
    bench.write(events + "rising_value", "-1000");
    bench.write(events + "falling_value", "-2000");
    bench.write(events + "either_period", "1");

    SECTION("either direction: a window")
    {
        REQUIRE(bench.write(events + "either_en", "1") == "ok");
        CHECK(bench.chip.get(2) == 0x8300); // -2000 * 16
        CHECK(bench.chip.get(3) == 0xc180); // -1000 * 16
        CHECK(bench.chip.get(CONFIG) == 0xd492);
        CHECK(bench.read(events + "either_en") == "1");
        CHECK(bench.read(events + "rising_en") == "1");
        CHECK(bench.write(events + "rising_en", "1") == "ok");
        CHECK(bench.write(events + "rising_en", "0") == "ok");
        CHECK(bench.read(events + "either_en") == "0");
    }
    SECTION("rising only: it ends one step below")
    {
        REQUIRE(bench.write(events + "rising_en", "1") == "ok");
        CHECK(bench.chip.get(2) == 0xc170);
        CHECK(bench.chip.get(3) == 0xc180);
        CHECK(bench.chip.get(CONFIG) == 0xd482);
        CHECK(bench.read(events + "either_en") == "0");
        CHECK(bench.write(events + "either_en", "0") == "ok");
        CHECK(bench.read(events + "rising_en") == "1");
        CHECK(bench.write(events + "either_en", "1") == "EBUSY");
    }
    SECTION("rising at the lowest code: there is no step below")
    {
        bench.write(events + "rising_value", "-2048");
        REQUIRE(bench.write(events + "rising_en", "1") == "ok");
        CHECK(bench.chip.get(2) == 0x8000);
        CHECK(bench.chip.get(3) == 0x8000);
    }
    SECTION("the other inputs are busy meanwhile")
    {
        REQUIRE(bench.write(events + "rising_en", "1") == "ok");
        CHECK(bench.read("in_voltage0_raw") == "EBUSY");
        CHECK(bench.read("in_voltage1_raw") == "0");
        CHECK(bench.write("events/in_voltage0_thresh_rising_en", "1") == "EBUSY");
        CHECK(bench.write("events/in_voltage0_thresh_rising_en", "0") == "ok");
        CHECK(bench.read(events + "rising_en") == "1");
        CHECK(bench.write(events + "rising_en", "0") == "ok");
        CHECK(bench.read("in_voltage0_raw") == "0");
    }
}

TEST_CASE("an ADS1015 alert is latched and has the polarity of its line")
{
    const sim::SimulatedLine falling{Edge::falling};
    const sim::SimulatedLine rising{Edge::rising};
    CHECK(Bench{"ads1015"}.chip.get(CONFIG) == 0x8583);
    CHECK(Bench{"ads1015", 0x8583, &falling}.chip.get(CONFIG) == 0x8587);
    CHECK(Bench{"ads1115", 0x8583, &rising}.chip.get(CONFIG) == 0x858f);
    CHECK(Bench{"ads1015", 0x8598, &falling}.chip.get(CONFIG) == 0x8597);
    CHECK(Bench{"tla2024", 0x8583, &falling}.chip.get(CONFIG) == 0x8583);
}

TEST_CASE("an ADS1015 alert is an event of the input that is watched, by its multiplexer code")
{
    const sim::SimulatedLine line{Edge::falling};
    Bench bench{"ads1015", 0x8583, &line};
    const iio_dev &dev = bench.device->view()->dev();
    REQUIRE(bench.device->view()->events()->open());
    using Alert = std::pair<std::size_t, std::uint64_t>; // how many events, the first one's code
    const auto alert = [&] {
        dev.info->handle_interrupt(&dev, 1234);
        std::array<iio_event_data, 2> records{};
        core::Cancellation never;
        const auto count = bench.device->view()->events()->read(records, true, never);
        return count ? Alert{*count, records[0].id} : Alert{};
    };
    CHECK(alert().first == 0);
    for (unsigned mux = 0; mux < inputs.size(); ++mux) {
        const auto events = std::string{"events/"} + inputs[mux] + "_thresh_";
        INFO(events);
        // The direction is at bit 48: 1 is rising, 0 either.
        REQUIRE(bench.write(events + "rising_en", "1") == "ok");
        CHECK(alert() == Alert{1, 0x0001'0000'0000'0000 | mux});
        bench.write(events + "rising_en", "0");
        REQUIRE(bench.write(events + "either_en", "1") == "ok");
        bench.chip.take_log();
        CHECK(alert() == Alert{1, mux});
        CHECK(bench.chip.take_log().front().reg == CONVERSION); // which ends the alert
        bench.chip.fail_transfer(1);
        CHECK(alert().first == 0);
        bench.write(events + "either_en", "0");
        CHECK(alert().first == 0);
    }
}

TEST_CASE("an ADS1015 has its buffer or its comparator, not both")
{
    Bench bench{"ads1015"};
    const std::string event = "events/in_voltage0_thresh_rising_en";
    const auto trigger = std::make_shared<core::SysfsTrigger>(7);
    REQUIRE(bench.registry.add_trigger(trigger));
    REQUIRE(bench.write("trigger/current_trigger", trigger->name()) == "ok");
    REQUIRE(bench.write("buffer0/in_voltage2_en", "1") == "ok");

    REQUIRE(bench.write(event, "1") == "ok");
    CHECK(bench.write("buffer/enable", "1") == "EBUSY");
    REQUIRE(bench.write(event, "0") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(bench.write(event, "1") == "EBUSY");
    CHECK(bench.write(event, "0") == "EBUSY");
    CHECK(bench.write("in_voltage2_scale", "2") == "ok");
    CHECK(bench.write("events/in_voltage2_thresh_rising_value", "5") == "ok");

    REQUIRE(bench.write("buffer/enable", "0") == "ok");
    CHECK(bench.read(event) == "0");
}

TEST_CASE("an ADS1015 event that fails at any transfer is off and leaves the comparator off")
{
    const std::string enable = "events/in_voltage1_thresh_either_en";
    for (int n = 1; n <= 5; ++n) {
        INFO("transfer " << n);
        Bench bench{"ads1015"};
        bench.chip.fail_transfer(n);
        CHECK(bench.write(enable, "1") == "EREMOTEIO");
        CHECK(bench.read(enable) == "0");
        CHECK((bench.chip.get(CONFIG) & 3) == 3);
        CHECK(bench.read("in_voltage0_raw") == "0");
        CHECK(bench.write(enable, "1") == "ok");
        CHECK((bench.chip.get(CONFIG) & 3) == 0);
    }
}

TEST_CASE("inputs of an ADS1015 that are read at once never get each other's sample")
{
    // A chip whose samples tell the input that was chosen.
    class Telling final : public I2cClient {
    public:
        Result<void> transfer(std::span<const I2cMessage> messages) const override
        {
            const auto out = messages[0].out();
            if (messages.size() == 1) {
                config_ = static_cast<std::uint16_t>(out[1] << 8 | out[2]);
                return {};
            }
            const unsigned config = config_;
            const unsigned value = out[0] == CONFIG ? config : (config >> 12 & 7) << 4;
            messages[1].in()[0] = static_cast<std::uint8_t>(value >> 8);
            messages[1].in()[1] = static_cast<std::uint8_t>(value);
            return {};
        }

    private:
        mutable std::atomic<std::uint16_t> config_ = 0x8583;
    };
    Telling adc;
    const Supplies supplies;
    const sim::SimulatedTiming timing;
    Registry registry;
    const auto &modules = all_modules();
    const auto found =
        std::ranges::find_if(modules, [](const Module *m) { return m->find("ads1015"); });
    const auto hardware = Hardware{"ads1015", adc, supplies}.with_timing(timing);
    const auto device = (*found)->bind(hardware, registry, {});
    REQUIRE(device);

    std::atomic<int> wrong = 0;
    std::vector<std::jthread> readers;
    for (unsigned reader = 0; reader < 4; ++reader) {
        readers.emplace_back([&, reader] {
            for (unsigned i = 0; i < 25; ++i) {
                const unsigned mux = 4 + (reader + i) % 4;
                const auto text = (*device)->view()->read(std::string{inputs[mux]} + "_raw");
                wrong += text.value_or("") != std::to_string(mux) + "\n";
            }
        });
    }
    readers.clear();
    CHECK(wrong == 0);
}

} // namespace ads1015_test
