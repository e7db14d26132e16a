// SPDX-License-Identifier: MIT
//
// Registers of the three parts; the names are the LSM6DSL's where they differ.
#pragma once

#include <cstdint>

namespace iio::lsm6dsx {

constexpr std::uint8_t FIFO_CTRL5 = 0x0a; // LSM6DSO: FIFO_CTRL4
constexpr std::uint8_t INT1_CTRL = 0x0d;
constexpr std::uint8_t WHO_AM_I = 0x0f;
constexpr std::uint8_t CTRL1_XL = 0x10;
constexpr std::uint8_t CTRL2_G = 0x11;
constexpr std::uint8_t CTRL3_C = 0x12;
constexpr std::uint8_t CTRL4_C = 0x13;
constexpr std::uint8_t CTRL10_C = 0x19;
constexpr std::uint8_t WAKE_UP_SRC = 0x1b;
constexpr std::uint8_t OUTX_L_G = 0x22;
constexpr std::uint8_t OUTX_L_XL = 0x28;
constexpr std::uint8_t FIFO_STATUS1 = 0x3a;
constexpr std::uint8_t TIMESTAMP2_REG = 0x42;
constexpr std::uint8_t WAKE_UP_THS = 0x5b;
constexpr std::uint8_t WAKE_UP_DUR = 0x5c;
constexpr std::uint8_t MD1_CFG = 0x5e;

// LSM6DS3, LSM6DSL
constexpr std::uint8_t FIFO_CTRL1 = 0x06;
constexpr std::uint8_t FIFO_CTRL2 = 0x07;
constexpr std::uint8_t FIFO_CTRL3 = 0x08;
constexpr std::uint8_t FIFO_CTRL4 = 0x09;
constexpr std::uint8_t FIFO_DATA_OUT_L = 0x3e;
constexpr std::uint8_t TAP_CFG = 0x58;

// LSM6DSO
constexpr std::uint8_t DSO_FIFO_CTRL1 = 0x07;
constexpr std::uint8_t DSO_FIFO_CTRL2 = 0x08;
constexpr std::uint8_t DSO_FIFO_CTRL3 = 0x09;
constexpr std::uint8_t TAP_CFG0 = 0x56;
constexpr std::uint8_t TAP_CFG2 = 0x58; // LSM6DSL: TAP_CFG, with the same bit 7
constexpr std::uint8_t INTERNAL_FREQ_FINE = 0x63;
constexpr std::uint8_t FIFO_DATA_OUT_TAG = 0x78;

} // namespace iio::lsm6dsx
