// SPDX-License-Identifier: MIT
//
// Monitor: what the MAX1361 to MAX1364 are told to watch.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iio/driver/types.hpp>

namespace iio::max1363 {

/// A bound that an input is not to go beyond, as a code.
struct Bound {
    std::int16_t code = 0;
    bool watched = false;

    [[nodiscard]] unsigned bits() const { return static_cast<unsigned>(code) & 0xfff; }
};

struct Monitor {
    static constexpr std::size_t inputs = 4;

    /// In the order of the alarm-status register's bits: the lower ones of AIN0
    /// to AIN3, then the upper ones.
    std::array<Bound, 2 * inputs> bounds;
    unsigned delay = 0; ///< code of the time between two rounds

    [[nodiscard]] static constexpr std::size_t place(int input, EventDirection direction)
    {
        return static_cast<std::size_t>(input) + (direction == EventDirection::rising ? inputs : 0);
    }
    [[nodiscard]] bool is_on() const { return std::ranges::any_of(bounds, &Bound::watched); }

    /// The first byte of the monitor-setup data: the alarms that are to end (bits
    /// 7 to 4), the delay and whether the INT output works.
    [[nodiscard]] std::uint8_t all_alarms_end() const
    {
        return static_cast<std::uint8_t>(0xf0 | delay << 1 | 1);
    }
    /// All of it: that byte, then for each input a lower and an upper bound of 12
    /// bits, beyond which no code is where none is watched (19-3268, "Monitor
    /// Mode").
    [[nodiscard]] std::array<std::uint8_t, 1 + 3 * inputs> setup_data() const
    {
        std::array<std::uint8_t, 1 + 3 * inputs> data{static_cast<std::uint8_t>(delay << 1)};
        for (std::size_t input = 0; input < inputs; ++input) {
            const Bound &lower = bounds[input];
            const Bound &upper = bounds[inputs + input];
            const unsigned low = lower.watched ? lower.bits() : 0;
            const unsigned high = upper.watched ? upper.bits() : 0xfff;
            const unsigned both = low << 12 | high;
            for (unsigned byte = 0; byte < 3; ++byte)
                data[1 + 3 * input + byte] = static_cast<std::uint8_t>(both >> (16 - 8 * byte));
        }
        return data;
    }
};

} // namespace iio::max1363
