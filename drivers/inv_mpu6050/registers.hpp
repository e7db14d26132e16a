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
    I2C_MST_STATUS = 0x36,
    INT_STATUS = 0x3a, // the bits of INT_ENABLE
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
constexpr Field FIFO_EN{0x23, 0xff};
constexpr unsigned FIFO_EN_TEMP = 1 << 7;
constexpr unsigned FIFO_EN_GYRO = 7 << 4; // X, Y and Z
constexpr unsigned FIFO_EN_ACCEL = 1 << 3;
constexpr unsigned FIFO_EN_SLV0 = 1 << 0;
constexpr Field INT_LEVEL_LOW{0x37, 1 << 7};
constexpr Field I2C_BYPASS_EN{0x37, 1 << 1};
constexpr Field DATA_RDY_EN{0x38, 1 << 0};
constexpr Field WOM_EN{0x38, 7 << 5}; // X, Y and Z
constexpr Field SIGNAL_PATH_RESET{0x68, 0xff};
constexpr unsigned RESET_ALL_PATHS = 7;
constexpr Field ACCEL_INTEL{0x69, 3 << 6}; // enabled, by the difference to the sample before
constexpr Field USER_CTRL{0x6a, 0xff};
constexpr unsigned USER_CTRL_FIFO_EN = 1 << 6;
constexpr unsigned USER_CTRL_I2C_MST_EN = 1 << 5;
constexpr unsigned USER_CTRL_I2C_IF_DIS = 1 << 4;
constexpr unsigned USER_CTRL_FIFO_RESET = 1 << 2;
constexpr Field PWR_MGMT_1{0x6b, 0xff};
constexpr unsigned DEVICE_RESET = 1 << 7;
constexpr unsigned SLEEP = 1 << 6;
constexpr unsigned TEMP_DIS = 1 << 3;
constexpr unsigned CLKSEL_PLL = 1; // of the X gyroscope; the later parts: of the best there is
constexpr Field PWR_MGMT_2{0x6c, 0xff};
constexpr unsigned STBY_ACCEL = 7 << 3;
constexpr unsigned STBY_GYRO = 7 << 0;
constexpr Field I2C_IF_DIS{0x70, 1 << 6}; // ICM-20602
constexpr Field WHO_AM_I{0x75, 0xff};

// The master of the auxiliary I2C bus.
constexpr Field I2C_MST_CTRL{0x24, 0xff};
constexpr unsigned WAIT_FOR_ES = 1 << 6; // data ready waits for slave 0
constexpr unsigned I2C_MST_CLK_400KHZ = 13;
constexpr std::uint8_t I2C_SLV0_ADDR = 0x25; // then REG, CTRL, and the same of slave 1
constexpr std::uint8_t I2C_SLV0_CTRL = 0x27;
constexpr Field I2C_MST_DLY{0x34, 0xff};
constexpr Field I2C_SLV0_DO{0x63, 0xff};
constexpr Field I2C_SLV1_DO{0x64, 0xff};
constexpr Field I2C_MST_DELAY_CTRL{0x67, 0xff};
constexpr unsigned ALL_SLAVES_DELAYED = 1 << 7 | 0x0f; // and their results together
constexpr std::uint8_t I2C_SLV_READ = 1 << 7;          // in I2C_SLVn_ADDR
constexpr std::uint8_t I2C_SLV_EN = 1 << 7;            // in I2C_SLVn_CTRL, with the length
constexpr std::uint8_t I2C_SLV_BYTE_SW = 1 << 6;
constexpr std::uint8_t I2C_SLV_GRP = 1 << 4; // words begin at odd registers
constexpr unsigned I2C_SLV0_NACK = 1 << 0;   // in I2C_MST_STATUS
constexpr unsigned I2C_SLV1_NACK = 1 << 1;

} // namespace iio::inv_mpu6050
