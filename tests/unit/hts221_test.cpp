// SPDX-License-Identifier: MIT
//
// The HTS221 on a chip of registers: every word, any calibration, when it is
// powered, and its data-ready output.
#include "device_bench.hpp"

#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

namespace hts221_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;

constexpr std::uint8_t CTRL_REG1 = 0x20;
constexpr std::uint8_t CTRL_REG3 = 0x22;
constexpr std::uint8_t STATUS_REG = 0x27;
constexpr std::uint8_t HUMIDITY_OUT_L = 0x28;
constexpr std::uint8_t TEMP_OUT_L = 0x2a;
constexpr unsigned PD = 0x80;
constexpr unsigned DRDY = 0x04;

/// The register number's highest bit lets it increment.
class FakeHts221 final : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        const std::lock_guard lock{mutex};
        const auto out = messages[0].out();
        const std::uint8_t reg = out[0] & 0x7f;
        if (reg == failing || (reg == HUMIDITY_OUT_L && std::exchange(fails_once, false))) {
            if (reg == HUMIDITY_OUT_L)
                std::this_thread::sleep_for(5ms); // a bus that hung
            return fail(EREMOTEIO);
        }
        if (messages.size() == 1) {
            registers.at(reg) = out[1];
            return {};
        }
        status_reads += reg == STATUS_REG;
        const auto in = messages[1].in();
        powered_for_read = registers[CTRL_REG1] & PD;
        for (std::size_t i = 0; i < in.size(); ++i)
            in[i] = registers.at(out[0] & 0x80 ? reg + i : reg);
        if (reg == HUMIDITY_OUT_L && in.size() == 4)
            registers[STATUS_REG] = 0;
        drive();
        return {};
    }
    /// A new sample of both: its data-ready output becomes active, or stays so.
    void sample(int humidity, int temperature)
    {
        set_word(HUMIDITY_OUT_L, humidity);
        set_word(TEMP_OUT_L, temperature);
        const std::lock_guard lock{mutex};
        registers[STATUS_REG] = 3;
        drive();
    }
    void fail_sample_once()
    {
        const std::lock_guard lock{mutex};
        fails_once = true;
    }
    std::uint8_t get(std::uint8_t reg) const
    {
        const std::lock_guard lock{mutex};
        return registers.at(reg);
    }
    int count_status_reads() const
    {
        const std::lock_guard lock{mutex};
        return status_reads;
    }
    void set(std::uint8_t reg, std::uint8_t value)
    {
        const std::lock_guard lock{mutex};
        registers.at(reg) = value;
    }
    void set_word(std::size_t reg, int word)
    {
        const std::lock_guard lock{mutex};
        registers.at(reg) = static_cast<std::uint8_t>(word);
        registers.at(reg + 1) = static_cast<std::uint8_t>(word >> 8);
    }
    struct Point {
        int raw;
        int part;
    };
    /// Two points each, humidity in 1/2 %RH, temperature in 1/8 degrees.
    void calibrate(std::array<Point, 2> humidity, std::array<Point, 2> temperature)
    {
        registers[0x35] = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            registers.at(0x30 + i) = static_cast<std::uint8_t>(humidity.at(i).part);
            set_word(0x36 + 4 * i, humidity.at(i).raw);
            registers.at(0x32 + i) = static_cast<std::uint8_t>(temperature.at(i).part);
            registers[0x35] |= static_cast<std::uint8_t>(temperature.at(i).part >> 8 << 2 * i);
            set_word(0x3c + 2 * i, temperature.at(i).raw);
        }
    }

    /// While H_DA is set.
    void drive() const
    {
        if (output)
            output->set_active(registers[STATUS_REG] & 2);
    }

    mutable std::mutex mutex;
    mutable std::array<std::uint8_t, 0x80> registers{};
    mutable bool fails_once = false;
    const sim::SimulatedLine *output = nullptr;
    mutable bool powered_for_read = false;
    mutable int status_reads = 0;
    std::optional<std::uint8_t> failing;
};

