// SPDX-License-Identifier: MIT
//
// ST's barometers LPS25H and LPS331AP, LPS22HB, LPS22HH, LPS33HW and LPS35HW, and LPS22DF:
// pressure, 24 bits of 1/4096 hPa, and temperature. DocID023722, DocID022112, DocID027083,
// DS12503, DS12055, DS11911, DS13316.
#pragma once

#include "axes.hpp"

namespace iio::st_sensors {

enum : std::uint8_t { PRESS_OUT_XL = OUT_X_L, TEMP_OUT_L = 0x2b };

constexpr Value kilopascals = IntPlusNano{0, 24'414};
constexpr Value hundredths_of_degree = Fractional{1000, 100};
constexpr Value steps_of_480 = Fractional{1000, 480};  // in a degree Celsius
constexpr Value offset_of_480 = Fractional{20'400, 1}; // 42.5 degrees

constexpr auto make_barometer(const Choices &rates, const Value &temperature_scale)
{
    const auto quantity = [&](ChannelType type, std::uint8_t out, const Value &scale) {
        return Channel::in(type)
            .at(out)
            .direct_raw()
            .constant(Info::scale, scale)
            .setting(Info::sampling_frequency, rates, Shared::by_all);
    };
    return std::array{
        quantity(ChannelType::pressure, PRESS_OUT_XL, kilopascals)
            .scan(0, ScanType::of_signed(24, 32, 0, Endian::little)),
        quantity(ChannelType::temp, TEMP_OUT_L, temperature_scale).scan(1, word),
        Channel::timestamp(2),
    };
}

// ------------------------------------------------------------ LPS25H and LPS331AP

namespace lps25h {

constexpr Field PD{0x20, 1 << 7}; // CTRL_REG1; 1: active
constexpr Field ODR{0x20, 7 << 4};
constexpr Field BDU{0x20, 1 << 2};
constexpr Field INT_H_L{0x22, 1 << 7}; // CTRL_REG3; 1: active low
constexpr Field INT1_S{0x22, 1 << 2};  // LPS331AP: the highest bit of it, new data
constexpr Field P1_DRDY{0x23, 1 << 0}; // CTRL_REG4; LPS25H

// Hz; the third is 12.5 Hz.
constexpr Choices rates{.values = ints<1, 7, 13, 25>, .field = ODR, .codes = codes_from(1)};
constexpr auto plain = make_barometer(rates, steps_of_480);
constexpr std::array channels{plain[0], plain[1].constant(Info::offset, offset_of_480), plain[2]};
consteval RegisterPart make(std::uint16_t who_am_i, Field output)
{
    return make_part(who_am_i, channels, {.on = {PD, 1}, .off = {PD, 0}},
                     {.block_update = {BDU, 1}, .data_ready = output, .active_low = INT_H_L});
}
constexpr auto part = make(0xbd, P1_DRDY);
constexpr auto lps331ap = make(0xbb, INT1_S);

} // namespace lps25h

// ------------------------------------------------------------ LPS22HB and LPS22HH

namespace lps22hb {

constexpr Field ODR{0x10, 7 << 4}; // CTRL_REG1; 0: power down
constexpr Field BDU{0x10, 1 << 1};
constexpr Field DRDY{0x12, 1 << 2}; // CTRL_REG3
constexpr Field INT_H_L{0x12, 1 << 7};

constexpr Map map{
    .format = {}, .block_update = {BDU, 1}, .data_ready = DRDY, .active_low = INT_H_L};
constexpr Choices rates{.values = ints<1, 10, 25, 50, 75>, .field = ODR, .codes = codes_from(1)};
constexpr auto channels = make_barometer(rates, hundredths_of_degree);
constexpr auto part = make_part(0xb1, channels, {.off = {ODR, 0}, .on_by = &rates}, map);

constexpr Choices lps22hh_rates{
    .values = ints<1, 10, 25, 50, 75, 100, 200>, .field = ODR, .codes = codes_from(1)};
constexpr auto lps22hh_channels = make_barometer(lps22hh_rates, hundredths_of_degree);
constexpr auto lps22hh =
    make_part(0xb3, lps22hh_channels, {.off = {ODR, 0}, .on_by = &lps22hh_rates}, map);

} // namespace lps22hb

// ------------------------------------------------------------ LPS22DF

namespace lps22df {

constexpr Field ODR{0x10, 0xf << 3};   // CTRL_REG1; 0: power down
constexpr Field BDU{0x11, 1 << 3};     // CTRL_REG2
constexpr Field INT_H_L{0x12, 1 << 3}; // CTRL_REG3
constexpr Field DRDY{0x13, 1 << 5};    // CTRL_REG4

constexpr Choices rates{
    .values = ints<1, 4, 10, 25, 50, 75, 100, 200>, .field = ODR, .codes = codes_from(1)};
constexpr auto channels = make_barometer(rates, hundredths_of_degree);
constexpr auto part =
    make_part(0xb4, channels, {.off = {ODR, 0}, .on_by = &rates},
              {.format = {}, .block_update = {BDU, 1}, .data_ready = DRDY, .active_low = INT_H_L});

} // namespace lps22df

} // namespace iio::st_sensors
