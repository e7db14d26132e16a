// SPDX-License-Identifier: MIT
//
// Numbers from the bytes and bits that chips give.
#pragma once

#include <array>
#include <concepts>
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

/// The low N bytes of a number, as a part wants them.
template <std::size_t N, std::integral T>
constexpr std::array<std::uint8_t, N> big_endian_bytes(T number)
{
    std::array<std::uint8_t, N> bytes{};
    for (std::size_t i = 0; i < N; ++i)
        bytes[N - 1 - i] = static_cast<std::uint8_t>(number >> 8 * i);
    return bytes;
}
template <std::size_t N, std::integral T>
constexpr std::array<std::uint8_t, N> little_endian_bytes(T number)
{
    std::array<std::uint8_t, N> bytes{};
    for (std::size_t i = 0; i < N; ++i)
        bytes[i] = static_cast<std::uint8_t>(number >> 8 * i);
    return bytes;
}

/// The low `bits` (1 to 32) of a number as two's complement.
constexpr std::int32_t sign_extend(std::uint32_t number, int bits)
{
    const int unused = 32 - bits;
    return static_cast<std::int32_t>(number << unused) >> unused;
}

} // namespace iio
