// SPDX-License-Identifier: MIT
//
// The BMP280 family on a chip of 256 registers: the integer formulas of the
// drivers against the datasheets' formulas in floating point, over the whole
// range of readings, how settings get to the chip, and how it loses them.
#include "device_bench.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iio/driver/bits.hpp>
#include <iio/host/modules.hpp>
#include <nlohmann/json.hpp>
#include <sim/simulated_timing.hpp>

namespace bmp280_test {

using namespace iio;

namespace {

class FakeBosch final : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        const auto out = messages[0].out();
        if (messages.size() == 1) {
            registers[out[0]] = out[1];
            written.emplace_back(out[0], out[1]);
            if (on_write)
                on_write(out[0], out[1]);
            return {};
        }
        if (on_read)
            on_read();
        const auto in = messages[1].in();
        for (std::size_t i = 0; i < in.size(); ++i)
            in[i] = registers[out[0] + i];
        return {};
    }
    void set_be(std::size_t at, std::uint32_t value, std::size_t bytes) const
    {
        for (std::size_t i = 0; i < bytes; ++i)
            registers[at + i] = static_cast<std::uint8_t>(value >> 8 * (bytes - 1 - i));
    }
    void set_le(std::size_t at, std::uint32_t value, std::size_t bytes) const
    {
        for (std::size_t i = 0; i < bytes; ++i)
            registers[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
    }
    [[nodiscard]] double u16(std::size_t at) const
    {
        return registers[at] | registers[at + 1] << 8;
    }
    [[nodiscard]] double s16(std::size_t at) const
    {
        return static_cast<std::int16_t>(registers[at] | registers[at + 1] << 8);
    }
    [[nodiscard]] double s8(std::size_t at) const
    {
        return static_cast<std::int8_t>(registers[at]);
    }

    mutable std::array<std::uint8_t, 256> registers{};
    mutable std::vector<std::pair<unsigned, unsigned>> written;
    std::function<void(unsigned reg, unsigned value)> on_write;
    std::function<void()> on_read;
};

nlohmann::json recorded_chip(const std::string &name)
{
    const char *source = std::getenv("IIOFS_SOURCE");
    REQUIRE(source);
    std::ifstream file{std::string{source} + "/tests/golden/bmp280/" + name + ".json"};
    return nlohmann::json::parse(file)["chip"];
}

struct Bench {
    /// The chip of a recording, with its calibration.
    explicit Bench(const std::string &recorded) : part{recorded}
    {
        const auto image = recorded_chip(recorded);
        for (const auto &[reg, value] : image["model"]["registers"].items())
            chip.registers.at(std::stoul(reg, nullptr, 16)) =
                static_cast<std::uint8_t>(std::stoul(value.get<std::string>(), nullptr, 16));
    }
    const LiveDevice &view()
    {
        if (!device)
            device = bind().value();
        return *device->view();
    }
    Result<std::unique_ptr<BoundChip>> bind()
    {
        const auto module = std::ranges::find_if(
            all_modules(), [](const Module *candidate) { return candidate->name == "bmp280"; });
        return (*module)->bind(Hardware{part, chip, supplies}.with_timing(timing), registry, {});
    }
    double number(const std::string &name) { return std::stod(view().read(name).value()); }
    void write(const std::string &name, const std::string &text)
    {
        REQUIRE(view().write(name, text + "\n"));
    }

    std::string part;
    FakeBosch chip;
    Supplies supplies;
    sim::SimulatedTiming timing;
    Registry registry;
    std::unique_ptr<BoundChip> device;
};

/// BST-BME280-DS002 8.1.
struct Bme280Formulas {
    const FakeBosch &c;

