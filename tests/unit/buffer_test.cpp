// SPDX-License-Identifier: MIT
#include "streaming_driver.hpp"

#include <catch2/catch.hpp>
#include <core/scan_layout.hpp>
#include <future>
#include <iio/host/log.hpp>
#include <sys/resource.h>

namespace buffer_test {

using namespace iio;
using namespace iio::tests;

namespace {

constexpr std::array scan_elements{"in_voltage0_en", "in_voltage1_en", "in_voltage2_en",
                                   "in_rot_quaternion_en", "in_timestamp_en"};

/// A buffer that runs with voltage1 alone, a byte a scan, filled by push().
struct Running : StreamBench<> {
    Running(Registry &registry, StreamAnswers &answers, std::string_view length = "8",
            std::string_view watermark = "1")
        : StreamBench{registry, answers}
    {
        REQUIRE(write("scan_elements/in_voltage1_en", "1") == 0);
        REQUIRE(write("buffer/length", length) == 0);
        REQUIRE(write("buffer/watermark", watermark) == 0);
        REQUIRE(write("buffer/enable", "1") == 0);
    }
};

/// The reader of a test, on a thread of its own; it ends when the test does.
struct Reader {
    Reader(const StreamBench<> &bench, std::size_t size)
        : result{std::async(std::launch::async,
                            [this, &bench, size] { return bench.take(size, false, cancellation); })}
    {
    }
    ~Reader() { cancellation.cancel(); }
    [[nodiscard]] bool is_waiting() const
    {
        return result.wait_for(std::chrono::milliseconds{20}) == std::future_status::timeout;
    }

    core::Cancellation cancellation;
    std::future<Result<ScanBytes>> result;
};

} // namespace

TEST_CASE("a buffer's directories are those of the kernel, with the types of the channels")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    for (const std::string directory : {"scan_elements/", "buffer0/"}) {
        CHECK(bench.read(directory + "in_voltage0_type") == "le:s12/16>>4\n");
        CHECK(bench.read(directory + "in_voltage1_type") == "le:u8/8>>0\n");
        CHECK(bench.read(directory + "in_voltage2_type") == "be:s24/32>>8\n");
        CHECK(bench.read(directory + "in_rot_quaternion_type") == "le:s16/16X4>>0\n");
        CHECK(bench.read(directory + "in_timestamp_type") == "le:s64/64>>0\n");
        CHECK(bench.read(directory + "in_timestamp_index") == "4\n");
        CHECK(bench.read(directory + "in_voltage0_en") == "0\n");
    }
    CHECK(bench.read("buffer/length") == "2\n");
    CHECK(bench.read("buffer/watermark") == "1\n");
    CHECK(bench.read("buffer/enable") == "0\n");
    CHECK(bench.read("buffer/data_available") == "0\n");
    CHECK(bench.read("buffer0/direction") == "in\n");
    CHECK(bench.write("buffer0/in_voltage0_en", "1") == 0);
    CHECK(bench.read("scan_elements/in_voltage0_en") == "1\n");
}

TEST_CASE("samples stand aligned in the order of their indexes, the timestamp last, padded")
{
    struct Row {
        std::uint64_t wanted;
        bool with_timestamp;
        std::array<int, 4> offsets;
        int timestamp; // -1: none
        std::size_t bytes;
    };
    const auto row = GENERATE(
        Row{0b0001, false, {0, -1, -1, -1}, -1, 2}, Row{0b0010, false, {-1, 0, -1, -1}, -1, 1},
        Row{0b0011, false, {0, 2, -1, -1}, -1, 4}, Row{0b0110, false, {-1, 0, 4, -1}, -1, 8},
        Row{0b1001, false, {0, -1, -1, 8}, -1, 16}, Row{0b1111, false, {0, 2, 4, 8}, -1, 16},
        Row{0b0010, true, {-1, 0, -1, -1}, 8, 16}, Row{0b0101, true, {0, -1, 4, -1}, 8, 16},
        Row{0b1111, true, {0, 2, 4, 8}, 16, 24});
    iio_dev dev{};
    dev.channels = stream_channels.data();
    dev.num_channels = stream_channels.size();
    const auto layout = core::ScanLayout::of(dev, row.wanted, row.with_timestamp);
    for (std::size_t i = 0; i < row.offsets.size(); ++i)
        CHECK(layout.offsets[i] == row.offsets[i]);
    CHECK(layout.offsets[4] < 0);
    CHECK((layout.timestamp ? static_cast<int>(*layout.timestamp) : -1) == row.timestamp);
    CHECK(layout.bytes == row.bytes);
}

