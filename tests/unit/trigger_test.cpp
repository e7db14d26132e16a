// SPDX-License-Identifier: MIT
#include "streaming_driver.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <core/thread.hpp>
#include <future>
#include <sched.h>
#include <sim/simulated_line.hpp>

namespace trigger_test {

using namespace iio;
using namespace iio::tests;
using namespace std::chrono_literals;

namespace {

struct Consumer final : TriggerConsumer {
    void poll(std::optional<std::int64_t>) override { ++polls; }
    std::atomic<int> polls = 0;
};

/// A trigger whose source the test decides.
struct Source final : Trigger {
    using Trigger::Trigger;
    Result<void> set_state(bool on) const override
    {
        states.push_back(on);
        return error == 0 ? Result<void>{} : Result<void>{fail(error)};
    }
    void reenable() const override { ++reenabled; }
    mutable std::vector<bool> states;
    mutable int reenabled = 0;
    int error = 0;
};

std::shared_ptr<core::SysfsTrigger> add_sysfs_trigger(Registry &registry, unsigned id)
{
    auto trigger = std::make_shared<core::SysfsTrigger>(id);
    REQUIRE(registry.add_trigger(trigger));
    return trigger;
}

template <class Bench> void enable_with(const Bench &bench, std::string_view trigger)
{
    REQUIRE(bench.write("trigger/current_trigger", trigger) == 0);
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    REQUIRE(bench.write("buffer/length", "64") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
}

std::string show(const Trigger &trigger)
{
    std::array<char, IIO_PAGE_SIZE> page{};
    return {page.data(), trigger.attributes()[0].show(trigger, page.data()).value()};
}

int store(const Trigger &trigger, std::string_view text)
{
    return error_of(trigger.attributes()[0].store(trigger, text));
}

} // namespace

TEST_CASE("a trigger polls those who are attached, and its source is on for as long")
{
    Source source{"source"};
    Consumer one;
    Consumer two;
    CHECK(source.fire());
    REQUIRE(source.attach(one));
    REQUIRE(source.attach(two));
    CHECK(source.states == std::vector<bool>{true});
    CHECK(source.fire());
    CHECK(one.polls == 1);
    CHECK(two.polls == 1);
    source.sampled();
    source.sampled();
    source.detach(one);
    CHECK(source.fire());
    CHECK(one.polls == 1);
    CHECK(two.polls == 2);
    source.release();
    CHECK(source.states == std::vector<bool>{true});
    source.detach(two);
    source.sampled(); // owed since before
    source.release();
    CHECK(source.states == std::vector<bool>{true, false});
}

TEST_CASE("a moment that comes before all have their samples is lost to all")
{
    Source source{"source"};
    Consumer quick;
    Consumer slow;
    REQUIRE(source.attach(quick));
    REQUIRE(source.attach(slow));
    CHECK(source.fire());
    source.sampled();
    CHECK(source.reenabled == 0);
    CHECK_FALSE(source.fire());
    CHECK(quick.polls == 1);
    source.sampled();
    CHECK(source.reenabled == 1);
    CHECK(source.fire());
    CHECK(quick.polls == 2);
    CHECK(slow.polls == 2);
    source.sampled();
    source.sampled();
    CHECK(source.reenabled == 2);
    source.sampled(); // owed to nothing
    CHECK(source.reenabled == 2);
}

TEST_CASE("a source that does not start leaves the trigger without the consumer")
{
    Source source{"source"};
    source.error = EREMOTEIO;
    Consumer consumer;
    CHECK(error_of(source.attach(consumer)) == EREMOTEIO);
    CHECK(source.fire());
    CHECK(consumer.polls == 0);
    source.error = 0;
    CHECK(source.attach(consumer));
    CHECK(source.states == std::vector<bool>{true, true});
    CHECK(source.fire());
    CHECK(consumer.polls == 1);
}

TEST_CASE("triggers have the lowest free numbers, and names that no other has")
{
    Registry registry;
    const auto zero = add_sysfs_trigger(registry, 5);
    const auto one = add_sysfs_trigger(registry, 7);
    CHECK(zero->name() == "sysfstrig5");
    CHECK(zero->directory() == "trigger0");
    CHECK(one->directory() == "trigger1");
    CHECK(error_of(registry.add_trigger(std::make_shared<core::SysfsTrigger>(7))) == EEXIST);
    CHECK(error_of(registry.add_trigger(std::make_shared<core::HrtimerTrigger>("sysfstrig7"))) ==
          EEXIST);
    CHECK(registry.find_trigger("sysfstrig5") == zero);
    REQUIRE(registry.remove_trigger("sysfstrig5"));
    CHECK(registry.find_trigger("sysfstrig5") == nullptr);
    CHECK(error_of(registry.remove_trigger("sysfstrig5")) == ENOENT);
    const auto again = add_sysfs_trigger(registry, 9);
    CHECK(again->directory() == "trigger0");
    // One that comes back takes the lowest number, not the one that it had.
    REQUIRE(registry.remove_trigger("sysfstrig7"));
    REQUIRE(registry.remove_trigger("sysfstrig9"));
    REQUIRE(registry.add_trigger(one));
    CHECK(one->number() == 0);
}

TEST_CASE("a trigger whose number others take gets the next one, and goes on to fire")
{
    Registry registry;
    const auto zero = add_sysfs_trigger(registry, 5);
    const auto one = add_sysfs_trigger(registry, 7);
    Consumer consumer;
    REQUIRE(zero->attach(consumer));
    const auto moved = registry.set_number_spaces({}, {.first = 0, .taken = {0, 2}});
    REQUIRE(moved.size() == 1);
    CHECK(moved[0] == zero);
    CHECK(zero->directory() == "trigger3");
    CHECK(one->directory() == "trigger1");
    CHECK(zero->fire());
    CHECK(consumer.polls == 1);
    zero->detach(consumer);
    // Only what is taken is left, not what is below the first.
    CHECK(registry.set_number_spaces({}, {.first = 16, .taken = {0}}).empty());
    CHECK(add_sysfs_trigger(registry, 9)->number() == 16);
}

TEST_CASE("a device's own triggers are named after it, and one may be its first")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    Registry registry;
    StreamBench<> bench{registry, answers, {.numbers = {3}}};
    CHECK(registry.find_trigger("stream-trigger"));
    CHECK(registry.find_trigger("stream-dev3"));
    CHECK(bench.read("trigger/current_trigger") == "stream-dev3\n");
    SECTION("EEXIST: another device has the name, and nothing of it remains")
    {
        next_stream = &answers;
        auto second = Device<StreamBench<>::Driver, Unregistered>::probe(
                          Hardware{"stream", bench.client_, bench.supplies_})
                          .value();
        CHECK(error_of(std::move(second).register_on(registry, {.numbers = {4}})) == EEXIST);
        CHECK(registry.devices().size() == 1);
        CHECK(registry.find_trigger("stream-dev4") == nullptr);
        CHECK(registry.find_trigger("stream-trigger"));
    }
    SECTION("they go with the device")
    {
        bench.live.reset();
        CHECK(registry.find_trigger("stream-trigger") == nullptr);
        CHECK(registry.find_trigger("stream-dev3") == nullptr);
    }
}

TEST_CASE("current_trigger takes the name of a trigger, and any other one detaches")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    add_sysfs_trigger(registry, 0);
    add_sysfs_trigger(registry, 1);
    CHECK(bench.read("trigger/current_trigger").empty());
    CHECK(bench.write("trigger/current_trigger", "sysfstrig0") == 0);
    CHECK(bench.read("trigger/current_trigger") == "sysfstrig0\n");
    CHECK(bench.write("trigger/current_trigger", "sysfstrig1\n") == 0);
    CHECK(bench.read("trigger/current_trigger") == "sysfstrig1\n");
    CHECK(bench.write("trigger/current_trigger", "sysfstrig2") == 0);
    CHECK(bench.read("trigger/current_trigger").empty());
    CHECK(bench.write("trigger/current_trigger", "sysfstrig1") == 0);
    CHECK(bench.write("trigger/current_trigger", "\n") == 0);
    CHECK(bench.read("trigger/current_trigger").empty());
    // While a trigger drives the buffer it stays.
    enable_with(bench, "sysfstrig0");
    CHECK(bench.write("trigger/current_trigger", "sysfstrig1") == EBUSY);
    CHECK(bench.write("trigger/current_trigger", "sysfstrig0") == EBUSY);
    CHECK(bench.write("trigger/current_trigger", "\n") == EBUSY);
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    CHECK(bench.write("trigger/current_trigger", "sysfstrig1") == 0);
}

