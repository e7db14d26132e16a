// SPDX-License-Identifier: MIT
//
// An ordinary directory stands for sysfs.
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <daemon/config/location.hpp>
#include <daemon/kernel/kernel_devices.hpp>
#include <daemon/takeover/keep.hpp>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>

namespace kernel_devices_test {

using namespace iiofs;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// A sysfs of two chips on a bus and of what the test adds.
class Sysfs {
public:
    Sysfs()
    {
        std::string pattern = fs::temp_directory_path() / "iiofs-sysfs-XXXXXX";
        REQUIRE(mkdtemp(pattern.data()));
        root_ = pattern;
        fs::create_directories(root_ / "bus/iio/devices");
        fs::create_directories(root_ / "devices/platform/i2c-0/0-0076/power");
    }
    Sysfs(const Sysfs &) = delete;
    Sysfs &operator=(const Sysfs &) = delete;
    ~Sysfs() { fs::remove_all(root_); }

    [[nodiscard]] const fs::path &root() const { return root_; }

    /// `place` is beneath devices/.
    void add(const std::string &place, bool has_node = false) const
    {
        const auto device = root_ / "devices" / place;
        fs::create_directories(device / "power");
        fs::create_symlink("../bus/iio", device / "subsystem");
        if (has_node)
            std::ofstream{device / "dev"} << "251:0\n";
        fs::create_symlink("../../../devices/" + place,
                           root_ / "bus/iio/devices" / device.filename());
    }
    void remove(const std::string &place) const
    {
        const auto device = root_ / "devices" / place;
        fs::remove(root_ / "bus/iio/devices" / device.filename());
        fs::remove_all(device);
    }

private:
    fs::path root_;
};

constexpr auto first_chip = "platform/i2c-0/0-0076/iio:device0";
constexpr auto second_chip = "platform/i2c-0/0-0077/iio:device1";

/// A tree that shows the kernel's devices of such a sysfs.
struct Bench {
    KernelDevices &start()
    {
        return kernel.emplace(tree, KernelBus{sysfs.root()}, "../../../",
                              [this](const KernelNumbers &taken) {
                                  // Nobody sees a link before its number is free.
                                  names_then = names("devices");
                                  numbers.push_back(taken);
                              });
    }
    std::vector<std::string> names(std::string_view path)
    {
        std::vector<std::string> found;
        for (const auto &entry : tree.list(*tree.find(path))) {
            if (entry.name.find("device") != std::string::npos ||
                entry.name.starts_with("trigger") || entry.name == "iio_evgen")
                found.push_back(entry.name);
        }
        return found;
    }
    std::string target(std::string_view path)
    {
        const NodeRef node = tree.find(path);
        return node && node->link() ? node->link()->target() : "none";
    }

