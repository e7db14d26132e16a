// SPDX-License-Identifier: MIT
//
// Numbers as the bytes of an answer or a message.
#pragma once

#include "sim/json_node.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace iio::sim {

/// The number that `bytes` (as many of the last as `Number` holds) spell.
template <class Number = std::uint64_t>
[[nodiscard]] Number to_number(std::span<const std::uint8_t> bytes, bool little_endian = false)
{
    Number number = 0;
    for (std::size_t i = 0; i < bytes.size(); i++)
        number = number << 8 | bytes[little_endian ? bytes.size() - 1 - i : i];
    return number;
}

/// Puts a number of `width` bytes (1 to 16), cut where `into` ends, and returns
/// what is left of it.
inline std::span<std::uint8_t> put_number(std::span<std::uint8_t> into, WideNumber number,
                                          unsigned width, bool little_endian = false)
{
    const auto count = std::min<std::size_t>(into.size(), width);
    for (std::size_t i = 0; i < count; i++)
        into[i] = static_cast<std::uint8_t>(number >> (8 * (little_endian ? i : width - 1 - i)));
    return into.subspan(count);
}

/// Zeros below the lowest bit that is set.
[[nodiscard]] constexpr unsigned shift_of(WideNumber mask)
{
    unsigned shift = 0;
    while (mask != 0 && (mask & 1) == 0) {
        mask >>= 1;
        shift++;
    }
    return shift;
}

} // namespace iio::sim
