// SPDX-License-Identifier: MIT
//
// Numbers from the bytes and bits that chips give.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iio {

/// A number of consecutive bytes.
template <class Bytes> constexpr std::uint32_t big_endian(const Bytes &bytes)
{
    std::uint32_t number = 0;
    for (const std::uint8_t byte : bytes)
        number = number << 8 | byte;
    return number;
}
template <class Bytes> constexpr std::uint32_t little_endian(const Bytes &bytes)
{
    std::uint32_t number = 0;
    for (std::size_t i = bytes.size(); i > 0; --i)
        number = number << 8 | bytes[i - 1];
    return number;
}

/// The low `bits` (1 to 32) of a number as two's complement.
constexpr std::int32_t sign_extend(std::uint32_t number, int bits)
{
    const int unused = 32 - bits;
    return static_cast<std::int32_t>(number << unused) >> unused;
}

static_assert(sign_extend(0x1fff, 13) == -1 && sign_extend(0x1000, 13) == -4096 &&
              sign_extend(0x0fff, 13) == 4095);

} // namespace iio