TEST_CASE("a scan is read as the types say, with zeros between the samples")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    for (const std::string element : scan_elements)
        REQUIRE(bench.write("scan_elements/" + element, "1") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    const std::array<std::uint8_t, 8> quaternion{1, 2, 3, 4, 5, 6, 7, 8};
    REQUIRE(bench.live->driver().host().push(0x1122334455667788, [&](Scan &scan) {
        CHECK(scan.mask() == 0b1111);
        scan.put(stream_channels[0], -2 * 16);
        scan.put(stream_channels[1], 0xab);
        scan.put(stream_channels[2], 0x010203 << 8);
        scan.put(stream_channels[3], quaternion);
    }));
    CHECK(bench.take(100).value() == ScanBytes{0xe0, 0xff, 0xab, 0,    1,    2,    3,    0,
                                               1,    2,    3,    4,    5,    6,    7,    8,
                                               0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11});
}

TEST_CASE("a chip that samples in groups is told the first that has the wanted channels")
{
    StreamAnswers answers;
    answers.masks = {0b0011, 0b0111};
    std::uint64_t active = 0;
    answers.start = [&](const BufferSetup &setup) {
        active = setup.active;
        return Result<void>{};
    };
    Registry registry;
    const StreamBench<> bench{registry, answers};
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    CHECK(active == 0b0011);
    // What nobody wants goes nowhere.
    REQUIRE(bench.live->driver().host().push(0, [](Scan &scan) {
        CHECK(scan.has(stream_channels[0]));
        scan.put(stream_channels[0], -1);
        scan.put(stream_channels[1], 7);
    }));
    CHECK(bench.take(100).value() == ScanBytes{7});
    REQUIRE(bench.write("buffer/enable", "0") == 0);

    REQUIRE(bench.write("scan_elements/in_voltage2_en", "1") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    CHECK(active == 0b0111);
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    CHECK(bench.write("scan_elements/in_rot_quaternion_en", "1") == EINVAL);
    CHECK(bench.read("scan_elements/in_rot_quaternion_en") == "0\n");
    CHECK(bench.write("scan_elements/in_timestamp_en", "1") == 0);
}

TEST_CASE("a chip of one channel at a time refuses a second one")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<true> bench{registry, answers};
    CHECK(bench.write("scan_elements/in_voltage0_en", "1") == 0);
    CHECK(bench.write("scan_elements/in_voltage0_en", "1") == 0);
    CHECK(bench.write("scan_elements/in_voltage1_en", "1") == EINVAL);
    CHECK(bench.write("scan_elements/in_timestamp_en", "1") == 0);
    CHECK(bench.write("scan_elements/in_voltage0_en", "0") == 0);
    CHECK(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    CHECK(bench.write("buffer/enable", "1") == 0);
}

TEST_CASE("length is 2 at least and takes the watermark down with it")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    CHECK(bench.write("buffer/length", "0") == 0);
    CHECK(bench.read("buffer/length") == "2\n");
    CHECK(bench.write("buffer/watermark", "3") == EINVAL);
    CHECK(bench.write("buffer/length", "10\n") == 0);
    CHECK(bench.write("buffer/watermark", "0") == EINVAL);
    CHECK(bench.write("buffer/watermark", "11") == EINVAL);
    CHECK(bench.write("buffer/watermark", "10") == 0);
    CHECK(bench.write("buffer/length", "4") == 0);
    CHECK(bench.read("buffer/watermark") == "4\n");
    CHECK(bench.write("buffer/length", "16") == 0);
    CHECK(bench.read("buffer/watermark") == "4\n");
    CHECK(bench.write("buffer/length", "-1") == EINVAL);
    CHECK(bench.write("buffer/length", "0x10") == EINVAL);
    CHECK(bench.write("buffer/length", "4294967296") == ERANGE);
    CHECK(bench.write("buffer/watermark", "") == EINVAL);
    CHECK(bench.read("buffer/length") == "16\n");
}