TEST_CASE("some of a device's triggers drive no other device, and some devices take no other's")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    Registry registry;
    const StreamBench<false, true> owner{registry, answers};
    answers.has_triggers = false;
    const StreamBench<> other{registry, answers, {}, "other"};
    add_sysfs_trigger(registry, 0);
    CHECK(other.write("trigger/current_trigger", "sysfstrig0") == 0);
    CHECK(other.write("trigger/current_trigger", "stream-dev0") == EINVAL);
    CHECK(other.read("trigger/current_trigger") == "sysfstrig0\n");
    CHECK(other.write("trigger/current_trigger", "stream-trigger") == 0);
    CHECK(other.read("trigger/current_trigger") == "stream-trigger\n");
    CHECK(owner.write("trigger/current_trigger", "stream-trigger") == 0);
    CHECK(owner.write("trigger/current_trigger", "sysfstrig0") == EINVAL);
    CHECK(owner.read("trigger/current_trigger") == "stream-trigger\n");
    CHECK(owner.write("trigger/current_trigger", "nobody") == 0);
    CHECK(owner.read("trigger/current_trigger").empty());
}

TEST_CASE("a device's trigger drives another device, whose scans have times by its own clock")
{
    StreamAnswers owner_answers;
    owner_answers.has_triggers = true;
    std::vector<bool> states;
    std::atomic<int> reenabled = 0;
    owner_answers.set_trigger = [&](std::uint32_t, bool on) {
        states.push_back(on);
        return Result<void>{};
    };
    owner_answers.reenable = [&](std::uint32_t) { ++reenabled; };
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> owner{registry, owner_answers};
    const StreamBench<> other{registry, answers, {}, "other"};
    REQUIRE(other.write("scan_elements/in_timestamp_en", "1") == 0);
    enable_with(other, "stream-trigger");
    CHECK(states == std::vector{true});

    const auto before = other.view->now();
    owner.live->driver().host().fire(1, before + 3'600'000'000'000);
    const auto scan = other.take(16, false).value();
    REQUIRE(scan.size() == 16);
    std::int64_t time_ns = 0;
    std::memcpy(&time_ns, &scan[8], sizeof time_ns);
    CHECK(time_ns >= before);
    CHECK(time_ns <= other.view->now());
    CHECK(eventually([&] { return reenabled == 1; }));
    CHECK(owner_answers.scans == 0);

    REQUIRE(other.write("buffer/enable", "0") == 0);
    CHECK(states == std::vector{true, false});
}

