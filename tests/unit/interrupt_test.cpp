// SPDX-License-Identifier: MIT
//
// Interrupt lines: whose moment a handler is given, and how often a line that stays
// active is handled.
#include "streaming_driver.hpp"

#include <catch2/catch.hpp>
#include <core/interrupt_thread.hpp>
#include <cstring>
#include <mutex>
#include <sim/simulated_line.hpp>

namespace interrupt_test {

namespace {

using namespace iio;
using namespace iio::tests;
using namespace std::chrono_literals;
using Moment = sim::SimulatedLine::Time;

std::int64_t monotonic_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// The moments that the handler was given.
class Moments {
public:
    void add(std::int64_t moment_ns)
    {
        const std::lock_guard lock{mutex_};
        moments_.push_back(moment_ns);
    }
    [[nodiscard]] std::vector<std::int64_t> all() const
    {
        const std::lock_guard lock{mutex_};
        return moments_;
    }
    [[nodiscard]] bool are(std::size_t count) const
    {
        return eventually([&] { return all().size() >= count; });
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::int64_t> moments_;
};

} // namespace

TEST_CASE("a handler is given the moment of the edge by the clock that the client chose")
{
    StreamAnswers answers;
    Moments moments;
    answers.interrupt = [&](const Host &, std::int64_t moment_ns) { moments.add(moment_ns); };
    const sim::SimulatedLine line;
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};

    REQUIRE(bench.write("current_timestamp_clock", "monotonic") == 0);
    const auto edge = std::chrono::steady_clock::now() - 3s;
    line.raise(edge);
    REQUIRE(moments.are(1));
    CHECK(moments.all().back() == edge.time_since_epoch().count());

    for (const auto *const clock : {"realtime", "realtime_coarse", "boottime", "tai"}) {
        REQUIRE(bench.write("current_timestamp_clock", clock) == 0);
        const auto count = moments.all().size();
        const auto later = std::chrono::steady_clock::now() - 1s + static_cast<int>(count) * 100ms;
        line.raise(later);
        REQUIRE(moments.are(count + 1));
        const auto ago_ns = bench.view->now() - moments.all().back();
        const auto expected_ns = monotonic_ns() - later.time_since_epoch().count();
        CHECK(std::abs(ago_ns - expected_ns) < 50'000'000); // realtime_coarse has 4 ms steps
    }
}

TEST_CASE("an edge that is older than the last call was served by it")
{
    StreamAnswers answers;
    Moments moments;
    answers.interrupt = [&](const Host &, std::int64_t moment_ns) { moments.add(moment_ns); };
    const sim::SimulatedLine line;
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    REQUIRE(bench.write("current_timestamp_clock", "monotonic") == 0);
    const auto edge = std::chrono::steady_clock::now();
    line.raise(edge);
    REQUIRE(moments.are(1));
    line.raise(edge - 1ms);
    std::this_thread::sleep_for(50ms);
    line.raise();
    REQUIRE(moments.are(2));
    CHECK(moments.all().size() == 2);
    CHECK(moments.all()[1] > moments.all()[0] + 50'000'000);
}

TEST_CASE("a line that stays active is handled again, ever more rarely, until an edge")
{
    StreamAnswers answers;
    const sim::SimulatedLine line;
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    line.set_active(true);
    const auto free = core::InterruptThread::free_rounds;
    REQUIRE(eventually([&] { return answers.interrupts > free; }));
    std::this_thread::sleep_for(200ms);
    CHECK(answers.interrupts <= free + 12); // pauses of 1, 2, 4 ... 128 ms, and a slow machine
    const unsigned before = answers.interrupts;
    line.raise();
    CHECK(eventually([&] { return answers.interrupts > before + free; }));
    line.set_active(false);
    std::this_thread::sleep_for(20ms);
    const unsigned at_end = answers.interrupts;
    std::this_thread::sleep_for(300ms);
    CHECK(answers.interrupts == at_end);
}

TEST_CASE("a line that is active before its device comes is handled")
{
    StreamAnswers answers;
    const sim::SimulatedLine line;
    line.set_active(true);
    (void)line.wait(0ms);
    answers.interrupt = [&](const Host &, std::int64_t) { line.set_active(false); };
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    CHECK(eventually([&] { return answers.interrupts == 1; }));
}

TEST_CASE("a device whose line stays active is removed at once")
{
    StreamAnswers answers;
    const sim::SimulatedLine line;
    Registry registry;
    StreamBench<> bench{registry, answers, {.interrupt = &line}};
    line.set_active(true);
    REQUIRE(eventually([&] { return answers.interrupts > 10; })); // it rests for 32 ms and more
    const auto before = std::chrono::steady_clock::now();
    bench.live.reset();
    CHECK(std::chrono::steady_clock::now() - before < 500ms);
}

TEST_CASE("a line is not handled again while a buffer takes its sample")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    const sim::SimulatedLine line;
    answers.interrupt = [](const Host &host, std::int64_t moment) { host.fire(1, moment); };
    std::atomic<unsigned> interrupts_of_scan = 0;
    answers.scan = [&](Scan &) -> Result<void> { // it takes a while, and reenable clears the line
        std::this_thread::sleep_for(50ms);
        interrupts_of_scan = answers.interrupts.load();
        return {};
    };
    answers.reenable = [&](std::uint32_t) {
        std::this_thread::sleep_for(20ms);
        line.set_active(false);
    };
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    REQUIRE(bench.write("trigger/current_trigger", "stream-trigger") == 0);
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    line.set_active(true);
    CHECK(eventually([&] { return answers.scans == 1; }));
    CHECK(eventually([&] { return !line.is_active(); }));
    std::this_thread::sleep_for(50ms);
    CHECK(interrupts_of_scan == 1);
    CHECK(answers.interrupts == 1);
    CHECK(answers.scans == 1);
}

TEST_CASE("a line that is still active after the samples were taken is handled again")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    const sim::SimulatedLine line;
    answers.interrupt = [](const Host &host, std::int64_t moment) { host.fire(1, moment); };
    answers.scan = [&](Scan &scan) -> Result<void> {
        if (answers.scans == 1)
            return fail(EIO); // the chip's words are unread: no other edge comes
        line.set_active(false);
        scan.put(stream_channels[1], 7);
        return {};
    };
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    REQUIRE(bench.write("trigger/current_trigger", "stream-trigger") == 0);
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    line.set_active(true);
    CHECK(bench.take(1, false).value() == std::vector<std::uint8_t>{7});
    CHECK(answers.scans == 2);
}

TEST_CASE("a buffer that begins while the line is active gets its sample without an edge")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    const sim::SimulatedLine line;
    answers.interrupt = [](const Host &host, std::int64_t moment) { host.fire(1, moment); };
    answers.scan = [&](Scan &scan) -> Result<void> {
        line.set_active(false);
        scan.put(stream_channels[1], 7);
        return {};
    };
    Registry registry;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    REQUIRE(bench.write("trigger/current_trigger", "stream-trigger") == 0);
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    line.set_active(true);
    REQUIRE(eventually([&] { return answers.interrupts > 14; })); // pauses of 512 ms and more
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    CHECK(bench.take(1, false).value() == std::vector<std::uint8_t>{7});
    CHECK(std::chrono::steady_clock::now() - before < 400ms);
}

} // namespace interrupt_test
