// SPDX-License-Identifier: MIT
//
// Wrapping: arithmetic modulo 2^n, for datasheets' integer formulas.
#pragma once

#include <concepts>
#include <limits>
#include <type_traits>

namespace iio {

/// A signed number that wraps around: calibration words and readings that no sound chip
/// has can overflow a formula, and the kernel's drivers wrap then. Operands that are
/// plain numbers are converted, so a formula stays as wide as its first variable.
template <std::signed_integral T> class Wrapping {
public:
    template <std::convertible_to<T> N>
    constexpr Wrapping(N number) : number_{static_cast<T>(number)} // NOLINT: meant to convert
    {
    }
    template <std::integral N> constexpr explicit operator N() const
    {
        return static_cast<N>(number_);
    }

    friend constexpr Wrapping operator+(Wrapping a, Wrapping b)
    {
        return modulo(a.bits() + b.bits());
    }
    friend constexpr Wrapping operator-(Wrapping a, Wrapping b)
    {
        return modulo(a.bits() - b.bits());
    }
    friend constexpr Wrapping operator*(Wrapping a, Wrapping b)
    {
        return modulo(a.bits() * b.bits());
    }
    /// The divisor is not zero.
    friend constexpr Wrapping operator/(Wrapping a, Wrapping b)
    {
        return b.number_ == -1 ? 0 - a : Wrapping{static_cast<T>(a.number_ / b.number_)};
    }
    friend constexpr Wrapping operator<<(Wrapping a, int n) { return modulo(a.bits() << n); }
    friend constexpr Wrapping operator>>(Wrapping a, int n)
    {
        return static_cast<T>(a.number_ >> n);
    }
    friend constexpr auto operator<=>(Wrapping a, Wrapping b) = default;

private:
    using Bits = std::make_unsigned_t<T>;
    constexpr Bits bits() const { return static_cast<Bits>(number_); }
    static constexpr Wrapping modulo(Bits bits) { return bits; }

    T number_;
};

} // namespace iio
