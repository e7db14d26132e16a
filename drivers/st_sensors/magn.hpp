// SPDX-License-Identifier: MIT
//
// LIS3MDL: 3-axis magnetometer of +-4 to +-16 gauss; LSM303DLHC: the magnetometer
// in it, of +-1.3 to +-8.1 gauss, less sensitive in z. 16 bits.
// Datasheets: DocID024204 (LIS3MDL), DocID018771 (LSM303DLHC).
#pragma once

#include "variant.hpp"

namespace iio::st {

constexpr auto lis3mdl_channels =
    make_channels(ChannelType::magn, ScanType::of_signed(16, 16, 0, Endian::little), usual_outputs);

// Gauss per step, cut to millionths.
template <class... Steps> constexpr auto gauss_scales(Steps... steps_per_gauss)
{
    return std::array{micro(1'000'000 / steps_per_gauss)...};
}
constexpr auto lis3mdl_scales = gauss_scales(6842, 3421, 2281, 1711);
// 0.625 to 80 Hz.
constexpr std::array<Value, 8> lis3mdl_rates{Int{1},  Int{2},  Int{3},  Int{5},
                                             Int{10}, Int{20}, Int{40}, Int{80}};

// The LSM303DLHC's magnetometer has a map of its own, high bytes first, z before y.
constexpr std::uint8_t CRA_REG_M = 0x00;
constexpr std::uint8_t CRB_REG_M = 0x01;
constexpr std::uint8_t MR_REG_M = 0x02;
constexpr std::uint8_t OUT_X_H_M = 0x03;
constexpr std::uint8_t OUT_Z_H_M = 0x05;
constexpr std::uint8_t OUT_Y_H_M = 0x07;

constexpr auto lsm303dlhc_channels =
    make_channels(ChannelType::magn, ScanType::of_signed(16, 16, 0, Endian::big),
                  {OUT_X_H_M, OUT_Y_H_M, OUT_Z_H_M});
constexpr auto lsm303dlhc_scales = gauss_scales(1100, 855, 670, 450, 400, 330, 230);
constexpr auto lsm303dlhc_z_scales = gauss_scales(980, 760, 600, 400, 355, 295, 205);
// 0.75 to 220 Hz.
constexpr std::array<Value, 8> lsm303dlhc_rates{Int{1},  Int{2},  Int{3},  Int{8},
                                                Int{15}, Int{30}, Int{75}, Int{220}};

constexpr unsigned power_down = 3;
constexpr unsigned continuous = 0;

constexpr Variant lis3mdl{
    .part = "lis3mdl",
    .channels = ChannelTable{lis3mdl_channels},
    .rate = {{CTRL_REG1, 0x1c}, lis3mdl_rates, codes_from(0)},
    .range = {{CTRL_REG2, 0x60}, lis3mdl_scales, codes_from(0)},
    .power = {.field = {CTRL_REG3, 0x03}, .off = power_down, .on = continuous},
    .data_ready = {true}, // the DRDY pin
    .block_update = {CTRL_REG5, 0x40},
};
constexpr Variant lsm303dlhc_magn{
    .part = "lsm303dlhc_magn",
    .channels = ChannelTable{lsm303dlhc_channels},
    .rate = {{CRA_REG_M, 0x1c}, lsm303dlhc_rates, codes_from(0)},
    .range = {{CRB_REG_M, 0xe0}, lsm303dlhc_scales, codes_from(1)},
    .power = {.field = {MR_REG_M, 0x03}, .off = power_down, .on = continuous},
    .block_update = {},
    .z_scales = lsm303dlhc_z_scales,
    .first_output = OUT_X_H_M,
    .increment_flag = 0,
};

} // namespace iio::st
