// SPDX-License-Identifier: MIT
//
// LIS3DH and LIS2DH12: 3-axis accelerometers of +-2 to +-16 g; LIS331DLH: of
// +-2 to +-8 g. 12 bits, left-justified. Datasheets: DocID17530 (LIS3DH),
// DocID025056 (LIS2DH12), DocID15094 (LIS331DLH).
#pragma once

#include "variant.hpp"

namespace iio::st {

constexpr auto accel_channels = make_channels(
    ChannelType::accel, ScanType::of_signed(12, 16, 4, Endian::little), usual_outputs);

// m/s^2 per step of 12 bits, cut to millionths; by tenths of mg.
constexpr Value scale_of(int tenths_mg) { return micro(tenths_mg * 980'665 / 1000); }
constexpr std::array lis3dh_scales{scale_of(10), scale_of(20), scale_of(40), scale_of(120)};
constexpr std::array lis331dlh_scales{scale_of(10), scale_of(20), scale_of(39)};
constexpr std::array<std::uint8_t, 3> lis331dlh_ranges{0, 1, 3};

constexpr std::array<Value, 8> lis3dh_rates{Int{1},   Int{10},  Int{25},  Int{50},
                                            Int{100}, Int{200}, Int{400}, Int{1600}};
constexpr std::array<Value, 4> lis331dlh_rates{Int{50}, Int{100}, Int{400}, Int{1000}};

/// The parts whose rate is 0 while they are off. The kernel's driver has no
/// high-resolution mode for them: 10 bits are significant.
constexpr Variant make_lis3dh(std::string_view part)
{
    return {
        .part = part,
        .channels = ChannelTable{accel_channels},
        .rate = {{CTRL_REG1, 0xf0}, lis3dh_rates, codes_from(1)},
        .range = {{CTRL_REG4, 0x30}, lis3dh_scales, codes_from(0)},
        .power = {.field = {CTRL_REG1, 0xf0}, .off = 0, .on = {}, .axes = 0x07},
        .data_ready = {true, {CTRL_REG3, 0x10}, {CTRL_REG6, 0x02}}, // INT1
    };
}

constexpr Variant lis331dlh{
    .part = "lis331dlh",
    .channels = ChannelTable{accel_channels},
    .rate = {{CTRL_REG1, 0x18}, lis331dlh_rates, codes_from(0)},
    .range = {{CTRL_REG4, 0x30}, lis331dlh_scales, lis331dlh_ranges},
    .power = {.field = {CTRL_REG1, 0xe0}, .off = 0, .on = 1, .axes = 0x07},
    .data_ready = {true, {CTRL_REG3, 0x02}, {CTRL_REG3, 0x80}}, // INT1
};

} // namespace iio::st
