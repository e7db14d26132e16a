// SPDX-License-Identifier: MIT
//
// Field and Bytes: what a datasheet's register map and calibration tables are made of.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iio/driver/bits.hpp>
#include <span>

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

/// Bytes that a part gave in one transaction, and the numbers in them.
template <std::size_t N> struct Bytes : std::array<std::uint8_t, N> {
    std::span<const std::uint8_t> part(std::size_t at, std::size_t size) const
    {
        return std::span<const std::uint8_t>{*this}.subspan(at, size);
    }
    int u8(std::size_t at) const { return (*this)[at]; }
    int s8(std::size_t at) const { return sign_extend((*this)[at], 8); }
    int le16(std::size_t at) const { return static_cast<int>(little_endian(part(at, 2))); }
    int be16(std::size_t at) const { return static_cast<int>(big_endian(part(at, 2))); }
    int sle16(std::size_t at) const { return sign_extend(little_endian(part(at, 2)), 16); }
    int sbe16(std::size_t at) const { return sign_extend(big_endian(part(at, 2)), 16); }
    int le24(std::size_t at) const { return static_cast<int>(little_endian(part(at, 3))); }
    int be24(std::size_t at) const { return static_cast<int>(big_endian(part(at, 3))); }
};

} // namespace iio
