// SPDX-License-Identifier: MIT
#include "variants.hpp"

#include "registers.hpp"

#include <algorithm>

namespace iio::mpu {

namespace {

constexpr std::array mount_matrix_info{ExtInfo::mount_matrix(Shared::by_type)};
// PS-MPU-9250A-01 section 9.1: the magnetometer's axes.
constexpr std::array magnetometer_axes{"y", "x", "-z"};
constexpr std::array magnetometer_info{ExtInfo::mount_matrix(Shared::by_type, magnetometer_axes)};

constexpr auto sample_type = ScanType::of_signed(16, 16, 0, Endian::big);

/// A channel's address is the register of its samples.
constexpr Channel axis(ChannelType type, unsigned number, unsigned first_register, int first_index)
{
    constexpr std::array axes{Modifier::x, Modifier::y, Modifier::z};
    return Channel::in(type)
        .modifier(axes[number])
        .at(first_register + 2 * number)
        .separate(Info::raw)
        .direct(Info::raw)
        .scan(first_index + static_cast<int>(number), sample_type)
        .with_ext_info(mount_matrix_info);
}
constexpr Channel accel(unsigned number)
{
    return axis(ChannelType::accel, number, ACCEL_XOUT_H, 0)
        .separate(Info::calibbias)
        .by_type(Info::scale)
        .direct_write(Info::calibbias, Info::scale)
        .available(Shared::by_type, Info::scale);
}
constexpr Channel anglvel(unsigned number)
{
    return axis(ChannelType::anglvel, number, GYRO_XOUT_H, 4)
        .separate(Info::calibbias)
        .by_type(Info::scale)
        .direct_write(Info::calibbias, Info::scale)
        .available(Shared::by_type, Info::scale);
}
constexpr Channel magn(unsigned number)
{
    return axis(ChannelType::magn, number, EXT_SENS_DATA_00, 7)
        .separate(Info::scale)
        .direct_write(Info::scale)
        .with_ext_info(magnetometer_info);
}
constexpr auto temperature = Channel::in(ChannelType::temp)
                                 .at(TEMP_OUT_H)
                                 .separate(Info::raw, Info::scale, Info::offset)
                                 .direct(Info::raw)
                                 .direct_write(Info::scale, Info::offset)
                                 .scan(3, sample_type);

// In the order in which their samples stand in the FIFO.
constexpr std::array six_axes{accel(0),   accel(1),   accel(2),   temperature,
                              anglvel(0), anglvel(1), anglvel(2), Channel::timestamp(7)};
constexpr std::array nine_axes{
    accel(0), accel(1), accel(2), temperature,           anglvel(0), anglvel(1), anglvel(2),
    magn(0),  magn(1),  magn(2),  Channel::timestamp(10)};
constexpr ChannelTable six_axes_table{six_axes};
constexpr ChannelTable nine_axes_table{nine_axes};

// What the FIFO can be filled with: whole sensors.
constexpr ScanMask A = 7 << 0;
constexpr ScanMask T = 1 << 3;
constexpr ScanMask G = 7 << 4;
constexpr ScanMask M = 7 << 7;
constexpr std::array six_axes_masks{A, A | T, G, G | T, A | G, A | G | T};
constexpr std::array nine_axes_masks{A,         A | T,     G,         G | T,        A | G,
                                     A | G | T, M,         M | T,     A | M,        A | T | M,
                                     G | M,     G | T | M, A | G | M, A | G | T | M};
// The kernel's driver has the ICM-20602's temperature in every sample.
constexpr std::array icm20602_masks{A | T, G | T, A | G | T};

constexpr Thermometer first_thermometer{12420, {2, 941176}};  // 340 a degree, 0 at 36.53
constexpr Thermometer mpu9250_thermometer{7011, {2, 995178}}; // 333.87, 0 at 21
constexpr Thermometer icm_thermometer{8170, {3, 59976}};      // 326.8, 0 at 25

constexpr Sensors six_axes_sensors = accelerometer | gyroscope | thermometer;
constexpr std::array variants{
    Variant{{.part = "mpu6050",
             .sensors = six_axes_sensors,
             .fifo_bytes = 1024,
             .accel_offset = XA_OFFS_H_6000,
             .first_generation = true,
             .bypasses = true},
            first_thermometer,
            six_axes_table,
            six_axes_masks},
    Variant{{.part = "mpu6000",
             .sensors = six_axes_sensors,
             .fifo_bytes = 1024,
             .accel_offset = XA_OFFS_H_6000,
             .first_generation = true,
             .resets_paths = true},
            first_thermometer,
            six_axes_table,
            six_axes_masks},
    Variant{{.part = "mpu9250",
             .sensors = six_axes_sensors | magnetometer,
             .fifo_bytes = 512,
             .accel_offset = XA_OFFSET_H,
             .resets_paths = true},
            mpu9250_thermometer,
            nine_axes_table,
            nine_axes_masks},
    Variant{{.part = "icm20602",
             .sensors = six_axes_sensors,
             .fifo_bytes = 1008,
             .accel_offset = XA_OFFSET_H,
             .has_i2c_if = true},
            icm_thermometer,
            six_axes_table,
            icm20602_masks},
    Variant{{.part = "icm20608",
             .sensors = six_axes_sensors,
             .fifo_bytes = 512,
             .accel_offset = XA_OFFSET_H},
            icm_thermometer,
            six_axes_table,
            six_axes_masks},
};

// Billionths of a rad/s and millionths of a m/s^2 per step, the full scale over
// 2^15, as the kernel's driver has them.
constexpr Scales gyro_scales{IntPlusNano{0, 133'090}, IntPlusNano{0, 266'181},
                             IntPlusNano{0, 532'362}, IntPlusNano{0, 1'064'724}};
constexpr Scales accel_scales{IntPlusMicro{0, 598}, IntPlusMicro{0, 1196}, IntPlusMicro{0, 2392},
                              IntPlusMicro{0, 4785}};

} // namespace

const Variant &variant_of(std::string_view part)
{
    return *std::ranges::find(variants, part, [](const Variant &v) { return v.chip.part; });
}

Sensors sensors_in(ScanMask mask)
{
    return (mask & A ? accelerometer : 0) | (mask & T ? thermometer : 0) |
           (mask & G ? gyroscope : 0) | (mask & M ? magnetometer : 0);
}

const Scales &scales_of(ChannelType type)
{
    return type == ChannelType::accel ? accel_scales : gyro_scales;
}

} // namespace iio::mpu
