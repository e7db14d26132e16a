// SPDX-License-Identifier: MIT
//
// Devices that go while their buffers, triggers and interrupts are at work, and
// several threads that do everything at once.
#include "streaming_driver.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <iio/host/log.hpp>
#include <sim/simulated_line.hpp>

namespace streaming_teardown_test {

using namespace iio;
using namespace iio::tests;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<core::SysfsTrigger> add_sysfs_trigger(Registry &registry)
{
    auto trigger = std::make_shared<core::SysfsTrigger>(0);
    REQUIRE(registry.add_trigger(trigger));
    return trigger;
}

void enable(const StreamBench<> &bench)
{
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
}

} // namespace

TEST_CASE("edges of the line come to the driver, those that nobody waited for as one")
{
    StreamAnswers answers;
    std::promise<void> entered;
    std::promise<void> go;
    auto gone = go.get_future();
    answers.interrupt = [&](const Host &, std::int64_t) {
        if (answers.interrupts == 0) {
            entered.set_value();
            gone.wait();
        }
    };
    const sim::SimulatedLine line;
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    line.raise();
    entered.get_future().wait();
    for (int i = 0; i < 3; ++i)
        line.raise();
    go.set_value();
    CHECK(eventually([&] { return answers.interrupts == 2; }));
    std::this_thread::sleep_for(20ms);
    CHECK(answers.interrupts == 2);
}

TEST_CASE("an interrupt's scans and events have the clock that the client chose")
{
    StreamAnswers answers;
    const auto code = event_code(stream_channels[0], EventType::thresh, EventDirection::rising);
    answers.interrupt = [&](const Host &host, std::int64_t time_ns) {
        (void)host.push(time_ns, [](Scan &scan) { scan.put(stream_channels[1], 5); });
        host.push_event(code, time_ns);
    };
    const sim::SimulatedLine line;
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    REQUIRE(bench.write("current_timestamp_clock", "monotonic") == 0);
    REQUIRE(bench.write("scan_elements/in_timestamp_en", "1") == 0);
    enable(bench);
    REQUIRE(bench.view->events()->open());
    const auto before = bench.view->now();
    line.raise();
    const auto scan = bench.take(16, false).value();
    std::array<iio_event_data, 1> event{};
    core::Cancellation never;
    REQUIRE(bench.view->events()->read(event, false, never));
    CHECK(scan[0] == 5);
    std::int64_t time_ns = 0;
    std::memcpy(&time_ns, &scan[8], sizeof time_ns);
    CHECK(time_ns >= before);
    CHECK(time_ns <= bench.view->now());
    CHECK(event[0].timestamp == time_ns);
    CHECK(event[0].id == code);
}

TEST_CASE("a driver that throws out of an interrupt gets the next one")
{
    StreamAnswers answers;
    answers.interrupt = [&](const Host &host, std::int64_t) {
        if (answers.interrupts++ == 0)
            (void)host.push(0, [](Scan &) { throw 7; });
    };
    const sim::SimulatedLine line;
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    enable(bench);
    set_log_sink([](std::string_view) noexcept {});
    line.raise();
    REQUIRE(eventually([&] { return answers.interrupts == 1; }));
    line.raise();
    CHECK(eventually([&] { return answers.interrupts == 3; }));
    set_log_sink(nullptr);
    CHECK(bench.write("buffer/enable", "0") == 0);
    CHECK(bench.buffer().data_available() == 0);
}

