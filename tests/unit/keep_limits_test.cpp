// SPDX-License-Identifier: MIT
//
// The keep's tables: places that are used again, and what happens when there are no more.
#include "keep_bench.hpp"
#include <array>
#include <catch2/catch.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace keep_test {

namespace {

/// What is logged as long as it lives.
class Log {
public:
    Log() : before_{spdlog::default_logger()}
    {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>(
            "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
    }
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;
    ~Log() { spdlog::set_default_logger(before_); }

    std::size_t count(const std::string &what) const
    {
        const std::string text = text_.str();
        std::size_t found = 0;
        for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
            ++found;
        return found;
    }

private:
    std::ostringstream text_;
    const std::shared_ptr<spdlog::logger> before_;
};

constexpr Request of_root{};

} // namespace

TEST_CASE("a text that was read in pieces takes no memory when its file is closed")
{
    const Memory memory;
    Server server{memory};
    server.add_counter("file");
    const auto handle = server.open("file");
    const auto before = memory.bytes();
    server.read(*server.handles.find(handle)->file, 0, 2);
    CHECK(memory.bytes() > before);
    // Where the kernel's pages are larger, other texts may be in the same one.
    const auto afterwards = ::sysconf(_SC_PAGESIZE) == IIO_PAGE_SIZE ? before : memory.bytes();
    SECTION("by this server")
    {
        server.handles.release(handle);
        CHECK(memory.bytes() == afterwards);
    }
    SECTION("by the next one")
    {
        server.keep->freeze();
        Server next{memory};
        next.add_counter("file");
        next.handles.adopt();
        CHECK(memory.bytes() > before);
        CHECK(next.read(*next.handles.find(handle)->file, 2, 2) == "00");
        next.handles.release(handle);
        CHECK(memory.bytes() <= afterwards);
    }
}

TEST_CASE("places of files are used again, by the next server, too")
{
    const Memory memory;
    for (int round = 0; round < 3; ++round) {
        const auto keep = memory.keep();
        (void)keep->adopt_files();
        std::vector<KeptFile> files;
        for (int i = 0; i < 100; ++i)
            files.push_back(std::move(*keep->open_file(kept::File::file, 1, of_root)));
        files.clear();
        CHECK(keep->header().files_end == 100);
    }
}

TEST_CASE("a table that is nearly full says so once, and once when it is full")
{
    const Log log;
    const Memory memory;
    const auto keep = memory.keep();
    std::vector<KeptFile> files;
    const auto open = [&] { return keep->open_file(kept::File::file, 1, of_root); };
    while (files.size() < kept::max_files / 5 * 4 - 1)
        files.push_back(std::move(*open()));
    CHECK(log.count("open files") == 0);
    while (auto file = open())
        files.push_back(std::move(*file));
    CHECK(files.size() == kept::max_files);
    CHECK(open().error().value() == ENFILE);
    CHECK(log.count("open files: 52428 of at most 65536 in use") == 1);
    CHECK(log.count("open files: all 65536 are in use") == 1);
    files.pop_back();
    CHECK(open());
}

TEST_CASE("a user whose share of files is used up gets ENFILE, which is logged once")
{
    const Log log;
    const Memory memory;
    const auto keep = memory.keep();
    std::vector<KeptFile> files;
    const auto open = [&](uid_t user) {
        return keep->open_file(kept::File::file, 1, {.unique = 2, .uid = user});
    };
    while (auto file = open(1000))
        files.push_back(std::move(*file));
    CHECK(files.size() == Keep::most_files_of_a_user);
    CHECK(open(1000).error().value() == ENFILE);
    CHECK(log.count("user 1000 has 16384 files open") == 1);
    CHECK(open(1001));
    CHECK(open(0));
    files.pop_back();
    CHECK(open(1000));
}

TEST_CASE("a setting that is written again and again has one place")
{
    const Memory memory;
    {
        const auto keep = memory.keep();
        for (int i = 0; i < 1000; ++i)
            REQUIRE(keep->set("iio:device0", "in_scale", std::to_string(i)));
        CHECK(keep->header().settings_end <= 2);
    }
    const auto keep = memory.keep();
    REQUIRE(keep->set("iio:device1", "in_scale", "1"));
    REQUIRE(keep->set("iio:device10", "in_scale", "10"));
    const auto settings = keep->settings("iio:device1");
    REQUIRE(settings.size() == 1);
    CHECK(settings.front().text == "1");
    CHECK(keep->settings("iio:device0").front().text == "999");
    keep->remove_settings("iio:device1");
    CHECK(keep->settings("iio:device1").empty());
    CHECK(keep->settings("iio:device10").size() == 1);
    CHECK(keep->header().settings_end <= 4);
}

TEST_CASE("devices and triggers that come and go have room for ever")
{
    const Memory memory;
    const auto keep = memory.keep();
    for (unsigned i = 0; i < 20'000; ++i) {
        const Request comes{.unique = 4 * i + 2}, goes{.unique = 4 * i + 4};
        const std::string name = "sysfstrig" + std::to_string(i);
        REQUIRE(keep->add_device("as5600 i2c-1 0x36", false, std::array{i}, comes));
        REQUIRE(keep->add_trigger(name, kept::Trigger::sysfs, i, comes));
        keep->remove_device(std::array{i}, goes);
        keep->remove_trigger(name, goes);
        // Whoever took them may ask once more.
        REQUIRE(keep->changed_before({.unique = goes.unique, .sent_again = true}));
    }
    CHECK(keep->header().devices_end < 300);
    CHECK(keep->header().triggers_end < 300);
    CHECK(keep->devices().empty());
    CHECK(keep->triggers().empty());
}

TEST_CASE("a device of the configuration that was removed stays away, whatever comes and goes")
{
    const Memory memory;
    {
        const auto keep = memory.keep();
        REQUIRE(keep->add_device("as5600 a", true, std::array{0U}));
        keep->remove_device(std::array{0U}, {.unique = 2});
        for (unsigned i = 1; i < 1'000; ++i) {
            REQUIRE(keep->add_device("as5600 b", false, std::array{i}, {.unique = 4 * i}));
            keep->remove_device(std::array{i}, {.unique = 4 * i + 2});
        }
    }
    const auto keep = memory.keep();
    const auto devices = keep->devices();
    REQUIRE(devices.size() == 1);
    CHECK(devices.front().gone);
    const auto end = keep->header().devices_end.load();
    REQUIRE(keep->add_device("as5600 a", true, std::array{0U}));
    CHECK(keep->header().devices_end == end);
    CHECK_FALSE(keep->devices().front().gone);
}

} // namespace keep_test