TEST_CASE("while a buffer runs its settings are EBUSY, and what is so already is not")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers};
    CHECK(bench.write("buffer/length", "16") == EBUSY);
    CHECK(bench.write("buffer/length", "8") == 0);
    CHECK(bench.write("buffer/watermark", "2") == EBUSY);
    CHECK(bench.write("buffer/watermark", "9") == EINVAL);
    CHECK(bench.write("buffer/enable", "1") == 0);
    for (const std::string element : scan_elements) {
        CHECK(bench.write("scan_elements/" + element, "1") == EBUSY);
        CHECK(bench.write("scan_elements/" + element, "x") == EINVAL);
    }
    CHECK(answers.started == 1);
    CHECK(bench.write("buffer/enable", "0") == 0);
    CHECK(bench.write("buffer/enable", "0") == 0);
    CHECK(answers.started == 0);
    CHECK(bench.write("buffer/length", "16") == 0);
}

TEST_CASE("a buffer without channels, without a trigger, or too long is not enabled")
{
    StreamAnswers answers;
    Registry registry;
    SECTION("EINVAL without a channel, and the timestamp is none")
    {
        const StreamBench<> bench{registry, answers};
        CHECK(bench.write("buffer/enable", "1") == EINVAL);
        CHECK(bench.write("scan_elements/in_timestamp_en", "1") == 0);
        CHECK(bench.write("buffer/enable", "1") == EINVAL);
        CHECK(bench.read("buffer/enable") == "0\n");
    }
    SECTION("EINVAL without a trigger where one is needed")
    {
        answers.modes = IIO_MODE_BUFFER_TRIGGERED;
        const StreamBench<> bench{registry, answers};
        CHECK(bench.write("scan_elements/in_voltage0_en", "1") == 0);
        CHECK(bench.write("buffer/enable", "1") == EINVAL);
        REQUIRE(registry.add_trigger(std::make_shared<core::SysfsTrigger>(0)));
        CHECK(bench.write("trigger/current_trigger", "sysfstrig0") == 0);
        CHECK(bench.write("buffer/enable", "1") == 0);
    }
    SECTION("ENOMEM beyond what the kernel allocates at once")
    {
        const StreamBench<> bench{registry, answers};
        CHECK(bench.write("scan_elements/in_voltage1_en", "1") == 0);
        CHECK(bench.write("buffer/length", "4194305") == 0);
        CHECK(bench.write("buffer/enable", "1") == ENOMEM);
        CHECK(bench.write("buffer/length", "4294967295") == 0);
        CHECK(bench.write("buffer/enable", "1") == ENOMEM);
        CHECK(bench.read("buffer/enable") == "0\n");
        CHECK(bench.write("buffer/length", "4194304") == 0);
        CHECK(bench.write("buffer/enable", "1") == 0);
    }
    CHECK(answers.started == 0);
}

TEST_CASE("a full buffer loses the newest scans whole and keeps the oldest")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers, "3"};
    // As the kernel's, it has room for the next power of two.
    for (int i = 1; i <= 4; ++i)
        CHECK(bench.push(i));
    CHECK_FALSE(bench.push(5));
    CHECK(bench.read("buffer/data_available") == "4\n");
    CHECK(bench.take(2).value() == ScanBytes{1, 2});
    CHECK(bench.push(6));
    CHECK(bench.push(7));
    CHECK_FALSE(bench.push(8));
    CHECK(bench.take(100).value() == ScanBytes{3, 4, 6, 7});
    CHECK(bench.read("buffer/data_available") == "0\n");
}

TEST_CASE("a read that is not delivered leaves the scans where they are")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers};
    REQUIRE(bench.push(1));
    core::Cancellation never;
    CHECK(bench.buffer().read(8, true, never, [](auto, auto) { return false; }));
    CHECK(bench.take(8).value() == ScanBytes{1});
}

TEST_CASE("a read gives whole scans, EINVAL below one and EAGAIN where it may not wait")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    CHECK(bench.take(100).value().empty()); // there never was a buffer
    REQUIRE(bench.write("scan_elements/in_voltage0_en", "1") == 0);
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    CHECK(error_of(bench.take(3)) == EINVAL);
    CHECK(error_of(bench.take(0)) == EINVAL);
    CHECK(error_of(bench.take(4)) == EAGAIN);
    REQUIRE(bench.push(1));
    REQUIRE(bench.push(2));
    CHECK(bench.take(7).value() == ScanBytes{0, 0, 1, 0});
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    // What came before its end is still there, and then nothing.
    CHECK_FALSE(bench.push(3));
    CHECK(bench.take(100).value() == ScanBytes{0, 0, 2, 0});
    CHECK(error_of(bench.take(100)) == EAGAIN);
}