struct Bench : OnChip<FakeHts221>, DeviceBench {
    Bench()
    {
        chip.registers[0x0f] = 0xbc;
        chip.calibrate({{{-12, 66}, {-9720, 149}}}, {{{3, 162}, {598, 283}}});
    }
    Result<void> bind(const InterruptLine *wired = nullptr)
    {
        return DeviceBench::bind("hts221", chip, wired);
    }
    /// What a raw value means by offset and scale.
    double value(const std::string &channel, int raw) const
    {
        return (raw + std::stod(read(channel + "_offset"))) * std::stod(read(channel + "_scale"));
    }
};

} // namespace

TEST_CASE("an HTS221's words are two's complement, low byte first")
{
    Bench bench;
    REQUIRE(bench.bind());
    for (const int word : {0, 1, -1, 255, 256, -256, -257, 32767, -32768}) {
        bench.chip.set_word(TEMP_OUT_L, word);
        CHECK(bench.read("in_temp_raw") == std::to_string(word));
    }
}

TEST_CASE("an HTS221's calibration points have the values that they were measured at")
{
    // Rising and falling lines of either sign, all bits of the references; wider
    // ones overflow, as in the kernel's driver.
    for (const auto &[raw0, raw1] : std::vector<std::pair<int, int>>{
             {-12, -9720}, {9, 12504}, {-300, 2570}, {4000, -4000}, {9000, 10000}}) {
        for (const int part : {0, 31, 127, 255, 256, 512, 900}) {
            const int half_percent = part % 128;
            Bench bench;
            bench.chip.calibrate({{{raw0, half_percent}, {raw1, half_percent + 80}}},
                                 {{{raw0 / 8, part}, {raw1 / 8, part + 121}}});
            REQUIRE(bench.bind());
            INFO(raw0 << " " << raw1 << " " << part);
            const auto humidity = [&](int raw) { return bench.value("in_humidityrelative", raw); };
            const auto temperature = [&](int raw) { return bench.value("in_temp", raw / 8); };
            // The slope is cut to 1/16000 %RH and 1/64000 degrees.
            const double steps = std::abs(raw0) + std::abs(raw1) + 16;
            CHECK(humidity(raw0) == Approx(half_percent / 2.0).margin(steps / 16000));
            CHECK(humidity(raw1) == Approx((half_percent + 80) / 2.0).margin(steps / 16000));
            CHECK(temperature(raw0) == Approx(part / 8.0).margin(steps / 64000));
            CHECK(temperature(raw1) == Approx((part + 121) / 8.0).margin(steps / 64000));
        }
    }
}

TEST_CASE("an HTS221 whose calibration is no line gives EINVAL")
{
    using Points = std::array<FakeHts221::Point, 2>;
    constexpr Points line{{{0, 60}, {-9000, 140}}};
    for (const auto &no_line : {Points{{{5, 60}, {5, 140}}}, Points{{{0, 60}, {-9000, 60}}}}) {
        for (const bool humidity : {true, false}) {
            Bench bench;
            bench.chip.calibrate(humidity ? no_line : line, humidity ? line : no_line);
            const auto bound = bench.bind();
            REQUIRE(!bound);
            CHECK(bound.error().value() == EINVAL);
        }
    }
}

TEST_CASE("an HTS221 is powered while it is read, and only then, even if the read fails")
{
    Bench bench;
    REQUIRE(bench.bind());
    CHECK(!(bench.chip.registers[CTRL_REG1] & PD));
    CHECK(bench.read("in_temp_raw") == "0");
    CHECK(bench.chip.powered_for_read);
    CHECK(!(bench.chip.registers[CTRL_REG1] & PD));
    bench.chip.failing = TEMP_OUT_L;
    CHECK(bench.read("in_temp_raw") == "EREMOTEIO");
    CHECK(!(bench.chip.registers[CTRL_REG1] & PD));
}

TEST_CASE("an HTS221's data-ready output is active as the line wants its edge")
{
    const sim::SimulatedLine rising;
    const sim::SimulatedLine falling{Edge::falling};
    const std::array<const InterruptLine *, 2> lines{&rising, &falling};
    const std::array active_low{0x00U, 0x80U};
    for (std::size_t i = 0; i < lines.size(); ++i) {
        Bench bench;
        bench.chip.set(CTRL_REG3, 0x84);
        REQUIRE(bench.bind(lines.at(i)));
        CHECK(bench.chip.get(CTRL_REG3) == active_low.at(i));
        REQUIRE(bench.write("scan_elements/in_temp_en", "1") == "ok");
        REQUIRE(bench.write("buffer/enable", "1") == "ok");
        CHECK(bench.chip.get(CTRL_REG1) & PD);
        CHECK(bench.chip.get(CTRL_REG3) == (active_low.at(i) | DRDY));
        REQUIRE(bench.write("buffer/enable", "0") == "ok");
        CHECK(!(bench.chip.get(CTRL_REG1) & PD));
        CHECK(bench.chip.get(CTRL_REG3) == active_low.at(i));
    }
}

