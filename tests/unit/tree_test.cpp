// SPDX-License-Identifier: MIT
#include "fake_driver.hpp"
#include <daemon/takeover/keep.hpp>

#include <algorithm>
#include <catch2/catch.hpp>
#include <core/software_triggers.hpp>
#include <daemon/open_files/open_file.hpp>
#include <daemon/tree/tree.hpp>
#include <fcntl.h>
#include <iio/driver/module.hpp>
#include <poll.h>
#include <thread>

namespace tree_test {

using namespace iiofs;
using iio::Errno;
using iio::fail;

namespace {

class MuteClient final : public iio::I2cClient {
public:
    iio::Result<void> transfer(std::span<const iio::I2cMessage>) const override
    {
        return fail(ENXIO);
    }
};

/// A registry whose devices a tree shows.
struct Bench {
    explicit Bench(const Permissions &permissions = {})
        : tree{permissions,
               {.new_device = [this](std::string_view text,
                                     const Request &) { return control(text); },
                .delete_device = [this](std::string_view text,
                                        const Request &) { return control(text); }},
               keep->node_records(),
               keep->birth()}
    {
        registry.observe(tree);
    }
    Bench(const Bench &) = delete;
    Bench &operator=(const Bench &) = delete;
    ~Bench()
    {
        devices.clear();
        registry.stop_observing(tree);
    }
    iio::Result<std::size_t> control(std::string_view text)
    {
        controlled.emplace_back(text);
        return text.size();
    }
    void add()
    {
        iio::tests::next_answers = &answers;
        static constexpr std::array parts{iio::Part{.name = "fake"}};
        const auto module = iio::module_of<iio::tests::FakeDriver, parts>("fake");
        devices.push_back(
            module.bind(iio::Hardware{"fake", client, supplies}, registry, {}).value());
    }
    std::vector<std::string> names(std::string_view path)
    {
        std::vector<std::string> found;
        const NodeRef directory = tree.find(path);
        for (const auto &entry : tree.list(*directory))
            found.push_back(entry.name);
        return found;
    }
    iio::Result<std::unique_ptr<OpenFile>> open(std::string_view path, int flags = O_RDONLY)
    {
        return OpenFile::open(tree.find(path), flags, *keep, {});
    }
    static iio::Result<std::string> read(OpenFile &file, off_t offset = 0, std::size_t size = 4096)
    {
        char page[IIO_PAGE_SIZE];
        return std::string{IIO_TRY(file.read(offset, size, page, {}))};
    }

