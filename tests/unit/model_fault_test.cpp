// SPDX-License-Identifier: MIT
//
// Faults of a simulated bus.
#include "model_bench.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace model_fault_test {

using namespace std::chrono_literals;

namespace {

const std::string counter = R"("model": {"kind": "registers", "registers": {"0": 7}})";

ModelBench with_faults(const std::string &faults)
{
    return {"i2c", counter + R"(, "faults": [)" + faults + "]"};
}

/// One letter for each of `count` reads: '.' a good one, else the errno's second.
std::string reads(ModelBench &chip, int count)
{
    std::string seen;
    for (int i = 0; i < count; i++) {
        const auto answer = chip.ask("w:00 r:1");
        seen += answer == "07" ? '.' : answer.at(7);
    }
    return seen;
}

} // namespace

TEST_CASE("transfer n fails and the others do not")
{
    auto once = with_faults(R"({"transfer": 3, "errno": "EREMOTEIO"})");
    CHECK(reads(once, 5) == "..R..");
    auto thrice = with_faults(R"({"transfer": 2, "count": 3, "errno": "EIO"})");
    CHECK(reads(thrice, 6) == ".III..");
    auto numbered = with_faults(R"({"transfer": 1, "errno": 110})");
    CHECK(numbered.ask("w:00 r:1") == "error:ETIMEDOUT");
}

TEST_CASE("each n-th transfer fails, so many times")
{
    auto always = with_faults(R"({"every": 2, "errno": "EIO"})");
    CHECK(reads(always, 7) == ".I.I.I.");
    auto twice = with_faults(R"({"every": 2, "count": 2, "errno": "EIO"})");
    CHECK(reads(twice, 7) == ".I.I...");
    auto first = with_faults(R"({"count": 2, "errno": "EIO"}, {"transfer": 4, "errno": "EAGAIN"})");
    CHECK(reads(first, 5) == "II.A.");
}

TEST_CASE("a fault lasts while its file exists, and a chip that was away is at reset values")
{
    const auto path =
        std::filesystem::temp_directory_path() / ("iiofs-fault-" + std::to_string(getpid()));
    const auto quoted = "\"" + path.string() + "\"";
    auto failing = with_faults(R"({"errno": "EIO", "while_exists": )" + quoted + "}");
    auto unplugged = with_faults(R"({"absent": true, "while_exists": )" + quoted + "}");
    CHECK(unplugged.ask("w:0009") == "");
    CHECK(unplugged.ask("w:00 r:1") == "09");
    CHECK(reads(failing, 2) == "..");
    std::ofstream{path};
    CHECK(reads(failing, 2) == "II");
    CHECK(unplugged.ask("w:00 r:1") == "error:ENXIO");
    std::filesystem::remove(path);
    CHECK(reads(failing, 2) == "..");
    CHECK(unplugged.ask("w:00 r:1") == "07");
}

TEST_CASE("a fault keeps to its time")
{
    auto chip = with_faults(R"({"after_s": 1, "for_s": 0.5, "errno": "EIO"})");
    std::string seen;
    for (const int ms : {0, 999, 1000, 1499, 1500, 9000}) {
        chip.set_time_ms(ms);
        seen += reads(chip, 1);
    }
    CHECK(seen == "..II..");
}

TEST_CASE("a transfer that fails does not reach the chip")
{
    auto chip = with_faults(R"({"transfer": 1, "errno": "EIO"})");
    CHECK(chip.ask("w:0009") == "error:EIO");
    CHECK(chip.ask("w:00 r:1") == "07");
}

TEST_CASE("a chip that was away is at its reset values")
{
    SECTION("by the chip file")
    {
        auto chip = with_faults(R"({"after_s": 1, "for_s": 1, "absent": true})");
        CHECK(chip.ask("w:0009 w:00 r:1") == "09");
        SECTION("as somebody noticed")
        {
            chip.set_time_ms(1500);
            CHECK(chip.ask("w:00 r:1") == "error:ENXIO");
        }
        SECTION("as nobody noticed") {}
        chip.set_time_ms(2000);
        CHECK(chip.ask("w:00 r:1") == "07");
        CHECK(chip.ask("w:0009 w:00 r:1") == "09");
        chip.set_time_ms(3000);
        CHECK(chip.ask("w:00 r:1") == "09");
    }
    SECTION("by hand")
    {
        auto chip = with_faults("");
        CHECK(chip.ask("w:0009 w:00 r:1") == "09");
        chip.bus()->plug(); // it was there all the time
        CHECK(chip.ask("w:00 r:1") == "09");
        chip.bus()->unplug();
        CHECK(chip.ask("w:00 r:1") == "error:ENXIO");
        CHECK(chip.ask_at("0x21", "w:00 r:1") == "error:ENXIO");
        chip.bus()->plug();
        CHECK(chip.ask("w:00 r:1") == "07");
    }
}

TEST_CASE("transfers are counted from arming, which replaces all faults")
{
    auto chip = with_faults(R"({"errno": "EIO"})");
    CHECK(reads(chip, 2) == "II");
    CHECK(chip.bus()->transfers() == 2);
    chip.bus()->fail_transfer(2, EREMOTEIO);
    CHECK(chip.bus()->transfers() == 0);
    CHECK(reads(chip, 4) == ".R..");
    chip.bus()->arm({});
    CHECK(reads(chip, 2) == "..");
}

TEST_CASE("a fault on SPI fails the transaction as on I2C")
{
    ModelBench chip{"spi", R"("model": {"kind": "frames", "frames": [{"tx": "06", "rx": "0102"}]},
                              "faults": [{"transfer": 2, "errno": "EIO"}])"};
    CHECK(chip.ask("0600") == "0102");
    CHECK(chip.ask("0600") == "error:EIO");
    CHECK(chip.ask("0600") == "0102");
}

TEST_CASE("a slow bus delays, a stuck one times out and comes free")
{
    ModelBench chip{"i2c", counter + R"(, "faults": [{"transfer": 1, "delay_ms": 20},
                                              {"transfer": 2, "delay_ms": 150}])",
                    50ms};
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::steady_clock::now() - start; };
    CHECK(chip.ask("w:00 r:1") == "07");
    CHECK(elapsed() >= 20ms);
    CHECK(chip.ask("w:00 r:1") == "error:ETIMEDOUT");
    CHECK(elapsed() >= 70ms);
    while (chip.ask("w:00 r:1") == "error:ETIMEDOUT")
        CHECK(elapsed() < 10s);
    CHECK(elapsed() >= 170ms);
    CHECK(chip.ask("w:00 r:1") == "07");
}

TEST_CASE("disarming frees those who wait for a stuck bus")
{
    ModelBench chip{"i2c", counter + R"(, "faults": [{"delay_ms": 60000}])", 30s};
    std::string answer;
    std::thread reader{[&] { answer = chip.ask("w:00 r:1"); }};
    while (chip.bus()->transfers() == 0)
        std::this_thread::yield();
    chip.bus()->arm({});
    reader.join();
    CHECK(answer == "07");
}

TEST_CASE("threads on one chip never see half a transaction")
{
    ModelBench chip{"i2c", counter};
    std::atomic<int> torn = 0;
    const auto hammer = [&](const std::string &byte) {
        for (int i = 0; i < 500; i++) {
            if (chip.ask("w:10" + byte + byte + " w:10 r:2") != byte + byte)
                torn++;
        }
    };
    std::thread first{hammer, "aa"}, second{hammer, "bb"};
    first.join();
    second.join();
    CHECK(torn == 0);
    CHECK(chip.bus()->transfers() == 1000);
}

} // namespace model_fault_test
