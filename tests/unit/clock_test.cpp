// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <core/clock.hpp>

namespace clock_test {

using namespace iio::core;

constexpr std::int64_t second = 1'000'000'000;

namespace {

/// Two clocks that go on by 50 ns with each reading, but by `pause` before the one that
/// `readings` counts down to.
struct Machine {
    std::int64_t now = 0;
    std::int64_t ahead = 0;
    int readings = 0;
    std::int64_t pause = 0;
};
Machine machine;

std::int64_t read(clockid_t clock)
{
    machine.now += machine.readings-- == 0 ? machine.pause : 50;
    return machine.now + (clock == CLOCK_REALTIME ? machine.ahead : 0);
}

} // namespace

TEST_CASE("the offset of a clock stays the same while a thread loses its CPU")
{
    machine = {.now = 5 * second, .ahead = 1'700'000'000 * second, .readings = -1};
    const auto pause = GENERATE(as<std::int64_t>{}, 20'000, 7'000'000, second);
    const auto reading = GENERATE(0, 1, 2);
    MonotonicOffset offset{read};
    machine.pause = pause;
    machine.readings = reading;
    const auto first = offset.of(CLOCK_REALTIME);
    CHECK(std::abs(first - machine.ahead) <= 50);
    for (int i = 0; i < 9; ++i) {
        machine.readings = i % 3;
        CHECK(offset.of(CLOCK_REALTIME) == first);
    }
    SECTION("a clock that is set")
    {
        machine.ahead += GENERATE(as<std::int64_t>{}, -3600, 1, 5 * 3600) * second;
        machine.readings = reading;
        const auto later = offset.of(CLOCK_REALTIME_COARSE);
        CHECK(std::abs(later - machine.ahead) <= 50);
    }
    SECTION("another clock")
    {
        CHECK(offset.of(CLOCK_MONOTONIC_COARSE) == 0);
        CHECK(std::abs(offset.of(CLOCK_BOOTTIME)) <= 50);
        CHECK(std::abs(offset.of(CLOCK_REALTIME) - machine.ahead) <= 50);
    }
}

} // namespace clock_test