TEST_CASE("a read that waits returns at the watermark, or when as many are there as fit")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers, "8", "3"};
    Reader reader{bench, 100};
    REQUIRE(bench.push(1));
    REQUIRE(bench.push(2));
    CHECK(reader.is_waiting());
    REQUIRE(bench.push(3));
    CHECK(reader.result.get().value() == ScanBytes{1, 2, 3});

    Reader short_reader{bench, 2};
    REQUIRE(bench.push(4));
    CHECK(short_reader.is_waiting());
    REQUIRE(bench.push(5));
    CHECK(short_reader.result.get().value() == ScanBytes{4, 5});
}

TEST_CASE("the end of a buffer ends the wait for its watermark with what there is")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers, "8", "3"};
    Reader reader{bench, 100};
    REQUIRE(bench.push(1));
    CHECK(reader.is_waiting());
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    CHECK(reader.result.get().value() == ScanBytes{1});
}

TEST_CASE("a read that waits while the buffer is enabled anew goes by the new settings")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers, "8", "8"};
    Reader reader{bench, 8};
    CHECK(reader.is_waiting());
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    SECTION("a lower watermark")
    {
        REQUIRE(bench.write("buffer/length", "2") == 0);
        REQUIRE(bench.write("buffer/watermark", "1") == 0);
        REQUIRE(bench.write("buffer/enable", "1") == 0);
        CHECK(reader.is_waiting());
        REQUIRE(bench.push(1));
        CHECK(reader.result.get().value() == ScanBytes{1});
    }
    SECTION("scans that do not fit any more: EINVAL")
    {
        REQUIRE(bench.write("scan_elements/in_timestamp_en", "1") == 0);
        REQUIRE(bench.write("buffer/enable", "1") == 0);
        CHECK(error_of(reader.result.get()) == EINVAL);
    }
}

TEST_CASE("a read that is cancelled is EINTR, before it waits as well as while")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers};
    Reader reader{bench, 100};
    CHECK(reader.is_waiting());
    reader.cancellation.cancel();
    CHECK(error_of(reader.result.get()) == EINTR);

    core::Cancellation cancelled;
    cancelled.cancel();
    CHECK(error_of(bench.take(100, false, cancelled)) == EINTR);
    // It loses nothing: what is there is given.
    REQUIRE(bench.push(1));
    CHECK(bench.take(100, false, cancelled).value() == ScanBytes{1});
}

TEST_CASE("cancelling one reader's wait tells no listener that there is data")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers};
    Reader reader{bench, 100};
    std::atomic<int> calls = 0;
    CHECK_FALSE(bench.buffer().poll([&] { ++calls; }));
    CHECK(reader.is_waiting());
    reader.cancellation.cancel();
    CHECK(error_of(reader.result.get()) == EINTR);
    CHECK(calls == 0);
    REQUIRE(bench.push(1));
    CHECK(calls == 1);
}

TEST_CASE("who polls is told once for the scans of a watermark")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers, "16", "4"};
    std::atomic<int> calls = 0;
    for (int round = 1; round <= 2; ++round) {
        CHECK_FALSE(bench.buffer().poll([&] { ++calls; }));
        for (int i = 0; i < 3; ++i)
            REQUIRE(bench.push(i));
        CHECK(calls == round - 1);
        REQUIRE(bench.push(3));
        CHECK(calls == round);
        REQUIRE(bench.push(4));
        CHECK(calls == round);
        CHECK(bench.buffer().poll([&] { calls = 100; }));
        CHECK(bench.take(100).value().size() == 5);
    }
    CHECK_FALSE(bench.buffer().poll([&] { ++calls; }));
    REQUIRE(bench.push(0));
    CHECK(calls == 2);
    REQUIRE(bench.write("buffer/enable", "0") == 0); // now one is enough
    CHECK(calls == 3);
    CHECK(bench.buffer().poll([] {}));
}

