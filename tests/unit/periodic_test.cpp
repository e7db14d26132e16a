// SPDX-License-Identifier: MIT
#include <atomic>
#include <catch2/catch.hpp>
#include <iio/driver/periodic.hpp>
#include <iio/driver/shunt_resistor.hpp>
#include <sim/simulated_timing.hpp>

namespace periodic_test {

using namespace iio;
using namespace std::chrono_literals;

namespace {

/// Nobody asks this bus for anything.
class NoBus final : public I2cClient {
    Result<void> transfer(std::span<const I2cMessage>) const override { return fail(ENXIO); }
};
const NoBus no_bus;

/// Time that passes, while calls are not wanted.
class NotNow final : public Timing {
public:
    [[nodiscard]] std::chrono::nanoseconds now() const override { return Timing::real().now(); }
    void delay(std::chrono::nanoseconds) const override {}
    [[nodiscard]] bool run(const std::function<void()> &) const override
    {
        ++refused;
        return false;
    }
    mutable std::atomic<int> refused = 0;
};

/// What is to come comes in time on any machine.
template <class Condition> bool comes_true(Condition &&condition)
{
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(1ms);
    return condition();
}

std::string shown(const ShuntResistor &shunt)
{
    std::array<char, IIO_PAGE_SIZE> page{};
    Text text{page.data()};
    shunt.read(text);
    return {page.data(), text.size()};
}

} // namespace

TEST_CASE("what is periodic is called again and again until it is stopped")
{
    std::atomic<int> calls = 0;
    Periodic periodic{Hardware{"part", no_bus, Supplies{}}, [&] { ++calls; }};
    periodic.start(1ms);
    CHECK(comes_true([&] { return calls >= 3; }));
    periodic.stop();
    const int at_the_end = calls;
    std::this_thread::sleep_for(20ms);
    CHECK(calls == at_the_end);
    periodic.start(1ms);
    CHECK(comes_true([&] { return calls > at_the_end; }));
}

TEST_CASE("what is periodic ends with its driver, however long the period")
{
    const auto before = std::chrono::steady_clock::now();
    {
        Periodic periodic{Hardware{"part", no_bus, Supplies{}}, [] {}};
        periodic.start(24h);
    }
    CHECK(std::chrono::steady_clock::now() - before < 1h);
}

TEST_CASE("what is periodic is left out while the part is recovered, and goes on")
{
    const NotNow timing;
    std::atomic<int> calls = 0;
    Periodic periodic{Hardware{"part", no_bus, Supplies{}}.with_timing(timing), [&] { ++calls; }};
    periodic.start(1ms);
    CHECK(comes_true([&] { return timing.refused >= 3; }));
    periodic.stop();
    CHECK(calls == 0);
}

TEST_CASE("nothing is called where time goes on by delays only")
{
    const sim::SimulatedTiming timing;
    std::atomic<int> calls = 0;
    Periodic periodic{Hardware{"part", no_bus, Supplies{}}.with_timing(timing), [&] { ++calls; }};
    periodic.start(1ms);
    timing.delay(1h);
    std::this_thread::sleep_for(20ms);
    CHECK(calls == 0);
}

TEST_CASE("a shunt's resistance is shown in Ohm and taken in Ohm, above 0")
{
    const ShuntResistor shunt{10'000};
    CHECK(shown(shunt) == "0.010000000\n");
    CHECK(shunt.write("1.5\n") == 4U);
    CHECK(shown(shunt) == "1.500000000\n");
    for (const auto *const text : {"0\n", "-1\n", "abc\n", "\n"})
        CHECK(shunt.write(text).error().value() == EINVAL);
    CHECK(shown(shunt) == "1.500000000\n");
    const auto scale = std::get<Fractional>(shunt.scale(40'000)); // 40 uV over 1.5 Ohm
    CHECK(scale.numerator == 40'000);
    CHECK(scale.denominator.value() == 1'500'000);
}

} // namespace periodic_test