    MuteClient client;
    iio::Supplies supplies;
    iio::tests::Answers answers;
    iio::Registry registry;
    std::unique_ptr<Keep> keep = Keep::make();
    Tree tree;
    std::vector<std::unique_ptr<iio::BoundChip>> devices;
    std::vector<std::string> controlled;
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("an empty tree has the files of /sys/bus/iio, of two more for devices and debugfs")
{
    Bench bench;
    CHECK(bench.names("") == Names{".", "..", "at", "by-bus", "by-label", "config", "debug",
                                   "delete_device", "dev", "devices", "drivers",
                                   "drivers_autoprobe", "drivers_probe", "new_device", "uevent"});
    CHECK(bench.names("devices") == Names{".", "..", "iio_sysfs_trigger"});
    CHECK(bench.names("dev") == Names{".", ".."});
    CHECK(bench.names("debug/iio") == Names{".", ".."});
}

TEST_CASE("a device comes and goes as a whole, and its number is free again")
{
    Bench bench;
    const auto empty = bench.tree.size();
    bench.add();
    bench.add();
    CHECK(bench.names("devices") ==
          Names{".", "..", "iio:device0", "iio:device1", "iio_sysfs_trigger"});
    CHECK(bench.tree.find("at/iio:device0/in_voltage0_raw"));
    bench.devices.erase(bench.devices.begin());
    CHECK(bench.names("devices") == Names{".", "..", "iio:device1", "iio_sysfs_trigger"});
    CHECK_FALSE(bench.tree.find("at/iio:device0"));
    bench.add();
    CHECK(bench.names("devices") ==
          Names{".", "..", "iio:device0", "iio:device1", "iio_sysfs_trigger"});
    bench.devices.clear();
    CHECK(bench.tree.size() == empty);
}

TEST_CASE("devices are in their chip's folder, and links lead there as long as they are there")
{
    Bench bench;
    bench.tree.set_place_of([](unsigned) {
        return Place{"i2c-1", "1-0076", "i2c", "fake", "left/1"};
    });
    const auto target = [&](std::string_view path) {
        const NodeRef node = bench.tree.find(path);
        return node && node->link() ? node->link()->target() : "none";
    };
    const auto empty = bench.tree.size();
    bench.add();
    bench.add();
    constexpr auto chip = "at/i2c-1/1-0076";
    CHECK(bench.names(chip) == Names{".", "..", "iio:device0", "iio:device1", "modalias", "name",
                                     "subsystem", "uevent"});
    CHECK(target("devices/iio:device1") == "../at/i2c-1/1-0076/iio:device1");
    CHECK(target("at/i2c-1/1-0076/iio:device1/subsystem") == "../../../../iio");
    CHECK(target("at/i2c-1/1-0076/subsystem") == "../../../by-bus/i2c");
    CHECK(target("by-bus/i2c/1-0076") == "../../at/i2c-1/1-0076");
    CHECK(Bench::read(*bench.open("at/i2c-1/1-0076/name").value()) == "fake\n");
    CHECK(Bench::read(*bench.open("at/i2c-1/1-0076/modalias").value()) == "i2c:fake\n");
    // The first of those that have the label.
    CHECK(target("by-label/left\\x2f1") == "../at/i2c-1/1-0076/iio:device0");
    bench.devices.erase(bench.devices.begin());
    CHECK(target("by-label/left\\x2f1") == "../at/i2c-1/1-0076/iio:device1");
    CHECK(target("devices/iio:device0") == "none");
    bench.devices.clear();
    CHECK(target("by-bus/i2c/1-0076") == "none");
    CHECK(bench.names("at") == Names{".", "..", "iio_sysfs_trigger"});
    CHECK(bench.names("by-label") == Names{".", ".."});
    CHECK(bench.tree.size() == empty);
}

TEST_CASE("triggers are where the kernel has them")
{
    Bench bench;
    CHECK(bench.registry.add_trigger(std::make_shared<iio::core::SysfsTrigger>(7)));
    CHECK(bench.registry.add_trigger(std::make_shared<iio::core::HrtimerTrigger>("fast")));
    CHECK(bench.tree.find("devices/trigger0")->link()->target() ==
          "../at/iio_sysfs_trigger/trigger0");
    CHECK(bench.tree.find("devices/trigger1")->link()->target() == "../at/trigger1");
    CHECK(bench.tree.find("at/iio_sysfs_trigger/trigger0/trigger_now"));
    CHECK(bench.tree.find("at/trigger1/sampling_frequency"));
    CHECK(bench.tree.find("at/trigger1/subsystem")->link()->target() == "../../iio");
    CHECK(bench.registry.remove_trigger("sysfstrig7"));
    CHECK_FALSE(bench.tree.find("devices/trigger0"));
    CHECK_FALSE(bench.tree.find("at/iio_sysfs_trigger/trigger0"));
}

TEST_CASE("paths lead nowhere where sysfs has nothing")
{
    Bench bench;
    bench.add();
    for (const auto *path : {"nothing", "at/iio:device1", "at/iio:device0/in_voltage0_raw/x",
                             "at//iio:device0", "at/iio:device0/in_voltage9_raw"})
        CHECK_FALSE(bench.tree.find(path));
    const NodeRef device = bench.tree.find("at/iio:device0");
    CHECK(bench.tree.find(*device, "..")->id() == bench.tree.find("at")->id());
    CHECK(bench.tree.find(*device, ".")->id() == device->id());
}

TEST_CASE("permissions are put on the kernel's modes and reach every file")
{
    Bench bench{{.owner = 998, .group = 997, .read = 0440, .write = 0220}};
    bench.add();
    const auto status = [&](std::string_view path) { return bench.tree.find(path)->status(); };
    CHECK(status("at/iio:device0").st_mode == (S_IFDIR | 0550 | 0200 | 0020));
    CHECK(status("at/iio:device0/name").st_mode == (S_IFREG | 0440));
    CHECK(status("at/iio:device0/in_voltage0_raw").st_mode == (S_IFREG | 0660));
    CHECK(status("new_device").st_mode == (S_IFREG | 0200));
    CHECK(status("config/iio/triggers/hrtimer").st_mode == (S_IFDIR | 0550 | 0200));
    CHECK(status("at/iio:device0/subsystem").st_mode == (S_IFLNK | 0777));
    CHECK(status("at/iio:device0/name").st_uid == 998);
    CHECK(status("at/iio:device0/name").st_gid == 997);
}

TEST_CASE("who manages is another question than who writes")
{
    const auto keep = Keep::make();
    const auto ignore = [](std::string_view text, const Request &) -> iio::Result<std::size_t> {
        return text.size();
    };
    Tree tree{{.owner = 998, .group = 997, .read = 0444, .write = 0200, .manage = 0220},
              {.new_device = ignore,
               .refusal = [](char *) -> iio::Result<std::size_t> { return 0; },
               .delete_device = ignore,
               .add_trigger = ignore,
               .remove_trigger = ignore},
              keep->node_records(),
              keep->birth()};
    const auto mode = [&](std::string_view path) { return tree.find(path)->status().st_mode; };
    CHECK(mode("new_device") == (S_IFREG | 0660));
    CHECK(mode("delete_device") == (S_IFREG | 0220));
    CHECK(mode("at/iio_sysfs_trigger/add_trigger") == (S_IFREG | 0220));
    CHECK(mode("at/iio_sysfs_trigger/remove_trigger") == (S_IFREG | 0220));
    CHECK(mode("config/iio/triggers/hrtimer") == (S_IFDIR | 0775));
    CHECK(mode("config/iio/triggers") == (S_IFDIR | 0755));
    CHECK(mode("drivers_autoprobe") == (S_IFREG | 0644));
}

TEST_CASE("a device's own permissions are on all of its files and on no others")
{
    Bench bench{{.owner = 998, .group = 997, .read = 0444, .write = 0200}};
    bench.tree.set_permissions_of([](unsigned number) {
        return number == 1 ? Permissions{7, 9, 0440, 0220} : Permissions{998, 997, 0444, 0200};
    });
    bench.add();
    bench.add();
    const auto status = [&](const std::string &path) { return bench.tree.find(path)->status(); };
    for (const auto *path : {"", "/name", "/power", "/power/control", "/subsystem"}) {
        INFO(path);
        CHECK(status("at/iio:device1" + std::string{path}).st_uid == 7);
        CHECK(status("at/iio:device1" + std::string{path}).st_gid == 9);
        CHECK(status("at/iio:device0" + std::string{path}).st_uid == 998);
    }
    CHECK(status("at/iio:device1/in_voltage0_raw").st_mode == (S_IFREG | 0660));
    CHECK(status("at/iio:device1/power/control").st_mode == (S_IFREG | 0660));
    CHECK(status("at/iio:device0/in_voltage0_raw").st_mode == (S_IFREG | 0644));
    CHECK(status("devices").st_uid == 998);
}

TEST_CASE("a read from the beginning asks the driver, the rest is of the same text")
{
    Bench bench;
    bench.add();
    int asked = 0;
    bench.answers.read = [&](const iio::Channel &, iio::Info) {
        return iio::Result<iio::Value>{iio::Int{100 + ++asked}};
    };
    const auto file = bench.open("at/iio:device0/in_voltage0_raw").value();
    constexpr unsigned always = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    CHECK(file->poll() == (always | POLLERR | POLLPRI));
    CHECK(Bench::read(*file, 0, 1).value() == "1");
    CHECK(Bench::read(*file, 1, 4096).value() == "01\n");
    CHECK(Bench::read(*file, 4, 4096).value().empty());
    CHECK(asked == 1);
    CHECK(Bench::read(*file).value() == "102\n");
    CHECK(asked == 2);
    CHECK(file->poll() == always);
}

TEST_CASE("a file that is open when its device goes answers ENODEV, one opened later is not there")
{
    Bench bench;
    bench.add();
    const auto path = "at/iio:device0/in_voltage0_raw";
    const auto file = bench.open(path, O_RDWR).value();
    NodeRef node = bench.tree.find(path);
    CHECK(Bench::read(*file).value() == "42\n");
    bench.devices.clear();
    CHECK(Bench::read(*file).error() == Errno{ENODEV});
    CHECK(file->write("1\n", {}).error() == Errno{ENODEV});
    CHECK(node->is_removed());
    CHECK(OpenFile::open(std::move(node), O_RDONLY, *bench.keep, {}).error() == Errno{ESTALE});
}

TEST_CASE("what nobody may do fails when the file is opened")
{
    Bench bench;
    bench.add();
    CHECK(bench.open("new_device", O_RDONLY).error() == Errno{EACCES});
    CHECK(bench.open("at/iio:device0/name", O_WRONLY).error() == Errno{EACCES});
    CHECK(bench.open("at/iio:device0/name", O_RDONLY | O_DIRECT).error() == Errno{EINVAL});
    CHECK(bench.open("devices", O_RDONLY).error() == Errno{EISDIR});
}

TEST_CASE("what is written to new_device ends at a NUL, as a C string, and is taken whole")
{
    Bench bench;
    const auto file = bench.open("new_device", O_WRONLY).value();
    const std::string_view text{"as5600 i2c-1\0more", 17};
    CHECK(file->write(text, {}).value() == text.size());
    CHECK(bench.controlled == Names{"as5600 i2c-1"});
}

TEST_CASE("who listens hears of entries in devices/ and in directories that the kernel knows")
{
    Bench bench;
    Names heard, heard_of_devices;
    const NodeRef devices = bench.tree.find("devices");
    const NodeRef debug = bench.tree.find("debug/iio");
    bench.tree.listen([&](NodeId parent, const std::string &name) {
        CHECK((parent == devices->id() || parent == debug->id()));
        (parent == debug->id() ? heard : heard_of_devices).push_back(name);
    });
    bench.add();
    CHECK(heard.empty());
    CHECK(heard_of_devices == Names{"iio:device0"});
    bench.tree.hold(*debug);
    bench.add();
    bench.devices.pop_back();
    CHECK(heard == Names{"iio:device1", "iio:device1"});
    bench.tree.forget(debug->id(), 1);
    bench.devices.clear();
    CHECK(heard.size() == 2);
    CHECK(heard_of_devices.size() == 4);
}

TEST_CASE("an id is not given again while the kernel remembers it")
{
    Bench bench;
    bench.add();
    NodeRef node = bench.tree.find("at/iio:device0/name");
    const NodeId id = node->id();
    bench.tree.hold(*node);
    node = {};
    bench.devices.clear();
    bench.add();
    CHECK(bench.tree.find("at/iio:device0/name")->id() != id);
    REQUIRE(bench.tree.pin(id));
    CHECK(bench.tree.pin(id)->is_removed());
    bench.tree.forget(id, 1);
    CHECK_FALSE(bench.tree.pin(id));
}

TEST_CASE("readers on several threads see whole devices or none while devices come and go")
{
    Bench bench;
    std::atomic<bool> done = false;
    std::atomic<unsigned> whole = 0;
    std::atomic<unsigned> torn = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            while (!done) {
                const NodeRef device = bench.tree.find("at/iio:device0");
                if (!device)
                    continue;
                const NodeRef last = bench.tree.find(*device, "uevent");
                const NodeRef first = bench.tree.find(*device, "in_accel_x_raw");
                if (first && last)
                    ++whole;
                else if (!device->is_removed())
                    ++torn;
            }
        });
    }
    for (int turn = 0; turn < 300 || whole == 0; ++turn) {
        bench.add();
        bench.devices.clear();
    }
    done = true;
    readers.clear();
    CHECK(torn == 0);
    CHECK(whole > 0);
}

} // namespace tree_test