TEST_CASE("removing a device waits for its interrupt, and none comes after")
{
    StreamAnswers answers;
    std::promise<void> entered;
    std::promise<void> go;
    auto gone = go.get_future();
    answers.interrupt = [&](const Host &, std::int64_t) {
        entered.set_value();
        gone.wait();
    };
    const sim::SimulatedLine line;
    Registry registry;
    StreamBench<> bench{registry, answers, {.interrupt = &line}};
    line.raise();
    entered.get_future().wait();
    auto removal = std::async(std::launch::async, [&] { bench.live.reset(); });
    CHECK(removal.wait_for(20ms) == std::future_status::timeout);
    go.set_value();
    removal.get();
    line.raise();
    CHECK(answers.interrupts == 1);

    // The line serves the next device, which is given the edge that waits.
    answers.interrupt = {};
    const StreamBench<> next{registry, answers, {.interrupt = &line}};
    CHECK(eventually([&] { return answers.interrupts == 2; }));
}

TEST_CASE("removing a device waits for the scan under way and stops the chip once")
{
    StreamAnswers answers;
    std::promise<void> entered;
    std::promise<void> go;
    auto gone = go.get_future();
    answers.scan = [&](Scan &) {
        entered.set_value();
        gone.wait();
        return Result<void>{};
    };
    Registry registry;
    StreamBench<> bench{registry, answers};
    const auto trigger = add_sysfs_trigger(registry);
    REQUIRE(bench.write("trigger/current_trigger", "sysfstrig0") == 0);
    enable(bench);
    REQUIRE(trigger->fire());
    entered.get_future().wait();
    auto removal = std::async(std::launch::async, [&] { bench.live.reset(); });
    CHECK(removal.wait_for(20ms) == std::future_status::timeout);
    CHECK(answers.started == 1);
    CHECK_FALSE(trigger->fire());
    go.set_value();
    removal.get();
    CHECK(answers.started == 0);
    CHECK(trigger->fire()); // it waits for nobody
    CHECK(answers.scans == 1);
}

TEST_CASE("removing a device ends a read that empties the chip's FIFO")
{
    StreamAnswers answers;
    std::promise<void> entered;
    std::promise<void> go;
    auto gone = go.get_future();
    answers.flush = [&](unsigned) -> Result<unsigned> {
        entered.set_value();
        gone.wait();
        return 0U;
    };
    Registry registry;
    StreamBench<> bench{registry, answers};
    enable(bench);
    auto reader = std::async(std::launch::async, [&] { return bench.take(1, false); });
    entered.get_future().wait();
    auto removal = std::async(std::launch::async, [&] { bench.live.reset(); });
    CHECK(removal.wait_for(20ms) == std::future_status::timeout);
    go.set_value();
    removal.get();
    CHECK(error_of(reader.get()) == ENODEV);
}

TEST_CASE("removing a device that is about to stream waits for it and stops it")
{
    StreamAnswers answers;
    std::promise<void> entered;
    std::promise<void> go;
    auto gone = go.get_future();
    answers.start = [&](const BufferSetup &) {
        entered.set_value();
        gone.wait();
        return Result<void>{};
    };
    Registry registry;
    StreamBench<> bench{registry, answers};
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    auto enabling =
        std::async(std::launch::async, [&] { return bench.write("buffer/enable", "1"); });
    entered.get_future().wait();
    auto removal = std::async(std::launch::async, [&] { bench.live.reset(); });
    CHECK(removal.wait_for(20ms) == std::future_status::timeout);
    go.set_value();
    CHECK(enabling.get() == 0);
    removal.get();
    CHECK(answers.started == 0);
}

TEST_CASE("a device goes while its trigger fires from several threads")
{
    Registry registry;
    const auto trigger = add_sysfs_trigger(registry);
    std::atomic<bool> stop = false;
    std::vector<std::jthread> firing;
    for (int i = 0; i < 3; ++i) {
        firing.emplace_back([&] {
            while (!stop) {
                (void)trigger->fire();
                std::this_thread::yield();
            }
        });
    }
    for (int round = 0; round < 20; ++round) {
        StreamAnswers answers;
        StreamBench<> bench{registry, answers};
        REQUIRE(bench.write("trigger/current_trigger", "sysfstrig0") == 0);
        enable(bench);
        CHECK(eventually([&] { return answers.scans > 2; }));
        bench.live.reset();
        CHECK(answers.started == 0);
    }
    stop = true;
}