TEST_CASE("a read that waits sleeps once for the scans of a watermark, not once for each")
{
    constexpr int watermark = 50;
    constexpr int turns = 10;
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers, "64", std::to_string(watermark)};
    const auto switches = [] {
        rusage usage{};
        getrusage(RUSAGE_THREAD, &usage);
        return usage.ru_nvcsw;
    };
    auto slept = std::async(std::launch::async, [&] {
        const auto before = switches();
        std::size_t taken = 0;
        while (taken < turns * watermark)
            taken += bench.take(watermark, false).value().size();
        return switches() - before;
    });
    for (int scan = 0; scan < turns * watermark; ++scan) {
        REQUIRE(eventually([&] { return bench.push(scan % 100); }));
        std::this_thread::sleep_for(std::chrono::microseconds{100}); // it could look by now
    }
    // Some more where the lock was held.
    CHECK(slept.get() < turns * watermark / 4);
}

TEST_CASE("a reader takes from the chip's own FIFO what is missing, and no more than fits")
{
    StreamAnswers answers;
    Registry registry;
    std::vector<unsigned> asked;
    int in_chip = 0;
    const StreamBench<> *chip = nullptr;
    answers.flush = [&](unsigned most) -> Result<unsigned> {
        asked.push_back(most);
        unsigned pushed = 0;
        for (; pushed < most && in_chip > 0; --in_chip, ++pushed)
            REQUIRE(chip->push(in_chip));
        return pushed;
    };
    const Running bench{registry, answers, "8", "4"};
    chip = &bench;
    REQUIRE(bench.push(9));
    in_chip = 3;
    CHECK(bench.take(6, false).value() == ScanBytes{9, 3, 2, 1});
    CHECK(asked == std::vector<unsigned>{5});
    CHECK(error_of(bench.take(6)) == EAGAIN);
    in_chip = 8;
    CHECK(bench.take(2).value() == ScanBytes{8, 7});
    CHECK(asked == std::vector<unsigned>{5, 6, 2});

    SECTION("a FIFO that cannot be read is an empty one")
    {
        answers.flush = [](unsigned) -> Result<unsigned> { return fail(EIO); };
        CHECK(error_of(bench.take(2)) == EAGAIN);
    }
    SECTION("a buffer that does not run leaves the chip alone")
    {
        REQUIRE(bench.write("buffer/enable", "0") == 0);
        CHECK(error_of(bench.take(2)) == EAGAIN);
        CHECK(asked.size() == 3);
    }
}

TEST_CASE("a scan that fails or throws is dropped, and the next one is whole")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers};
    set_log_sink([](std::string_view) noexcept {});
    const auto &host = bench.live->driver().host();
    CHECK_THROWS_AS(host.push(0,
                              [](Scan &scan) {
                                  scan.put(stream_channels[1], 1);
                                  throw std::runtime_error{"half a scan"};
                              }),
                    std::runtime_error);
    set_log_sink(nullptr);
    CHECK(bench.read("buffer/data_available") == "0\n");
    // From another thread: the place is free again.
    CHECK(std::async(std::launch::async, [&] { return bench.push(2); }).get());
    CHECK(bench.take(100).value() == ScanBytes{2});
}

TEST_CASE("a driver's scan() may push what its chip's FIFO holds, and counts for none then")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> *chip = nullptr;
    answers.scan = [&](Scan &) {
        for (const int number : {1, 2, 3})
            (void)chip->push(number);
        return Result<void>{};
    };
    const StreamBench<> bench{registry, answers};
    chip = &bench;
    const auto trigger = std::make_shared<core::SysfsTrigger>(0);
    REQUIRE(registry.add_trigger(trigger));
    REQUIRE(bench.write("trigger/current_trigger", "sysfstrig0") == 0);
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    REQUIRE(bench.write("buffer/length", "4") == 0);
    REQUIRE(bench.write("buffer/enable", "1") == 0);
    CHECK(trigger->fire());
    CHECK(eventually([&] { return trigger->fire(); })); // has been there, and is now full
    CHECK(eventually([&] { return answers.scans == 2 && bench.buffer().data_available() == 4; }));
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    CHECK(bench.take(100).value() == ScanBytes{1, 2, 3, 1});
}