    [[nodiscard]] double fine(double adc) const
    {
        const double t1 = c.u16(0x88);
        const double d = adc / 131072 - t1 / 8192;
        return (adc / 16384 - t1 / 1024) * c.s16(0x8a) + d * d * c.s16(0x8c);
    }
    [[nodiscard]] double pascal(double adc, double t) const
    {
        double var1 = t / 2 - 64000;
        double var2 = var1 * var1 * c.s16(0x98) / 32768 + var1 * c.s16(0x96) * 2;
        var2 = var2 / 4 + c.s16(0x94) * 65536;
        var1 = (c.s16(0x92) * var1 * var1 / 524288 + c.s16(0x90) * var1) / 524288;
        var1 = (1 + var1 / 32768) * c.u16(0x8e);
        double p = (1048576 - adc - var2 / 4096) * 6250 / var1;
        var1 = c.s16(0x9e) * p * p / 2147483648;
        var2 = p * c.s16(0x9c) / 32768;
        return p + (var1 + var2 + c.s16(0x9a)) / 16;
    }
    [[nodiscard]] double percent(double adc, double t) const
    {
        const auto &r = c.registers;
        const double h4 = sign_extend(r[0xe4] << 4U | (r[0xe5] & 0xfU), 12);
        const double h5 = sign_extend(r[0xe6] << 4U | r[0xe5] >> 4U, 12);
        const double d = t - 76800;
        double h =
            (adc - (h4 * 64 + h5 / 16384 * d)) *
            (c.s16(0xe1) / 65536 * (1 + c.s8(0xe7) / 67108864 * d * (1 + r[0xe3] / 67108864. * d)));
        h *= 1 - r[0xa1] * h / 524288;
        return std::clamp(h, 0., 100.);
    }
};

/// BST-BMP388-DS001 9.1 to 9.3.
struct Bmp388Formulas {
    const FakeBosch &c;

    [[nodiscard]] double celsius(double adc) const
    {
        const double d = adc - std::ldexp(c.u16(0x31), 8);
        return d * std::ldexp(c.u16(0x33), -30) + d * d * std::ldexp(c.s8(0x35), -48);
    }
    [[nodiscard]] double pascal(double p, double t) const
    {
        const double offset = std::ldexp(c.u16(0x3c), 3) + std::ldexp(c.u16(0x3e), -6) * t +
                              std::ldexp(c.s8(0x40), -8) * t * t +
                              std::ldexp(c.s8(0x41), -15) * t * t * t;
        const double sensitivity =
            std::ldexp(c.s16(0x36) - 16384, -20) + std::ldexp(c.s16(0x38) - 16384, -29) * t +
            std::ldexp(c.s8(0x3a), -32) * t * t + std::ldexp(c.s8(0x3b), -37) * t * t * t;
        const double second = std::ldexp(c.s16(0x42), -48) + std::ldexp(c.s8(0x44), -48) * t;
        return offset + p * sensitivity + p * p * second + p * p * p * std::ldexp(c.s8(0x45), -65);
    }
};

/// BST-BMP180-DS000 figure 4, without its truncations.
struct Bmp180Formulas {
    const FakeBosch &c;

    [[nodiscard]] double word(std::size_t n) const
    {
        const auto bytes = std::span{c.registers}.subspan(0xaa + 2 * n, 2);
        const auto value = big_endian(bytes);
        if (n >= 3 && n <= 5)
            return value;
        return sign_extend(value, 16);
    }
    [[nodiscard]] double b5(double ut) const
    {
        const double x1 = (ut - word(5)) * word(4) / 32768;
        return x1 + word(9) * 2048 / (x1 + word(10));
    }
    [[nodiscard]] double pascal(double up, double fine, double oss) const
    {
        const double b6 = fine - 4000;
        const double b3 =
            (word(0) * 4 + word(7) * b6 * b6 / 4096 / 2048 + word(1) * b6 / 2048) * oss / 4;
        const double x3 = word(2) * b6 / 8192 + word(6) * b6 * b6 / 4096 / 65536;
        const double b4 = word(3) * (x3 / 4 + 32768) / 32768;
        const double p = (up - b3) * 50000 / oss * 2 / b4;
        return p + (p / 256 * (p / 256) * 3038 / 65536 - 7357 * p / 65536 + 3791) / 16;
    }
};

} // namespace

TEST_CASE("BMP280 and BME280 temperatures follow the datasheet over the whole range")
{
    for (const std::string part : {"bmp280", "bme280"}) {
        Bench bench{part};
        const Bme280Formulas formulas{bench.chip};
        for (unsigned raw = 0; raw <= 0xfffff; raw += 241) {
            bench.chip.set_be(0xfa, raw << 4, 3);
            const double expected = formulas.fine(raw) / 5120 * 1000;
            // A step of 0.01 degrees, and what the integer formula truncates.
            if (std::abs(bench.number("in_temp_input") - expected) > 25)
                FAIL(part << " at " << raw << ": " << expected);
        }
    }
}

