// SPDX-License-Identifier: MIT
//
// The clocks that a device's timestamps can count by.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <string_view>

namespace iio::core {

struct NamedClock {
    std::string_view name;
    clockid_t id;
};

/// By what current_timestamp_clock shows; the first is what devices start with.
inline constexpr std::array<NamedClock, 7> clocks{{{"realtime", CLOCK_REALTIME},
                                                   {"monotonic", CLOCK_MONOTONIC},
                                                   {"monotonic_raw", CLOCK_MONOTONIC_RAW},
                                                   {"realtime_coarse", CLOCK_REALTIME_COARSE},
                                                   {"monotonic_coarse", CLOCK_MONOTONIC_COARSE},
                                                   {"boottime", CLOCK_BOOTTIME},
                                                   {"tai", CLOCK_TAI}}};

[[nodiscard]] inline std::int64_t nanoseconds(clockid_t clock)
{
    timespec time{};
    clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// What a moment of CLOCK_MONOTONIC differs by from the same moment by another clock. It stays
/// the same until a clock is set, so that the time between two moments is the same by both.
///
/// Threads: one at a time.
class MonotonicOffset {
public:
    using Read = std::int64_t (*)(clockid_t);

    explicit MonotonicOffset(Read read = nanoseconds) : read_{read} {}

    /// What to add to a moment of CLOCK_MONOTONIC, in ns. For a coarse clock that of its finer
    /// sister, or moments in order would not stay so.
    [[nodiscard]] std::int64_t of(clockid_t clock)
    {
        if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE)
            return 0;
        const auto other = clock == CLOCK_REALTIME_COARSE ? CLOCK_REALTIME : clock;
        Range range = measure(other);
        for (int i = 1; i < most_measurements && range.width() > wide_ns; ++i)
            range = std::min(range, measure(other),
                             [](const Range &a, const Range &b) { return a.width() < b.width(); });
        if (other != clock_ || offset_ < range.least || offset_ > range.most)
            offset_ = range.least + range.width() / 2;
        clock_ = other;
        return offset_;
    }

private:
    /// A thread that lost its CPU between two readings: another measurement is better.
    static constexpr std::int64_t wide_ns = 10'000;
    static constexpr int most_measurements = 5;

    struct Range {
        std::int64_t least;
        std::int64_t most;
        [[nodiscard]] std::int64_t width() const { return most - least; }
    };
    /// The other clock is read at a moment between two of CLOCK_MONOTONIC.
    [[nodiscard]] Range measure(clockid_t other) const
    {
        const auto before = read_(CLOCK_MONOTONIC);
        const auto there = read_(other);
        const auto after = read_(CLOCK_MONOTONIC);
        return {there - after, there - before};
    }

    Read read_;
    clockid_t clock_ = CLOCK_MONOTONIC; ///< that offset_ is of
    std::int64_t offset_ = 0;
};

} // namespace iio::core
