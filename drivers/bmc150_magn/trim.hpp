// SPDX-License-Identifier: MIT
//
// How what the chip measures is corrected by its trim values. The datasheet
// leaves that to Bosch's sensor API; this is what its BMM050 and BMM150 do in
// integers.
#pragma once

#include <algorithm>
#include <climits>
#include <cstdint>
#include <iio/driver/result.hpp>

namespace iio::bmc150_magn {

// What a channel that overflowed gives, and how that is shown.
constexpr std::int32_t overflow_xy = -4096;
constexpr std::int32_t overflow_z = -16'384;
constexpr std::int32_t overflow = INT_MIN;

/// The chip's own corrections, with its names. No step of them overflows.
struct Trim {
    std::int32_t x1, y1, x2, y2, xy1, xy2, z1, z2, z3, z4, xyz1;

    [[nodiscard]] std::int32_t correct_xy(std::int32_t raw, std::int32_t r, std::int32_t offset,
                                          std::int32_t gain) const
    {
        if (raw == overflow_xy)
            return overflow;
        // How far the Hall resistance is from what it was when the chip was trimmed, in 2^-14.
        const int ratio = (xyz1 << 14) / (r > 0 ? r : std::max(xyz1, 1)) - (1 << 14);
        const int h = static_cast<std::int16_t>(ratio);
        const int sensitivity = ((xy2 * ((h * h) >> 7) + h * (xy1 << 7)) >> 9) + (1 << 20);
        const int steps = (raw * ((sensitivity * (gain + 160)) >> 12)) >> 13;
        return static_cast<std::int16_t>(steps + offset * 8);
    }

    /// Errors: EIO: the trim values cannot be.
    [[nodiscard]] Result<std::int32_t> correct_z(std::int32_t raw, std::int32_t r) const
    {
        if (raw == overflow_z)
            return overflow;
        const int sensitivity = z2 + static_cast<std::int16_t>((z1 * r * 2 + (1 << 15)) >> 16);
        if (sensitivity == 0)
            return fail(EIO);
        const int drift = z3 * (r - static_cast<std::int16_t>(xyz1));
        return ((raw - z4) * (1 << 15) - (drift >> 2)) / sensitivity;
    }
};

} // namespace iio::bmc150_magn
