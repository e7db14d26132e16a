// SPDX-License-Identifier: MIT
//
// Bosch BMP280 and BME280: pressure, temperature and (BME280) relative humidity,
// measured continuously. I2C at 0x76 and 0x77, SPI.
// Datasheets: BST-BMP280-DS001 1.19, BST-BME280-DS002 1.6.
#pragma once

#include "barometer.hpp"

#include <algorithm>

namespace iio::bmp280::bme280 {

// BME280, table 18. Calibration words are low byte first, readings high byte first.
enum : std::uint8_t { dig_T1 = 0x88, dig_H1 = 0xa1, dig_H2 = 0xe1, press_msb = 0xf7 };
constexpr Field id{0xd0, 0xff};
constexpr Field osrs_h{0xf2, 7 << 0}; // counts from the next write of ctrl_meas on
constexpr Field osrs_t{0xf4, 7 << 5};
constexpr Field osrs_p{0xf4, 7 << 2};
constexpr Field mode{0xf4, 3 << 0}; // 0: sleep, 3: normal
constexpr Field t_sb{0xf5, 7 << 5}; // pause between measurements, 0: 0.5 ms
constexpr Field filter{0xf5, 7 << 2};

/// Section 4.2.2 (BME280), 3.11.2 (BMP280): the words from dig_T1 to dig_P9. And the formulas of
/// section 4.2.3 (BME280), 3.11.3 and 8.1 (BMP280).
struct Calibration {
    LeU16 T1;
    LeS16 T2, T3;
    LeU16 P1;
    LeS16 P2, P3, P4, P5, P6, P7, P8, P9;

    Wrapping<std::int32_t> compute_t_fine(int raw) const
    {
        const Wrapping<std::int32_t> adc_T = raw;
        const auto var1 = (((adc_T >> 3) - (T1 << 1)) * T2) >> 11;
        const auto difference = (adc_T >> 4) - T1;
        const auto var2 = (((difference * difference) >> 12) * T3) >> 14;
        return var1 + var2;
    }

    /// In 1/256 Pa.
    int compute_P(int adc_P, Wrapping<std::int32_t> t_fine) const
    {
        using Number = Wrapping<std::int64_t>;
        auto var1 = Number{static_cast<int>(t_fine)} - 128'000;
        auto var2 = var1 * var1 * P6 + ((var1 * P5) << 17) + (Number{P4} << 35);
        var1 = ((var1 * var1 * P3) >> 8) + ((var1 * P2) << 12);
        var1 = (((Number{1} << 47) + var1) * P1) >> 33;
        if (var1 == 0)
            return 0;
        auto p = Number{1'048'576} - adc_P;
        p = ((p << 31) - var2) * 3125 / var1;
        var1 = (Number{P9} * (p >> 13) * (p >> 13)) >> 25;
        var2 = (Number{P8} * p) >> 19;
        p = ((p + var1 + var2) >> 8) + (Number{P7} << 4);
        return static_cast<int>(p);
    }
};
/// From dig_H2 to dig_H6; H4 and H5 are numbers of 12 bits and share a byte.
struct HumidityCalibration {
    LeS16 H2;
    std::uint8_t H3;
    std::int8_t H4_msb;
    std::uint8_t H4_H5;
    std::int8_t H5_msb, H6;

