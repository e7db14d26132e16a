// SPDX-License-Identifier: MIT
//
// Bosch BMP388 and BMP390, which the kernel calls bmp380: pressure and temperature, measured
// continuously. I2C at 0x76 and 0x77, SPI. Datasheets: BST-BMP388-DS001 1.7, BST-BMP390-DS002.
#pragma once

#include "barometer.hpp"

#include <algorithm>

namespace iio::bmp280::bmp388 {

// Section 4.2. Words and readings are low byte first.
enum : std::uint8_t { DATA_0 = 0x04, OSR = 0x1c, NVM_PAR_T1 = 0x31 };
constexpr Field chip_id{0x00, 0xff};
constexpr Field errors{0x02, 7 << 0}; // conf_err, cmd_err, fatal_err
constexpr Field press_en{0x1b, 1 << 0};
constexpr Field temp_en{0x1b, 1 << 1};
constexpr Field mode{0x1b, 3 << 4}; // 0: sleep, 3: normal
constexpr Field osr_p{OSR, 7 << 0};
constexpr Field osr_t{OSR, 7 << 3};
constexpr Field odr_sel{0x1d, 0x1f};
constexpr Field iir_filter{0x1f, 7 << 1};
constexpr Field cmd{0x7e, 0xff};

using Number = Wrapping<std::int64_t>;

// The operating range, table 2. kernel: Temperature and pressure of the BMP388 and BMP390 beyond
// the operating range are shown as its ends.
constexpr Number coldest = -4000;
constexpr Number hottest = 8500;
constexpr std::uint64_t lowest = 3'000'000;
constexpr std::uint64_t highest = 12'500'000;

/// Section 3.11.1, and the formulas of section 9, as integers in powers of two of the coefficients
/// in section 9.1.
struct Calibration {
    LeU16 T1, T2;
    std::int8_t T3;
    LeS16 P1, P2;
    std::int8_t P3, P4;
    LeU16 P5, P6;
    std::int8_t P7, P8;
    LeS16 P9;
    std::int8_t P10, P11;

    /// In 2^14 / 25 steps of 0.01 degrees Celsius.
    Number compute_temperature(int adc_T) const
    {
        const auto difference = Number{adc_T} - (Number{T1} << 8);
        const auto linear = (difference * T2) << 18;
        const auto square = difference * difference * T3;
        return (linear + square) >> 32;
    }