TEST_CASE("an HTS221 whose buffer cannot start is powered down and runs nothing")
{
    const sim::SimulatedLine line;
    for (const auto reg : {CTRL_REG1, CTRL_REG3}) {
        Bench bench;
        REQUIRE(bench.bind(&line));
        REQUIRE(bench.write("scan_elements/in_temp_en", "1") == "ok");
        bench.chip.failing = reg;
        CHECK(bench.write("buffer/enable", "1") == "EREMOTEIO");
        CHECK(bench.read("buffer/enable") == "0");
        CHECK(!(bench.chip.get(CTRL_REG1) & PD));
        bench.chip.failing.reset();
        CHECK(DeviceBench::soon([&] { return bench.read("in_temp_raw") == "0"; }));
        CHECK(bench.write("buffer/enable", "1") == "ok");
    }
}

TEST_CASE("an edge takes a scan of an HTS221 if there is a new humidity")
{
    const sim::SimulatedLine line;
    Bench bench;
    REQUIRE(bench.bind(&line));
    for (const char *element : {"in_humidityrelative_en", "in_temp_en"})
        REQUIRE(bench.write(std::string{"scan_elements/"} + element, "1") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");

    bench.chip.set_word(TEMP_OUT_L, 0x1234);
    bench.chip.set(STATUS_REG, 1); // T_DA
    line.raise();
    REQUIRE(Bench::soon([&] { return bench.chip.count_status_reads() == 1; }));
    bench.chip.set_word(HUMIDITY_OUT_L, -2);
    bench.chip.set(STATUS_REG, 2); // H_DA
    line.raise();
    REQUIRE(Bench::soon([&] { return bench.read("buffer/data_available") != "0"; }));
    CHECK(bench.scans() == std::vector<std::uint8_t>{0xfe, 0xff, 0x34, 0x12});
}

TEST_CASE("the scans of an HTS221 go on after a sample could not be read")
{
    const sim::SimulatedLine line;
    Bench bench;
    REQUIRE(bench.bind(&line));
    for (const char *element : {"in_humidityrelative_en", "in_temp_en"})
        REQUIRE(bench.write(std::string{"scan_elements/"} + element, "1") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    bench.chip.output = &line;

    // The output stays active: there is no other edge.
    bench.chip.fail_sample_once();
    bench.chip.sample(1, 2);
    REQUIRE(Bench::soon([&] { return bench.read("buffer/data_available") == "1"; }));
    bench.chip.sample(3, 4);
    REQUIRE(Bench::soon([&] { return bench.read("buffer/data_available") == "2"; }));
    CHECK(bench.scans() == std::vector<std::uint8_t>{1, 0, 2, 0, 3, 0, 4, 0});
}

TEST_CASE("an HTS221 tells and takes nothing while its buffer runs")
{
    const sim::SimulatedLine line;
    Bench bench;
    REQUIRE(bench.bind(&line));
    REQUIRE(bench.write("scan_elements/in_temp_en", "1") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    for (const char *path : {"in_temp_raw", "in_temp_scale", "in_temp_offset",
                             "in_temp_oversampling_ratio", "sampling_frequency"}) {
        CHECK(bench.read(path) == "EBUSY");
        CHECK(bench.write(path, "7") == "EBUSY");
    }
    CHECK(bench.read("sampling_frequency_available") == "1 7 13");
}

TEST_CASE("an HTS221 without a line has no trigger, no buffer, and its output is off")
{
    Bench bench;
    bench.chip.registers[CTRL_REG3] = 0xc4;
    REQUIRE(bench.bind());
    CHECK(!(bench.chip.registers[CTRL_REG3] & DRDY));
    const iio_dev &dev = bench.device->view()->dev();
    CHECK(dev.num_triggers == 0);
    CHECK(dev.modes == IIO_MODE_DIRECT);
}

} // namespace hts221_test
