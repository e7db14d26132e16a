// SPDX-License-Identifier: MIT
//
// ST's accelerometers and gyroscopes.
#pragma once

#include "axes.hpp"

namespace iio::st_sensors {

// ------------------------------------------------------------ LIS3DH and its relatives
// LIS3DH, LIS2DH12, LIS3DE, LSM303AGR: DocID17530, DocID025056, DocID018594, DocID027765.
// +-2 to 16 g.
// kernel: The LIS3DE shows the 12 bits of its relatives, of which only 8 are not 0.

/// m/s^2 for a step of 12 bits, cut to millionths.
template <int... tenths_mg> constexpr auto &accel_scales = micros<(tenths_mg * 980'665 / 1000)...>;
// kernel: The LIS3DH and its relatives have no high-resolution mode, so that 10 of their 12 bits
// are significant.
constexpr auto accel_sample = ScanType::of_signed(12, 16, 4, Endian::little);

namespace lis3dh {

constexpr Field ODR{CTRL_REG1, 0x0f << 4};   // 0: power down
constexpr Field I1_DRDY1{CTRL_REG3, 1 << 4}; // new data on INT1
constexpr Field INT_POLARITY{CTRL_REG6, 1 << 1};

constexpr Choices rates{
    .values = ints<1, 10, 25, 50, 100, 200, 400, 1600>, .field = ODR, .codes = codes_from(1)};
constexpr Choices scales = make_scales(accel_scales<10, 20, 40, 120>, FS);
constexpr auto channels = make_channels(ChannelType::accel, accel_sample, scales, rates);
constexpr auto part =
    make_part(0x33, channels, {.off = {ODR, 0}, .on_by = &rates},
              {.axes = all_enabled, .data_ready = I1_DRDY1, .active_low = INT_POLARITY});

} // namespace lis3dh

// ------------------------------------------------------------ LIS331DLH
// DocID15094. +-2 to 8 g.

namespace lis331dlh {

constexpr Field PM{CTRL_REG1, 7 << 5}; // 0: power down, 1: normal
constexpr Field DR{CTRL_REG1, 3 << 3};
constexpr Field data_ready_on_INT1{CTRL_REG3, 1 << 1}; // of I1_CFG
constexpr Field IHL{CTRL_REG3, 1 << 7};

constexpr Choices rates{.values = ints<50, 100, 400, 1000>, .field = DR};
constexpr Choices scales = make_scales(accel_scales<10, 20, 39>, FS, {0, 1, 3});
constexpr auto channels = make_channels(ChannelType::accel, accel_sample, scales, rates);
constexpr auto part =
    make_part(0x32, channels, {.on = {PM, 1}, .off = {PM, 0}},
              {.axes = all_enabled, .data_ready = data_ready_on_INT1, .active_low = IHL});

} // namespace lis331dlh

// ------------------------------------------------------------ LIS2DW12
// DS11812. +-2 to 16 g.

namespace lis2dw12 {

constexpr Field ODR{0x20, 0xf << 4};     // CTRL1; 0: power down
constexpr Field BDU{0x21, 1 << 3};       // CTRL2
constexpr Field H_LACTIVE{0x22, 1 << 3}; // CTRL3
constexpr Field INT1_DRDY{0x23, 1 << 0}; // CTRL4_INT1_PAD_CTRL
constexpr Field FS{0x25, 3 << 4};        // CTRL6

// Hz; the first is 1.6 Hz, the second 12.5 Hz.
constexpr Choices rates{
    .values = ints<1, 12, 25, 50, 100, 200>, .field = ODR, .codes = codes_from(1)};
constexpr Choices scales = make_scales(micros<9'571, 19'142, 38'285, 76'570>, FS);
constexpr auto channels = make_channels(ChannelType::accel, accel_sample, scales, rates);
constexpr auto part = make_part(
    0x44, channels, {.off = {ODR, 0}, .on_by = &rates},
    {.format = {}, .block_update = {BDU, 1}, .data_ready = INT1_DRDY, .active_low = H_LACTIVE});

} // namespace lis2dw12

// ------------------------------------------------------------ LIS2HH12
// DocID026885; and the accelerometer of the LSM303C, DocID024975. +-2 to 8 g.

namespace lis2hh12 {

constexpr Field ODR{CTRL_REG1, 7 << 4}; // 0: power down
constexpr Field BDU{CTRL_REG1, 1 << 3};
constexpr Field INT1_DRDY{CTRL_REG3, 1 << 0};
constexpr Field H_LACTIVE{CTRL_REG5, 1 << 1};

constexpr Choices rates{
    .values = ints<10, 50, 100, 200, 400, 800>, .field = ODR, .codes = codes_from(1)};
constexpr Choices scales = make_scales(micros<598, 1'196, 2'392>, FS, {0, 2, 3});
constexpr auto channels = make_channels(ChannelType::accel, word, scales, rates);
constexpr auto part = make_part(0x41, channels, {.off = {ODR, 0}, .on_by = &rates},
                                {.axes = all_enabled,
                                 .block_update = {BDU, 1},
                                 .data_ready = INT1_DRDY,
                                 .active_low = H_LACTIVE});

} // namespace lis2hh12

// ------------------------------------------------------------ L3GD20 and L3G4200D
// DocID022116, DocID17116. +-250, 500 and 2000 degrees/s.

namespace gyro {

constexpr Field PD{CTRL_REG1, 1 << 3}; // 1: normal
constexpr Field DR{CTRL_REG1, 3 << 6};
constexpr Field I2_DRDY{CTRL_REG3, 1 << 3}; // new data on INT2, which has no polarity

// rad/s for a step: 8.75, 17.5 and 70 thousandths of a degree/s, rounded to millionths.
constexpr Choices scales = make_scales(micros<153, 305, 1222>, FS);
constexpr Choices l3gd20_rates{.values = ints<95, 190, 380, 760>, .field = DR};
constexpr auto l3gd20_channels = make_channels(ChannelType::anglvel, word, scales, l3gd20_rates);
constexpr Choices l3g4200d_rates{.values = ints<100, 200, 400, 800>, .field = DR};
constexpr auto l3g4200d_channels =
    make_channels(ChannelType::anglvel, word, scales, l3g4200d_rates);

constexpr PowerPlan power{.on = {PD, 1}, .off = {PD, 0}};
constexpr Map map{.axes = all_enabled, .data_ready = I2_DRDY};
constexpr auto l3gd20 = make_part(0xd4, l3gd20_channels, power, map);
constexpr auto l3g4200d = make_part(0xd3, l3g4200d_channels, power, map);

} // namespace gyro

} // namespace iio::st_sensors