TEST_CASE("direct mode and a running buffer exclude each other")
{
    StreamAnswers answers;
    Registry registry;
    const Running bench{registry, answers};
    std::atomic<int> calls = 0;
    std::atomic<bool> answer = false;
    answers.read = [&]() -> Result<Value> {
        ++calls;
        eventually([&] { return answer.load(); });
        return Int{5};
    };
    CHECK(error_of(bench.view->read("in_voltage0_raw")) == EBUSY);
    CHECK(calls == 0);
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    auto reading =
        std::async(std::launch::async, [&] { return bench.view->read("in_voltage0_raw"); });
    REQUIRE(eventually([&] { return calls == 1; }));
    auto enabling =
        std::async(std::launch::async, [&] { return bench.write("buffer/enable", "1"); });
    CHECK(enabling.wait_for(std::chrono::milliseconds{20}) == std::future_status::timeout);
    CHECK(answers.started == 0);
    answer = true;
    CHECK(reading.get().value() == "5\n");
    CHECK(enabling.get() == 0);
}

TEST_CASE("while it streams a text that cannot be parsed is EINVAL, any other EBUSY")
{
    StreamAnswers answers;
    answers.write = [](Written) { return Result<void>{}; };
    Registry registry;
    const Running bench{registry, answers};
    CHECK(bench.write("in_voltage0_raw", "x") == EINVAL);
    CHECK(bench.write("in_voltage0_raw", "1") == EBUSY);
    CHECK(bench.write("events/in_voltage0_thresh_rising_en", "x") == EINVAL);
    CHECK(bench.write("events/in_voltage0_thresh_rising_en", "1") == EBUSY);
    REQUIRE(bench.write("buffer/enable", "0") == 0);
    CHECK(bench.write("in_voltage0_raw", "1") == 0);
    CHECK(bench.write("events/in_voltage0_thresh_rising_en", "1") == 0);
}

TEST_CASE("a chip that does not start leaves the buffer as it was")
{
    StreamAnswers answers;
    answers.start = [](const BufferSetup &) { return Result<void>{fail(EREMOTEIO)}; };
    Registry registry;
    const StreamBench<> bench{registry, answers};
    REQUIRE(bench.write("scan_elements/in_voltage1_en", "1") == 0);
    CHECK(bench.write("buffer/enable", "1") == EREMOTEIO);
    CHECK(bench.read("buffer/enable") == "0\n");
    CHECK_FALSE(bench.push(1));
    CHECK(bench.view->read("in_voltage0_raw"));
    CHECK(bench.write("buffer/length", "16") == 0);
    answers.start = {};
    CHECK(bench.write("buffer/enable", "1") == 0);
    CHECK(bench.push(1));
}

TEST_CASE("a chip that does not stop gives its errno, and the buffer runs no more")
{
    StreamAnswers answers;
    answers.stop = [] { return Result<void>{fail(EREMOTEIO)}; };
    Registry registry;
    const Running bench{registry, answers};
    CHECK(bench.write("buffer/enable", "0") == EREMOTEIO);
    CHECK(bench.read("buffer/enable") == "0\n");
    CHECK_FALSE(bench.push(1));
    CHECK(bench.write("buffer/length", "16") == 0);
    CHECK(bench.view->read("in_voltage0_raw"));
}

TEST_CASE("one client at a time has a buffer open")
{
    StreamAnswers answers;
    Registry registry;
    const StreamBench<> bench{registry, answers};
    CHECK(bench.buffer().open());
    CHECK(bench.buffer().is_open());
    CHECK(error_of(bench.buffer().open()) == EBUSY);
    bench.buffer().close();
    CHECK(bench.buffer().open());
}

TEST_CASE("removing a device that streams stops it, and answers who waits")
{
    StreamAnswers answers;
    Registry registry;
    Running bench{registry, answers};
    Reader reader{bench, 100};
    std::atomic<int> calls = 0;
    CHECK_FALSE(bench.buffer().poll([&] { ++calls; }));
    CHECK(reader.is_waiting());
    bench.live.reset();
    CHECK(error_of(reader.result.get()) == ENODEV);
    CHECK(calls == 1);
    CHECK(answers.started == 0);
    CHECK(bench.buffer().poll([] {})); // a read would not wait
    CHECK(error_of(bench.take(100)) == ENODEV);
    CHECK(bench.write("buffer/enable", "1") == ENODEV);
    CHECK(error_of(bench.buffer().set_enabled(true)) == ENODEV);
    CHECK(error_of(bench.buffer().set_trigger("")) == ENODEV);
}

TEST_CASE("a device goes with scans that nobody read")
{
    StreamAnswers answers;
    Registry registry;
    Running bench{registry, answers};
    REQUIRE(bench.push(1));
    bench.live.reset();
    CHECK(error_of(bench.take(100)) == ENODEV);
}

} // namespace buffer_test
