// SPDX-License-Identifier: MIT
#include "bmp280.hpp"

#include "wrapping.hpp"

#include <algorithm>
#include <array>
#include <iio/driver/bits.hpp>

namespace iio::bmp {

namespace {

// Registers, table 18 (BME280). Calibration words are low byte first, readings
// high byte first.
constexpr std::uint8_t CALIB_T1 = 0x88; // to dig_P9
constexpr std::uint8_t CALIB_H1 = 0xa1;
constexpr std::uint8_t ID = 0xd0;
constexpr std::uint8_t CALIB_H2 = 0xe1; // to dig_H6
constexpr std::uint8_t CTRL_HUM = 0xf2;
constexpr std::uint8_t CTRL_MEAS = 0xf4;
constexpr std::uint8_t CONFIG = 0xf5;
constexpr std::uint8_t PRESS_MSB = 0xf7; // pressure, temperature, humidity

constexpr std::uint8_t id_bmp280 = 0x58;
constexpr std::uint8_t id_bme280 = 0x60;
constexpr std::uint8_t CTRL_MEAS_SLEEP = 0;
constexpr unsigned CTRL_MEAS_NORMAL = 3;
constexpr std::uint8_t CONFIG_NO_FILTER = 0; // 0.5 ms between measurements

constexpr unsigned ratio_codes = 5; // 1 to 16
// What a measurement that was skipped or not yet made reads.
constexpr std::uint32_t no_reading = 0x80000;
constexpr std::uint32_t no_humidity = 0x8000;

constexpr Channel make_channel(ChannelType type)
{
    return Channel::in(type).separate(Info::processed, Info::oversampling_ratio);
}
constexpr std::array bme280_channels{
    make_channel(ChannelType::pressure),
    make_channel(ChannelType::temp),
    make_channel(ChannelType::humidityrelative),
};
constexpr std::array bmp280_channels{bme280_channels[0], bme280_channels[1]};
constexpr ChannelTable bme280_table{bme280_channels};
constexpr ChannelTable bmp280_table{bmp280_channels};

/// The code of a channel in any Settings.
template <class S> auto &code_of(S &settings, ChannelType type)
{
    if (type == ChannelType::temp)
        return settings.temperature;
    return type == ChannelType::pressure ? settings.pressure : settings.humidity;
}

} // namespace

Bmp280::Bmp280(const Hardware &hardware)
    : bus_{hardware}, has_humidity_{hardware.part() == "bme280"}
{
}

ChannelTable Bmp280::channels() const { return has_humidity_ ? bme280_table : bmp280_table; }

Result<void> Bmp280::probe()
{
    if (IIO_TRY(bus_.read_u8(ID)) != (has_humidity_ ? id_bme280 : id_bmp280))
        return fail(ENODEV);
    // CONFIG may ignore what is written while the chip measures.
    IIO_TRY(bus_.write_u8(CTRL_MEAS, CTRL_MEAS_SLEEP));
    IIO_TRY(bus_.write_u8(CONFIG, CONFIG_NO_FILTER));
    IIO_TRY(settings_.lock()->ensure(applying()));
    return read_calibration();
}

/// After a reset it sleeps.
Result<bool> Bmp280::is_configured() const
{
    return (IIO_TRY(bus_.read_u8(CTRL_MEAS)) & CTRL_MEAS_NORMAL) == CTRL_MEAS_NORMAL;
}

Result<Value> Bmp280::read_raw(const Channel &channel, Info info) const
{
    const auto settings = settings_.lock();
    switch (info) {
    case Info::processed:
        IIO_TRY(settings->ensure(applying()));
        return measure(channel.channel_type());
    case Info::oversampling_ratio:
        return Int{1 << (code_of(settings->get(), channel.channel_type()) - 1)};
    default:
        return fail(EINVAL);
    }
}

Result<void> Bmp280::write_raw(const Channel &channel, Info info, Written written) const
{
    if (info != Info::oversampling_ratio)
        return fail(EINVAL);
    const unsigned code = 1 + IIO_TRY(find_ratio(written, ratio_codes));
    const auto settings = settings_.lock();
    Settings wanted = settings->get();
    code_of(wanted, channel.channel_type()) = code;
    return settings->change(wanted, applying());
}

/// What CTRL_HUM holds counts from the next write of CTRL_MEAS on.
Result<void> Bmp280::apply(const Settings &settings) const
{
    if (has_humidity_)
        IIO_TRY(bus_.write_u8(CTRL_HUM, static_cast<std::uint8_t>(settings.humidity)));
    return bus_.write_u8(CTRL_MEAS,
                         static_cast<std::uint8_t>(settings.temperature << 5 |
                                                   settings.pressure << 2 | CTRL_MEAS_NORMAL));
}

Result<void> Bmp280::read_calibration()
{
    const auto words = IIO_TRY(bus_.read<24>(CALIB_T1));
    const auto u16 = [&](std::size_t n) {
        return static_cast<std::int32_t>(little_endian(std::span{words}.subspan(2 * n, 2)));
    };
    const auto s16 = [&](std::size_t n) {
        return sign_extend(static_cast<std::uint32_t>(u16(n)), 16);
    };
    auto &c = calibration_;
    c = {.t1 = u16(0),
         .t2 = s16(1),
         .t3 = s16(2),
         .p1 = u16(3),
         .p2 = s16(4),
         .p3 = s16(5),
         .p4 = s16(6),
         .p5 = s16(7),
         .p6 = s16(8),
         .p7 = s16(9),
         .p8 = s16(10),
         .p9 = s16(11)};
    if (!has_humidity_)
        return {};
    c.h1 = IIO_TRY(bus_.read_u8(CALIB_H1));
    const auto h = IIO_TRY(bus_.read<7>(CALIB_H2));
    c.h2 = sign_extend(little_endian(std::span{h}.first(2)), 16);
    c.h3 = h[2];
    // Two numbers of 12 bits share the byte between them.
    const unsigned shared = h[4];
    c.h4 = sign_extend(unsigned{h[3]} << 4 | (shared & 0xf), 12);
    c.h5 = sign_extend(unsigned{h[5]} << 4 | shared >> 4, 12);
    c.h6 = sign_extend(h[6], 8);
    return {};
}

/// Only a burst is of one measurement (section 4 of the BME280's datasheet).
Result<Bmp280::Readings> Bmp280::read_readings() const
{
    std::array<std::uint8_t, 8> bytes{};
    IIO_TRY(bus_.read(PRESS_MSB, std::span{bytes}.first(has_humidity_ ? 8 : 6)));
    const std::span all{bytes};
    return Readings{.pressure = big_endian(all.first(3)) >> 4,
                    .temperature = big_endian(all.subspan(3, 3)) >> 4,
                    .humidity = big_endian(all.subspan(6, 2))};
}

/// Errors: EIO: not measured yet.
Result<Value> Bmp280::measure(ChannelType type) const
{
    const auto readings = IIO_TRY(read_readings());
    if (readings.temperature == no_reading)
        return fail(EIO);
    const auto fine = fine_temperature(readings.temperature);
    switch (type) {
    case ChannelType::temp: { // 0.01 degrees Celsius
        const auto centidegrees = (Wrapping<std::int32_t>{fine} * 5 + 128) >> 8;
        return Int{static_cast<int>(centidegrees * 10)};
    }
    case ChannelType::pressure: // 1/256 Pa
        if (readings.pressure == no_reading)
            return fail(EIO);
        return Fractional{static_cast<int>(compensate_pressure(readings.pressure, fine)), 256'000};
    default: // 1/1024 %
        if (readings.humidity == no_humidity)
            return fail(EIO);
        return Int{static_cast<int>(compensate_humidity(readings.humidity, fine) * 1000 / 1024)};
    }
}

// Section 4.2.3 (BME280), 3.11.3 and 8.1 (BMP280), with the variables' names.

std::int32_t Bmp280::fine_temperature(std::uint32_t raw) const
{
    const auto &c = calibration_;
    const Wrapping<std::int32_t> adc_t = raw;
    const auto var1 = (((adc_t >> 3) - (c.t1 << 1)) * c.t2) >> 11;
    const auto difference = (adc_t >> 4) - c.t1;
    const auto var2 = (((difference * difference) >> 12) * c.t3) >> 14;
    return static_cast<std::int32_t>(var1 + var2);
}

std::uint32_t Bmp280::compensate_pressure(std::uint32_t raw, std::int32_t fine) const
{
    using Number = Wrapping<std::int64_t>;
    const auto &c = calibration_;
    Number var1 = Number{fine} - 128'000;
    Number var2 = var1 * var1 * c.p6 + ((var1 * c.p5) << 17) + (Number{c.p4} << 35);
    var1 = ((var1 * var1 * c.p3) >> 8) + ((var1 * c.p2) << 12);
    var1 = (((Number{1} << 47) + var1) * c.p1) >> 33;
    if (var1 == 0)
        return 0;
    Number p = Number{1'048'576} - raw;
    p = ((p << 31) - var2) * 3125 / var1;
    var1 = (Number{c.p9} * (p >> 13) * (p >> 13)) >> 25;
    var2 = (Number{c.p8} * p) >> 19;
    p = ((p + var1 + var2) >> 8) + (Number{c.p7} << 4);
    return static_cast<std::uint32_t>(p);
}

std::uint32_t Bmp280::compensate_humidity(std::uint32_t raw, std::int32_t fine) const
{
    using Number = Wrapping<std::int32_t>;
    const auto &c = calibration_;
    Number v = Number{fine} - 76'800;
    const Number sensed =
        ((Number{raw} << 14) - (Number{c.h4} << 20) - Number{c.h5} * v + 16'384) >> 15;
    Number gain = (((v * c.h6) >> 10) * (((v * c.h3) >> 11) + 32'768)) >> 10;
    gain = ((gain + 2'097'152) * c.h2 + 8192) >> 14;
    v = sensed * gain;
    v = v - (((((v >> 15) * (v >> 15)) >> 7) * c.h1) >> 4);
    v = std::clamp(v, Number{0}, Number{419'430'400});
    return static_cast<std::uint32_t>(v >> 12);
}

} // namespace iio::bmp