TEST_CASE("a device is removed while its trigger drives another one")
{
    StreamAnswers owner_answers;
    owner_answers.has_triggers = true;
    std::vector<bool> states;
    std::promise<void> entered;
    std::promise<void> go;
    auto gone = go.get_future();
    std::atomic<int> reenabled = 0;
    owner_answers.set_trigger = [&](std::uint32_t, bool on) {
        states.push_back(on);
        return Result<void>{};
    };
    owner_answers.reenable = [&](std::uint32_t) {
        ++reenabled;
        entered.set_value();
        gone.wait();
    };
    StreamAnswers answers;
    Registry registry;
    StreamBench<> owner{registry, owner_answers};
    const StreamBench<> other{registry, answers, {}, "other"};
    enable_with(other, "stream-trigger");
    const auto trigger = registry.find_trigger("stream-trigger");
    owner.live->driver().host().fire(1, 1);
    entered.get_future().wait();

    // The driver is called by the other one's thread: it is not destroyed meanwhile.
    auto removal = std::async(std::launch::async, [&] { owner.live.reset(); });
    CHECK(removal.wait_for(20ms) == std::future_status::timeout);
    go.set_value();
    removal.get();
    CHECK(states == std::vector{true, false});

    // The other one keeps it, as in Linux, but no moment comes.
    CHECK(other.read("trigger/current_trigger") == "stream-trigger\n");
    CHECK_FALSE(trigger->fire());
    CHECK(reenabled == 1);
    CHECK(other.write("buffer/enable", "0") == 0);
    CHECK(other.write("buffer/enable", "1") == 0);
    CHECK(other.write("buffer/enable", "0") == 0);
    CHECK(states == std::vector{true, false});
    CHECK(other.write("trigger/current_trigger", "stream-trigger") == 0);
    CHECK(other.read("trigger/current_trigger").empty());
}

TEST_CASE("trigger_now takes a scan with the time of the moment")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    const auto trigger = add_sysfs_trigger(registry, 0);
    CHECK(trigger->attributes()[0].name == "trigger_now");
    CHECK(trigger->attributes()[0].mode == 0200);
    REQUIRE(bench.write("scan_elements/in_timestamp_en", "1") == 0);
    enable_with(bench, "sysfstrig0");
    const auto before = bench.view->now();
    CHECK(store(*trigger, "anything") == 0);
    const auto after = bench.view->now();
    const auto scan = bench.take(100, false).value();
    REQUIRE(scan.size() == 16);
    CHECK(scan[0] == 1);
    std::int64_t time_ns = 0;
    std::memcpy(&time_ns, &scan[8], sizeof time_ns);
    CHECK(time_ns >= before);
    CHECK(time_ns <= after);
}

