// SPDX-License-Identifier: MIT
//
// The clocks that a device's timestamps can count by.
#pragma once

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

/// A moment of CLOCK_MONOTONIC by another clock, as that one goes now. By a coarse clock's
/// finer sister, or moments in order would not stay so.
[[nodiscard]] inline std::int64_t from_monotonic(clockid_t clock, std::int64_t moment_ns)
{
    if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE)
        return moment_ns;
    const auto ago = nanoseconds(CLOCK_MONOTONIC) - moment_ns;
    return nanoseconds(clock == CLOCK_REALTIME_COARSE ? CLOCK_REALTIME : clock) - ago;
}

} // namespace iio::core
