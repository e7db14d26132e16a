// SPDX-License-Identifier: MIT
//
// The registers of the family and their bits, with the BMA255's names.
#pragma once

#include <cstdint>

namespace iio::bmc150 {

constexpr std::uint8_t BGW_CHIPID = 0x00;
constexpr std::uint8_t ACCD_X_LSB = 0x02; // x, y, z; low byte first, left-justified
constexpr std::uint8_t ACCD_TEMP = 0x08;
constexpr std::uint8_t INT_STATUS_2 = 0x0b;
constexpr std::uint8_t FIFO_STATUS = 0x0e;
constexpr std::uint8_t PMU_RANGE = 0x0f;
constexpr std::uint8_t PMU_BW = 0x10;
constexpr std::uint8_t PMU_LPW = 0x11;
constexpr std::uint8_t BGW_SOFTRESET = 0x14;
constexpr std::uint8_t INT_EN_0 = 0x16;
constexpr std::uint8_t INT_EN_1 = 0x17;
constexpr std::uint8_t INT_MAP_0 = 0x19;
constexpr std::uint8_t INT_MAP_1 = 0x1a;
constexpr std::uint8_t INT_OUT_CTRL = 0x20;
constexpr std::uint8_t INT_RST_LATCH = 0x21;
constexpr std::uint8_t INT_5 = 0x27;         // any-motion: samples in a row
constexpr std::uint8_t INT_6 = 0x28;         // any-motion: threshold
constexpr std::uint8_t FIFO_CONFIG_0 = 0x30; // watermark
constexpr std::uint8_t FIFO_CONFIG_1 = 0x3e; // writing it empties the FIFO
constexpr std::uint8_t FIFO_DATA = 0x3f;

constexpr unsigned INT_STATUS_2_SLOPE_SIGN = 1 << 3; // above the bits of x, y, z
constexpr unsigned FIFO_STATUS_COUNT = 0x7f;
constexpr std::uint8_t PMU_LPW_SUSPEND = 1 << 7;
constexpr std::uint8_t SOFTRESET = 0xb6;
constexpr unsigned INT_EN_0_SLOPE_XYZ = 7;
constexpr unsigned INT_EN_1_DATA = 1 << 4;
constexpr unsigned INT_EN_1_FIFO_WATERMARK = 1 << 6;
constexpr std::uint8_t INT_MAP_0_SLOPE = 1 << 2;
constexpr std::uint8_t INT_MAP_1_DATA_AND_WATERMARK = 3;
constexpr std::uint8_t INT1_ACTIVE_HIGH = 5; // push-pull; INT2 as after a reset
constexpr std::uint8_t INT1_ACTIVE_LOW = 4;
constexpr std::uint8_t RESET_LATCHED = 0x8f; // reset them, and stay latched
constexpr std::uint8_t INT_5_PERIOD = 3;
constexpr std::uint8_t FIFO_CONFIG_1_FIFO = 1 << 6; // stops when it is full
constexpr std::uint8_t FIFO_CONFIG_1_BYPASS = 0;

} // namespace iio::bmc150
