// SPDX-License-Identifier: MIT
//
// A part that stops answering, and comes back.
#include "gauge_bench.hpp"

#include <future>

namespace recovery_test {

using namespace iio;
using namespace iio::tests;
using namespace std::chrono_literals;

using Bench = GaugeBench;

TEST_CASE("a part that failed once and is configured as it was goes on")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.chip->fail_transfer(1, EIO);
    CHECK(bench.read("in_voltage0_raw") == "EIO");
    bench.chip->record(true);
    CHECK(bench.read("in_voltage0_raw") == "14");
    CHECK(bench.chip->take_log() ==
          std::vector<std::string>{"w:10 r:03", "w:20 r:07", "w:10 r:03", "w:11 r:02"});
    CHECK(bench.answers.probes == 1);
    CHECK(bench.log().empty());
}

TEST_CASE("a part that is not sure to be configured is probed and set anew")
{
    Bench bench;
    bench.answers.tells = false;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.chip->fail_transfer(1, EIO);
    CHECK(bench.read("in_voltage0_raw") == "EIO");
    CHECK(bench.read("hardwaregain") == "2");
    CHECK(bench.read("in_voltage0_raw") == "14");
    CHECK(bench.answers.probes == 2);
    CHECK(bench.answers.alive == 1);
    CHECK(bench.log() ==
          std::vector<std::string>{"iio:device0 (gauge): configured again after EIO"});
}

TEST_CASE("a write that was lost is not assumed done")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.chip->fail_transfer(1, EREMOTEIO);
    CHECK(bench.write("hardwaregain", "3") == EREMOTEIO);
    CHECK(bench.read("hardwaregain") == "2");
    CHECK(bench.read("in_voltage0_raw") == "14");
    CHECK(bench.answers.probes == 2);
    CHECK(bench.device->view()->settings() == Settings{{"hardwaregain", "2"}});
}

TEST_CASE("a part that lost its power gets its settings before the next value is given out")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "3") == 0);
    bench.chip->unplug();
    CHECK(bench.read("in_voltage0_raw") == "ENXIO");
    bench.chip->plug();
    CHECK(bench.read("in_voltage0_raw") == "21");
    CHECK(bench.read("hardwaregain") == "3");
    CHECK(bench.answers.probes == 2);
}

TEST_CASE("the farewell of a driver that is replaced does not reach the chip")
{
    Bench bench;
    bench.answers.tells = false;
    bench.chip->fail_transfer(1, EIO);
    CHECK(bench.read("in_voltage0_raw") == "EIO");
    bench.chip->record(true);
    CHECK(bench.read("hardwaregain") == "0");
    CHECK(bench.chip->take_log() == std::vector<std::string>{"w:00 r:2a", "w:1003"});
}

TEST_CASE("an absent part gives its errno at once, is tried after pauses and logged once")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.chip->unplug();
    CHECK(bench.read("in_voltage0_raw") == "ENXIO"); // doubtful
    CHECK(bench.read("in_voltage0_raw") == "ENXIO"); // absent
    const auto tried = bench.chip->transfers();
    for (int i = 0; i < 20; ++i) {
        CHECK(bench.read("in_voltage0_raw") == "ENXIO");
        CHECK(bench.read("hardwaregain") == "ENXIO");
        CHECK(bench.write("hardwaregain", "3") == ENXIO);
        CHECK(bench.read("name") == "gauge");
    }
    CHECK(bench.chip->transfers() - tried < 40);
    std::this_thread::sleep_for(first_pause_is_over);
    CHECK(bench.read("in_voltage0_raw") == "ENXIO");
    bench.chip->plug();
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "14"; }));
    CHECK(bench.log() == std::vector<std::string>{"iio:device0 (gauge): does not answer: ENXIO",
                                                  "iio:device0 (gauge): answers again"});
}

