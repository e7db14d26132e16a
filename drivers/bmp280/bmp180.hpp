// SPDX-License-Identifier: MIT
//
// Bosch BMP085, BMP180 and BMP181: pressure and temperature, converted on demand.
// I2C at 0x77, the BMP181 on SPI. Datasheet: BST-BMP180-DS000 2.5.
#pragma once

#include "barometer.hpp"

#include <algorithm>

namespace iio::bmp280::bmp180 {

// Figure 6. Words are high byte first.
enum : std::uint8_t { AC1 = 0xaa, ctrl_meas = 0xf4, out_msb = 0xf6 };
constexpr Field id{0xd0, 0xff};
constexpr Field Sco{ctrl_meas, 1 << 5}; // a conversion runs

using Number = Wrapping<std::int32_t>;

/// Section 3.4, and the formulas of figure 4. Errors: EIO: it would be divided by 0.
struct Calibration {
    BeS16 AC1, AC2, AC3;
    BeU16 AC4, AC5, AC6;
    BeS16 B1, B2, MB, MC, MD;

    Result<Number> compute_b5(Number ut) const
    {
        const auto x1 = ((ut - AC6) * AC5) >> 15;
        if (x1 + MD == 0)
            return fail(EIO);
        return x1 + (Number{MC} << 11) / (x1 + MD);
    }

    /// In Pa.
    Result<int> compute_pressure(int up, Number b5, unsigned oss) const
    {
        const auto b6 = b5 - 4000;
        const auto b6_square = (b6 * b6) >> 12;
        auto x1 = (b6_square * B2) >> 11;
        auto x2 = (b6 * AC2) >> 11;
        auto x3 = x1 + x2;
        const auto b3 = (((Number{AC1} * 4 + x3) << static_cast<int>(oss)) + 2) / 4;
        x1 = (b6 * AC3) >> 13;
        x2 = (b6_square * B1) >> 16;
        x3 = (x1 + x2 + 2) >> 2;
        const auto b4 = (static_cast<unsigned>(AC4) * static_cast<unsigned>(x3 + 32'768)) >> 15;
        if (b4 == 0)
            return fail(EIO);
        const auto b7 = static_cast<unsigned>(up - b3) * (50'000U >> oss);
        const Number p = b7 < 0x8000'0000 ? b7 * 2 / b4 : b7 / b4 * 2;
        x1 = (p >> 8) * (p >> 8);
        x1 = (x1 * 3038) >> 16;
        x2 = (p * -7357) >> 16;
        return static_cast<int>(p + ((x1 + x2 + 3791) >> 4));
    }
};

// What is written to ctrl_meas.
constexpr unsigned convert_temperature = 0x2e;
constexpr unsigned convert_pressure = 0x34;
constexpr unsigned oss_shift = 6;

// Table 3, the longest conversion of each oss; a temperature takes that of 0.
constexpr std::array conversion_time{4'500us, 7'500us, 13'500us, 25'500us};

constexpr Value kilopascals = Fractional{1, 1000};
constexpr Value tenths_of_degree = Fractional{100, 1};
// Its code, the oss, is part of each command.
constexpr Choices pressure_ratios = integers(ints<1, 2, 4, 8>, {}, 3);
constexpr Choices temperature_ratios = integers(ints<1>, {}, 0);

constexpr std::array channel_list{
    quantity(ChannelType::pressure, pressure, kilopascals, pressure_ratios),
    quantity(ChannelType::temp, temperature, tenths_of_degree, temperature_ratios),
    Channel::timestamp(2)};
constexpr Layout layout{.identity = {id, {0x55}}};

class Bmp180 final : public Barometer {
public:
    explicit Bmp180(const Hardware &hardware) : Barometer{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        const auto words = IIO_TRY(registers().burst<std::array<BeU16, 11>>(AC1));
        // Section 3.4: no word is 0 or 0xffff on a sound bus.
        if (std::ranges::any_of(words, [](int word) { return word == 0 || word == 0xffff; }))
            return fail(EIO);
        calibration_ = std::bit_cast<Calibration>(words);
        return {};
    }

private:
    Result<Measurement> measure(ScanMask wanted) const override
    {
        const std::lock_guard lock{converting_};
        IIO_TRY(convert(convert_temperature, 0));
        const int ut = IIO_TRY(registers().burst<BeU16>(out_msb));
        const Number b5 = IIO_TRY(calibration_.compute_b5(ut));
        Measurement measured{0, static_cast<int>((b5 + 8) / 16)};
        if (!(wanted & scan_bit(pressure)))
            return measured;
        const unsigned oss = chosen(pressure_ratios);
        IIO_TRY(convert(convert_pressure | oss << oss_shift, oss));
        const auto up = IIO_TRY(registers().burst<BeU24>(out_msb)) >> (8 - oss);
        measured[pressure] = IIO_TRY(calibration_.compute_pressure(up, b5, oss));
        return measured;
    }

    /// Errors: EIO: the conversion takes longer than its maximum.
    Result<void> convert(unsigned command, unsigned oss) const
    {
        IIO_TRY(registers().poke(ctrl_meas, command));
        hardware().delay(conversion_time[oss]);
        return IIO_TRY(registers().get(Sco)) ? fail(EIO) : Result<void>{};
    }

    Calibration calibration_{};
    mutable std::mutex converting_; ///< the result's registers hold the last conversion's
};

} // namespace iio::bmp280::bmp180
