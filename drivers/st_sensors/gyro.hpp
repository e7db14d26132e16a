// SPDX-License-Identifier: MIT
//
// L3GD20 and L3G4200D: 3-axis gyroscopes of +-250, +-500 and +-2000 degrees/s, 16
// bits. Datasheets: DocID022116 (L3GD20), DocID17116 (L3G4200D).
#pragma once

#include "variant.hpp"

namespace iio::st {

constexpr auto gyro_channels = make_channels(
    ChannelType::anglvel, ScanType::of_signed(16, 16, 0, Endian::little), usual_outputs);

// rad/s per step: 8.75, 17.5 and 70 mdps, rounded to millionths.
constexpr std::array gyro_scales{micro(153), micro(305), micro(1222)};
constexpr std::array<Value, 4> l3gd20_rates{Int{95}, Int{190}, Int{380}, Int{760}};
constexpr std::array<Value, 4> l3g4200d_rates{Int{100}, Int{200}, Int{400}, Int{800}};

constexpr Variant make_gyroscope(std::string_view part, std::span<const Value> rates)
{
    return {
        .part = part,
        .channels = ChannelTable{gyro_channels},
        .rate = {{CTRL_REG1, 0xc0}, rates, codes_from(0)},
        .range = {{CTRL_REG4, 0x30}, gyro_scales, codes_from(0)},
        .power = {.field = {CTRL_REG1, 0x08}, .off = 0, .on = 1, .axes = 0x07},
        .data_ready = {true, {CTRL_REG3, 0x08}, {}}, // INT2; H_Lactive is for INT1 only
    };
}

} // namespace iio::st
