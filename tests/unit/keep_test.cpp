// SPDX-License-Identifier: MIT
//
// The keep by itself, and the tree's nodes and open files after a takeover: a server
// that dies is a keep that is opened once more.
#include "keep_bench.hpp"
#include <catch2/catch.hpp>
#include <core/software_triggers.hpp>
#include <daemon/open_files/handles.hpp>
#include <daemon/open_files/open_file.hpp>
#include <daemon/takeover/keep.hpp>
#include <daemon/takeover/recorder.hpp>
#include <daemon/tree/node_table.hpp>
#include <daemon/tree/tree.hpp>
#include <fcntl.h>
#include <set>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace keep_test {

using iio::Errno;

TEST_CASE("nodes have the ids that they had, in whatever order they come")
{
    const Memory memory;
    NodeId one = 0, two = 0;
    {
        Server server{memory};
        one = server.add_counter("one");
        two = server.add_counter("two");
        REQUIRE(one != two);
    }
    Server server{memory};
    CHECK_FALSE(server.tree.pin(one));
    CHECK(server.add_counter("three") != one);
    CHECK(server.add_counter("two") == two);
    CHECK(server.add_counter("one") == one);
    CHECK(server.tree.pin(root_id));
}

TEST_CASE("an id that the kernel may use is nobody else's, until it is forgotten")
{
    const Memory memory;
    NodeId gone = 0;
    {
        Server server{memory};
        gone = server.add_counter("gone");
        server.tree.hold(*server.tree.pin(gone));
        server.tree.hold(*server.tree.pin(gone));
        CHECK(server.tree.remove(root_id, "gone"));
    }
    Server server{memory};
    // Another file of the same name is another one.
    const NodeId other = server.add_counter("gone");
    CHECK(other != gone);
    CHECK(NodeTable::index_of(other) != NodeTable::index_of(gone));
    CHECK_FALSE(server.tree.pin(gone));
    server.tree.forget(gone, 1);
    CHECK(NodeTable::index_of(server.add_counter("a")) != NodeTable::index_of(gone));
    server.tree.forget(gone, 1);
    const NodeId next = server.add_counter("b");
    CHECK(NodeTable::index_of(next) == NodeTable::index_of(gone));
    CHECK(next != gone);
    CHECK_FALSE(server.tree.pin(gone));
}

TEST_CASE("look-ups are counted on")
{
    const Memory memory;
    NodeId id = 0;
    {
        Server server{memory};
        id = server.add_counter("file");
        server.tree.hold(*server.tree.pin(id));
    }
    Server server{memory};
    const auto size = server.tree.size();
    REQUIRE(server.add_counter("file") == id);
    server.tree.hold(*server.tree.pin(id));
    CHECK(server.tree.size() == size + 1);
    CHECK(server.tree.remove(root_id, "file"));
    server.tree.forget(id, 1);
    CHECK(server.tree.pin(id));
    server.tree.forget(id, 1);
    CHECK_FALSE(server.tree.pin(id));
    CHECK(server.tree.size() == size);
}

TEST_CASE("what is not there any more is told, what came back is not")
{
    const Memory memory;
    {
        Server server{memory};
        server.add_counter("here");
        server.add_counter("away");
    }
    Server server{memory};
    server.add_counter("here");
    const auto missing = server.tree.missing();
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].parent == root_id);
    CHECK(missing[0].name == "away");
}

TEST_CASE("what chmod said is said to the next server")
{
    const Memory memory;
    {
        Server server{memory};
        const NodeRef node = server.tree.pin(server.add_counter("file"));
        node->change_status([](struct stat &status) {
            status.st_mode = (status.st_mode & S_IFMT) | 0640U;
            status.st_gid = 44;
        });
        server.tree.keep_access(*node);
    }
    Server server{memory};
    const auto status = server.tree.pin(server.add_counter("file"))->status();
    CHECK(status.st_mode == (S_IFREG | 0640U));
    CHECK(status.st_gid == 44);
}

