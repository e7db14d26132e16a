// SPDX-License-Identifier: MIT
//
// Value: what an IIO attribute can be, as a closed sum of types.
//
// The text of each is the kernel's (Documentation/ABI/testing/sysfs-bus-iio;
// core/text.cpp). A zero denominator cannot be built: a constant one does not
// compile, one that is only known at run time goes through make().
#pragma once

#include <array>
#include <cstdint>
#include <iio/driver/result.hpp>
#include <iiowrap.h>
#include <optional>
#include <span>
#include <utility>
#include <variant>

namespace iio {

namespace detail {
// Not constexpr on purpose: their names are what the compiler prints.
void a_denominator_must_not_be_zero();
void the_exponent_of_a_denominator_is_0_to_62();
} // namespace detail

/// A denominator.
class NonZero {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): Fractional{10, 3} is the point
    consteval NonZero(int value) : value_{value}
    {
        if (value == 0)
            detail::a_denominator_must_not_be_zero();
    }
    /// None where value is 0.
    [[nodiscard]] static constexpr std::optional<NonZero> make(int value)
    {
        return value == 0 ? std::nullopt : std::optional{NonZero{Checked{}, value}};
    }
    [[nodiscard]] constexpr int value() const { return value_; }

private:
    struct Checked {};
    constexpr NonZero(Checked, int value) : value_{value} {}
    int value_;
};

/// The exponent of a power of two as denominator, 0 to 62.
class Log2 {
public:
    // NOLINTNEXTLINE(google-explicit-constructor)
    consteval Log2(int bits) : bits_{bits}
    {
        if (bits < 0 || bits > 62)
            detail::the_exponent_of_a_denominator_is_0_to_62();
    }
    /// None where bits is out of range.
    [[nodiscard]] static constexpr std::optional<Log2> make(int bits)
    {
        return bits < 0 || bits > 62 ? std::nullopt : std::optional{Log2{Checked{}, bits}};
    }
    [[nodiscard]] constexpr int bits() const { return bits_; }

private:
    struct Checked {};
    constexpr Log2(Checked, int bits) : bits_{bits} {}
    int bits_;
};

/// "23170"
struct Int {
    int value;
};

/// "1234567890123"
struct Int64 {
    std::int64_t value;
};

/// "K"
struct Char {
    char value;
};

/// "1.500000": the integer part and millionths. A negative value below 1 in
/// magnitude has its sign in micro: {0, -500000} is "-0.500000".
struct IntPlusMicro {
    int integer;
    int micro;

    /// Of a number of millionths from 0 on.
    static constexpr IntPlusMicro of(std::int64_t millionths)
    {
        return {static_cast<int>(millionths / 1'000'000), static_cast<int>(millionths % 1'000'000)};
    }
};

/// "-1.500000 dB"
struct IntPlusMicroDb {
    int integer;
    int micro;
};

/// "0.001533981": the integer part and billionths, the sign as in IntPlusMicro.
struct IntPlusNano {
    int integer;
    int nano;
};

/// numerator / denominator, printed with nine digits.
struct Fractional {
    int numerator;
    NonZero denominator;
};

/// numerator / 2^exponent, printed with nine digits.
struct FractionalLog2 {
    int numerator;
    Log2 exponent;
};

/// "1 -2 3 ": up to IIO_MAX_VALUES numbers, what is beyond is dropped.
class IntMultiple {
public:
    constexpr explicit IntMultiple(std::span<const int> values)
    {
        for (int value : values) {
            if (count_ < values_.size())
                values_[count_++] = value;
        }
    }
    [[nodiscard]] constexpr std::span<const int> values() const
    {
        return std::span{values_}.first(count_);
    }

private:
    std::array<int, IIO_MAX_VALUES> values_{};
    std::size_t count_ = 0;
};

using Value = std::variant<Int, Int64, Char, IntPlusMicro, IntPlusMicroDb, IntPlusNano, Fractional,
                           FractionalLog2, IntMultiple>;

/// What a write to an attribute is parsed as.
enum class WriteFormat : int {
    integer = IIO_VAL_INT,
    plus_micro = IIO_VAL_INT_PLUS_MICRO,
    plus_micro_db = IIO_VAL_INT_PLUS_MICRO_DB,
    plus_nano = IIO_VAL_INT_PLUS_NANO,
    character = IIO_VAL_CHAR,
};