TEST_CASE("threads that enable, read, fire, interrupt and remove devices do not hinder each other")
{
    Registry registry;
    StreamAnswers answers; // of all devices
    answers.has_triggers = true;
    answers.interrupt = [](const Host &host, std::int64_t time_ns) {
        host.fire(1, time_ns);
        host.push_event(1, time_ns);
        (void)host.push(time_ns, [](Scan &scan) { scan.put(stream_channels[1], 1); });
    };
    answers.read = [] { return Result<Value>{Int{1}}; };
    const auto sysfs = add_sysfs_trigger(registry);
    const auto timer = std::make_shared<core::HrtimerTrigger>("timer");
    REQUIRE(registry.add_trigger(timer));
    REQUIRE(timer->set_frequency_millihertz(2'000'000));

    std::atomic<bool> stop = false;
    std::atomic<unsigned> devices = 0;
    std::atomic<unsigned> enabled = 0;
    std::atomic<unsigned> scans_read = 0;
    std::vector<std::jthread> threads;
    const auto repeat = [&](auto work) {
        threads.emplace_back([&stop, work] {
            while (!stop) {
                work();
                std::this_thread::yield();
            }
        });
    };
    const auto each = [&](auto work) {
        return [&registry, work] {
            for (const auto &view : registry.devices())
                work(*view);
        };
    };

    const sim::SimulatedLine line{100us};
    repeat([&] { // two devices come, live a little, and go
        StreamBench<> one{registry, answers, {.interrupt = &line}, "one"};
        const StreamBench<> two{registry, answers, {}, "two"};
        (void)one.write("trigger/current_trigger", devices % 2 ? "timer" : "one-trigger");
        (void)two.write("trigger/current_trigger", "sysfstrig0");
        std::this_thread::sleep_for(10ms);
        one.live.reset();
        ++devices;
    });
    for (const std::string_view state : {"1", "0"}) {
        repeat(each([&, state](const LiveDevice &view) {
            (void)view.write("scan_elements/in_voltage1_en", "1");
            (void)view.write("buffer/length", "4");
            if (view.write("buffer/enable", state) && state == "1")
                ++enabled;
            std::this_thread::sleep_for(1ms);
        }));
    }
    for (const bool nonblocking : {true, false}) {
        repeat(each([&, nonblocking](const LiveDevice &view) {
            core::Cancellation cancellation;
            std::jthread canceller;
            if (!nonblocking)
                canceller = std::jthread{[&] {
                    std::this_thread::sleep_for(2ms);
                    cancellation.cancel();
                }};
            (void)view.buffer()->read(64, nonblocking, cancellation, [&](auto first, auto second) {
                scans_read += static_cast<unsigned>(first.size() + second.size());
                return true;
            });
        }));
    }
    repeat(each([&](const LiveDevice &view) {
        if (!view.events()->open())
            return;
        std::array<iio_event_data, 4> events{};
        core::Cancellation never;
        (void)view.events()->poll([] {});
        (void)view.events()->read(events, true, never);
        view.events()->close();
    }));
    repeat(each([&](const LiveDevice &view) {
        for (const auto path : {"buffer/data_available", "trigger/current_trigger",
                                "in_voltage0_raw", "buffer/enable"})
            (void)view.read(path);
        (void)view.buffer()->poll([] {});
        (void)view.write("trigger/current_trigger", "timer");
    }));
    for (int i = 0; i < 2; ++i)
        repeat([&] { (void)sysfs->fire(); });

    std::this_thread::sleep_for(1s);
    CHECK(eventually([&] { return devices > 5 && enabled > 5 && scans_read > 0; }));
    stop = true;
    threads.clear();
    CHECK(registry.devices().empty());
    CHECK(answers.started == 0);
    CHECK(sysfs->fire());
    CHECK(timer->fire());
}

} // namespace streaming_teardown_test
