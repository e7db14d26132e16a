// SPDX-License-Identifier: MIT
#include "streaming_driver.hpp"

#include <catch2/catch.hpp>
#include <future>

namespace event_test {

using namespace iio;
using namespace iio::tests;
using core::EventQueue;

namespace {

std::vector<std::uint64_t> take(EventQueue &queue, std::size_t most = 32)
{
    std::vector<iio_event_data> records(most);
    core::Cancellation never;
    records.resize(queue.read(records, true, never).value_or(0));
    std::vector<std::uint64_t> codes;
    for (const auto &record : records)
        codes.push_back(record.id);
    return codes;
}

int read_error(EventQueue &queue, core::Cancellation &cancellation, bool nonblocking = false)
{
    std::array<iio_event_data, 1> record{};
    return error_of(queue.read(record, nonblocking, cancellation));
}

} // namespace

TEST_CASE("events are given in their order, with their times, as many as fit")
{
    EventQueue queue;
    REQUIRE(queue.open());
    for (std::uint64_t code = 1; code <= 5; ++code)
        queue.push(code, static_cast<std::int64_t>(code) * 10);
    std::array<iio_event_data, 2> records{};
    core::Cancellation never;
    CHECK(queue.read(records, false, never).value() == 2);
    CHECK(records[0].id == 1);
    CHECK(records[0].timestamp == 10);
    CHECK(records[1].id == 2);
    CHECK(records[1].timestamp == 20);
    CHECK(take(queue) == std::vector<std::uint64_t>{3, 4, 5});
}

TEST_CASE("16 events wait, and the newest beyond are lost")
{
    EventQueue queue;
    REQUIRE(queue.open());
    for (std::uint64_t code = 0; code < 20; ++code)
        queue.push(code, 0);
    const auto codes = take(queue);
    REQUIRE(codes.size() == 16);
    CHECK(codes.front() == 0);
    CHECK(codes.back() == 15);
    queue.push(99, 0);
    CHECK(take(queue) == std::vector<std::uint64_t>{99});
}

TEST_CASE("one client listens, and hears of what comes while it does")
{
    EventQueue queue;
    queue.push(1, 0);
    REQUIRE(queue.open());
    CHECK(error_of(queue.open()) == EBUSY);
    CHECK(take(queue).empty());
    queue.push(2, 0);
    queue.close();
    REQUIRE(queue.open());
    CHECK(take(queue).empty());
}

TEST_CASE("a read below one event is EINVAL, one that may not wait EAGAIN")
{
    EventQueue queue;
    REQUIRE(queue.open());
    core::Cancellation never;
    CHECK(error_of(queue.read({}, true, never)) == EINVAL);
    CHECK(read_error(queue, never, true) == EAGAIN);
    queue.push(1, 0);
    CHECK(error_of(queue.read({}, true, never)) == EINVAL);
    CHECK(read_error(queue, never, true) == 0);
}

TEST_CASE("a read that waits ends with an event, a cancellation, or the device")
{
    EventQueue queue;
    REQUIRE(queue.open());
    core::Cancellation cancellation;
    auto reader = std::async(std::launch::async, [&] { return read_error(queue, cancellation); });
    CHECK(reader.wait_for(std::chrono::milliseconds{20}) == std::future_status::timeout);
    SECTION("an event")
    {
        queue.push(1, 0);
        CHECK(reader.get() == 0);
    }
    SECTION("EINTR: cancelled")
    {
        cancellation.cancel();
        CHECK(reader.get() == EINTR);
        CHECK(read_error(queue, cancellation) == EINTR);
    }
    SECTION("ENODEV: the device is gone")
    {
        queue.shut_down();
        CHECK(reader.get() == ENODEV);
        CHECK(error_of(queue.open()) == ENODEV);
    }
}

TEST_CASE("a device takes the events along that nobody read")
{
    EventQueue queue;
    REQUIRE(queue.open());
    queue.push(1, 0);
    queue.shut_down();
    core::Cancellation never;
    CHECK(read_error(queue, never) == ENODEV);
}

TEST_CASE("who polls for events is told once of the first")
{
    EventQueue queue;
    REQUIRE(queue.open());
    int calls = 0;
    CHECK_FALSE(queue.poll([&] { ++calls; }));
    queue.push(1, 0);
    queue.push(2, 0);
    CHECK(calls == 1);
    CHECK(queue.poll([&] { ++calls; }));
    CHECK(take(queue).size() == 2);
    CHECK_FALSE(queue.poll([&] { ++calls; }));
    queue.shut_down();
    CHECK(calls == 2);
    CHECK(queue.poll([] {}));
}

TEST_CASE("a device's events come from its driver, by the clock that the client chose")
{
    StreamAnswers answers;
    Registry registry;
    StreamBench<> bench{registry, answers};
    auto *events = bench.view->events();
    REQUIRE(events);
    const auto &host = bench.live->driver().host();
    host.push_event(1, 0); // nobody listens
    REQUIRE(events->open());
    REQUIRE(bench.write("current_timestamp_clock", "monotonic") == 0);
    timespec before{};
    clock_gettime(CLOCK_MONOTONIC, &before);
    const auto code = event_code(stream_channels[0], EventType::thresh, EventDirection::rising);
    host.push_event(code, host.now());
    std::array<iio_event_data, 2> records{};
    core::Cancellation never;
    REQUIRE(events->read(records, true, never).value() == 1);
    CHECK(records[0].id == code);
    timespec after{};
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(records[0].timestamp >= before.tv_sec * 1'000'000'000LL + before.tv_nsec);
    CHECK(records[0].timestamp <= after.tv_sec * 1'000'000'000LL + after.tv_nsec);
    bench.live.reset();
    CHECK(read_error(*events, never) == ENODEV);
}

TEST_CASE("an event's code has the fields that the kernel's macros find")
{
    // IIO_UNMOD_EVENT_CODE(IIO_VOLTAGE, 3, IIO_EV_TYPE_THRESH, IIO_EV_DIR_RISING)
    CHECK(event_code(Channel::in(ChannelType::voltage, 3), EventType::thresh,
                     EventDirection::rising) == 0x0001'0000'0000'0003);
    const auto code = event_code(Channel::in(ChannelType::accel).modifier(Modifier::z),
                                 EventType::mag_adaptive, EventDirection::falling);
    CHECK(IIO_EVENT_CODE_EXTRACT_TYPE(code) == IIO_EV_TYPE_MAG_ADAPTIVE);
    CHECK(IIO_EVENT_CODE_EXTRACT_DIR(code) == IIO_EV_DIR_FALLING);
    CHECK(IIO_EVENT_CODE_EXTRACT_CHAN_TYPE(code) == IIO_ACCEL);
    CHECK(IIO_EVENT_CODE_EXTRACT_MODIFIER(code) == IIO_MOD_Z);
    CHECK(IIO_EVENT_CODE_EXTRACT_CHAN(code) == 0);
    CHECK(IIO_EVENT_CODE_EXTRACT_DIFF(code) == 0);
    const auto any = event_code(Channel::in(ChannelType::accel).modifier(Modifier::x),
                                EventType::mag, EventDirection::rising, Modifier::x_or_y_or_z);
    CHECK(IIO_EVENT_CODE_EXTRACT_MODIFIER(any) == IIO_MOD_X_OR_Y_OR_Z);
    const auto pair = event_code(Channel::differential(ChannelType::voltage, 2, 3),
                                 EventType::thresh, EventDirection::either);
    CHECK(IIO_EVENT_CODE_EXTRACT_DIFF(pair) == 1);
    CHECK(IIO_EVENT_CODE_EXTRACT_CHAN(pair) == 2);
    CHECK(IIO_EVENT_CODE_EXTRACT_CHAN2(pair) == 3);
}

} // namespace event_test
