// SPDX-License-Identifier: MIT
//
// Devices that the server before had, until they come.
#include "fake_driver.hpp"
#include "keep_bench.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <iio/driver/module.hpp>
#include <map>

namespace expected_test {

using namespace iiofs;
using keep_test::Memory;

namespace {

class MuteClient final : public iio::I2cClient {
public:
    iio::Result<void> transfer(std::span<const iio::I2cMessage>) const override
    {
        return iio::fail(ENXIO);
    }
};

/// A server whose device may come late. As if killed, it leaves the keep as it is.
struct Server {
    explicit Server(const Memory &memory) : keep{memory.keep()}
    {
        tree.set_place_of([this](unsigned) { return place; });
        registry.observe(tree);
    }
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;
    ~Server()
    {
        keep->freeze();
        device.reset();
        registry.stop_observing(tree);
    }
    void expect()
    {
        tree.expect_device(0, [this] { return error; });
    }
    void add()
    {
        iio::tests::next_answers = &answers;
        static constexpr std::array parts{iio::Part{.name = "fake"}};
        const auto module = iio::module_of<iio::tests::FakeDriver, parts>("fake");
        device = module.bind(iio::Hardware{"fake", client, supplies}, registry, {}).value();
    }
    /// The ids and modes of all below a directory, by path.
    std::map<std::string, std::pair<NodeId, mode_t>> nodes(const std::string &path)
    {
        std::map<std::string, std::pair<NodeId, mode_t>> found;
        const NodeRef directory = tree.find(path);
        for (const auto &entry : tree.list(*directory)) {
            if (entry.name.starts_with('.'))
                continue;
            const auto below = path + "/" + entry.name;
            found[below] = {entry.id, tree.pin(entry.id)->status().st_mode};
            if (entry.type == S_IFDIR)
                found.merge(nodes(below));
        }
        return found;
    }
    /// All that a device has.
    std::map<std::string, std::pair<NodeId, mode_t>> nodes()
    {
        auto found = nodes("devices");
        found.merge(nodes("at"));
        found.merge(nodes("debug"));
        // These are not listed.
        for (const auto *suffix : {"", ".buffer0", ".events"}) {
            const auto path = std::string{"dev/iio:device0"} + suffix;
            if (const NodeRef stream = tree.find(path))
                found[path] = {stream->id(), stream->status().st_mode};
        }
        return found;
    }
    std::unique_ptr<OpenFile> open(std::string_view path)
    {
        return OpenFile::open(tree.find(path), O_RDONLY, *keep, {}).value();
    }
    static iio::Result<std::string> read(OpenFile &file)
    {
        char page[IIO_PAGE_SIZE];
        return std::string{IIO_TRY(file.read(0, IIO_PAGE_SIZE, page, {}))};
    }