TEST_CASE("BMP280 and BME280 pressures follow the datasheet at any temperature")
{
    for (const std::string part : {"bmp280", "bme280"}) {
        Bench bench{part};
        const Bme280Formulas formulas{bench.chip};
        for (const unsigned temperature : {300'000U, 420'000U, 519'888U, 620'000U}) {
            bench.chip.set_be(0xfa, temperature << 4, 3);
            // Where it is a pressure: the chip's range is 30 to 110 kPa.
            for (unsigned raw = 0; raw <= 0xfffff; raw += 3001) {
                const double pascal = formulas.pascal(raw, formulas.fine(temperature));
                if (pascal < 0)
                    continue;
                bench.chip.set_be(0xf7, raw << 4, 3);
                const double shown = bench.number("in_pressure_input") * 1000;
                if (std::abs(shown - pascal) > 2 + pascal * 1e-4)
                    FAIL(part << " at " << raw << ": " << shown << ", not " << pascal);
            }
        }
    }
}

TEST_CASE("BME280 humidities follow the datasheet and stay within 0 and 100 %")
{
    Bench bench{"bme280"};
    const Bme280Formulas formulas{bench.chip};
    for (const unsigned temperature : {420'000U, 519'888U, 620'000U}) {
        bench.chip.set_be(0xfa, temperature << 4, 3);
        for (unsigned raw = 0; raw <= 0xffff; raw += 17) {
            if (raw == 0x8000)
                continue;
            bench.chip.set_be(0xfd, raw, 2);
            const double expected = formulas.percent(raw, formulas.fine(temperature)) * 1000;
            const double shown = bench.number("in_humidityrelative_input");
            if (shown < 0 || shown > 100'000 || std::abs(shown - expected) > 30)
                FAIL("at " << raw << ": " << shown << ", not " << expected);
        }
    }
}

TEST_CASE("the calibration of a BME280's humidity takes every sign")
{
    Bench bench{"bme280"};
    const Bme280Formulas formulas{bench.chip};
    for (unsigned shared = 0; shared <= 0xff; shared += 15) {
        for (const unsigned high : {0x00U, 0x7fU, 0x80U, 0xffU}) {
            bench.chip.registers[0xe4] = 0x14;
            bench.chip.registers[0xe5] = static_cast<std::uint8_t>(shared);
            bench.chip.registers[0xe6] = 0x03;
            bench.chip.registers[0xe7] = static_cast<std::uint8_t>(high);
            bench.device.reset();
            const double expected = formulas.percent(0x7000, formulas.fine(519'888)) * 1000;
            bench.chip.set_be(0xfa, 519'888 << 4, 3);
            bench.chip.set_be(0xfd, 0x7000, 2);
            if (std::abs(bench.number("in_humidityrelative_input") - expected) > 30)
                FAIL("at " << shared << ", " << high);
        }
    }
}

TEST_CASE("BMP388 readings follow the datasheet and end at the operating range")
{
    Bench bench{"bmp380"};
    const Bmp388Formulas formulas{bench.chip};
    for (unsigned raw = 0; raw <= 0xffffff; raw += 4099) {
        bench.chip.set_le(0x07, raw, 3);
        const double celsius = formulas.celsius(raw);
        const double expected = std::clamp(celsius, -40., 85.) * 1000;
        if (std::abs(bench.number("in_temp_input") - expected) > 11)
            FAIL("at " << raw << ": " << expected);
    }
    for (const unsigned temperature : {6'000'000U, 8'116'339U, 9'500'000U}) {
        bench.chip.set_le(0x07, temperature, 3);
        for (unsigned raw = 0; raw <= 0xffffff; raw += 40'009) {
            bench.chip.set_le(0x04, raw, 3);
            const double pascal = formulas.pascal(raw, formulas.celsius(temperature));
            const double expected = std::clamp(pascal, 30'000., 125'000.);
            // Beyond these the formula wraps around, as in the kernel's driver.
            const double shown = bench.number("in_pressure_input") * 1000;
            if (pascal > 0 && pascal < 167'772 && std::abs(shown - expected) > 2)
                FAIL("at " << raw << ": " << shown << ", not " << expected);
        }
    }
}

TEST_CASE("BMP180 readings follow the datasheet with every oversampling")
{
    Bench bench{"bmp180"};
    unsigned ut = 0;
    unsigned up = 0;
    bench.chip.on_write = [&](unsigned reg, unsigned command) {
        REQUIRE(reg == 0xf4);
        bench.chip.registers[0xf4] = command & 0xdf; // the conversion has ended
        if (command == 0x2e)
            bench.chip.set_be(0xf6, ut, 2);
        else
            bench.chip.set_be(0xf6, up << (8U - (command >> 6)), 3);
    };
    const Bmp180Formulas formulas{bench.chip};
    for (ut = 24'000; ut < 36'000; ut += 711) {
        const double expected = formulas.b5(ut) / 160 * 1000;
        // A step of 0.1 degrees, of which the kernel's driver rounds negative ones upwards.
        if (std::abs(bench.number("in_temp_input") - expected) > 160)
            FAIL("at " << ut << ": " << expected);
    }
    ut = 27'898;
    for (const unsigned oss : {0U, 1U, 2U, 3U}) {
        bench.write("in_pressure_oversampling_ratio", std::to_string(1 << oss));
        for (unsigned at = 20'000; at < 48'000; at += 6'007) {
            up = at << oss;
            const double expected =
                formulas.pascal(up, formulas.b5(ut), std::ldexp(1, static_cast<int>(oss)));
            if (std::abs(bench.number("in_pressure_input") * 1000 - expected) > 8)
                FAIL("at " << at << ", OSS " << oss << ": " << expected);
        }
    }
}

TEST_CASE("a BMP180 gets the datasheet's time for each conversion")
{
    Bench bench{"bmp180"};
    bench.chip.on_write = [&](unsigned, unsigned command) {
        bench.chip.registers[0xf4] = command & 0xdf;
    };
    const std::array time_us{4'500, 7'500, 13'500, 25'500};
    for (const unsigned oss : {0U, 1U, 2U, 3U}) {
        bench.write("in_pressure_oversampling_ratio", std::to_string(1 << oss));
        const auto begin = bench.timing.now();
        CHECK(bench.view().read("in_pressure_input"));
        CHECK(bench.timing.now() - begin >= std::chrono::microseconds{time_us[0] + time_us[oss]});
        CHECK(bench.chip.written.back() == std::pair{0xf4U, 0x34U | oss << 6});
    }
}

TEST_CASE("a BMP180 that does not end its conversion gives EIO")
{
    Bench bench{"bmp180"};
    CHECK(bench.view().read("in_temp_input").error() == Errno{EIO});
}

TEST_CASE("a Bosch chip with another identification is not taken")
{
    for (const std::string part : {"bmp180", "bmp280", "bme280", "bmp380"}) {
        Bench bench{part};
        const std::size_t at = part == "bmp380" ? 0x00 : 0xd0;
        const auto right = bench.chip.registers[at];
        for (unsigned id = 0; id <= 0xff; ++id) {
            bench.chip.registers[at] = static_cast<std::uint8_t>(id);
            if (id == right || (part == "bmp380" && id == 0x60)) // the BMP390
                continue;
            const auto bound = bench.bind();
            if (bound || bound.error() != Errno{ENODEV})
                FAIL(part << " takes " << id);
            CHECK(bench.chip.written.empty());
        }
    }
}

TEST_CASE("a BMP180 without sound calibration words is not taken")
{
    for (std::size_t word = 0; word < 11; ++word) {
        for (const unsigned value : {0x0000U, 0xffffU}) {
            Bench bench{"bmp180"};
            bench.chip.set_be(0xaa + 2 * word, value, 2);
            const auto bound = bench.bind();
            REQUIRE(!bound);
            CHECK(bound.error() == Errno{EIO});
        }
    }
}

TEST_CASE("a BME280's settings are in its registers, the humidity's before the others'")
{
    Bench bench{"bme280"};
    CHECK(bench.view().read("in_temp_input"));
    for (const unsigned h : {1U, 3U, 5U}) {
        bench.write("in_humidityrelative_oversampling_ratio", std::to_string(1 << (h - 1)));
        for (const unsigned t : {1U, 4U}) {
            bench.write("in_temp_oversampling_ratio", std::to_string(1 << (t - 1)));
            for (const unsigned p : {2U, 5U}) {
                bench.chip.written.clear();
                bench.write("in_pressure_oversampling_ratio", std::to_string(1 << (p - 1)));
                CHECK(bench.chip.registers[0xf2] == h);
                CHECK(bench.chip.registers[0xf4] == (t << 5 | p << 2 | 3));
                if (!bench.chip.written.empty())
                    CHECK(bench.chip.written.back().first == 0xf4);
            }
        }
    }
}

TEST_CASE("a rate that a BMP388 refuses is EINVAL, and it goes on with the one before")
{
    Bench bench{"bmp380"};
    const auto before = bench.view().read("sampling_frequency").value();
    bench.chip.on_write = [&](unsigned reg, unsigned value) {
        if (reg == 0x1d)
            bench.chip.registers[0x02] = value == 0 ? 4 : 0; // conf_err at 200 Hz
    };
    CHECK(bench.view().write("sampling_frequency", "200\n").error() == Errno{EINVAL});
    CHECK(bench.view().read("sampling_frequency").value() == before);
    CHECK(bench.chip.registers[0x1d] == 2);
    CHECK(bench.chip.registers[0x1b] == 0x33);
    bench.write("sampling_frequency", "100");
    CHECK(bench.chip.registers[0x1d] == 1);
}

namespace {

/// What a part loses with its power.
struct PowerUp {
    std::string part;
    unsigned mode_register;
    unsigned normal; ///< the bits of normal mode in there
    std::chrono::microseconds measurement_time;
    std::pair<unsigned, unsigned> settings; ///< the first and how many, 0 after a reset
    std::pair<unsigned, unsigned> readings;
    std::vector<unsigned> high_bytes; ///< of readings: 0x80 until it has measured
};

/// A part that loses its power between two transfers, and measures from the next start of
/// normal mode on.
struct Interrupted {
    explicit Interrupted(const PowerUp &of_part) : power_up{of_part}, bench{of_part.part}
    {
        bench.view();
        measured = bench.chip.registers;
        bench.chip.on_write = [this](unsigned reg, unsigned value) {
            if (reg == power_up.mode_register && (value & power_up.normal) == power_up.normal)
                ready_at = bench.timing.now() + power_up.measurement_time;
        };
        bench.chip.on_read = [this] {
            const auto [first, count] = power_up.readings;
            if (ready_at && bench.timing.now() >= *ready_at)
                std::copy_n(&measured[first], count, &bench.chip.registers[first]);
        };
    }
    void reset()
    {
        ready_at.reset();
        for (const auto &[first, count] : {power_up.settings, power_up.readings})
            std::fill_n(&bench.chip.registers[first], count, std::uint8_t{0});
        for (const unsigned reg : power_up.high_bytes)
            bench.chip.registers[reg] = 0x80;
    }

    const PowerUp power_up;
    Bench bench;
    std::array<std::uint8_t, 256> measured{};
    std::optional<std::chrono::nanoseconds> ready_at;
};

} // namespace

TEST_CASE("a Bosch chip that was reset between two transfers gives a value and has its settings")
{
    using namespace std::chrono_literals;
    const std::array parts{
        PowerUp{"bmp280", 0xf4, 3, 44ms, {0xf2, 4}, {0xf7, 6}, {0xf7, 0xfa}},
        PowerUp{"bme280", 0xf4, 3, 81ms, {0xf2, 4}, {0xf7, 8}, {0xf7, 0xfa, 0xfd}},
        PowerUp{"bmp380", 0x1b, 0x30, 10'889us, {0x1b, 5}, {0x04, 6}, {0x06, 0x09}},
    };
    for (const PowerUp &power_up : parts) {
        INFO(power_up.part);
        Interrupted chip{power_up};
        Bench &bench = chip.bench;
        bench.write("in_temp_oversampling_ratio", "4");
        const auto configured = bench.chip.registers;
        const auto temperature = bench.view().read("in_temp_input").value();
        const auto pressure = bench.view().read("in_pressure_raw").value();
        chip.reset();
        CHECK(bench.view().read("in_temp_input").value_or("none") == temperature);
        CHECK(bench.chip.registers == configured);
        CHECK(bench.view().read("in_temp_oversampling_ratio").value() == "4\n");
        chip.reset();
        CHECK(bench.view().read("in_pressure_raw").value_or("none") == pressure);
    }
}

TEST_CASE("a Bosch chip that measures and has no reading yet is not configured again")
{
    for (const std::string part : {"bmp280", "bme280", "bmp380"}) {
        Bench bench{part};
        CHECK(bench.view().read("in_temp_input"));
        if (part == "bmp380")
            bench.chip.set_le(0x07, 0x800000, 3);
        else
            bench.chip.set_be(0xfa, 0x800000, 3);
        bench.chip.written.clear();
        CHECK(bench.view().read("in_temp_input").error() == Errno{EIO});
        CHECK(bench.chip.written.empty());
    }
}

} // namespace bmp280_test