TEST_CASE("the pauses double from 100 ms to 5 s")
{
    std::chrono::milliseconds pause{0};
    std::vector<long> pauses;
    for (int i = 0; i < 8; ++i)
        pauses.push_back((pause = Health::next_pause(pause)).count());
    CHECK(pauses == std::vector<long>{100, 200, 400, 800, 1600, 3200, 5000, 5000});
}

TEST_CASE("another part in the place of the one that went is refused")
{
    Bench bench;
    bench.chip->unplug();
    CHECK(bench.read("in_voltage0_raw") == "ENXIO");
    bench.chip->plug();
    REQUIRE(bench.client.write_u8(ID, 43)); // as if by itself
    CHECK(bench.read("in_voltage0_raw") == "ENODEV");
    REQUIRE(bench.client.write_u8(ID, 42));
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "0"; }));
}

TEST_CASE("while one client recovers the part the others wait, and all get its value")
{
    Bench bench;
    bench.answers.tells = false;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    for (int round = 0; round < 20; ++round) {
        bench.chip->fail_transfer(1, EIO);
        CHECK(bench.read("in_voltage0_raw") == "EIO");
        std::vector<std::future<std::string>> readers;
        for (int i = 0; i < 8; ++i)
            readers.push_back(
                std::async(std::launch::async, [&] { return bench.read("in_voltage0_raw"); }));
        for (auto &reader : readers)
            CHECK(reader.get() == "14");
    }
    CHECK(bench.answers.probes == 21);
}

TEST_CASE("a part that comes and goes under load gives its values or an errno")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    std::atomic<bool> stop = false;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            while (!stop) {
                const auto raw = bench.read("in_voltage0_raw");
                const auto gain = bench.read("hardwaregain");
                wrong += (raw != "14" && raw != "ENXIO") || (gain != "2" && gain != "ENXIO");
            }
        });
    }
    for (int round = 0; round < 10; ++round) {
        bench.chip->unplug();
        const auto before = bench.chip->transfers();
        CHECK(eventually([&] { return bench.chip->transfers() > before; })); // it is noticed
        bench.chip->plug();
        CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "14"; }));
    }
    stop = true;
    readers.clear();
    CHECK(wrong == 0);
    CHECK(bench.answers.alive == 1);
}

TEST_CASE("a buffer streams on when its part came back, with its settings")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.start_streaming();
    bench.line.raise();
    CHECK(eventually([&] { return bench.scans() == ScanBytes{7}; }));
    bench.chip->unplug();
    bench.line.raise();
    CHECK(eventually([&] { return !bench.log().empty(); }));
    CHECK(bench.scans().empty());
    CHECK(bench.read("buffer/enable") == "1");
    bench.chip->plug();
    // Nobody asks: the interrupt is still to be handled.
    CHECK(eventually([&] { return bench.scans() == ScanBytes{7}; }));
    CHECK(bench.read("hardwaregain") == "2");
    CHECK(bench.write("buffer/enable", "0") == 0);
}

TEST_CASE("a buffer that was stopped while its part was away is not started again")
{
    Bench bench;
    bench.start_streaming();
    bench.chip->unplug();
    CHECK(bench.read("hardwaregain") == "0");
    bench.line.raise();
    CHECK(eventually([&] { return !bench.log().empty(); }));
    CHECK(bench.write("buffer/enable", "0") == ENXIO);
    CHECK(bench.read("buffer/enable") == "0");
    bench.chip->plug();
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "0"; }));
    CHECK(bench.client.read_u8(STREAM).value() == 0);
    CHECK(bench.client.read_u8(READY).value() == 0);
}

TEST_CASE("an interrupt that could not be handled is handled after a pause")
{
    Bench bench;
    bench.chip->arm({{.transfer = 1, .count = 2, .error = EIO}});
    bench.line.raise();
    CHECK(eventually([&] { return bench.answers.handled == 1; }));
}

