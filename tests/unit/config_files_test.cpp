// SPDX-License-Identifier: MIT
//
// The files of X.d, `set`, and GPIO lines by name.
#include "config_catalogue.hpp"
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

namespace config_files_test {

using namespace iiofs;
using config_test::parse;
using config_test::reports;
using Lines = std::vector<std::string>;

namespace {

/// A folder with iiofs.toml and iiofs.d, gone at the end of the scope.
class Folder {
public:
    Folder()
    {
        REQUIRE(mkdtemp(path_.data()) != nullptr);
        std::filesystem::create_directory(path_ + "/iiofs.d");
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::string &path() const { return path_; }

    void write(const std::string &name, const std::string &text) const
    {
        std::ofstream{path_ + "/" + name} << text;
    }
    [[nodiscard]] tl::expected<Config, Mistakes> load() const
    {
        return load_config(path_ + "/iiofs.toml", config_test::catalogue(),
                           config_test::accounts());
    }
    /// The lines that the user sees, without the folder.
    [[nodiscard]] Lines mistakes() const
    {
        Lines out;
        const auto config = load();
        for (const Mistake &mistake : config ? Mistakes{} : config.error()) {
            auto line = format(mistake);
            for (auto at = line.find(path_); at != line.npos; at = line.find(path_))
                line.erase(at, path_.size() + 1);
            out.push_back(line);
        }
        return out;
    }

private:
    std::string path_ = (std::filesystem::temp_directory_path() / "iiofs-config-XXXXXX").string();
};

std::string bme280(const std::string &more)
{
    return "[[device]]\ndriver = \"bme280\"\ni2c = \"i2c-1\"\naddress = 0x76\n" + more;
}

/// Of a device's line 5, without the file.
Lines mistakes_of(const std::string &key)
{
    auto lines = reports(bme280(key));
    for (auto &line : lines)
        line.erase(0, line.find(':') + 1);
    return lines;
}

} // namespace

TEST_CASE("the files of X.d come after X.toml, in the order of their names", "[config]")
{
    const Folder folder;
    folder.write("iiofs.toml", "mountpoint = \"/iio\"\n" + bme280("label = \"a\"\n"));
    folder.write("iiofs.d/20.toml", "[[device]]\nmodel = \"./bme280-b.json\"\nlabel = \"b\"\n");
    folder.write("iiofs.d/10.toml", "[[device]]\nmodel = \"as5600\"\nlabel = \"c\"\n");
    folder.write("iiofs.d/.30.toml", "not read");
    folder.write("iiofs.d/40.toml~", "not read");
    const auto config = folder.load();
    REQUIRE(config);
    CHECK(config->mountpoint == "/iio");
    REQUIRE(config->devices.size() == 3);
    CHECK(config->devices[0].label == "a");
    CHECK(config->devices[1].label == "c");
    CHECK(config->devices[2].label == "b");
    const auto &model = std::get<ModelFile>(config->devices[2].bus);
    CHECK(model.path == folder.path() + "/iiofs.d/bme280-b.json");
}

TEST_CASE("mistakes of all files are told together, each with its file and line", "[config]")
{
    const Folder folder;
    folder.write("iiofs.toml", "polling = 1\n" + bme280("label = \"a\"\n"));
    folder.write("iiofs.d/1.toml", "polling = true\n" + bme280(""));
    folder.write("iiofs.d/2.toml", "[[device]]\nmodel = \"as5600\"\nlabel = \"a\"\n[x]\n");
    CHECK(folder.mistakes() ==
          Lines{"iiofs.toml:1:11: polling: is an integer; expected true or false, without quotes",
                "iiofs.d/1.toml:1:11: polling: is for all devices; it belongs in iiofs.toml",
                "iiofs.d/1.toml:5:11: device.address: the device of iiofs.toml:2 has this address "
                "already; use another address or another bus",
                "iiofs.d/2.toml:3:9: device.label: the device of iiofs.toml:2 has the label 'a' "
                "already; use another label",
                "iiofs.d/2.toml:4:2: x: unknown key; the keys here are device"});
}

TEST_CASE("a folder or file that cannot be read is a mistake, no folder is none", "[config]")
{
    const Folder folder;
    folder.write("iiofs.toml", "");
    std::filesystem::create_directory(folder.path() + "/iiofs.d/1.toml");
    CHECK(folder.mistakes() == Lines{"iiofs.d/1.toml: cannot be read: Is a directory"});
    std::filesystem::remove_all(folder.path() + "/iiofs.d");
    CHECK(folder.load());
    folder.write("iiofs.d", "");
    CHECK(folder.mistakes() == Lines{"iiofs.d: cannot be read: Not a directory"});
}

TEST_CASE("what attributes are set to comes in the file's order, as clients write it", "[config]")
{
    const auto config = parse(bme280("set = { in_temp_oversampling_ratio = 8, b = 0.5, a = true, "
                                     "\"events/x_en\" = \"0 1\" }\n"));
    REQUIRE(config);
    CHECK(config->devices[0].set == iio::Settings{{"in_temp_oversampling_ratio", "8"},
                                                  {"b", "0.5"},
                                                  {"a", "1"},
                                                  {"events/x_en", "0 1"}});
    CHECK(mistakes_of("set = 8") == Lines{"5:7: device.set: is an integer; expected a table such "
                                          "as { in_temp_oversampling_ratio = 8 }"});
    CHECK(mistakes_of("set = { a = [1], b = \"1\\n\", c = inf }").size() == 3);
}

TEST_CASE("a GPIO line has a name, or a chip and a number", "[config]")
{
    const auto line = [](const std::string &text) {
        const auto config = parse(bme280("interrupt = " + text));
        REQUIRE(config);
        return *config->devices[0].interrupt;
    };
    CHECK(line("\"GPIO17\"") == InterruptLine{.name = "GPIO17"});
    CHECK(line("{ name = \"GPIO17\", edge = \"falling\", bias = \"pull-up\", debounce-us = 50 }") ==
          InterruptLine{.edge = iio::Edge::falling,
                        .name = "GPIO17",
                        .bias = LineBias::pull_up,
                        .debounce_us = 50});
    CHECK(line("{ gpiochip = \"gpiochip0\", line = 4, bias = \"disabled\" }") ==
          InterruptLine{.gpiochip = "/dev/gpiochip0", .line = 4, .bias = LineBias::disabled});
}

TEST_CASE("a wrong GPIO line is reported", "[config]")
{
    CHECK(mistakes_of("interrupt = \"\"") ==
          Lines{"5:13: device.interrupt: '' is not the name of a GPIO line; expected one such as "
                "\"GPIO17\", see gpioinfo"});
    CHECK(
        mistakes_of("interrupt = { name = \"GPIO17\", line = 17 }") ==
        Lines{
            "5:22: device.interrupt.name: selects the line already; leave out gpiochip and line"});
    CHECK(mistakes_of("interrupt = { name = \"GPIO17\", bias = \"up\", debounce-us = 0 }") ==
          Lines{"5:39: device.interrupt.bias: 'up' is not a bias; expected \"pull-up\", "
                "\"pull-down\" or \"disabled\"",
                "5:59: device.interrupt.debounce-us: 0 is out of range; expected 1 to "
                "1000000 microseconds"});
}

} // namespace config_files_test
