// SPDX-License-Identifier: MIT
//
// The registers of the three parts, and what the parts differ in. The names are the
// LSM6DSL's where theirs differ.
#pragma once

#include <iio/driver.hpp>

namespace iio::lsm6dsx {

enum Id : std::size_t { gyro, accel, id_count };

enum : std::uint8_t { WAKE_UP_SRC = 0x1b, OUTX_L_G = 0x22, OUTX_L_XL = 0x28, FIFO_STATUS1 = 0x3a };
constexpr Field FIFO_MODE{0x0a, 7 << 0}; // 0: bypass
constexpr unsigned FIFO_MODE_CONTINUOUS = 6;
constexpr Field INT1_FTH{0x0d, 1 << 3};
constexpr Field WHO_AM_I{0x0f, 0xff};
constexpr Field FS_XL{0x10, 3 << 2};
constexpr Field ODR_XL{0x10, 15 << 4}; // 0: off
constexpr Field FS_G{0x11, 3 << 2};
constexpr Field ODR_G{0x11, 15 << 4};
constexpr Field SW_RESET{0x12, 1 << 0};
constexpr Field H_LACTIVE{0x12, 1 << 5};
constexpr Field BDU{0x12, 1 << 6}; // low and high bytes are of one sample
constexpr Field BOOT{0x12, 1 << 7};
constexpr unsigned X_WU = 1 << 2;        // in WAKE_UP_SRC, Y and Z below it
constexpr unsigned OVER_RUN = 1 << 14;   // in FIFO_STATUS1 and 2
constexpr unsigned FIFO_PATTERN = 0x3ff; // in FIFO_STATUS3 and 4
constexpr Field TIMESTAMP2{0x42, 0xff};
constexpr unsigned TIMESTAMP2_RESET = 0xaa;
constexpr Field WK_THS{0x5b, 0x3f}; // 1/64 of the full scale
constexpr Field INT1_WU{0x5e, 1 << 5};

// LSM6DS3, LSM6DSL
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
constexpr Few<FieldValue, 7> setup{{INT1_FTH, 1},     {INT1_WU, 0},  {TIMER_PEDO_FIFO_EN, 1},
                                   {DEC_DS4_FIFO, 1}, {ODR_FIFO, 8}, {LIR, 1},
                                   {TIMER_HR, 1}};

// LSM6DSL, LSM6DSO
constexpr Field TIMER_EN{0x19, 1 << 5};
constexpr Field INTERRUPTS_ENABLE{0x58, 1 << 7};

// LSM6DSO
constexpr Field WTM_LOW{0x07, 0xff};
constexpr Field WTM8{0x08, 1 << 0};
constexpr Field BDR_XL{0x09, 15 << 0};
constexpr Field BDR_GY{0x09, 15 << 4};
constexpr Field DEC_TS_BATCH{0x0a, 3 << 6}; // 1: each time is in the FIFO
constexpr Field DRDY_MASK{0x13, 1 << 3};    // no data ready while the filters settle
constexpr Field LSM6DSO_LIR{0x56, 1 << 0};
constexpr Field INT_CLR_ON_READ{0x56, 1 << 6};
constexpr Field FREQ_FINE{0x63, 0xff}; // 0.15 %, with a sign
constexpr Few<FieldValue, 7> lsm6dso_setup{{INT1_FTH, 1},     {INT1_WU, 0},
                                           {DEC_TS_BATCH, 1}, {INT_CLR_ON_READ, 1},
                                           {LSM6DSO_LIR, 1},  {DRDY_MASK, 1}};

/// An entry of the FIFO is a sample of one sensor or a time, six bytes each.
struct FifoMap {
    /// A tag precedes each entry. Without tags entries come in a pattern that follows
    /// from the sensors' rates.
    bool tagged;
    std::uint8_t words;                   ///< of an entry, as level and threshold count them
    std::uint16_t level_mask;             ///< of FIFO_STATUS1 and 2
    std::array<Field, 2> threshold;       ///< low, high
    std::array<Field, id_count> batching; ///< which samples of a sensor it takes
    std::uint8_t data;                    ///< the register that it is read from
    std::uint32_t last_ticks;             ///< shortly before the clock in it wraps
};
constexpr FifoMap fifo_with_pattern(std::uint16_t level_mask)
{
    return {.tagged = false,
            .words = 3,
            .level_mask = level_mask,
            .threshold = {FTH_LOW, FTH_HIGH},
            .batching = {DEC_FIFO_GYRO, DEC_FIFO_XL},
            .data = 0x3e, // FIFO_DATA_OUT_L
            .last_ticks = 0xff'0000};
}
constexpr FifoMap fifo_with_tags{.tagged = true,
                                 .words = 1,
                                 .level_mask = 0x3ff,
                                 .threshold = {WTM_LOW, WTM8},
                                 .batching = {BDR_GY, BDR_XL},
                                 .data = 0x78, // FIFO_DATA_OUT_TAG
                                 .last_ticks = 0xffff'0000};

struct Variant {
    Identity identity;
    unsigned rate_count = 6;
    FifoMap fifo;
    Field timer_enable;
    Field wake_enable{};    ///< none: always
    Field frequency_trim{}; ///< of the clock
    Few<FieldValue, 7> setup;
};
constexpr Variant lsm6ds3{.identity = {WHO_AM_I, {0x69}},
                          .fifo = fifo_with_pattern(0xfff),
                          .timer_enable = LSM6DS3_TIMER_EN,
                          .setup = setup};
constexpr Variant lsm6dsl{.identity = {WHO_AM_I, {0x6a}},
                          .fifo = fifo_with_pattern(0x7ff),
                          .timer_enable = TIMER_EN,
                          .wake_enable = INTERRUPTS_ENABLE,
                          .setup = setup};
constexpr Variant lsm6dso{.identity = {WHO_AM_I, {0x6c}},
                          .rate_count = 7,
                          .fifo = fifo_with_tags,
                          .timer_enable = TIMER_EN,
                          .wake_enable = INTERRUPTS_ENABLE,
                          .frequency_trim = FREQ_FINE,
                          .setup = lsm6dso_setup};
// LSM6DSR, ISM330DHCX, ASM330LHH
constexpr Variant lsm6dsr = [] {
    Variant variant = lsm6dso;
    variant.identity.codes = {0x6b};
    return variant;
}();

} // namespace iio::lsm6dsx
