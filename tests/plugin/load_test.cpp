// SPDX-License-Identifier: MIT
//
// Drivers in shared objects as the daemon loads them: faulty ones are refused with a sentence.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <daemon/config/drivers.hpp>
#include <filesystem>
#include <iio/host/log.hpp>
#include <sim/simulated.hpp>
#include <sys/stat.h>

namespace load_test {

using namespace iiofs;
namespace fs = std::filesystem;

namespace {

fs::path object(const std::string &name)
{
    return fs::path{std::getenv("IIOFS_PLUGIN_FOLDER")} / (name + ".so");
}

/// Why it is refused.
std::string fault_of(const std::string &name)
{
    const auto driver = load_driver(object(name));
    return driver ? "none" : driver.error();
}

/// A copy in a folder of its own, of which others may be given rights.
struct Copy {
    Copy()
    {
        std::string made = (fs::temp_directory_path() / "iiofs-test-XXXXXX").string();
        if (!::mkdtemp(made.data()))
            FAIL("no folder");
        folder = made;
        file = folder / "right.so";
        fs::copy_file(object("right"), file);
        ::chmod(file.c_str(), 0755);
    }
    Copy(const Copy &) = delete;
    Copy &operator=(const Copy &) = delete;
    ~Copy() { fs::remove_all(folder); }
    fs::path folder, file;
};

std::string logged;

} // namespace

TEST_CASE("a driver in a shared object is loaded")
{
    const auto driver = load_driver(object("right"));
    REQUIRE(driver);
    CHECK((*driver)->module().name == "faulty");
    CHECK((*driver)->module().find("faulty"));
    CHECK(load_driver(object("as5600")));
}

TEST_CASE("what is no driver for this program is refused with a sentence")
{
    CHECK(fault_of("other_version") == "it is for version 2 of the driver ABI, and this program "
                                       "has version 5: build it again");
    CHECK(fault_of("version_differs") == "abi_version is 2, not 5");
    CHECK(fault_of("no_driver") == "it is not a driver: it does not export iio_driver_v5");
    CHECK(fault_of("no_probe") == "it has no probe()");
    CHECK(fault_of("wrong_address") == "part faulty: 0x80 is not a valid 7-bit I2C address");
    CHECK(fault_of("other_interface") == "it was built with libiiowrap's headers of version 0.0, "
                                         "and this program has 0.1: build it again");
    CHECK(fault_of("there_is_none") == "No such file or directory");
}

TEST_CASE("an object that crashes when it is loaded takes nothing with it")
{
    CHECK(fault_of("crashes") == "it crashes when it is loaded (SIGSEGV)");
}

TEST_CASE("an object that others could write is refused")
{
    const Copy copy;
    CHECK(load_driver(copy.file));
    SECTION("itself")
    {
        ::chmod(copy.file.c_str(), 0775);
        CHECK(load_driver(copy.file).error() == "it can be written by others than its owner");
    }
    SECTION("its folder")
    {
        ::chmod(copy.folder.c_str(), 0777);
        CHECK(load_driver(copy.file).error() ==
              "its folder can be written by others than its owner");
    }
    if (::geteuid() != 0)
        return;
    SECTION("its owner")
    {
        REQUIRE(::chown(copy.file.c_str(), 1000, 0) == 0);
        CHECK(load_driver(copy.file).error() == "it belongs to user 1000, not to root");
    }
}

TEST_CASE("a driver that describes what is not there is refused when it is probed")
{
    const auto driver = load_driver(object("no_channels"));
    REQUIRE(driver);
    const auto chip = iio::sim::ChipFile::parse(
        R"({"part": "x", "driver": "faulty", "bus": "i2c", "address": "0x36",
            "model": {"kind": "registers", "registers": {"0x00": "0x00"}}})",
        "the test");
    REQUIRE(chip);
    const iio::sim::SimulatedI2c client{std::make_shared<iio::sim::SimulatedBus>(*chip),
                                        chip->address};
    iio::set_log_sink([](std::string_view line) noexcept { logged = line; });
    iio::Registry registry;
    const auto bound =
        (*driver)->module().bind(iio::Hardware{"faulty", client, iio::Supplies{}}, registry, {});
    iio::set_log_sink(nullptr);
    REQUIRE_FALSE(bound);
    CHECK(bound.error() == iio::Errno{EINVAL});
    CHECK(logged == "faulty: channels is null, but its number of elements is 3");
}

TEST_CASE("all_drivers() has what is in the folders, but no second driver of a part")
{
    const auto drivers = all_drivers();
    const auto count = [&](std::string_view name) {
        return std::ranges::count(drivers, name, &iio::Module::name);
    };
    CHECK(count("as5600") == 1);
    CHECK(count("faulty") == 1); // of those that have this part
}

} // namespace load_test