TEST_CASE("a file half read goes on with the same text after a takeover")
{
    const Memory memory;
    std::uint64_t number = 0;
    {
        Server server{memory};
        server.add_counter("file");
        number = server.open("file");
        CHECK(server.read(*server.handles.find(number)->file, 0, 3) == "100");
    }
    Server server{memory};
    server.add_counter("file");
    server.count = 6;
    server.handles.adopt();
    const auto handle = server.handles.find(number);
    REQUIRE(handle);
    SECTION("at the next byte")
    {
        CHECK(server.read(*handle->file, 3, 2) == "00");
        CHECK(server.read(*handle->file, 5, 100) == "\n");
        CHECK(server.read(*handle->file, 6, 100) == "");
    }
    SECTION("and from its beginning with a new one")
    {
        CHECK(server.read(*handle->file, 0, 100) == "70000\n");
    }
    SECTION("also where the read is sent again that the server before had done")
    {
        CHECK(server.read(*handle->file, 3, 2) == "00");
        const Request again{.unique = 8, .sent_again = true};
        CHECK(server.read(*handle->file, 3, 2, again) == "00");
        CHECK(server.read(*handle->file, 5, 2) == "\n");
        CHECK(server.count == 6);
    }
}

TEST_CASE("a number of an open file finds nothing once it is closed")
{
    const Memory memory;
    std::uint64_t closed = 0, open = 0;
    {
        Server server{memory};
        server.add_counter("file");
        const auto open_once = [&] { return server.open("file"); };
        closed = open_once();
        server.handles.release(closed);
        CHECK_FALSE(server.handles.find(closed));
        open = open_once();
        CHECK(open != closed);
        server.handles.release(closed); // sent again
        CHECK(server.handles.find(open));
    }
    Server server{memory};
    server.add_counter("file");
    server.handles.adopt();
    CHECK_FALSE(server.handles.find(closed));
    CHECK(server.handles.find(open));
}

TEST_CASE("an open file of a device that is not found is there again when it is")
{
    const Memory memory;
    std::uint64_t number = 0;
    {
        Server server{memory};
        server.add_counter("file");
        number = server.open("file");
    }
    Server server{memory};
    server.handles.adopt();
    CHECK_FALSE(server.handles.find(number));
    server.add_counter("file");
    REQUIRE(server.handles.find(number));
    CHECK(server.read(*server.handles.find(number)->file, 0, 100) == "10000\n");
}

TEST_CASE("an open that is sent again opens nothing twice")
{
    const Memory memory;
    std::uint64_t number = 0;
    NodeId id = 0;
    {
        const Request request{.unique = 42};
        Server server{memory};
        id = server.add_counter("file");
        CHECK_FALSE(server.keep->opened_before(id, request));
        number = server.open("file", request);
    }
    const auto keep = memory.keep();
    CHECK_FALSE(keep->opened_before(id, {.unique = 42}));
    const Request again{.unique = 42, .sent_again = true};
    CHECK(keep->opened_before(id, again) == number);
    CHECK_FALSE(keep->opened_before(id + 1, again));
}

TEST_CASE("the result of a write that is sent again is known, of another one not")
{
    const Memory memory;
    const auto keep = memory.keep();
    const auto file = keep->open_file(kept::File::file, 7, {}).value();
    const Request first{.unique = 10};
    file.set_written(-EBUSY, first);
    CHECK_FALSE(file.written(first));
    CHECK(file.written({.unique = 10, .sent_again = true}) == -EBUSY);
    CHECK_FALSE(file.written({.unique = 12, .sent_again = true}));
}

TEST_CASE("devices and triggers that came and went are known, and by whom")
{
    const Memory memory;
    {
        const auto keep = memory.keep();
        const std::array<unsigned, 1> first{0}, third{4};
        const std::array<unsigned, 2> second{1, 2};
        CHECK(keep->add_device("bme280 /dev/i2c-1 118", true, first));
        CHECK(keep->add_device("lsm6dsl i2c-1", false, second));
        const Request request{.unique = 20};
        CHECK(keep->add_device("model bme280", false, third, request));
        keep->remove_device(first, request);
        keep->remove_device(second, request);
        CHECK(keep->add_trigger("sysfstrig1", kept::Trigger::sysfs, 3, request));
        CHECK(keep->add_trigger("fast", kept::Trigger::hrtimer, 0, request));
        keep->remove_trigger("sysfstrig1", request);
    }
    const auto keep = memory.keep();
    const auto devices = keep->devices();
    REQUIRE(devices.size() == 2);
    // The configuration still has it.
    CHECK(devices[0].text == "bme280 /dev/i2c-1 118");
    CHECK(devices[0].gone);
    CHECK(devices[1].text == "model bme280");
    CHECK_FALSE(devices[1].gone);
    CHECK(devices[1].numbers == std::vector<unsigned>{4});
    REQUIRE(keep->triggers().size() == 1);
    CHECK(keep->triggers()[0].name == "fast");
    CHECK(keep->triggers()[0].number == 0);

    CHECK_FALSE(keep->changed_before({.unique = 20}));
    CHECK_FALSE(keep->changed_before({.unique = 22, .sent_again = true}));
    CHECK(keep->changed_before({.unique = 20, .sent_again = true}));
}

