// SPDX-License-Identifier: MIT
//
// A device that is removed, whatever its part and its driver are doing.
#include "gauge_bench.hpp"

#include <future>

namespace removal_test {

using namespace iio;
using namespace iio::tests;
using namespace std::chrono_literals;

using Bench = GaugeBench;

TEST_CASE("a device that is removed while its part is away goes at once")
{
    Bench bench;
    bench.start_streaming();
    bench.chip->unplug();
    bench.line.raise();
    CHECK(eventually([&] { return !bench.log().empty(); }));
    const auto view = bench.device->view();
    bench.device.reset();
    CHECK(error_of(view->read("in_voltage0_raw")) == ENODEV);
    CHECK(bench.answers.alive == 0);
}

TEST_CASE("the removal ends what a driver does as long as its chip wants it to")
{
    Bench bench;
    bench.start_streaming();
    std::future<std::string> reader;
    bench.answers.is_busy = true;
    SECTION("in an interrupt") { bench.line.raise(); }
    SECTION("in a read")
    {
        reader = std::async(std::launch::async, [view = bench.device->view()]() -> std::string {
            const auto text = view->read("in_voltage0_raw");
            return text ? *text : errno_name(text.error().value());
        });
    }
    REQUIRE(eventually([&] { return bench.answers.rounds > 0; }));
    auto removal = std::async(std::launch::async, [&] {
        const auto begin = std::chrono::steady_clock::now();
        bench.device.reset();
        return std::chrono::steady_clock::now() - begin;
    });
    const bool ends = removal.wait_for(10s) == std::future_status::ready;
    CHECK(ends);
    bench.answers.is_busy = false;
    CHECK(removal.get() < 1s);
    if (reader.valid())
        CHECK(reader.get() == "ENODEV");
    CHECK(bench.answers.alive == 0);
    // Yet the chip was told to stop.
    CHECK(bench.client.read_u8(STREAM).value() == 0);
    CHECK(bench.client.read_u8(READY).value() == 0);
    CHECK(bench.client.read_u8(MODE).value() == 0);
}

TEST_CASE("the removal of a part that is being recovered does not wait for its probe")
{
    Bench bench;
    bench.answers.tells = false;
    bench.answers.slow_probe = 1000;
    bench.chip->fail_transfer(1, EIO);
    CHECK(bench.read("in_voltage0_raw") == "EIO");
    auto reader = std::async(std::launch::async, [&] { return bench.read("hardwaregain"); });
    REQUIRE(eventually([&] { return bench.answers.probes == 2; }));
    const auto begin = std::chrono::steady_clock::now();
    const auto view = bench.device->view();
    bench.device.reset();
    CHECK(std::chrono::steady_clock::now() - begin < 1s);
    CHECK(bench.answers.alive == 0);
    (void)reader.wait_for(1s);
}

TEST_CASE("a wait of a driver ends with the removal, but not that of who removes")
{
    Supplies supplies;
    auto chip = std::make_shared<sim::SimulatedBus>(*sim::ChipFile::parse(gauge_file, "gauge"));
    const sim::SimulatedI2c client{chip, 0x20};
    Health health{Hardware{"gauge", client, supplies}};
    CHECK(health.wait(1ms));
    const Timing &timing = health.hardware().timing();
    auto waiting = std::async(std::launch::async, [&] { return health.wait(60s); });
    auto delayed = std::async(std::launch::async, [&] { timing.delay(60s); });
    CHECK(waiting.wait_for(20ms) == std::future_status::timeout);
    CHECK(delayed.wait_for(0s) == std::future_status::timeout);
    CHECK(timing.run([] {}));
    health.begin_removal();
    CHECK_FALSE(waiting.get());
    CHECK(delayed.wait_for(10s) == std::future_status::ready);
    CHECK_FALSE(timing.run([] { FAIL("a call into a driver that is being removed"); }));
    CHECK(health.wait(1ms));
    const auto &bus = *health.hardware().i2c();
    CHECK(bus.read_u8(DATA));
    CHECK(std::async(std::launch::async, [&] { return error_of(bus.read_u8(DATA)); }).get() ==
          ENODEV);
    CHECK(health.failures() == 0);
}

} // namespace removal_test
