// SPDX-License-Identifier: MIT
//
// The registers of a BMI323, 16 bits each (BST-BMI323-DS000 section 6), and its feature engine,
// which counts steps and recognises movements and taps.
#pragma once

#include <iio/driver.hpp>
#include <mutex>

namespace iio::bmi323 {

// Of the data, the accelerometer's x comes first, then y, z, and the gyroscope's.
enum : std::uint8_t { ACC_DATA_X = 0x03, TEMP_DATA = 0x09, ACC_CONF = 0x20, GYR_CONF = 0x21 };
enum : std::uint8_t { INT_STATUS_INT1 = 0x0d, FEATURE_EVENT_EXT = 0x47, FIFO_DATA = 0x16 };
enum : std::uint8_t { FEATURE_DATA_ADDR = 0x41, FEATURE_DATA_TX = 0x42 };
constexpr Field CHIP_ID{0x00, 0xff};
constexpr Field FIFO_FILL_LEVEL{0x15, 0x7ff}; // words
constexpr Field FIFO_WATERMARK{0x35, 0x3ff};  // words
constexpr Field FIFO_SENSORS{0x36, 3 << 9};   // acceleration, rotation
constexpr FieldValue FIFO_FLUSH{{0x37, 0xffff}, 1};
constexpr FieldValue SOFT_RESET{{0x7e, 0xffff}, 0xdeaf};
// The pin INT1, which a cause is mapped to by the code 1.
constexpr Field INT1_ACTIVE_HIGH{0x38, 1 << 0};
constexpr FieldValue INT1_PUSH_PULL{{0x38, 3 << 1}, 2};
constexpr FieldValue INT_LATCHED{{0x39, 1 << 0}, 1};
constexpr FieldValue MOTIONS_TO_INT1{{0x3a, 15 << 0}, 5};
constexpr Field STEPS_TO_INT1{0x3a, 3 << 10};
constexpr FieldValue TAPS_TO_INT1{{0x3b, 3 << 0}, 1};
constexpr Field ACC_DRDY_TO_INT1{0x3b, 3 << 10};
constexpr Field FIFO_WATERMARK_TO_INT1{0x3b, 3 << 12};
// In INT_STATUS_INT1, and in FEATURE_EVENT_EXT.
enum : unsigned { NO_MOTION = 1 << 0, ANY_MOTION = 1 << 1, STEPS = 1 << 5, TAP = 1 << 8 };
enum : unsigned { ACC_DRDY = 1 << 13, FIFO_FULL_ENOUGH = 1 << 14 };
enum : unsigned { S_TAP = 1 << 3, D_TAP = 1 << 4 };
// The engine: what starts it, and what it does.
constexpr Field FEATURE_IO2{0x12, 0xffff}; // later with FEATURE_IO3 the steps, low word first
constexpr unsigned FEATURE_START = 0x012c;
constexpr FieldValue FEATURE_IO_TELL{{0x14, 0xffff}, 1};
constexpr FieldValue FEATURE_ENGINE_EN{{0x40, 1 << 0}, 1};
constexpr Field FEATURE_STATE{0x11, 15 << 0}; // 1: it runs
constexpr Field DATA_TX_READY{0x43, 1 << 1};
constexpr Field NO_MOTION_EN{0x10, 7 << 0}; // x, y, z
constexpr Field ANY_MOTION_EN{0x10, 7 << 3};
constexpr Field STEP_COUNTER_EN{0x10, 1 << 9};
constexpr Field S_TAP_EN{0x10, 1 << 12};
constexpr Field D_TAP_EN{0x10, 1 << 13};

/// Of an event, a number in a register of the engine's own: so many codes are so many g, s, or
/// steps.
struct Setting {
    EventType type;
    EventInfo info;
    Field field;
    int codes = 1;
    int units = 1;
    unsigned least = 0; ///< code
};

/// Threads: all members from any. Lifetime: the registers outlive it.
class Features {
public:
    explicit Features(const Registers &registers) : registers_{registers} {}

    /// What it does: it looks at the field when it is told to.
    Result<void> enable(Field field, unsigned code) const
    {
        const std::lock_guard lock{mutex_};
        const unsigned old = IIO_TRY(registers_.get(field));
        IIO_TRY(registers_.order({field, code}));
        const auto told = registers_.order(FEATURE_IO_TELL);
        if (!told)
            (void)registers_.order({field, old});
        return told;
    }

    /// A field of its own registers. Errors: EBUSY, too.
    Result<unsigned> get(Field field) const
    {
        const std::lock_guard lock{mutex_};
        return field.extract(IIO_TRY(read(field.reg)));
    }
    Result<void> set(Field field, unsigned code) const
    {
        const std::lock_guard lock{mutex_};
        const unsigned others = IIO_TRY(read(field.reg)) & ~field.mask;
        IIO_TRY(registers_.poke(FEATURE_DATA_ADDR, field.reg));
        return registers_.poke(FEATURE_DATA_TX, others | field.place(code));
    }
    Result<Value> value(const Setting &setting) const
    {
        const auto code = std::int64_t{IIO_TRY(get(setting.field))};
        if (setting.units != 1)
            return Int{static_cast<int>(code * setting.units)};
        return IntPlusMicro::of(code * 1'000'000 / setting.codes);
    }
    /// Errors: EINVAL, too: the field does not hold it.
    Result<void> set_value(const Setting &setting, Written written) const
    {
        const std::int64_t micro = written.millionths();
        const std::int64_t code = micro * setting.codes / (1'000'000LL * setting.units);
        if (micro < 0 || code < setting.least || code > setting.field.extract(~0U))
            return fail(EINVAL);
        return set(setting.field, static_cast<unsigned>(code));
    }

private:
    Result<unsigned> read(unsigned reg) const
    {
        if (IIO_TRY(registers_.get(DATA_TX_READY)) == 0)
            return fail(EBUSY);
        IIO_TRY(registers_.poke(FEATURE_DATA_ADDR, reg));
        return registers_.read(FEATURE_DATA_TX);
    }

    const Registers &registers_;
    mutable std::mutex mutex_; ///< held from FEATURE_DATA_ADDR to FEATURE_DATA_TX
};

} // namespace iio::bmi323
