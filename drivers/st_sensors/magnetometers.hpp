// SPDX-License-Identifier: MIT
//
// ST's magnetometers.
#pragma once

#include "axes.hpp"

namespace iio::st_sensors {

// ------------------------------------------------------------ LIS3MDL
// DocID024204; and the magnetometers of LSM9DS1, DocID025715, and LSM303C. +-4 to 16 gauss.
// kernel: The LSM303C's magnetometer shows the ranges of the LIS3MDL, of which it has the last
// only.

/// Gauss for a step, cut to millionths.
template <int... steps_per_gauss>
constexpr auto &magn_scales = micros<(1'000'000 / steps_per_gauss)...>;

namespace lis3mdl {

constexpr Field DO{CTRL_REG1, 7 << 2};
constexpr Field FS{CTRL_REG2, 3 << 5};
constexpr Field MD{CTRL_REG3, 3 << 0}; // 0: continuous, 3: power down
constexpr Field BDU{CTRL_REG5, 1 << 6};

// Hz, rounded; the first is 0.625 Hz.
constexpr Choices rates{.values = ints<1, 2, 3, 5, 10, 20, 40, 80>, .field = DO};
constexpr Choices scales = make_scales(magn_scales<6842, 3421, 2281, 1711>, FS);
constexpr auto channels = make_channels(ChannelType::magn, word, scales, rates);
// The output DRDY always tells.
constexpr auto part =
    make_part(0x3d, channels, {.on = {MD, 0}, .off = {MD, 3}}, {.block_update = {BDU, 1}});

} // namespace lis3mdl

// ------------------------------------------------------------ LIS2MDL
// DocID029036; and IIS2MDC and the magnetometer of the LSM303AGR. +-49 gauss.

namespace lis2mdl {

constexpr std::uint8_t OUTX_L_REG = 0x68; // the common map, 0x40 later
constexpr Field ODR{0x60, 3 << 2};        // CFG_REG_A
constexpr Field MD{0x60, 3 << 0};         // 0: continuous, 3: idle
constexpr Field BDU{0x62, 1 << 4};        // CFG_REG_C
constexpr Field DRDY_on_PIN{0x62, 1 << 0};

constexpr Choices rates{.values = ints<10, 20, 50, 100>, .field = ODR};
constexpr Choices scales = make_scales(micros<1'500>, {});
constexpr auto channels = make_channels(ChannelType::magn, word, scales, rates, OUTX_L_REG);
constexpr auto part =
    make_part(0x40, channels, {.on = {MD, 0}, .off = {MD, 3}},
              {.format = {}, .block_update = {BDU, 1}, .data_ready = DRDY_on_PIN});

} // namespace lis2mdl

// ------------------------------------------------------------ LSM303DLHC's magnetometer
// DocID018771. +-1.3 to 8.1 gauss, less sensitive in z; a map of its own, high bytes
// first, z before y.

namespace lsm303dlhc {

constexpr Field DO{0x00, 7 << 2}; // CRA_REG_M
constexpr Field GN{0x01, 7 << 5}; // CRB_REG_M
constexpr Field MD{0x02, 3 << 0}; // MR_REG_M; 0: continuous, 3: sleep
enum : std::uint8_t { OUT_X_H_M = 0x03, OUT_Z_H_M = 0x05, OUT_Y_H_M = 0x07 };

// Hz, rounded; the first is 0.75 Hz.
constexpr Choices rates{.values = ints<1, 2, 3, 8, 15, 30, 75, 220>, .field = DO};
constexpr Choices scales =
    make_scales(magn_scales<1100, 855, 670, 450, 400, 330, 230>, GN, codes_from(1));
constexpr Choices z_scales =
    make_scales(magn_scales<980, 760, 600, 400, 355, 295, 205>, GN, codes_from(1));
constexpr auto sample = ScanType::of_signed(16, 16, 0, Endian::big);
constexpr auto xyz = make_channels(ChannelType::magn, sample, scales, rates, OUT_X_H_M);
constexpr auto of_z = make_channels(ChannelType::magn, sample, z_scales, rates, OUT_X_H_M);
constexpr std::array channels{xyz[0], xyz[1].at(OUT_Y_H_M), of_z[2].at(OUT_Z_H_M), xyz[3]};

constexpr RegisterPart part{{.identity = {.field = {WHO_AM_I, 0xff}},
                             .setup = {{MD, 3}},
                             .power = {.on = {MD, 0}, .off = {MD, 3}},
                             .burst = {OUT_X_H_M, 6}},
                            channels};

// IRA_REG_M to IRC_REG_M: "H43".
constexpr Recognition identification{RegisterFormat{.word_bytes = 3},
                                     {{0x0a, 0xffff}, {'4' << 8 | '3'}}};

} // namespace lsm303dlhc

} // namespace iio::st_sensors
