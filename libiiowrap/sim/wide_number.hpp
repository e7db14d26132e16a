// SPDX-License-Identifier: MIT
//
// WideNumber: what the widest register or message field holds.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace iio::sim {

/// An unsigned number of 128 bits with the operators of the built-in ones. Compilers have such
/// a type on 64-bit machines only.
class WideNumber {
public:
    constexpr WideNumber() = default;
    /// Of a negative one its two's complement.
    constexpr WideNumber(std::integral auto value) // NOLINT(google-explicit-constructor)
        : high_{value < 0 ? ~std::uint64_t{0} : 0}, low_{static_cast<std::uint64_t>(value)}
    {
    }
    /// Its lowest bits.
    template <std::integral T> explicit constexpr operator T() const
    {
        return static_cast<T>(low_);
    }
    explicit constexpr operator double() const
    {
        return static_cast<double>(high_) * 0x1p64 + static_cast<double>(low_);
    }
    explicit constexpr operator bool() const { return high_ != 0 || low_ != 0; }

    friend constexpr auto operator<=>(const WideNumber &, const WideNumber &) = default;

    constexpr WideNumber operator~() const { return {~high_, ~low_}; }
    friend constexpr WideNumber operator&(WideNumber a, WideNumber b)
    {
        return {a.high_ & b.high_, a.low_ & b.low_};
    }
    friend constexpr WideNumber operator|(WideNumber a, WideNumber b)
    {
        return {a.high_ | b.high_, a.low_ | b.low_};
    }
    friend constexpr WideNumber operator^(WideNumber a, WideNumber b)
    {
        return {a.high_ ^ b.high_, a.low_ ^ b.low_};
    }
    /// `bits`: 0 to 127
    friend constexpr WideNumber operator<<(WideNumber a, std::size_t bits)
    {
        if (bits == 0)
            return a;
        if (bits >= 64)
            return {a.low_ << (bits - 64), 0};
        return {a.high_ << bits | a.low_ >> (64 - bits), a.low_ << bits};
    }
    friend constexpr WideNumber operator>>(WideNumber a, std::size_t bits)
    {
        if (bits == 0)
            return a;
        if (bits >= 64)
            return {0, a.high_ >> (bits - 64)};
        return {a.high_ >> bits, a.high_ << (64 - bits) | a.low_ >> bits};
    }
    friend constexpr WideNumber operator+(WideNumber a, WideNumber b)
    {
        const std::uint64_t low = a.low_ + b.low_;
        return {a.high_ + b.high_ + (low < a.low_ ? 1 : 0), low};
    }
    friend constexpr WideNumber operator-(WideNumber a, WideNumber b) { return a + ~b + 1; }

    constexpr WideNumber &operator&=(WideNumber b) { return *this = *this & b; }
    constexpr WideNumber &operator|=(WideNumber b) { return *this = *this | b; }
    constexpr WideNumber &operator^=(WideNumber b) { return *this = *this ^ b; }
    constexpr WideNumber &operator+=(WideNumber b) { return *this = *this + b; }
    constexpr WideNumber &operator-=(WideNumber b) { return *this = *this - b; }
    constexpr WideNumber &operator<<=(std::size_t bits) { return *this = *this << bits; }
    constexpr WideNumber &operator>>=(std::size_t bits) { return *this = *this >> bits; }

private:
    constexpr WideNumber(std::uint64_t high, std::uint64_t low) : high_{high}, low_{low} {}

    std::uint64_t high_ = 0, low_ = 0;
};

} // namespace iio::sim
