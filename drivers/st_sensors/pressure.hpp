// SPDX-License-Identifier: MIT
//
// ST's barometers LPS25H and LPS331AP, LPS22HB, LPS22HH, LPS33HW and LPS35HW, and LPS22DF:
// pressure, 24 bits of 1/4096 hPa, and temperature. DocID023722, DocID022112, DocID027083,
// DS12503, DS12055, DS11911, DS13316.
#pragma once

#include <iio/driver.hpp>

namespace iio::st_sensors::pressure {

enum : std::uint8_t {
    PRESS_OUT_XL = 0x28,
    TEMP_OUT_L = 0x2b,
};
constexpr Field WHO_AM_I{0x0f, 0xff};
constexpr Field new_sample{0x27, 3 << 0}; // of pressure or temperature

constexpr Value kilopascals = IntPlusNano{0, 24'414};
constexpr Value hundredths_of_degree = Fractional{1000, 100};
constexpr Value steps_of_480 = Fractional{1000, 480};  // in a degree Celsius
constexpr Value offset_of_480 = Fractional{20'400, 1}; // 42.5 degrees

constexpr Channel quantity(ChannelType type, std::uint8_t out, const Choices &rates)
{
    return Channel::in(type).at(out).separate(Info::raw).direct_read(Info::raw).setting(
        Info::sampling_frequency, rates, Shared::by_all);
}
constexpr auto make_channels(const Choices &rates, const Value &temperature_scale)
{
    return std::array{
        quantity(ChannelType::pressure, PRESS_OUT_XL, rates)
            .constant(Info::scale, kilopascals)
            .scan(0, ScanType::of_signed(24, 32, 0, Endian::little)),
        quantity(ChannelType::temp, TEMP_OUT_L, rates)
            .constant(Info::scale, temperature_scale)
            .scan(1, ScanType::of_signed(16, 16, 0, Endian::little)),
        Channel::timestamp(2),
    };
}
consteval RegisterPart make_part(RegisterFormat format, ChannelTable channels,
                                 const PowerPlan &power, FieldValue block_update, DataReady output)
{
    output.triggers = {OwnTrigger::named("-trigger", true)};
    output.status = new_sample;
    return {{.format = format,
             // kernel: Any WHO_AM_I is taken.
             .identity = {.field = WHO_AM_I},
             .setup = {power.off, block_update},
             .proof = block_update,
             .power = power,
             .data_ready = output,
             .burst = {PRESS_OUT_XL, 5}},
            channels};
}

namespace lps25h {

constexpr Field PD{0x20, 1 << 7}; // CTRL_REG1; 1: active
constexpr Field ODR{0x20, 7 << 4};
constexpr Field BDU{0x20, 1 << 2};
constexpr Field INT_H_L{0x22, 1 << 7}; // CTRL_REG3; 1: active low
constexpr Field INT1_S{0x22, 7 << 0};  // LPS331AP
constexpr Field P1_DRDY{0x23, 1 << 0}; // CTRL_REG4; LPS25H
constexpr unsigned data_ready = 4;     // of INT1_S

// Hz; the third is 12.5 Hz.
constexpr Choices rates{.values = ints<1, 7, 13, 25>, .field = ODR, .codes = codes_from(1)};
constexpr auto plain = make_channels(rates, steps_of_480);
constexpr std::array channels{plain[0], plain[1].constant(Info::offset, offset_of_480), plain[2]};

constexpr RegisterFormat format{.i2c_increment = 0x80, .spi_increment = 0x40};
constexpr PowerPlan power{.on = {PD, 1}, .off = {PD, 0}};
constexpr RegisterPart part =
    make_part(format, channels, power, {BDU, 1}, {.enable = P1_DRDY, .active_low = INT_H_L});
/// LPS331AP: INT1 shows new data by the highest bit of INT1_S.
constexpr RegisterPart lps331ap = make_part(
    format, channels, power, {BDU, 1}, {.enable = {INT1_S.reg, data_ready}, .active_low = INT_H_L});

} // namespace lps25h

namespace lps22hb {

constexpr Field ODR{0x10, 7 << 4}; // CTRL_REG1; 0: power down
constexpr Field BDU{0x10, 1 << 1};
constexpr Field DRDY{0x12, 1 << 2}; // CTRL_REG3
constexpr Field INT_H_L{0x12, 1 << 7};

constexpr Choices rates{.values = ints<1, 10, 25, 50, 75>, .field = ODR, .codes = codes_from(1)};
constexpr Choices lps22hh_rates{
    .values = ints<1, 10, 25, 50, 75, 100, 200>, .field = ODR, .codes = codes_from(1)};
constexpr auto channels = make_channels(rates, hundredths_of_degree);
constexpr auto lps22hh_channels = make_channels(lps22hh_rates, hundredths_of_degree);

constexpr DataReady output{.enable = DRDY, .active_low = INT_H_L};
constexpr RegisterPart part =
    make_part({}, channels, {.off = {ODR, 0}, .on_by = &rates}, {BDU, 1}, output);
constexpr RegisterPart lps22hh =
    make_part({}, lps22hh_channels, {.off = {ODR, 0}, .on_by = &lps22hh_rates}, {BDU, 1}, output);

} // namespace lps22hb

namespace lps22df {

constexpr Field ODR{0x10, 0xf << 3};   // CTRL_REG1; 0: power down
constexpr Field BDU{0x11, 1 << 3};     // CTRL_REG2
constexpr Field INT_H_L{0x12, 1 << 3}; // CTRL_REG3
constexpr Field DRDY{0x13, 1 << 5};    // CTRL_REG4

constexpr Choices rates{
    .values = ints<1, 4, 10, 25, 50, 75, 100, 200>, .field = ODR, .codes = codes_from(1)};
constexpr auto channels = make_channels(rates, hundredths_of_degree);
constexpr RegisterPart part = make_part({}, channels, {.off = {ODR, 0}, .on_by = &rates}, {BDU, 1},
                                        {.enable = DRDY, .active_low = INT_H_L});

} // namespace lps22df

} // namespace iio::st_sensors::pressure
