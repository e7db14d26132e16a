// SPDX-License-Identifier: MIT
//
// The family's registers, as in RM-MPU-6000A-00 4.2 (MPU-6000, MPU-6050) and
// RM-MPU-9250A-00 1.4; the others have the same where they have them at all
// (DS-000176 1.0, ICM-20602; RM-000030 1.0, ICM-20608-G). Words are high byte
// first.
#pragma once

#include <cstdint>

namespace iio::mpu {

constexpr std::uint8_t XA_OFFS_H_6000 = 0x06; // then Y and Z
constexpr std::uint8_t XG_OFFS_USRH = 0x13;   // then Y and Z
constexpr std::uint8_t SMPLRT_DIV = 0x19;     // samples per second: 1000 / (1 + n)
constexpr std::uint8_t CONFIG = 0x1a;         // DLPF_CFG
constexpr std::uint8_t GYRO_CONFIG = 0x1b;    // FS_SEL in bits 4:3
constexpr std::uint8_t ACCEL_CONFIG = 0x1c;   // AFS_SEL in bits 4:3
constexpr std::uint8_t ACCEL_CONFIG_2 = 0x1d; // A_DLPF_CFG
constexpr std::uint8_t FIFO_EN = 0x23;
constexpr std::uint8_t I2C_MST_CTRL = 0x24;
constexpr std::uint8_t I2C_SLV0_ADDR = 0x25; // then REG, CTRL
constexpr std::uint8_t I2C_SLV0_REG = 0x26;
constexpr std::uint8_t I2C_SLV0_CTRL = 0x27;
constexpr std::uint8_t I2C_SLV1_ADDR = 0x28;
constexpr std::uint8_t I2C_SLV1_REG = 0x29;
constexpr std::uint8_t I2C_SLV1_CTRL = 0x2a;
constexpr std::uint8_t I2C_SLV4_CTRL = 0x34; // I2C_MST_DLY
constexpr std::uint8_t I2C_MST_STATUS = 0x36;
constexpr std::uint8_t INT_PIN_CFG = 0x37;
constexpr std::uint8_t INT_ENABLE = 0x38;
constexpr std::uint8_t INT_STATUS = 0x3a;
constexpr std::uint8_t ACCEL_XOUT_H = 0x3b;
constexpr std::uint8_t TEMP_OUT_H = 0x41;
constexpr std::uint8_t GYRO_XOUT_H = 0x43;
constexpr std::uint8_t EXT_SENS_DATA_00 = 0x49;
constexpr std::uint8_t I2C_SLV0_DO = 0x63;
constexpr std::uint8_t I2C_SLV1_DO = 0x64;
constexpr std::uint8_t I2C_MST_DELAY_CTRL = 0x67;
constexpr std::uint8_t SIGNAL_PATH_RESET = 0x68;
constexpr std::uint8_t USER_CTRL = 0x6a;
constexpr std::uint8_t PWR_MGMT_1 = 0x6b;
constexpr std::uint8_t PWR_MGMT_2 = 0x6c;
constexpr std::uint8_t I2C_IF = 0x70; // ICM-20602
constexpr std::uint8_t FIFO_COUNTH = 0x72;
constexpr std::uint8_t FIFO_R_W = 0x74;
constexpr std::uint8_t WHO_AM_I = 0x75;
constexpr std::uint8_t XA_OFFSET_H = 0x77; // the later parts

constexpr unsigned FIFO_EN_TEMP = 1 << 7;
constexpr unsigned FIFO_EN_GYRO = 7 << 4; // X, Y and Z
constexpr unsigned FIFO_EN_ACCEL = 1 << 3;
constexpr unsigned FIFO_EN_SLV0 = 1 << 0;

constexpr std::uint8_t WAIT_FOR_ES = 1 << 6; // in I2C_MST_CTRL
constexpr std::uint8_t I2C_MST_CLK_400KHZ = 13;
constexpr std::uint8_t I2C_SLV_READ = 1 << 7; // in I2C_SLVn_ADDR
constexpr std::uint8_t I2C_SLV_EN = 1 << 7;   // in I2C_SLVn_CTRL, with the number of bytes
constexpr std::uint8_t I2C_SLV_BYTE_SW = 1 << 6;
constexpr std::uint8_t I2C_SLV_GRP = 1 << 4; // words begin at odd registers
constexpr std::uint8_t DELAY_ES_SHADOW = 1 << 7;
constexpr std::uint8_t I2C_SLV0_NACK = 1 << 0; // in I2C_MST_STATUS
constexpr std::uint8_t I2C_SLV1_NACK = 1 << 1;

constexpr unsigned INT_LEVEL_LOW = 1 << 7; // in INT_PIN_CFG
constexpr unsigned I2C_BYPASS_EN = 1 << 1;
constexpr std::uint8_t DATA_RDY = 1 << 0; // in INT_ENABLE and INT_STATUS

constexpr std::uint8_t RESET_ALL_PATHS = 7;
constexpr unsigned USER_CTRL_FIFO_EN = 1 << 6;
constexpr unsigned USER_CTRL_I2C_MST_EN = 1 << 5;
constexpr unsigned USER_CTRL_I2C_IF_DIS = 1 << 4;
constexpr unsigned USER_CTRL_FIFO_RESET = 1 << 2;
constexpr unsigned DEVICE_RESET = 1 << 7; // in PWR_MGMT_1
constexpr unsigned SLEEP = 1 << 6;
constexpr unsigned TEMP_DIS = 1 << 3;
constexpr unsigned CLKSEL_PLL = 1;      // of the X gyroscope; the later parts: of the best there is
constexpr unsigned STBY_ACCEL = 7 << 3; // in PWR_MGMT_2
constexpr unsigned STBY_GYRO = 7 << 0;
constexpr std::uint8_t I2C_IF_DIS = 1 << 6; // in I2C_IF

} // namespace iio::mpu