TEST_CASE("a trigger is by the request that asked for it, and by none that comes otherwise")
{
    const Memory memory;
    const auto keep = memory.keep();
    iio::Registry registry;
    Recorder recorder{*keep};
    registry.observe(recorder);
    const auto add = [&](unsigned id) {
        return registry.add_trigger(std::make_shared<iio::core::SysfsTrigger>(id));
    };
    const auto done_before = [&](std::uint64_t unique) {
        return keep->changed_before({.unique = unique, .sent_again = true});
    };
    CHECK(recorder.for_request("sysfstrig1", {.unique = 20}, [&] { return add(1); }));
    CHECK(done_before(20));
    CHECK(recorder.for_request("sysfstrig2", {.unique = 22}, [&] { return add(3); }));
    CHECK_FALSE(done_before(22));
    CHECK(recorder.for_request("sysfstrig3", {.unique = 24},
                               [&] { return registry.remove_trigger("sysfstrig3"); }));
    CHECK(done_before(24));
    registry.stop_observing(recorder);
}

TEST_CASE("settings come in the order of their last write")
{
    using Texts = std::vector<std::string>;
    const Memory memory;
    {
        const auto keep = memory.keep();
        CHECK(keep->set("iio:device1", "in_temp_scale", "1\n"));
        CHECK(keep->set("iio:device1", "buffer/length", "16"));
        CHECK(keep->set("iio:device11", "in_temp_scale", "3"));
        CHECK(keep->set("iio:device1", "in_temp_scale", "2"));
        CHECK_FALSE(keep->set("iio:device1", "in_temp_scale", std::string(200, '1')));
    }
    const auto keep = memory.keep();
    Texts texts;
    for (const auto &[path, text] : keep->settings("iio:device1"))
        texts.push_back(path + "=" + text);
    CHECK(texts == Texts{"buffer/length=16", "in_temp_scale=2"});
    keep->remove_settings("iio:device1");
    CHECK(keep->settings("iio:device1").empty());
    CHECK(keep->settings("iio:device11").size() == 1);
}

TEST_CASE("each request that may wait for its answer gets one")
{
    const Memory memory;
    std::uint64_t kept = 0;
    {
        const auto keep = memory.keep();
        keep->begin_request(100, 0);
        keep->begin_request(102, 0);
        // With that one in the place of 100.
        keep->begin_request(100 + 2 * kept::max_requests, 0);
        keep->end_request(102);
        auto file = keep->open_file(kept::File::file, 3, {.unique = 100}).value();
        kept = file.handle();
        keep->freeze();
    }
    const auto keep = memory.keep();
    CHECK(keep->place_of(kept));
    std::set<std::uint64_t> answered;
    keep->answer_requests([&](std::uint64_t unique) { return answered.insert(unique).second; });
    CHECK(answered.contains(100));
    CHECK(answered.contains(100 + 2 * kept::max_requests));
    CHECK_FALSE(answered.contains(102));
    // Read and in no record yet.
    CHECK(answered.contains(102 + 2 * kept::max_requests));
    // Its open failed.
    CHECK_FALSE(keep->place_of(kept));
}