TEST_CASE("a recovery that is cut short is begun anew, and no setting is lost")
{
    for (std::uint64_t n = 1; n <= 4; ++n) {
        Bench bench;
        bench.answers.tells = false;
        REQUIRE(bench.write("hardwaregain", "2") == 0);
        REQUIRE(bench.write("current_timestamp_clock", "boottime") == 0);
        bench.start_streaming();
        bench.chip->arm({{.transfer = 1, .error = EIO}, {.transfer = 1 + n, .error = EIO}});
        bench.line.raise();
        CHECK(eventually([&] { return bench.scans().size() == 1; }));
        CHECK(bench.read("hardwaregain") == "2");
        CHECK(bench.read("current_timestamp_clock") == "boottime");
        CHECK(bench.client.read_u8(STREAM).value() == 1);
        CHECK(bench.device->view()->settings().size() == 2);
    }
}

TEST_CASE("a stuck bus ends the wait of its readers, and others' parts do not see it")
{
    Bench bench;
    Bench other;
    bench.chip->arm({{.error = ETIMEDOUT, .delay = 300ms}});
    auto stuck = std::async(std::launch::async, [&] { return bench.read("in_voltage0_raw"); });
    int reads = 0;
    while (stuck.wait_for(0s) != std::future_status::ready) {
        REQUIRE(other.read("in_voltage0_raw") == "0");
        ++reads;
    }
    CHECK(reads > 10);
    CHECK(stuck.get() == "ETIMEDOUT");
    bench.chip->arm({});
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "0"; }));
}

TEST_CASE("a buffer that starts and a setting that is stored do not wait for each other")
{
    Bench bench;
    REQUIRE(bench.write("scan_elements/in_voltage0_en", "1") == 0);
    // 1: STREAM by start_buffer; 2: READY by set_trigger, which recovers the part.
    bench.chip->arm({{.transfer = 1, .delay = 300ms}, {.transfer = 2, .error = EIO}});
    auto start = std::async(std::launch::async, [&] { return bench.write("buffer/enable", "1"); });
    std::this_thread::sleep_for(100ms);
    auto store = std::async(std::launch::async, [&] { return bench.write("hardwaregain", "2"); });
    const auto ends = [](std::future<int> &future) {
        return future.wait_for(20s) == std::future_status::ready;
    };
    if (!ends(start) || !ends(store)) {
        std::puts("a buffer that starts and a setting that is stored wait for each other");
        std::_Exit(1); // their threads would be waited for
    }
    CHECK(start.get() == EIO);
    CHECK(store.get() == 0);
}

TEST_CASE("a part that was reset without a failed transfer is configured again")
{
    Bench bench;
    bench.answers.doubts = true;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    REQUIRE(bench.client.write_u8(MODE, 0));
    REQUIRE(bench.client.write_u8(GAIN, 0));
    CHECK(bench.read("in_voltage0_raw") == "14");
    CHECK(bench.answers.probes == 2);
    CHECK(bench.log() == std::vector<std::string>{
                             "iio:device0 (gauge): was reset, and has been configured again"});
}

TEST_CASE("a part that does not keep what it is told is not asked without end")
{
    Bench bench;
    bench.answers.doubts = true;
    bench.chip->unplug();
    CHECK(bench.read("in_voltage0_raw") == "ENXIO");
    // It forgets its mode: each read finds it reset.
    bench.answers.forgets = true;
    bench.chip->plug();
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "EIO"; }));
    CHECK(bench.answers.probes < 20);
}

TEST_CASE("an errno that has no name is shown by its number")
{
    CHECK(errno_name(EIO) == "EIO");
    CHECK(errno_name(524) == "ENOTSUPP");
    CHECK(errno_name(4711) == "errno 4711");
    Bench bench;
    bench.chip->arm({{.count = 3, .error = 4711}});
    CHECK(bench.read("in_voltage0_raw") == "errno 4711");
    CHECK(bench.read("in_voltage0_raw") == "errno 4711");
    CHECK(bench.log() ==
          std::vector<std::string>{"iio:device0 (gauge): does not answer: errno 4711"});
}

} // namespace recovery_test