TEST_CASE("a scan that fails is left out, and the trigger goes on")
{
    StreamAnswers answers;
    answers.scan = [&](Scan &scan) -> Result<void> {
        scan.put(stream_channels[1], answers.scans);
        if (answers.scans == 2)
            return fail(EREMOTEIO);
        return {};
    };
    Registry registry;
    const StreamBench<> bench{registry, answers};
    const auto trigger = add_sysfs_trigger(registry, 0);
    enable_with(bench, "sysfstrig0");
    for (int i = 0; i < 3; ++i)
        REQUIRE(eventually([&] { return trigger->fire(); }));
    REQUIRE(eventually([&] { return bench.buffer().data_available() == 2; }));
    CHECK(bench.take(100).value() == ScanBytes{1, 3});
}

TEST_CASE("one trigger drives several devices, at the pace of the slowest")
{
    StreamAnswers quick_answers;
    StreamAnswers slow_answers;
    std::promise<void> go;
    const auto gone = go.get_future().share();
    slow_answers.scan = [&](Scan &) {
        gone.wait();
        return Result<void>{};
    };
    Registry registry;
    const StreamBench<> quick{registry, quick_answers};
    const StreamBench<> slow{registry, slow_answers};
    const auto trigger = add_sysfs_trigger(registry, 0);
    enable_with(quick, "sysfstrig0");
    enable_with(slow, "sysfstrig0");
    CHECK(trigger->fire());
    CHECK(eventually([&] { return quick.buffer().data_available() == 1; }));
    CHECK_FALSE(trigger->fire());
    go.set_value();
    CHECK(eventually([&] { return trigger->fire(); }));
    CHECK(eventually([&] {
        return quick.buffer().data_available() == 2 && slow.buffer().data_available() == 2;
    }));
    // The one that leaves does not hold up the other.
    REQUIRE(slow.write("buffer/enable", "0") == 0);
    CHECK(eventually([&] { return trigger->fire(); }));
    CHECK(eventually([&] { return quick.buffer().data_available() == 3; }));
    CHECK(slow.buffer().data_available() == 2);
}

TEST_CASE("a trigger that the registry gave up fires no more, and who has it keeps it")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    const auto trigger = add_sysfs_trigger(registry, 0);
    enable_with(bench, "sysfstrig0");
    REQUIRE(registry.remove_trigger("sysfstrig0"));
    CHECK_FALSE(trigger->fire());
    CHECK(bench.buffer().data_available() == 0);
    CHECK(bench.read("trigger/current_trigger") == "sysfstrig0\n");
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    CHECK(bench.write("trigger/current_trigger", "sysfstrig0") == 0); // there is none: detaches
    CHECK(bench.read("trigger/current_trigger").empty());
}

TEST_CASE("the chip's trigger is on while the buffer runs, and is told when its users are done")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    std::vector<std::pair<std::uint32_t, bool>> states;
    answers.set_trigger = [&](std::uint32_t id, bool on) {
        states.emplace_back(id, on);
        return Result<void>{};
    };
    std::atomic<int> reenabled = 0;
    answers.reenable = [&](std::uint32_t id) { reenabled += id == 1 ? 1 : 100; };
    Registry registry;
    const StreamBench<> bench{registry, answers};
    const auto &host = bench.live->driver().host();
    enable_with(bench, "stream-trigger");
    host.fire(2, 0); // nobody's
    host.fire(1, 0);
    CHECK(eventually([&] { return reenabled == 1; }));
    CHECK(bench.take(100).value() == ScanBytes{1});
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    host.fire(1, 0);
    CHECK(reenabled == 1);
    CHECK(states == std::vector<std::pair<std::uint32_t, bool>>{{1, true}, {1, false}});
}

TEST_CASE("a chip's trigger that has no time to wait for the next edge fires from reenable")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    Registry registry;
    const Host *host = nullptr;
    answers.reenable = [&](std::uint32_t id) {
        if (answers.scans < 5)
            host->fire(id, 0);
    };
    const StreamBench<> bench{registry, answers};
    host = &bench.live->driver().host();
    enable_with(bench, "stream-trigger");
    host->fire(1, 0);
    CHECK(eventually([&] { return bench.buffer().data_available() == 5; }));
}