    Sysfs sysfs;
    const std::unique_ptr<Keep> keep = Keep::make();
    Tree tree{{}, {}, keep->node_records(), keep->birth()};
    std::vector<KernelNumbers> numbers;
    std::vector<std::string> names_then;
    std::optional<KernelDevices> kernel;
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("the kernel's devices and triggers are links to where sysfs has them")
{
    Bench bench;
    bench.sysfs.add(first_chip, true);
    bench.sysfs.add(second_chip);
    bench.sysfs.add("iio_sysfs_trigger/trigger0");
    bench.sysfs.add("iio_evgen");
    bench.start().refresh();
    CHECK(bench.names("devices") == Names{"iio:device0", "iio:device1", "iio_evgen", "trigger0"});
    CHECK(bench.target("devices/iio:device0") ==
          "../../../devices/platform/i2c-0/0-0076/iio:device0");
    CHECK(bench.target("devices/trigger0") == "../../../devices/iio_sysfs_trigger/trigger0");
    // Only this one has a buffer or events.
    CHECK(bench.target("dev/iio:device0") == "/dev/iio:device0");
    CHECK_FALSE(bench.tree.find("dev/iio:device1"));
    CHECK(bench.names("dev").empty());
}

TEST_CASE("the kernel's devices come, move and go with sysfs, and nothing stays of them")
{
    Bench bench;
    bench.start().refresh();
    const auto empty = bench.tree.size();
    bench.sysfs.add(first_chip, true);
    bench.kernel->refresh();
    bench.sysfs.remove(first_chip);
    bench.sysfs.add("platform/spi0.0/iio:device0");
    bench.kernel->refresh();
    CHECK(bench.target("devices/iio:device0") == "../../../devices/platform/spi0.0/iio:device0");
    CHECK_FALSE(bench.tree.find("dev/iio:device0"));
    bench.sysfs.remove("platform/spi0.0/iio:device0");
    bench.kernel->refresh();
    CHECK(bench.names("devices").empty());
    CHECK(bench.tree.size() == empty);
}

TEST_CASE("who may have the kernel's numbers is told of them before their links are made")
{
    Bench bench;
    bench.start().refresh();
    CHECK(bench.numbers == std::vector<KernelNumbers>{{}});
    bench.sysfs.add(first_chip);
    bench.sysfs.add("trigger3");
    bench.sysfs.add("iio_evgen");
    bench.kernel->refresh();
    REQUIRE(bench.numbers.size() == 2);
    CHECK(bench.numbers.back() == KernelNumbers{{0}, {3}});
    CHECK(bench.names_then.empty());
    bench.kernel->refresh();
    CHECK(bench.numbers.size() == 2);
    bench.sysfs.remove(first_chip);
    bench.kernel->refresh();
    CHECK(bench.numbers.back() == KernelNumbers{{}, {3}});
}

TEST_CASE("a name that the tree has is not the kernel's, until it is free")
{
    Bench bench;
    bench.sysfs.add("iio_sysfs_trigger");
    bench.sysfs.add(first_chip, true);
    const NodeId devices = bench.tree.find("devices")->id();
    bench.tree.add_directory(devices, "iio:device0");
    bench.start().refresh();
    CHECK(bench.tree.find("at/iio_sysfs_trigger/add_trigger"));
    CHECK(bench.tree.find("devices/iio:device0")->directory());
    CHECK_FALSE(bench.tree.find("dev/iio:device0"));
    bench.sysfs.remove("iio_sysfs_trigger");
    bench.tree.remove(devices, "iio:device0");
    bench.kernel->refresh();
    CHECK(bench.tree.find("at/iio_sysfs_trigger/add_trigger"));
    CHECK(bench.target("devices/iio:device0") != "none");
    CHECK(bench.target("dev/iio:device0") == "/dev/iio:device0");
}

TEST_CASE("a search of all of sysfs finds what the bus lists")
{
    const Sysfs sysfs;
    sysfs.add(first_chip, true);
    sysfs.add(second_chip);
    sysfs.add("iio_sysfs_trigger/trigger0");
    sysfs.add("iio_sysfs_trigger");
    fs::create_directories(sysfs.root() / "devices/platform/gpio/iio:device9"); // of another bus
    fs::create_symlink("../bus/gpio", sysfs.root() / "devices/platform/gpio/subsystem");
    fs::create_directory_symlink("..", sysfs.root() / "devices/platform/i2c-0/loop");
    KernelBus bus{sysfs.root()};
    const auto listed = bus.entries();
    CHECK(listed.size() == 4);
    CHECK(bus.search() == listed);
}

TEST_CASE("a bus that comes later is found, one that goes and comes again as well")
{
    const Sysfs sysfs;
    fs::remove_all(sysfs.root() / "bus/iio");
    KernelBus bus{sysfs.root()};
    CHECK(bus.entries().empty());
    fs::create_directories(sysfs.root() / "bus/iio/devices");
    sysfs.add(first_chip);
    CHECK(bus.entries().size() == 1);
    sysfs.remove(first_chip);
    fs::remove_all(sysfs.root() / "bus/iio");
    CHECK(bus.entries().empty());
    fs::create_directories(sysfs.root() / "bus/iio/devices");
    sysfs.add(second_chip);
    CHECK(bus.entries().contains("iio:device1"));
}

TEST_CASE("ours begin beyond the kernel's, at a number that few devices more do not change")
{
    CHECK(first_number_beside({}) == 16);
    CHECK(first_number_beside({0, 1, 2}) == 16);
    CHECK(first_number_beside({15}) == 16);
    CHECK(first_number_beside({3, 16}) == 32);
}

namespace {

/// What the tree tells of its changes, waited for.
class Changes {
public:
    explicit Changes(Tree &tree) : tree_{tree}, devices_{tree.find("devices")}
    {
        tree_.hold(*devices_);
        tree_.listen([this](NodeId, const std::string &name) {
            const std::lock_guard lock{mutex_};
            names_.push_back(name);
            changed_.notify_all();
        });
    }
    ~Changes() { tree_.listen({}); }
    Changes(const Changes &) = delete;
    Changes &operator=(const Changes &) = delete;