    MuteClient client;
    iio::Supplies supplies;
    iio::tests::Answers answers;
    iio::Registry registry;
    std::unique_ptr<Keep> keep;
    Tree tree{{}, {}, keep->node_records(), keep->birth()};
    std::unique_ptr<iio::BoundChip> device;
    int error = 0;
    Place place{"i2c-1", "1-0076", "i2c", "fake", "left"};
};

constexpr auto name = "at/i2c-1/1-0076/iio:device0/name";

} // namespace

TEST_CASE("an expected device has the nodes of the one before, and the one that comes has them too")
{
    const Memory memory;
    std::map<std::string, std::pair<NodeId, mode_t>> before;
    {
        Server server{memory};
        server.add();
        const NodeRef file = server.tree.find(name);
        file->change_status([](struct stat &status) { status.st_mode = S_IFREG | 0400; });
        server.tree.keep_access(*file);
        before = server.nodes();
        REQUIRE(before.contains(name));
    }
    Server server{memory};
    server.expect();
    const auto expected = server.nodes();
    CHECK(expected.size() == before.size());
    for (const auto &[path, node] : before) {
        INFO(path);
        CHECK(expected.at(path) == node);
    }
    server.add();
    CHECK(server.nodes() == expected);
}

TEST_CASE("what is asked of an expected device fails as its probe, and is the device's once that "
          "is there")
{
    const Memory memory;
    {
        Server server{memory};
        server.add();
    }
    Server server{memory};
    server.expect();
    const auto file = server.open(name);
    server.error = ETIMEDOUT;
    CHECK(Server::read(*file) == iio::fail(ETIMEDOUT));
    CHECK_FALSE(file->content().show_at_once(std::array<char, IIO_PAGE_SIZE>{}.data()));
    server.add();
    CHECK(Server::read(*file) == "fake\n");
    CHECK(Server::read(*server.open(name)) == "fake\n");
    server.device.reset();
    CHECK(Server::read(*file) == iio::fail(ENODEV));
    CHECK_FALSE(server.tree.find("at/i2c-1/1-0076/iio:device0"));
}

TEST_CASE("what stood in for a device's nodes is freed when the last client has closed it")
{
    const Memory memory;
    {
        Server server{memory};
        server.add();
    }
    Server server{memory};
    const auto held_by_files = std::make_shared<int>();
    server.tree.expect_device(0, [held_by_files] { return 0; });
    auto file = server.open(name);
    CHECK(held_by_files.use_count() > 1);
    server.add();
    CHECK(Server::read(*file) == "fake\n");
    CHECK(held_by_files.use_count() > 1);
    file.reset();
    CHECK(held_by_files.use_count() == 1);
    CHECK(Server::read(*server.open(name)) == "fake\n");
}

TEST_CASE("an expected device that is given up is gone, and one that was not there is not expected")
{
    const Memory memory;
    {
        Server server{memory};
        server.add();
    }
    Server server{memory};
    server.tree.expect_device(1, [] { return 0; });
    CHECK_FALSE(server.tree.find("at/iio:device1"));
    server.expect();
    const auto file = server.open(name);
    server.tree.give_up_device(0);
    CHECK(Server::read(*file) == iio::fail(ENODEV));
    CHECK_FALSE(server.tree.find("at/i2c-1/1-0076/iio:device0"));
    CHECK_FALSE(server.tree.find("debug/iio/iio:device0"));
    server.add();
    CHECK(Server::read(*server.open(name)) == "fake\n");
}

TEST_CASE("a device that comes when its server has ended is not expected of the next one")
{
    const Memory memory;
    {
        Server server{memory};
        server.keep->freeze();
        server.add();
        CHECK(server.tree.find(name));
    }
    Server server{memory};
    server.expect();
    CHECK_FALSE(server.tree.find(name));
    CHECK(server.tree.missing().empty());
}

TEST_CASE("a device that a server before had in another place keeps its ids, and is told of")
{
    const Memory memory;
    NodeId file = 0;
    {
        Server server{memory};
        server.place = {};
        server.add();
        file = server.tree.find("at/iio:device0/name")->id();
        // As a version had it that knew no places.
        NodeId devices = server.tree.find("devices")->id();
        server.tree.hold(*server.tree.find("at/iio:device0"));
        server.tree.hold(*server.tree.find("devices/iio:device0"));
        const auto records = server.keep->node_records();
        const auto place_of = [&](std::string_view path) {
            return NodeTable::index_of(server.tree.find(path)->id());
        };
        records.at(place_of("at/iio:device0"))->parent = devices;
        records.at(place_of("devices/iio:device0"))->state.fetch_or(NodeRecord::removed);
    }
    Server server{memory};
    server.expect();
    CHECK(server.tree.find(name)->id() == file);
    CHECK(server.tree.find("devices/iio:device0")->link());
    const auto missing = server.tree.missing();
    CHECK(std::ranges::any_of(missing, [&](const auto &entry) {
        return entry.name == "iio:device0" && entry.parent == server.tree.find("devices")->id();
    }));
}

TEST_CASE("a link that leads elsewhere after a takeover is another one, and is told of")
{
    const Memory memory;
    NodeId link = 0;
    const auto id_of = [](Server &server) { return server.tree.find("by-label/left")->id(); };
    {
        Server server{memory};
        server.add();
        link = id_of(server);
        server.tree.hold(*server.tree.find("by-label/left"));
    }
    {
        Server server{memory};
        server.expect();
        CHECK(id_of(server) == link);
    }
    Server server{memory};
    server.place.chip = "1-0077";
    server.add();
    CHECK(id_of(server) != link);
    const auto missing = server.tree.missing();
    CHECK(std::ranges::any_of(missing, [&](const auto &entry) { return entry.name == "left"; }));
}

} // namespace expected_test
