// SPDX-License-Identifier: MIT
//
// The registers of the parts. The names are the LSM6DSL's where theirs differ.
#pragma once

#include <iio/driver.hpp>

namespace iio::lsm6dsx {

enum : std::uint8_t { CTRL3_C = 0x12, OUTX_L_G = 0x22, OUTX_L_XL = 0x28 };
constexpr Field FIFO_MODE{0x0a, 7 << 0}; // 0: bypass, 6: continuous
constexpr Field INT1_FTH{0x0d, 1 << 3};
constexpr Field WHO_AM_I{0x0f, 0xff};
constexpr unsigned SW_RESET = 1 << 0; // in CTRL3_C
constexpr unsigned BDU = 1 << 6;      // low and high bytes are of one sample
constexpr unsigned BOOT = 1 << 7;
constexpr unsigned X_WU = 1 << 2;        // in WAKE_UP_SRC, Y and Z below it
constexpr unsigned OVER_RUN = 1 << 14;   // in FIFO_STATUS1 and 2
constexpr unsigned FIFO_PATTERN = 0x3ff; // in FIFO_STATUS3 and 4
constexpr FieldValue TIMESTAMP_RESET{{0x42, 0xff}, 0xaa};
constexpr Field WK_THS{0x5b, 0x3f}; // 1/64 of the full scale
constexpr Field INT1_WU{0x5e, 1 << 5};

// LSM6DS3, LSM6DSL
constexpr std::uint8_t FIFO_DATA_OUT_L = 0x3e;
constexpr Field FTH_LOW{0x06, 0xff};
constexpr Field FTH_HIGH{0x07, 0x0f};
constexpr Field TIMER_PEDO_FIFO_EN{0x07, 1 << 7}; // times in the FIFO, as data set 4
constexpr Field DEC_FIFO_XL{0x08, 7 << 0};
constexpr Field DEC_FIFO_GYRO{0x08, 7 << 3};
constexpr Field DEC_DS4_FIFO{0x09, 7 << 3};
constexpr Field ODR_FIFO{0x0a, 15 << 3}; // 8: above the rate of any sensor
constexpr Field LIR{0x58, 1 << 0};
constexpr Field LSM6DS3_TIMER_EN{0x58, 1 << 7};
constexpr Field TIMER_HR{0x5c, 1 << 4}; // 25 us

// LSM6DS3, LSM6DSL, LSM6DSO
enum : std::uint8_t { WAKE_UP_SRC = 0x1b, FIFO_STATUS1 = 0x3a };
constexpr Field FS_XL{0x10, 3 << 2};
constexpr Field ODR_XL{0x10, 15 << 4}; // 0: off
constexpr Field FS_G{0x11, 3 << 2};
constexpr Field ODR_G{0x11, 15 << 4};
constexpr Field H_LACTIVE{CTRL3_C, 1 << 5};

// LSM6DSL, LSM6DSO
constexpr Field TIMER_EN{0x19, 1 << 5};
constexpr Field INTERRUPTS_ENABLE{0x58, 1 << 7};

// LSM6DSO
constexpr Field WTM8{0x08, 1 << 0};
constexpr Field INT_CLR_ON_READ{0x56, 1 << 6};
constexpr Field FREQ_FINE{0x63, 0xff}; // with a sign

// LSM6DSO, LSM6DSV16X
constexpr std::uint8_t FIFO_DATA_OUT_TAG = 0x78;
constexpr Field WTM_LOW{0x07, 0xff};
constexpr Field BDR_XL{0x09, 15 << 0};
constexpr Field BDR_GY{0x09, 15 << 4};
constexpr Field DEC_TS_BATCH{0x0a, 3 << 6}; // 1: each time is in the FIFO
constexpr Field DRDY_MASK{0x13, 1 << 3};    // no data ready while the filters settle
constexpr Field LSM6DSO_LIR{0x56, 1 << 0};

// LSM6DSV16X
namespace v16x {
enum : std::uint8_t { FIFO_STATUS1 = 0x1b, WAKE_UP_SRC = 0x45 };
constexpr Field H_LACTIVE{0x03, 1 << 4};
constexpr Field ODR_XL{0x10, 15 << 0};
constexpr Field ODR_G{0x11, 15 << 0};
constexpr Field FS_G{0x15, 15 << 0};
constexpr Field FS_XL{0x17, 3 << 0};
constexpr Field INTERNAL_FREQ_FINE{0x4f, 0xff};
constexpr Field TIMESTAMP_EN{0x50, 1 << 6};
constexpr Field INTERRUPTS_ENABLE{0x50, 1 << 7};
} // namespace v16x

// LSM9DS1
namespace lsm9ds1 {
enum : std::uint8_t { OUT_X_L_G = 0x18, CTRL_REG8 = 0x22, OUT_X_L_XL = 0x28 };
constexpr Field FS_G{0x10, 3 << 3};
constexpr Field ODR_G{0x10, 7 << 5};
constexpr Field FS_XL{0x20, 3 << 3};
constexpr Field ODR_XL{0x20, 7 << 5};
} // namespace lsm9ds1

} // namespace iio::lsm6dsx
