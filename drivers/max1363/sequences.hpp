// SPDX-License-Identifier: MIT
//
// Configuration bytes: which input is sampled, or which of them in a row.
#pragma once

#include <array>
#include <cstdint>
#include <iio/driver/scan.hpp>
#include <span>

namespace iio::max1363 {

constexpr unsigned SCAN_FROM_FIRST = 0 << 5; // AIN0 up to the one that CS selects
constexpr unsigned SCAN_UPPER = 2 << 5;      // the same from one in the middle on
constexpr unsigned SCAN_MONITOR = 2 << 5;    // what it is in the MAX1361 to MAX1364
constexpr unsigned SCAN_ONE = 3 << 5;        // the one that CS selects
constexpr unsigned CONFIG_SGL = 1;           // against ground, else a pair

/// Inputs that can follow each other: each against ground, or the pairs one way
/// round (CS is the number of the positive input).
struct Row {
    int scan_index; // of its first
    int count;
    unsigned first_input;
    unsigned step; // from one's input to the next one's
    unsigned sgl;

    [[nodiscard]] constexpr std::uint8_t config(int n, unsigned scan) const
    {
        const unsigned input = first_input + static_cast<unsigned>(n) * step;
        return static_cast<std::uint8_t>(scan | input << 1 | sgl);
    }
};

/// All parts' inputs and pairs are numbered alike, but for the pairs of the parts
/// with two inputs: there the kernel's driver has no sequence that takes one, so
/// that they can be read but not captured.
template <int Inputs>
constexpr std::array<Row, 3> rows{
    Row{0, Inputs, 0, 1, CONFIG_SGL},
    Row{Inputs == 2 ? 2 : 12, Inputs / 2, 0, 2, 0},
    Row{Inputs == 2 ? 3 : 18, Inputs / 2, 1, 2, 0},
};

/// What the chip can sample at once, and its configuration byte.
struct Sequences {
    std::array<ScanMask, 54> masks{};
    std::array<std::uint8_t, 54> configs{};
    std::size_t count = 0;

    constexpr void add(const Row &row, int first, int last, std::uint8_t config)
    {
        for (int n = first; n <= last; ++n)
            masks[count] |= scan_bit(row.scan_index + n);
        configs[count++] = config;
    }
};

/// Shorter ones before longer ones: the first that has all that is wanted is
/// used. `upper` is the input where SCAN_UPPER begins, 0: there is none.
constexpr Sequences make_sequences(std::span<const Row> rows, unsigned upper)
{
    Sequences all;
    for (const Row &row : rows) {
        for (int n = 0; n < row.count; ++n)
            all.add(row, n, n, row.config(n, SCAN_ONE));
    }
    for (const Row &row : rows) {
        // SGL for pairs, too, as in the kernel's driver: what the chip then gives
        // in their place is AIN6 and the inputs behind it.
        const int first = static_cast<int>(upper / row.step);
        for (int n = first + 1; upper != 0 && n < row.count; ++n)
            all.add(row, first, n, row.config(n, SCAN_UPPER) | CONFIG_SGL);
    }
    for (const Row &row : rows) {
        for (int n = 1; n < row.count; ++n)
            all.add(row, 0, n, row.config(n, SCAN_FROM_FIRST));
    }
    return all;
}

} // namespace iio::max1363