TEST_CASE("a keep of another version tells of nothing but where the ids end")
{
    const Memory memory;
    NodeId id = 0;
    std::uint64_t number = 0;
    const std::array<std::uint8_t, 4> init{1, 2, 3, 4};
    {
        Server server{memory};
        server.keep->set_init_request(init);
        id = server.add_counter("file");
        number = server.open("file");
        (void)server.keep->set("iio:device0", "in_temp_scale", "1");
        server.keep->header().version = kept::layout_version + 1;
    }
    Server server{memory};
    CHECK(server.keep->is_takeover());
    CHECK(server.keep->init_request().size() == init.size());
    CHECK(server.keep->settings("iio:device0").empty());
    CHECK(server.tree.pin(root_id));
    const NodeId anew = server.add_counter("file");
    CHECK(anew != id);
    CHECK_FALSE(server.tree.pin(id));
    server.handles.adopt();
    CHECK_FALSE(server.handles.find(number));
    const auto other = server.open("file");
    CHECK(other != number);
}

TEST_CASE("a file that was closed for a request that is lost does not close another one")
{
    const Memory memory;
    const auto keep = memory.keep();
    auto lost = keep->open_file(kept::File::file, 1, {.unique = 8});
    keep->begin_request(8, 0);
    keep->answer_requests([](std::uint64_t) { return true; });
    auto other = keep->open_file(kept::File::file, 1, {.unique = 10});
    REQUIRE(other->index() == lost->index());
    const auto handle = other->handle();
    *lost = KeptFile{};
    CHECK(keep->place_of(handle));
    // Nor is its place given to a third one.
    const auto third = keep->open_file(kept::File::file, 1, {.unique = 12});
    CHECK(third->index() != other->index());
}

TEST_CASE("the settings of a trigger are no device's, whatever it is called")
{
    const Memory memory;
    const auto keep = memory.keep();
    Recorder recorder{*keep};
    iio::Registry registry;
    registry.observe(recorder);
    CHECK(keep->set("iio:device0", "in_accel_scale", "1"));
    REQUIRE(registry.add_trigger(std::make_shared<iio::core::HrtimerTrigger>("iio:device0")));
    recorder.stored(*registry.find_trigger("iio:device0"), "sampling_frequency", "50");
    REQUIRE(keep->settings("iio:device0").size() == 1);
    REQUIRE(registry.remove_trigger("iio:device0"));
    CHECK(keep->settings("iio:device0").size() == 1);
    CHECK(keep->settings("trigger/iio:device0").empty());
    registry.stop_observing(recorder);
}

TEST_CASE("what is no keep is refused")
{
    const Memory memory;
    REQUIRE(::write(memory.fd.get(), "something else", 14) == 14);
    CHECK(Keep::open(memory.fd).error() == Errno{EINVAL});
}

TEST_CASE("a keep takes little memory")
{
    const Memory memory;
    Server server{memory};
    // What 20 devices have.
    for (int i = 0; i < 1500; ++i)
        server.add_counter("in_voltage" + std::to_string(i) + "_raw");
    for (int i = 0; i < 100; ++i)
        server.handles.release(server.open("in_voltage7_raw"));
    CHECK(server.keep->settings("iio:device0").empty());
    CHECK(server.keep->take_wakers().empty());
    CHECK(memory.bytes() < 300 * 1024);
}

TEST_CASE("a user may have a quarter of the open files, also after a takeover, and root the rest")
{
    const Memory memory;
    const Request user{.unique = 2, .uid = 1000}, other{.unique = 4, .uid = 1001}, root{};
    std::vector<KeptFile> files;
    const auto open = [&](Keep &keep, const Request &request) {
        auto opened = keep.open_file(kept::File::file, root_id, request);
        if (opened)
            files.push_back(std::move(*opened));
        return opened ? 0 : opened.error().value();
    };
    {
        const auto keep = memory.keep();
        for (std::size_t i = 0; i < Keep::most_files_of_a_user; ++i)
            REQUIRE(open(*keep, user) == 0);
        CHECK(open(*keep, user) == ENFILE);
        CHECK(open(*keep, other) == 0);
        CHECK(open(*keep, root) == 0);
        keep->freeze();
        files.clear();
    }
    const auto keep = memory.keep();
    auto adopted = keep->adopt_files();
    CHECK(adopted.size() == Keep::most_files_of_a_user + 2);
    CHECK(open(*keep, user) == ENFILE);
    CHECK(open(*keep, other) == 0);
    adopted.erase(adopted.begin());
    CHECK(open(*keep, user) == 0);
    adopted.clear();
    files.clear();
}

} // namespace keep_test
