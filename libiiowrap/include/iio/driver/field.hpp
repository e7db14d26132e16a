// SPDX-License-Identifier: MIT
//
// Field and Word: what a datasheet's register map and calibration tables are made of.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iio/driver/bits.hpp>

namespace iio {

/// Some neighbouring bits of a register. Mask 0: the part does not have them;
/// Registers then writes nothing and reads 0.
struct Field {
    std::uint16_t reg = 0;
    std::uint32_t mask = 0;

    [[nodiscard]] constexpr bool exists() const { return mask != 0; }
    /// The code in the place of the field; bits that do not fit are dropped.
    [[nodiscard]] constexpr std::uint32_t place(unsigned code) const
    {
        return exists() ? code << std::countr_zero(mask) & mask : 0;
    }
    [[nodiscard]] constexpr unsigned extract(std::uint32_t word) const
    {
        return exists() ? (word & mask) >> std::countr_zero(mask) : 0;
    }
    friend constexpr bool operator==(const Field &, const Field &) = default;
};

/// A field and what to write there.
struct FieldValue {
    Field field{};
    unsigned code = 0;
};

/// A number as it stands in N registers. Structs of them are what Registers::burst() reads.
template <std::size_t N, bool is_signed, bool is_big_endian> class Word {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): it is the number
    [[nodiscard]] constexpr operator int() const
    {
        const std::uint32_t word = is_big_endian ? big_endian(bytes_) : little_endian(bytes_);
        return is_signed ? sign_extend(word, 8 * N) : static_cast<int>(word);
    }

private:
    std::array<std::uint8_t, N> bytes_{};
};
using LeU16 = Word<2, false, false>;
using LeS16 = Word<2, true, false>;
using LeU24 = Word<3, false, false>;
using BeU16 = Word<2, false, true>;
using BeS16 = Word<2, true, true>;
using BeU24 = Word<3, false, true>;

} // namespace iio