TEST_CASE("a trigger that does not start stops the chip again, and nothing runs")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    answers.set_trigger = [](std::uint32_t, bool) { return Result<void>{fail(EREMOTEIO)}; };
    Registry registry;
    const StreamBench<> bench{registry, answers};
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    CHECK(bench.write("buffer/enable", "1") == EREMOTEIO);
    CHECK(bench.read("buffer/enable") == "0\n");
    CHECK(answers.started == 0);
    CHECK_FALSE(bench.push(1));
    bench.live->driver().host().fire(2, 0);
    CHECK(answers.scans == 0);
    CHECK(bench.view->read("in_voltage0_raw"));
    CHECK(bench.write("buffer/length", "8") == 0);
    CHECK(bench.write("trigger/current_trigger", "stream-trigger") == 0);
    answers.set_trigger = {};
    CHECK(bench.write("buffer/enable", "1") == 0);
    CHECK(answers.started == 1);
}

TEST_CASE("an hrtimer trigger's frequency is taken and shown as the kernel's")
{
    const core::HrtimerTrigger trigger{"timer"};
    CHECK(trigger.attributes()[0].name == "sampling_frequency");
    CHECK(trigger.attributes()[0].mode == 0644);
    CHECK(show(trigger) == "100.000000\n");
    CHECK(store(trigger, "3.3333333\n") == 0);
    CHECK(show(trigger) == "3.333000\n");
    CHECK(store(trigger, "0.001") == 0);
    CHECK(show(trigger) == "0.001000\n");
    CHECK(store(trigger, "1000000000") == 0);
    CHECK(show(trigger) == "1000000000.000000\n");
    for (const auto text : {"0", "0.000001", "2000000000", "1000000000.001", "ten", "1 "})
        CHECK(store(trigger, text) == EINVAL);
    for (const auto text : {"-1", "-0.5"})
        CHECK(store(trigger, text) == ERANGE);
    CHECK(show(trigger) == "1000000000.000000\n");
}

TEST_CASE("an hrtimer trigger fires by itself while it is used, at the frequency of the moment")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    const auto timer = std::make_shared<core::HrtimerTrigger>("timer");
    REQUIRE(registry.add_trigger(timer));
    REQUIRE(store(*timer, "0.001") == 0);
    enable_with(bench, "timer");
    CHECK(answers.scans == 0);
    REQUIRE(store(*timer, "1000") == 0); // does not wait for the quarter of an hour to pass
    CHECK(eventually([&] { return answers.scans >= 3; }));
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    const unsigned scans = answers.scans;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    CHECK(answers.scans == scans);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    CHECK(eventually([&] { return answers.scans > scans; }));
}

TEST_CASE("a timer makes up for the moments that its consumer was too slow for")
{
    StreamAnswers answers;
    std::atomic<bool> held = true;
    answers.scan = [&](Scan &) {
        while (held)
            std::this_thread::sleep_for(1ms);
        return Result<void>{};
    };
    Registry registry;
    const StreamBench<> bench{registry, answers};
    const auto timer = std::make_shared<core::HrtimerTrigger>("timer");
    REQUIRE(registry.add_trigger(timer));
    SECTION("those that are in memory, one after the other")
    {
        REQUIRE(store(*timer, "20") == 0); // two moments in the 100 ms that it remembers
        enable_with(bench, "timer");
        REQUIRE(eventually([&] { return answers.scans == 1; }));
        std::this_thread::sleep_for(1s); // nineteen or twenty moments more
        const auto begin = std::chrono::steady_clock::now();
        held = false;
        REQUIRE(eventually([&] { return answers.scans >= 3; }));
        const unsigned scans = answers.scans;
        const auto took = std::chrono::steady_clock::now() - begin;
        // Without a memory it would be one each 50 ms, with a boundless one 20 at once.
        CHECK(scans <= 4 + static_cast<unsigned>(took / 50ms));
    }
    SECTION("and those that come meanwhile, at any frequency, until it is switched off")
    {
        REQUIRE(store(*timer, "1000000000") == 0);
        enable_with(bench, "timer");
        REQUIRE(eventually([&] { return answers.scans == 1; }));
        held = false;
        REQUIRE(eventually([&] { return answers.scans >= 1000; }));
        REQUIRE(bench.write("buffer/enable", "0") == 0);
        const unsigned scans = answers.scans;
        std::this_thread::sleep_for(20ms);
        CHECK(answers.scans == scans);
    }
}