    /// In 0.01 Pa.
    int compute_pressure(Number p, Number t) const
    {
        const auto square = t * t;
        const auto cube = ((square >> 6) * t) >> 8;
        const auto offset =
            (Number{P5} << 47) + ((cube * P8) >> 5) + ((square * P7) << 4) + ((t * P6) << 22);
        const auto sensitivity = ((Number{P1} - 16'384) << 46) + ((cube * P4) >> 5) +
                                 ((square * P3) << 2) + (((Number{P2} - 16'384) * t) << 21);
        const auto of_square = ((t * P10 + (Number{P9} << 16)) * p) >> 13;
        // In tenths, so that it does not overflow.
        const auto second_order = ((p * (of_square / 10)) >> 9) * 10;
        const auto third_order = (((p * p * P11) >> 16) * p) >> 7;
        const auto sum = (offset >> 2) + (sensitivity >> 24) * p + second_order + third_order;
        const auto hundredths = static_cast<std::uint64_t>(sum * 25) >> 40;
        return static_cast<int>(std::clamp(hundredths, lowest, highest));
    }
};
/// From DATA_0 on.
struct Readings {
    LeU24 P, T;
};

constexpr int no_adc = 0x800000;

constexpr auto mode_change_time = 5ms;

constexpr Value kilopascals = Fractional{1, 100'000};

constexpr Choices pressure_ratios = integers(ints<1, 2, 4, 8, 16, 32>, osr_p, 2);
constexpr Choices temperature_ratios = integers(ints<1, 2, 4, 8, 16, 32>, osr_t, 0);
// 200 Hz / 2^n, rounded.
constexpr Choices rates{.values =
                            micros<200'000'000, 100'000'000, 50'000'000, 25'000'000, 12'500'000,
                                   6'250'000, 3'125'000, 1'562'500, 781'250, 390'625, 195'313,
                                   97'656, 48'828, 24'414, 12'207, 6'104, 3'052, 1'526>,
                        .field = odr_sel,
                        .initial = 2};
// kernel: `filter_low_pass_3db_frequency` of the BMP388 and BMP390 is the filter's coefficient, no
// frequency.
constexpr Choices coefficients = integers(ints<0, 1, 3, 7, 15, 31, 63, 127>, iir_filter, 2);

constexpr std::array channel_list{
    quantity(ChannelType::pressure, pressure, kilopascals, pressure_ratios)
        .unlisted(Info::sampling_frequency, rates, Shared::by_all)
        .unlisted(Info::low_pass_filter_3db_frequency, coefficients, Shared::by_all),
    quantity(ChannelType::temp, temperature, millidegrees, temperature_ratios),
    Channel::timestamp(2)};

constexpr Layout layout{
    .format = {.dummy_bytes = 1},
    .identity = {chip_id, {0x50, 0x60}}, // BMP388, BMP390
    .reset = FieldValue{cmd, 0xb6},      // softreset
    .start_up = 2ms,                     // table 2
    .setup = {{press_en, 1}, {temp_en, 1}},
    .proof = {mode, 3},
    .power = {.off = {mode, 0}, .always_on = true},
};

class Bmp388 final : public Barometer {
public:
    explicit Bmp388(const Hardware &hardware) : Barometer{hardware, layout, channel_list} {}
    static bool drives(std::string_view part) { return part == "bmp380"; }

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        IIO_TRY(start());
        calibration_ = IIO_TRY(registers().burst<Calibration>(NVM_PAR_T1));
        return {};
    }

    /// Errors: EINVAL, too: the part cannot measure so often with so much oversampling.
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        return choose_by(setting, channel, index, [&](unsigned code) -> Result<void> {
            const unsigned before = setting.code(chosen(setting));
            if (code == before)
                return {};
            const auto started = start({setting.field, code});
            if (!started) // the part goes on with the old setting
                IIO_TRY(start({setting.field, before}));
            return started;
        });
    }

private:
    /// Settings count from the next start of normal mode on.
    /// Errors: EINVAL: the part refuses them, or its reset failed.
    Result<void> start(FieldValue setting = {}) const
    {
        IIO_TRY(registers().set(setting));
        IIO_TRY(registers().set(mode, 0));
        hardware().delay(mode_change_time);
        IIO_TRY(registers().set(mode, 3));
        const unsigned osr = IIO_TRY(registers().read(OSR));
        // Section 3.9.2, the longest.
        const auto pressure_time = 392us + 2020us * (1 << osr_p.extract(osr));
        const auto temperature_time = 163us + 2020us * (1 << osr_t.extract(osr));
        hardware().delay(234us + pressure_time + temperature_time);
        return IIO_TRY(registers().get(errors)) ? fail(EINVAL) : Result<void>{};
    }

    /// Only a burst is of one measurement (section 3.10).
    Result<Measurement> measure(ScanMask wanted) const override
    {
        const auto read = IIO_TRY(registers().burst<Readings>(DATA_0));
        if (read.T == no_adc || (wanted & scan_bit(pressure) && read.P == no_adc))
            return no_reading();
        const auto t = calibration_.compute_temperature(read.T);
        const auto centidegrees = std::clamp((t * 25) >> 14, coldest, hottest);
        return Measurement{calibration_.compute_pressure(read.P, t),
                           static_cast<int>(centidegrees)};
    }

    Calibration calibration_{};
};

} // namespace iio::bmp280::bmp388
