// SPDX-License-Identifier: MIT
//
// The channels of the family's parts, and what else the parts differ in.
#pragma once

#include "registers.hpp"

namespace iio::inv_mpu6050 {

// The full scale over 2^15, in rad/s and m/s^2.
constexpr Choices gyro_scales{
    .values = nanos<133'090, 266'181, 532'362, 1'064'724>, .field = FS_SEL, .initial = 3};
constexpr Choices accel_scales{.values = micros<598, 1196, 2392, 4785>, .field = AFS_SEL};

/// Degrees Celsius are (raw + offset) * scale / 1000.
struct Thermometer {
    Value offset;
    Value scale;
};
constexpr Thermometer mpu6050_thermometer{Int{12420}, IntPlusMicro{2, 941176}}; // 340 a degree
constexpr Thermometer mpu9250_thermometer{Int{7011}, IntPlusMicro{2, 995178}};  // 333.87
constexpr Thermometer icm_thermometer{Int{8170}, IntPlusMicro{3, 59976}};       // 326.8

constexpr std::array magnetometer_axes{"y", "x", "-z"}; // PS-MPU-9250A-01 section 9.1
constexpr std::array magnetometer_matrix{ExtInfo::mount_matrix(Shared::by_type, magnetometer_axes)};
constexpr auto sample_type = ScanType::of_signed(16, 16, 0, Endian::big);

constexpr auto make_axes(ChannelType type, std::uint8_t out, int index, const Choices *scales)
{
    return axes(type, out, sample_type, [&](const Channel &axis) {
        const auto c =
            axis.direct_raw()
                .direct_write(Info::raw, Info::scale, Info::calibbias)
                .scan(index + axis.scan_index, sample_type)
                .with_ext_info(scales ? mount_matrix<Shared::by_type> : magnetometer_matrix);
        return scales ? c.separate(Info::calibbias).setting(Info::scale, *scales, Shared::by_type)
                      : c.separate(Info::scale);
    });
}
/// The channels in the order of their samples in the FIFO.
constexpr auto six_axes(const Thermometer &of_part)
{
    return join(make_axes(ChannelType::accel, ACCEL_XOUT_H, 0, &accel_scales),
                Channel::in(ChannelType::temp)
                    .at(TEMP_OUT_H)
                    .direct_raw()
                    .constant(Info::scale, of_part.scale)
                    .constant(Info::offset, of_part.offset)
                    .direct_write(Info::raw, Info::scale, Info::offset)
                    .scan(3, sample_type),
                make_axes(ChannelType::anglvel, GYRO_XOUT_H, 4, &gyro_scales));
}
constexpr std::array wake_on_motion{
    EventSpec::of(EventType::roc, EventDirection::rising, EventInfo::enable, EventInfo::value)};
constexpr auto motion =
    Channel::in(ChannelType::accel).modifier(Modifier::x_or_y_or_z).with_events(wake_on_motion);
constexpr auto mpu6050_channels = join(six_axes(mpu6050_thermometer), Channel::timestamp(7));
constexpr auto icm_channels = join(six_axes(icm_thermometer), Channel::timestamp(7), motion);
constexpr auto mpu6500_channels =
    join(six_axes(mpu9250_thermometer), Channel::timestamp(7), motion);
constexpr auto mpu9250_channels =
    join(six_axes(mpu9250_thermometer), make_axes(ChannelType::magn, EXT_SENS_DATA_00, 7, nullptr),
         Channel::timestamp(10));

// Sets of sensors, as the channels that are theirs.
constexpr ScanMask ACCEL = 7 << 0;
constexpr ScanMask TEMP = 1 << 3;
constexpr ScanMask GYRO = 7 << 4;
constexpr ScanMask MAGN = 7 << 7; // an AK8963 in the package, on the auxiliary I2C bus
struct Sensor {
    ScanMask channels;
    Field off;     ///< each bit of it
    Field fifo_en; ///< each bit of it: its samples go into the FIFO
};
inline constexpr std::array sensors{
    Sensor{ACCEL, STBY_ACCEL, ACCEL_FIFO_EN},
    Sensor{GYRO, STBY_GYRO, GYRO_FIFO_EN},
    Sensor{TEMP, TEMP_DIS, TEMP_FIFO_EN},
    Sensor{MAGN, {}, SLV0_FIFO_EN},
};
/// What the FIFO can be filled with: these sets, without and with the temperature.
template <ScanMask... sets> constexpr std::array fifo_masks{sets..., (sets | TEMP)...};
// kernel: The buffer of an ICM-20602 always samples the temperature, wanted or not.
constexpr std::array icm20602_masks{ACCEL | TEMP, GYRO | TEMP, ACCEL | GYRO | TEMP};

struct Variant {
    Identity identity;
    ChannelTable channels;
    std::span<const ScanMask> masks = fifo_masks<ACCEL, GYRO, ACCEL | GYRO>;
    std::size_t fifo_bytes = 512;
    /// MPU-6000, MPU-6050: filters both sensors by DLPF_CFG, and runs on its own oscillator
    /// while the gyroscope, whose clock is better, does not run. On I2C it connects the
    /// auxiliary bus to the host's.
    bool first_generation = false;
    bool resets_paths = true; ///< by SIGNAL_PATH_RESET after a reset
    Field i2c_if_dis = I2C_IF_DIS;
    bool has_magnetometer = false;
    Few<std::uint8_t, 3> wom_thresholds{}; ///< registers; none: it has no wake-on-motion
};
// MPU-6000, MPU-6050
constexpr Variant mpu6050{.identity = {WHO_AM_I, {0x68}},
                          .channels = mpu6050_channels,
                          .fifo_bytes = 1024,
                          .first_generation = true};
constexpr Variant mpu6500{.identity = {WHO_AM_I, {0x70}},
                          .channels = mpu6500_channels,
                          .wom_thresholds = {ACCEL_WOM_THR}};
template <std::uint16_t who_am_i>
constexpr Variant mpu9250{
    .identity = {WHO_AM_I, {who_am_i}},
    .channels = mpu9250_channels,
    .masks =
        fifo_masks<ACCEL, GYRO, ACCEL | GYRO, MAGN, ACCEL | MAGN, GYRO | MAGN, ACCEL | GYRO | MAGN>,
    .has_magnetometer = true};
constexpr Variant icm20602{
    .identity = {WHO_AM_I, {0x12}},
    .channels = icm_channels,
    .masks = icm20602_masks,
    .fifo_bytes = 1008,
    .resets_paths = false,
    .i2c_if_dis = ICM20602_I2C_IF_DIS,
    .wom_thresholds = {ACCEL_WOM_X_THR, ACCEL_WOM_X_THR + 1, ACCEL_WOM_X_THR + 2}};
template <std::uint16_t who_am_i>
constexpr Variant icm20608{.identity = {WHO_AM_I, {who_am_i}},
                           .channels = icm_channels,
                           .resets_paths = false,
                           .wom_thresholds = {ACCEL_WOM_THR}};

} // namespace iio::inv_mpu6050