    /// In 1/1024 %.
    int compute_H(int adc_H, int H1, Wrapping<std::int32_t> t_fine) const
    {
        using Number = Wrapping<std::int32_t>;
        const int H4 = H4_msb * 16 + (H4_H5 & 0xf);
        const int H5 = H5_msb * 16 + (H4_H5 >> 4);
        auto v = t_fine - 76'800;
        const auto sensed =
            ((Number{adc_H} << 14) - (Number{H4} << 20) - Number{H5} * v + 16'384) >> 15;
        auto gain = (((v * H6) >> 10) * (((v * H3) >> 11) + 32'768)) >> 10;
        gain = ((gain + 2'097'152) * H2 + 8192) >> 14;
        v = sensed * gain;
        v = v - (((((v >> 15) * (v >> 15)) >> 7) * H1) >> 4);
        v = std::clamp(v, Number{0}, Number{419'430'400});
        return static_cast<int>(v >> 12);
    }
};
/// From press_msb on.
struct Readings {
    BeU24 P, T;
    BeU16 H;
};

// Readings of what was skipped or not measured yet.
constexpr int no_adc = 0x80000;
constexpr int no_adc_H = 0x8000;

constexpr Value kilopascals = Fractional{1, 256'000};
constexpr Value millipercents = Fractional{1000, 1024};

// Code 0 skips the quantity.
constexpr Choices temperature_ratios = integers(ints<1, 2, 4, 8, 16>, osrs_t, 1, codes_from(1));
constexpr Choices pressure_ratios = integers(ints<1, 2, 4, 8, 16>, osrs_p, 4, codes_from(1));
constexpr Choices humidity_ratios = integers(ints<1, 2, 4, 8, 16>, osrs_h, 4, codes_from(1));

constexpr std::array bme280_channels{
    quantity(ChannelType::pressure, pressure, kilopascals, pressure_ratios),
    quantity(ChannelType::temp, temperature, millidegrees, temperature_ratios),
    quantity(ChannelType::humidityrelative, humidity, millipercents, humidity_ratios),
    Channel::timestamp(3)};
constexpr std::array bmp280_channels{bme280_channels[0], bme280_channels[1], Channel::timestamp(2)};

consteval Layout make_layout(unsigned chip_id)
{
    return {.identity = {id, {static_cast<std::uint16_t>(chip_id)}},
            // config may ignore what is written while the part measures.
            .setup = {{mode, 0}, {t_sb, 0}, {filter, 0}},
            .proof = {mode, 3},
            // BME280, section 9.1: 81 ms is the longest measurement with the ratios that are set at
            // probe.
            .power = {.on = {mode, 3}, .off = {mode, 0}, .always_on = true, .settles = 81ms}};
}
constexpr RegisterPart bmp280{make_layout(0x58), bmp280_channels};
constexpr RegisterPart bme280{make_layout(0x60), bme280_channels};

class Bme280 final : public Barometer {
public:
    using Barometer::Barometer;
    static bool drives(std::string_view part) { return part == "bmp280" || part == "bme280"; }

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        calibration_ = IIO_TRY(registers().burst<Calibration>(dig_T1));
        if (channels().size() == bmp280_channels.size())
            return {};
        H1_ = static_cast<int>(IIO_TRY(registers().read(dig_H1)));
        humidity_ = IIO_TRY(registers().burst<HumidityCalibration>(dig_H2));
        return {};
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        IIO_TRY(RegisterDriver::write_raw(channel, info, written));
        if (channel.channel_type() != ChannelType::humidityrelative)
            return {};
        IIO_TRY(registers().set(mode, 0));
        return registers().set(mode, 3);
    }

private:
    /// Only a burst is of one measurement (section 4).
    Result<Measurement> measure(ScanMask wanted) const override
    {
        const bool with_humidity = wanted & scan_bit(humidity);
        const auto read = IIO_TRY(registers().burst<Readings>(press_msb, with_humidity ? 8 : 6));
        const int adc_P = read.P >> 4;
        const int adc_T = read.T >> 4;
        if (adc_T == no_adc || (wanted & scan_bit(pressure) && adc_P == no_adc) ||
            (with_humidity && read.H == no_adc_H))
            return no_reading();
        const auto t_fine = calibration_.compute_t_fine(adc_T);
        return Measurement{calibration_.compute_P(adc_P, t_fine),
                           static_cast<int>((t_fine * 5 + 128) / 256),
                           with_humidity ? humidity_.compute_H(read.H, H1_, t_fine) : 0};
    }

    Calibration calibration_{};
    int H1_ = 0;
    HumidityCalibration humidity_{};
};

} // namespace iio::bmp280::bme280