/// A number that a client wrote, in the driver's write format: the integer
/// part, and what follows the point in millionths or billionths ("-0.5" in
/// plus_micro is {0, -500000}).
struct Written {
    int integer;
    int fraction;

    /// All of it, of what was parsed as plus_micro.
    [[nodiscard]] constexpr std::int64_t millionths() const
    {
        return std::int64_t{integer} * 1'000'000 + fraction;
    }
    /// The integer part. Errors: EINVAL: it is below low or above high.
    [[nodiscard]] constexpr Result<int> within(int low, int high) const
    {
        return integer < low || integer > high ? Result<int>{fail(EINVAL)} : integer;
    }
};

/// What an _available attribute tells: a list of values or {min, step, max}.
/// The values are all of one type. Lifetime: borrowed from the driver, valid
/// as long as the driver is.
struct Available {
    std::span<const Value> values;
    bool range = false;

    [[nodiscard]] static constexpr Available list(std::span<const Value> values)
    {
        return {values, false};
    }
    [[nodiscard]] static constexpr Available min_step_max(std::span<const Value, 3> values)
    {
        return {values, true};
    }
};

namespace detail {

/// The C ABI's form of a value; returns its IIO_VAL_* and how many numbers.
struct RawNumbers {
    std::array<int, IIO_MAX_VALUES> vals{};
    int count = 1;
    int type = IIO_VAL_INT;
};

constexpr RawNumbers to_raw(const Value &value)
{
    struct Visitor {
        static constexpr RawNumbers two(int type, int first, int second)
        {
            return {{first, second}, 2, type};
        }
        constexpr RawNumbers operator()(Int v) const { return {{v.value}, 1, IIO_VAL_INT}; }
        constexpr RawNumbers operator()(Int64 v) const
        {
            const auto bits = static_cast<std::uint64_t>(v.value);
            return two(IIO_VAL_INT_64, static_cast<int>(bits & 0xffff'ffff),
                       static_cast<int>(bits >> 32));
        }
        constexpr RawNumbers operator()(Char v) const { return {{v.value}, 1, IIO_VAL_CHAR}; }
        constexpr RawNumbers operator()(IntPlusMicro v) const
        {
            return two(IIO_VAL_INT_PLUS_MICRO, v.integer, v.micro);
        }
        constexpr RawNumbers operator()(IntPlusMicroDb v) const
        {
            return two(IIO_VAL_INT_PLUS_MICRO_DB, v.integer, v.micro);
        }
        constexpr RawNumbers operator()(IntPlusNano v) const
        {
            return two(IIO_VAL_INT_PLUS_NANO, v.integer, v.nano);
        }
        constexpr RawNumbers operator()(Fractional v) const
        {
            return two(IIO_VAL_FRACTIONAL, v.numerator, v.denominator.value());
        }
        constexpr RawNumbers operator()(FractionalLog2 v) const
        {
            return two(IIO_VAL_FRACTIONAL_LOG2, v.numerator, v.exponent.bits());
        }
        constexpr RawNumbers operator()(const IntMultiple &v) const
        {
            RawNumbers raw{{}, static_cast<int>(v.values().size()), IIO_VAL_INT_MULTIPLE};
            for (std::size_t i = 0; i < v.values().size(); ++i)
                raw.vals[i] = v.values()[i];
            return raw;
        }
    };
    return std::visit(Visitor{}, value);
}

} // namespace detail

/// The index of the value that was written, all of its digits counting; the write
/// format is that of the values. Errors: EINVAL: it is none of them.
[[nodiscard]] constexpr Result<unsigned> find_value(std::span<const Value> values, Written written)
{
    for (unsigned i = 0; i < values.size(); ++i) {
        const auto raw = detail::to_raw(values[i]);
        if (raw.vals[0] == written.integer && raw.vals[1] == written.fraction)
            return i;
    }
    return fail(EINVAL);
}

/// The same for values that are whole numbers; what was written behind the point
/// does not count.
[[nodiscard]] constexpr Result<unsigned> find_integer(std::span<const Value> values,
                                                      Written written)
{
    return find_value(values, {written.integer, 0});
}

} // namespace iio
