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
enum : std::uint8_t {
    dig_T1 = 0x88, // to dig_P9
    dig_H1 = 0xa1,
    dig_H2 = 0xe1,    // to dig_H6
    press_msb = 0xf7, // pressure, temperature, humidity
};
constexpr Field id{0xd0, 0xff};
constexpr Field osrs_h{0xf2, 7 << 0}; // counts from the next write of ctrl_meas on
constexpr Field osrs_t{0xf4, 7 << 5};
constexpr Field osrs_p{0xf4, 7 << 2};
constexpr Field mode{0xf4, 3 << 0};
constexpr Field t_sb{0xf5, 7 << 5}; // pause between measurements, 0: 0.5 ms
constexpr Field filter{0xf5, 7 << 2};

constexpr unsigned mode_sleep = 0;
constexpr unsigned mode_normal = 3;

// Readings of what was skipped or not measured yet.
constexpr int no_adc = 0x80000;
constexpr int no_adc_H = 0x8000;

// BME280, section 9.1: the longest measurement with the ratios that are set at probe.
constexpr auto first_measurement_time = 81ms;

constexpr Value kilopascals = Fractional{1, 256'000};
constexpr Value millidegrees = Fractional{10, 1};
constexpr Value millipercents = Fractional{1000, 1024};

/// Code 0 skips the quantity.
constexpr Choices ratios(Field field, unsigned initial)
{
    return {.values = ints<1, 2, 4, 8, 16>,
            .field = field,
            .codes = codes_from(1),
            .initial = initial,
            .find = find_integer};
}
constexpr Choices temperature_ratios = ratios(osrs_t, 1);
constexpr Choices pressure_ratios = ratios(osrs_p, 4);
constexpr Choices humidity_ratios = ratios(osrs_h, 4);

constexpr std::array bmp280_quantities{
    quantity(ChannelType::pressure, pressure, kilopascals, pressure_ratios),
    quantity(ChannelType::temp, temperature, millidegrees, temperature_ratios),
};
constexpr auto bmp280_channels = join(bmp280_quantities, Channel::timestamp(2));
constexpr auto bme280_channels =
    join(bmp280_quantities,
         quantity(ChannelType::humidityrelative, humidity, millipercents, humidity_ratios),
         Channel::timestamp(3));

// config may ignore what is written while the part measures.
constexpr std::array setup{FieldValue{mode, mode_sleep}, FieldValue{t_sb, 0},
                           FieldValue{filter, 0}};
constexpr Layout make_layout(const Identity &identity)
{
    return {.identity = identity,
            .setup = setup,
            .proof = {mode, mode_normal},
            .power = {.on = {mode, mode_normal},
                      .off = {mode, mode_sleep},
                      .always_on = true,
                      .settles = first_measurement_time}};
}
constexpr Layout bmp280_layout = make_layout({id, {0x58}});
constexpr Layout bme280_layout = make_layout({id, {0x60}});

class Bme280 final : public Barometer {
public:
    explicit Bme280(const Hardware &hardware) : Bme280{hardware, hardware.part() == "bme280"} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        return read_calibration();
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        IIO_TRY(RegisterDriver::write_raw(channel, info, written));
        if (channel.channel_type() != ChannelType::humidityrelative)
            return {};
        IIO_TRY(registers().set(mode, mode_sleep));
        return registers().set(mode, mode_normal);
    }

private:
    /// Section 4.2.2 (BME280), 3.11.2 (BMP280).
    struct Calibration {
        int T1, T2, T3, P1, P2, P3, P4, P5, P6, P7, P8, P9, H1, H2, H3, H4, H5, H6;
    };

    Bme280(const Hardware &hardware, bool has_humidity)
        : Barometer{hardware, has_humidity ? bme280_layout : bmp280_layout,
                    has_humidity ? ChannelTable{bme280_channels} : ChannelTable{bmp280_channels}},
          has_humidity_{has_humidity}
    {
    }

    Result<void> read_calibration()
    {
        const auto c = IIO_TRY(registers().burst<24>(dig_T1));
        calibration_ = {.T1 = c.le16(0),
                        .T2 = c.sle16(2),
                        .T3 = c.sle16(4),
                        .P1 = c.le16(6),
                        .P2 = c.sle16(8),
                        .P3 = c.sle16(10),
                        .P4 = c.sle16(12),
                        .P5 = c.sle16(14),
                        .P6 = c.sle16(16),
                        .P7 = c.sle16(18),
                        .P8 = c.sle16(20),
                        .P9 = c.sle16(22)};
        if (!has_humidity_)
            return {};
        calibration_.H1 = static_cast<int>(IIO_TRY(registers().read(dig_H1)));
        const auto h = IIO_TRY(registers().burst<7>(dig_H2));
        calibration_.H2 = h.sle16(0);
        calibration_.H3 = h.u8(2);
        // Two numbers of 12 bits share the byte between them.
        calibration_.H4 = h.s8(3) * 16 + (h.u8(4) & 0xf);
        calibration_.H5 = h.s8(5) * 16 + (h.u8(4) >> 4);
        calibration_.H6 = h.s8(6);
        return {};
    }

    /// Only a burst is of one measurement (section 4).
    Result<Measurement> measure(ScanMask wanted) const override
    {
        const bool with_humidity = wanted & scan_bit(humidity);
        Bytes<8> bytes{};
        IIO_TRY(registers().read_burst(press_msb, std::span{bytes}.first(with_humidity ? 8 : 6)));
        const int adc_P = bytes.be24(0) >> 4;
        const int adc_T = bytes.be24(3) >> 4;
        const int adc_H = bytes.be16(6);
        const bool with_pressure = wanted & scan_bit(pressure);
        if (adc_T == no_adc || (with_pressure && adc_P == no_adc) ||
            (with_humidity && adc_H == no_adc_H))
            return no_reading();
        const auto t_fine = compute_t_fine(adc_T);
        return Measurement{compensate_P(adc_P, t_fine), static_cast<int>((t_fine * 5 + 128) / 256),
                           with_humidity ? compensate_H(adc_H, t_fine) : 0};
    }

    // Section 4.2.3 (BME280), 3.11.3 and 8.1 (BMP280).

    Wrapping<std::int32_t> compute_t_fine(int raw) const
    {
        const auto &c = calibration_;
        const Wrapping<std::int32_t> adc_T = raw;
        const auto var1 = (((adc_T >> 3) - (c.T1 << 1)) * c.T2) >> 11;
        const auto difference = (adc_T >> 4) - c.T1;
        const auto var2 = (((difference * difference) >> 12) * c.T3) >> 14;
        return var1 + var2;
    }

    /// In 1/256 Pa.
    int compensate_P(int adc_P, Wrapping<std::int32_t> t_fine) const
    {
        using Number = Wrapping<std::int64_t>;
        const auto &c = calibration_;
        auto var1 = Number{static_cast<int>(t_fine)} - 128'000;
        auto var2 = var1 * var1 * c.P6 + ((var1 * c.P5) << 17) + (Number{c.P4} << 35);
        var1 = ((var1 * var1 * c.P3) >> 8) + ((var1 * c.P2) << 12);
        var1 = (((Number{1} << 47) + var1) * c.P1) >> 33;
        if (var1 == 0)
            return 0;
        auto p = Number{1'048'576} - adc_P;
        p = ((p << 31) - var2) * 3125 / var1;
        var1 = (Number{c.P9} * (p >> 13) * (p >> 13)) >> 25;
        var2 = (Number{c.P8} * p) >> 19;
        p = ((p + var1 + var2) >> 8) + (Number{c.P7} << 4);
        return static_cast<int>(p);
    }

    /// In 1/1024 %.
    int compensate_H(int adc_H, Wrapping<std::int32_t> t_fine) const
    {
        using Number = Wrapping<std::int32_t>;
        const auto &c = calibration_;
        auto v = t_fine - 76'800;
        const auto sensed =
            ((Number{adc_H} << 14) - (Number{c.H4} << 20) - Number{c.H5} * v + 16'384) >> 15;
        auto gain = (((v * c.H6) >> 10) * (((v * c.H3) >> 11) + 32'768)) >> 10;
        gain = ((gain + 2'097'152) * c.H2 + 8192) >> 14;
        v = sensed * gain;
        v = v - (((((v >> 15) * (v >> 15)) >> 7) * c.H1) >> 4);
        v = std::clamp(v, Number{0}, Number{419'430'400});
        return static_cast<int>(v >> 12);
    }

    const bool has_humidity_;
    Calibration calibration_{};
};

} // namespace iio::bmp280::bme280