TEST_CASE("a timer does not drift: its moments are as many as the time that passed has")
{
    // Scans of a part that is too slow for some of them, at a period that is no whole
    // number of nanoseconds.
    StreamAnswers answers;
    answers.scan = [&](Scan &) {
        if (answers.scans % 50 == 0)
            std::this_thread::sleep_for(3ms);
        return Result<void>{};
    };
    Registry registry;
    const StreamBench<> bench{registry, answers};
    const auto timer = std::make_shared<core::HrtimerTrigger>("timer");
    REQUIRE(registry.add_trigger(timer));
    REQUIRE(store(*timer, "777") == 0);
    const auto begin = std::chrono::steady_clock::now();
    enable_with(bench, "timer");
    std::this_thread::sleep_for(2s);
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    CHECK(answers.scans <= took.count() * 777);
    // What it is late for at the end, or, on a machine that did not let it run for long, forgot.
    CHECK(answers.scans >= took.count() * 777 * 0.5);
}

TEST_CASE("the scan of a chip's trigger has the time at which its line told the moment")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    std::atomic<std::int64_t> told = 0;
    answers.interrupt = [&](const Host &host, std::int64_t timestamp_ns) {
        std::this_thread::sleep_for(20ms); // a driver that asks its chip what the line says
        told = timestamp_ns;
        host.fire(1, timestamp_ns);
    };
    Registry registry;
    const sim::SimulatedLine line;
    const StreamBench<> bench{registry, answers, {.interrupt = &line}};
    REQUIRE(bench.write("scan_elements/in_timestamp_en", "1") == 0);
    enable_with(bench, "stream-trigger");
    line.raise();
    const auto scan = bench.take(100, false).value();
    REQUIRE(scan.size() == 16);
    std::int64_t time_ns = 0;
    std::memcpy(&time_ns, &scan[8], sizeof time_ns);
    CHECK(time_ns == told);
    CHECK(bench.view->now() - time_ns >= std::chrono::nanoseconds{20ms}.count());

    // A moment that is told late, after a sample of a later one.
    REQUIRE(eventually([&] {
        bench.live->driver().host().fire(1, told - 1);
        return bench.buffer().data_available() > 0;
    }));
    const auto later = bench.take(16).value();
    REQUIRE(later.size() == 16);
    std::int64_t later_ns = 0;
    std::memcpy(&later_ns, &later[8], sizeof later_ns);
    CHECK(later_ns > time_ns);
}

TEST_CASE("a chip's trigger that cannot be switched off keeps no buffer from ending")
{
    StreamAnswers answers;
    answers.has_triggers = true;
    answers.set_trigger = [](std::uint32_t, bool on) -> Result<void> {
        return on ? Result<void>{} : Result<void>{fail(EREMOTEIO)};
    };
    Registry registry;
    const StreamBench<> bench{registry, answers};
    enable_with(bench, "stream-trigger");
    CHECK(bench.write("buffer/enable", "0") == 0);
    CHECK(bench.read("buffer/enable") == "0\n");
    CHECK(answers.started == 0);
    bench.live->driver().host().fire(1, 0); // the chip's line still tells of new data
    CHECK(answers.scans == 0);
    CHECK(bench.write("buffer/enable", "1") == 0);
}

TEST_CASE("threads that use up the CPUs do not do so with a real-time priority")
{
    const auto is_urgent = [] {
        int policy = 0;
        sched_param parameters{};
        pthread_getschedparam(pthread_self(), &policy, &parameters);
        return policy == SCHED_FIFO;
    };
    const unsigned count = std::max(1U, std::thread::hardware_concurrency()) + 1;
    std::atomic<bool> stop = false;
    std::atomic<unsigned> ordinary = 0; // threads that were an ordinary one once
    std::atomic<unsigned> as_before = 0;
    std::vector<std::jthread> busy;
    for (unsigned i = 0; i < count; ++i) {
        busy.emplace_back([&] {
            core::RealTime real_time{core::RealTime::to_sample};
            const bool allowed = is_urgent();
            for (bool was = false; !stop;) {
                real_time.check();
                if (!was && !is_urgent()) {
                    was = true;
                    ++ordinary;
                }
            }
            as_before += eventually([&] { // which does little
                real_time.check();
                return is_urgent() == allowed;
            });
        });
    }
    CHECK(eventually([&] { return ordinary == count; }));
    stop = true;
    busy.clear();
    CHECK(as_before == count);
}

} // namespace trigger_test