    [[nodiscard]] bool come_to(std::size_t count)
    {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 30s, [&] { return names_.size() >= count; });
    }

private:
    Tree &tree_;
    NodeRef devices_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Names names_;
};

/// As the kernel sends it: "add@/devices/x", then variables, each with a NUL behind.
std::string uevent(std::string_view subsystem)
{
    std::string text{"add@/devices/x"};
    for (const std::string &variable :
         {std::string{"ACTION=add"}, "SUBSYSTEM=" + std::string{subsystem},
          std::string{"SEQNUM=7"}})
        text += '\0' + variable;
    return text + '\0';
}

} // namespace

TEST_CASE("what the kernel tells of its IIO devices is looked at, what it tells of others is not")
{
    Bench bench;
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const Fd kernel{ends[0]};
    const auto tell = [&](std::string_view subsystem) {
        const auto text = uevent(subsystem);
        REQUIRE(send(kernel.get(), text.data(), text.size(), 0) ==
                static_cast<ssize_t>(text.size()));
    };
    Changes changes{bench.tree};
    bench.sysfs.add(first_chip);
    bench.start().watch(Fd{ends[1]});
    REQUIRE(changes.come_to(1)); // what came before it was watched
    bench.sysfs.add(second_chip);
    tell("i2c");
    tell("iio_other");
    std::this_thread::sleep_for(100ms);
    CHECK_FALSE(bench.tree.find("devices/iio:device1"));
    tell("iio");
    REQUIRE(changes.come_to(2));
    CHECK(bench.tree.find("devices/iio:device1"));
    bench.sysfs.remove(first_chip);
    tell("iio");
    REQUIRE(changes.come_to(3));
    CHECK_FALSE(bench.tree.find("devices/iio:device0"));
}

TEST_CASE("without the kernel's word sysfs is looked at from time to time")
{
    Bench bench;
    Changes changes{bench.tree};
    bench.sysfs.add(first_chip);
    bench.start().watch(Fd{-1});
    REQUIRE(changes.come_to(1));
    bench.sysfs.add(second_chip);
    REQUIRE(changes.come_to(2));
    CHECK(bench.tree.find("devices/iio:device1"));
}

TEST_CASE("a chip's place has the kernel's name, whatever the node is called")
{
    const Sysfs sysfs;
    std::ofstream{sysfs.root() / "i2c-17"};
    fs::create_symlink("i2c-17", sysfs.root() / "i2c-sensors");
    CHECK(location_of(I2cBus{"/dev/i2c-1", 0x40}) == "1-0040");
    CHECK(location_of(I2cBus{sysfs.root() / "i2c-sensors", 0x76}) == "17-0076");
    CHECK(location_of(SpiBus{.path = "/dev/spidev0.1"}) == "spi0.1");
}

TEST_CASE("a chip's folder is where the kernel has it below the bus")
{
    const auto folder = [](const Bus &bus) {
        const auto [parent, name, subsystem] = folder_of({.driver = "bme280", .bus = bus}, 3);
        return parent + "/" + name + " " + subsystem;
    };
    CHECK(folder(I2cBus{"/dev/i2c-1", 0x76}) == "i2c-1/1-0076 i2c");
    CHECK(folder(SpiBus{.path = "/dev/spidev0.1"}) == "spi0/spi0.1 spi");
    CHECK(folder(ModelFile{"bme280.json"}) == "simulated/bme280.3 platform");
}

} // namespace kernel_devices_test
