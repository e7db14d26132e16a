// SPDX-License-Identifier: MIT
//
// The family's registers, as in RM-MPU-6000A-00 4.2 (MPU-6000, MPU-6050) and
// RM-MPU-9250A-00 1.4; the others have the same where they have them at all
// (DS-000176 1.0, ICM-20602; RM-000030 1.0, ICM-20608-G). Words are high byte first.
#pragma once

#include <iio/driver.hpp>

namespace iio::inv_mpu6050 {

enum : std::uint8_t {
    XA_OFFS_H_6000 = 0x06,  // then Y and Z
    XG_OFFS_USRH = 0x13,    // then Y and Z
    ACCEL_WOM_THR = 0x1f,   // the later parts; 4 mg
    ACCEL_WOM_X_THR = 0x20, // ICM-20602; then Y and Z
    INT_STATUS = 0x3a,      // the bits of INT_ENABLE
    ACCEL_XOUT_H = 0x3b,
    TEMP_OUT_H = 0x41,
    GYRO_XOUT_H = 0x43,
    EXT_SENS_DATA_00 = 0x49,
    FIFO_COUNTH = 0x72,
    FIFO_R_W = 0x74,
    XA_OFFSET_H = 0x77, // the later parts
};
constexpr Field SMPLRT_DIV{0x19, 0xff}; // samples per second: 1000 / (1 + n)
constexpr Field DLPF_CFG{0x1a, 0xff};
constexpr Field FS_SEL{0x1b, 3 << 3};  // 250 degrees per second times 2^n
constexpr Field AFS_SEL{0x1c, 3 << 3}; // 2 g times 2^n
constexpr Field A_DLPF_CFG{0x1d, 0xff};
constexpr Field SLV0_FIFO_EN{0x23, 1 << 0};
constexpr Field ACCEL_FIFO_EN{0x23, 1 << 3};
constexpr Field GYRO_FIFO_EN{0x23, 7 << 4}; // X, Y and Z
constexpr Field TEMP_FIFO_EN{0x23, 1 << 7};
constexpr Field INT_LEVEL_LOW{0x37, 1 << 7};
constexpr Field I2C_BYPASS_EN{0x37, 1 << 1};
constexpr Field DATA_RDY_EN{0x38, 1 << 0};
constexpr Field WOM_EN{0x38, 7 << 5};                    // X, Y and Z
constexpr FieldValue SIGNAL_PATH_RESET{{0x68, 0xff}, 7}; // all
constexpr Field ACCEL_INTEL{0x69, 3 << 6}; // enabled, by the difference to the sample before
constexpr Field FIFO_RESET{0x6a, 1 << 2};
constexpr Field I2C_IF_DIS{0x6a, 1 << 4};
constexpr Field I2C_MST_EN{0x6a, 1 << 5};
constexpr Field FIFO_EN{0x6a, 1 << 6};
constexpr Field CLKSEL{0x6b, 7 << 0}; // 1: a gyroscope's; the later parts: the best there is
constexpr Field TEMP_DIS{0x6b, 1 << 3};
constexpr Field SLEEP{0x6b, 1 << 6};
constexpr Field PWR_MGMT_1{0x6b, 0xff};
constexpr unsigned DEVICE_RESET = 1 << 7;
constexpr Field STBY_GYRO{0x6c, 7 << 0};  // X, Y and Z
constexpr Field STBY_ACCEL{0x6c, 7 << 3}; // X, Y and Z
constexpr Field ICM20602_I2C_IF_DIS{0x70, 1 << 6};
constexpr Field WHO_AM_I{0x75, 0xff};

// The master of the auxiliary I2C bus.
constexpr Field I2C_MST_CLK{0x24, 15 << 0};  // 13: 400 kHz
constexpr Field WAIT_FOR_ES{0x24, 1 << 6};   // data ready waits for slave 0
constexpr std::uint8_t I2C_SLV0_ADDR = 0x25; // then REG, CTRL, and the same of slave 1
constexpr std::uint8_t I2C_SLV0_CTRL = 0x27;
constexpr Field I2C_MST_DLY{0x34, 0xff};
constexpr Field I2C_SLV_NACK{0x36, 3 << 0}; // slaves 0 and 1; kept until it is read
constexpr Field I2C_SLV0_DO{0x63, 0xff};
constexpr Field I2C_SLV1_DO{0x64, 0xff};
constexpr FieldValue ALL_SLAVES_DELAYED{{0x67, 0xff}, 1 << 7 | 0x0f}; // their results together
constexpr std::uint8_t I2C_SLV_READ = 1 << 7;                         // in I2C_SLVn_ADDR
constexpr std::uint8_t I2C_SLV_EN = 1 << 7; // in I2C_SLVn_CTRL, with the length
constexpr std::uint8_t I2C_SLV_BYTE_SW = 1 << 6;
constexpr std::uint8_t I2C_SLV_GRP = 1 << 4; // words begin at odd registers

} // namespace iio::inv_mpu6050
