// SPDX-License-Identifier: MIT
#include "config_catalogue.hpp"
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

namespace config_test {

using namespace iiofs;
using config_test::accounts;
using config_test::catalogue;
using config_test::parse;
using config_test::reports;

namespace {

const std::string full = R"(# every key
mountpoint = "/run/iiofs"
device-nodes = true

[permissions]
owner = "sensors"
group = 100
read = "0440"
write = "0220"

[[device]]
driver = "bme280"
i2c = "/dev/i2c-1"
address = 0x76
label = "greenhouse"
supplies = { vddd = 1.8, vdda = 3 }
mount-matrix = ["0", "1", "0", "-1", "0", "0", "0", "0", "0.98"]
interrupt = { gpiochip = "/dev/gpiochip0", line = 4 }

[[device]]
driver = "mcp3008"
spi = "/dev/spidev0.0"
mode = 3
speed-hz = 1_000_000
bits-per-word = 16
mount-matrix = [[1, 0.5, -0.00001], [0, 1.0, 0], [0, 0, 1e3]]
[device.supplies]
vref = 2.5

[[device]]
model = "models/bme280-warm.json"

[[device]]
model = "as5600"
)";

/// A file that is gone at the end of the scope.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view text)
    {
        const int fd = mkstemp(path_.data());
        REQUIRE(fd >= 0);
        REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        close(fd);
    }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    ~TemporaryFile() { unlink(path_.c_str()); }
    [[nodiscard]] const std::string &path() const { return path_; }

private:
    std::string path_ = (std::filesystem::temp_directory_path() / "iiofs-config-XXXXXX").string();
};

std::string new_device(std::string_view line)
{
    const auto device = parse_new_device(line, "/etc", catalogue());
    if (device)
        return "ok";
    std::string out;
    for (const Mistake &mistake : device.error())
        out += (out.empty() ? "" : "\n") + format(mistake);
    return out;
}

Bus new_device_bus(std::string_view line)
{
    const auto device = parse_new_device(line, "/etc", catalogue());
    REQUIRE(device);
    return device->bus;
}

} // namespace

TEST_CASE("every key of a full file arrives", "[config]")
{
    REQUIRE(reports(full).empty());
    const Config config = *parse(full);

    CHECK(config.mountpoint == "/run/iiofs");
    CHECK(config.device_nodes);
    CHECK(config.permissions.owner == 998);
    CHECK(config.permissions.group == 100);
    CHECK(config.permissions.read == 0440);
    CHECK(config.permissions.write == 0220);
    REQUIRE(config.devices.size() == 4);

    const DeviceConfig &bme280 = config.devices[0];
    CHECK(bme280.driver == "bme280");
    CHECK(std::get<I2cBus>(bme280.bus) == I2cBus{"/dev/i2c-1", 0x76});
    CHECK(bme280.label == "greenhouse");
    CHECK(bme280.supplies.microvolts("vddd") == 1'800'000);
    CHECK(bme280.supplies.microvolts("vdda") == 3'000'000);
    CHECK(bme280.mount_matrix == iio::MountMatrix{"0", "1", "0", "-1", "0", "0", "0", "0", "0.98"});
    CHECK(bme280.interrupt == InterruptLine{"/dev/gpiochip0", 4});
    CHECK(bme280.where == SourceLine{11, 1});

    const DeviceConfig &mcp3008 = config.devices[1];
    CHECK(mcp3008.driver == "mcp3008");
    CHECK(std::get<SpiBus>(mcp3008.bus) == SpiBus{"/dev/spidev0.0", 3, 1'000'000, 16});
    CHECK(mcp3008.supplies.microvolts("vref") == 2'500'000);
    CHECK(mcp3008.mount_matrix ==
          iio::MountMatrix{"1", "0.5", "-0.00001", "0", "1", "0", "0", "0", "1000"});
    CHECK_FALSE(mcp3008.interrupt);
    CHECK(mcp3008.where == SourceLine{20, 1});

    CHECK(config.devices[2].driver == "bme280");
    CHECK(std::get<ModelFile>(config.devices[2].bus).path == "/etc/models/bme280-warm.json");
    CHECK(config.devices[3].driver == "as5600");
    CHECK(std::get<ModelFile>(config.devices[3].bus).path == "/usr/share/iiofs/as5600.json");
}

TEST_CASE("what is not written has its default", "[config]")
{
    const auto config = parse("[[device]]\ndriver = \"as5600\"\ni2c = \"i2c-1\"\n"
                              "[[device]]\ndriver = \"mcp3008\"\nspi = \"spi0.1\"\n");
    REQUIRE(config);
    CHECK_FALSE(config->mountpoint);
    CHECK_FALSE(config->device_nodes);
    CHECK(config->permissions.owner == ::geteuid());
    CHECK_FALSE(config->kernel_devices);
    CHECK_FALSE(config->first_number);
    CHECK_FALSE(config->devices[0].permissions);
    CHECK(std::get<I2cBus>(config->devices[0].bus) == I2cBus{"/dev/i2c-1", 0x36});
    CHECK(config->devices[0].label.empty());
    CHECK(config->devices[0].mount_matrix == iio::identity_matrix);
    CHECK(config->devices[0].supplies.microvolts("vdd") == 3'300'000);
    CHECK(std::get<SpiBus>(config->devices[1].bus) == SpiBus{"/dev/spidev0.1", {}, {}, {}});
}

TEST_CASE("a file may hold nothing at all", "[config]")
{
    const std::string text =
        GENERATE("", "\n", "# only a comment", "\xEF\xBB\xBF", "[permissions]\n", "device = []");
    const auto config = parse(text);
    REQUIRE(config);
    CHECK(config->devices.empty());
}

TEST_CASE("a byte order mark and CRLF change no position", "[config]")
{
    CHECK(reports("\xEF\xBB\xBF[[device]]\r\ndriver = \"as5600\"\r\ni2c = \"i2c-1\"\r\n").empty());
    CHECK(
        reports("\xEF\xBB\xBFmountpoint = 3\r\n[[device]]\r\ndriver = 3\r\ni2c = \"i2c-1\"\r\n") ==
        std::vector<std::string>{"iiofs.toml:1:14: mountpoint: is an integer; expected an absolute "
                                 "path such as \"/run/iiofs\"",
                                 "iiofs.toml:3:10: device.driver: is an integer; expected the "
                                 "kernel's name of the part, such as \"bme280\""});
}

TEST_CASE("an address may be written in any base", "[config]")
{
    const std::string address = GENERATE("0x76", "118", "0o166", "0b111_0110");
    const auto config =
        parse("[[device]]\ndriver = \"bme280\"\ni2c = \"i2c-1\"\naddress = " + address);
    REQUIRE(config);
    CHECK(std::get<I2cBus>(config->devices[0].bus).address == 0x76);
}

TEST_CASE("the first and the last address are addresses", "[config]")
{
    const auto [text, address] =
        GENERATE(table<std::string, std::uint8_t>({{"0x03", 0x03}, {"0x77", 0x77}}));
    const auto config =
        parse("[[device]]\ndriver = \"bme280\"\ni2c = \"i2c-1\"\naddress = " + text);
    REQUIRE(config);
    CHECK(std::get<I2cBus>(config->devices[0].bus).address == address);
}

TEST_CASE("whose mount it is, and whether there is a group iio, decides who may write", "[config]")
{
    auto with_iio = accounts();
    auto without = accounts();
    without.group = [](const std::string &) { return std::optional<gid_t>{}; };
    with_iio.mounter = without.mounter = 0;
    CHECK(default_permissions(with_iio) == Permissions{0, 997, 0444, 0220});
    CHECK(default_permissions(without) == Permissions{0, 0, 0444, 0200});
    // A user's own mount is his own.
    with_iio.mounter = 1000;
    const auto users = default_permissions(with_iio);
    CHECK(users.owner == 1000);
    CHECK(users.write == 0200);
    CHECK(Permissions{} == Permissions{::geteuid(), ::getegid(), 0444, 0200});
}

namespace {

/// The mounter as a child process of another user finds it.
uid_t mounter_to_nobody(const char *descriptors)
{
    constexpr uid_t nobody = 65534;
    const pid_t child = fork();
    if (child == 0) {
        setenv("LISTEN_FDNAMES", descriptors, 1);
        if (setresuid(nobody, nobody, nobody) != 0)
            _exit(2);
        const auto mounter = system_accounts().mounter;
        _exit(mounter == 0 ? 0 : mounter == nobody ? 1 : 2);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 0 ? 0 : nobody;
}

} // namespace

TEST_CASE("a mount that was handed over is the parent's, one of one's own is one's own", "[config]")
{
    if (::geteuid() != 0)
        return; // only root has a child of another user
    CHECK(mounter_to_nobody("fuse") == 0);
    CHECK(mounter_to_nobody("keep:fuse") == 0);
    CHECK(mounter_to_nobody("") == 65534);
    CHECK(mounter_to_nobody("fused") == 65534);
}

TEST_CASE("a group that is named may write, unless it is said who may", "[config]")
{
    auto accounts = config_test::accounts();
    accounts.group = [](const std::string &) { return std::optional<gid_t>{}; };
    const auto permissions = [&](std::string_view text) {
        const auto config = parse_config(text, "iiofs.toml", "/etc", catalogue(), accounts);
        REQUIRE(config);
        return config->permissions;
    };
    CHECK(permissions("").write == 0200);
    CHECK(permissions("[permissions]\ngroup = 50").write == 0220);
    CHECK(permissions("[permissions]\ngroup = 50\nwrite = \"0200\"").write == 0200);
}

TEST_CASE("a device's own permissions are the file's where they say nothing", "[config]")
{
    const auto config = parse("[permissions]\nowner = 7\nread = \"0440\"\nwrite = \"0222\"\n"
                              "[[device]]\nmodel = \"as5600\"\n"
                              "permissions = { group = 50, write = \"0220\" }\n"
                              "[[device]]\nmodel = \"as5600\"\n"
                              "[device.permissions]\nread = \"0400\"\n");
    REQUIRE(config);
    CHECK(config->devices[0].permissions == Permissions{7, 50, 0440, 0220});
    CHECK(config->devices[1].permissions == Permissions{7, config->permissions.group, 0400, 0222});
}

TEST_CASE("who may write to a device may stream from it, and nobody else", "[config]")
{
    CHECK(Permissions{}.of_stream() == 0600);
    CHECK(Permissions{.write = 0220}.of_stream() == 0660);
    CHECK(Permissions{.write = 0}.of_stream() == 0);
}

TEST_CASE("the kernel's devices and the first number are the file's to say", "[config]")
{
    const auto config = parse("kernel-devices = true\nfirst-number = 3\n");
    REQUIRE(config);
    CHECK(config->kernel_devices == true);
    CHECK(config->first_number == 3);
}

TEST_CASE("the server polls unless the file says otherwise", "[config]")
{
    CHECK(parse("")->polling);
    CHECK(parse("polling = true\n")->polling);
    CHECK_FALSE(parse("polling = false\n")->polling);
}

TEST_CASE("the default permissions are the kernel's", "[config]")
{
    const mode_t mode = GENERATE(0644U, 0444U, 0200U, 0755U);
    CHECK(Permissions{}.apply(mode) == mode);
}

TEST_CASE("a group that may write gets what the kernel gives its owner", "[config]")
{
    const Permissions permissions{.write = 0220};
    CHECK(permissions.apply(0644) == 0664);
    CHECK(permissions.apply(0444) == 0444);
    CHECK(permissions.apply(0200) == 0220);
    CHECK(permissions.apply(0755) == 0775);
}

TEST_CASE("a narrower read mask closes directories as well", "[config]")
{
    const Permissions permissions{.read = 0440};
    CHECK(permissions.apply(0644) == 0640);
    CHECK(permissions.apply(0755) == 0750);
}

TEST_CASE("an octal number does for a mask in quotes", "[config]")
{
    const auto config = parse("[permissions]\nread = 0o440\nwrite = \"0\"\n");
    REQUIRE(config);
    CHECK(config->permissions.read == 0440);
    CHECK(config->permissions.write == 0);
}

TEST_CASE("the system's accounts know root and nobody else by a name that is not there", "[config]")
{
    CHECK(system_accounts().user("root") == std::optional<uid_t>{0});
    CHECK(system_accounts().group("root") == std::optional<gid_t>{0});
    CHECK_FALSE(system_accounts().user("no such user"));
    CHECK_FALSE(system_accounts().group("no such group"));
}

TEST_CASE("the example is right, as it is and with every setting in it set", "[config]")
{
    INFO("IIOFS_SOURCE is the folder of the sources");
    REQUIRE(std::getenv("IIOFS_SOURCE") != nullptr);
    const std::string path = std::string{std::getenv("IIOFS_SOURCE")} + "/systemd/iiofs.toml";
    std::ifstream file{path};
    std::string as_it_is;
    std::string all_set; // settings are "#key", prose is "# Words"
    for (std::string line; std::getline(file, line);) {
        as_it_is += line + "\n";
        const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        all_set += (setting ? line.substr(1) : line) + "\n";
    }
    REQUIRE(file.eof());
    CHECK(reports(as_it_is).empty());
    CHECK(parse(as_it_is)->devices.empty());
    CHECK(reports(all_set).empty());
    CHECK(parse(all_set)->devices.size() == 3);
}

TEST_CASE("a file is read, and its models are found beside it", "[config]")
{
    const TemporaryFile file{"[[device]]\nmodel = \"bme280-warm.json\"\n"};
    const auto config = load_config(file.path(), catalogue(), accounts());
    REQUIRE(config);
    CHECK(std::get<ModelFile>(config->devices[0].bus).path ==
          std::filesystem::temp_directory_path() / "bme280-warm.json");
}

TEST_CASE("a file that cannot be read is a mistake without a line", "[config]")
{
    const auto line = [](const char *path) {
        return format(load_config(path, catalogue()).error().at(0));
    };
    CHECK(line("/nonexistent/iiofs.toml") ==
          "/nonexistent/iiofs.toml: cannot be read: No such file or directory");
    CHECK(line("/") == "/: cannot be read: Is a directory");
    CHECK(line("/dev/zero") == "/dev/zero: is too long; at most 1048576 bytes");
}

TEST_CASE("new_device takes a part and its bus", "[config]")
{
    CHECK(new_device_bus("bme280 i2c-1 0x76\n") == Bus{I2cBus{"/dev/i2c-1", 0x76}});
    CHECK(new_device_bus("bme280 /dev/i2c-1 118") == Bus{I2cBus{"/dev/i2c-1", 0x76}});
    CHECK(new_device_bus(" as5600\ti2c-10 \n") == Bus{I2cBus{"/dev/i2c-10", 0x36}});
    CHECK(new_device_bus("mcp3008 spi0.1") == Bus{SpiBus{"/dev/spidev0.1", {}, {}, {}}});
    CHECK(new_device_bus("mcp3008 /dev/spidev0.1") == Bus{SpiBus{"/dev/spidev0.1", {}, {}, {}}});
    CHECK(new_device_bus("model as5600") == Bus{ModelFile{"/usr/share/iiofs/as5600.json"}});
    CHECK(new_device_bus("model bme280-x.json") == Bus{ModelFile{"/etc/bme280-x.json"}});
    CHECK(new_device_bus("model /m/bme280.json") == Bus{ModelFile{"/m/bme280.json"}});
}

TEST_CASE("new_device says what is wrong by the rules of the file", "[config]")
{
    CHECK(new_device("") ==
          "new_device: too few words; expected PART BUS [ADDRESS], or model FILE-OR-PART");
    CHECK(new_device("model as5600 x") ==
          "new_device: too many words; expected PART BUS [ADDRESS], or model FILE-OR-PART");
    CHECK(new_device("bme280 i2c-1") == "new_device: address: missing; bme280 has several "
                                        "addresses, give the one that it is wired to: 0x76, 0x77");
    CHECK(new_device("bme280 i2c-1 0x7g") ==
          "new_device: address: '0x7g' is not a number; expected an address such as 0x76");
    CHECK(new_device("bme280 uart0 0x76") ==
          "new_device: bus: 'uart0' is not a bus; expected one such as i2c-1 or spi0.0");
    CHECK(new_device("bm280 i2c-x 1") ==
          "new_device: part: there is no driver for 'bm280'; did you mean \"bme280\"?\n"
          "new_device: address: 0x01 is not a valid I2C address; expected 0x03 to 0x77\n"
          "new_device: bus: 'i2c-x' is not an I2C bus; expected a device node such as "
          "\"/dev/i2c-1\"");
    CHECK(new_device("mcp3008 spi0.1 0x76") ==
          "new_device: address: is a setting of I2C, and this chip is on SPI; leave it out");
    CHECK(new_device("model absent.json") ==
          "new_device: model: /etc/absent.json: No such file or directory");
}

TEST_CASE("who is not to open files by the daemon names buses and installed models", "[config]")
{
    const auto of_names = [](std::string_view line) {
        const auto device = parse_new_device(line, "/etc", catalogue(), MayName::names);
        return device ? std::string{} : format(device.error().front());
    };
    CHECK(of_names("bme280 i2c-1 0x76\n").empty());
    CHECK(of_names("mcp3008 spi0.1").empty());
    CHECK(of_names("model as5600").empty());
    CHECK(of_names("model /m/bme280.json") ==
          "new_device: model: '/m/bme280.json' is a path, and only root may give a path; use an "
          "installed model such as bme280");
    CHECK(of_names("model bme280-x.json").find("is a path") != std::string::npos);
    CHECK(of_names("model ../bme280").find("is a path") != std::string::npos);
    CHECK(of_names("as5600 /home/x/i2c-0 0x36") ==
          "new_device: bus: '/home/x/i2c-0' is a path, and only root may give a path; use a bus "
          "such as i2c-1 or spi0.0");
}

TEST_CASE("two names of one device node are one bus", "[config]")
{
    // A character device that is everywhere, by another name.
    const std::string link = "/tmp/config_test.i2c-" + std::to_string(::getpid());
    REQUIRE(::symlink("/dev/null", link.c_str()) == 0);
    DeviceConfig one, other;
    one.bus = I2cBus{"/dev/null", 0x36};
    other.bus = I2cBus{link, 0x36};
    CHECK(same_chip(one, other));
    other.bus = I2cBus{link, 0x37};
    CHECK_FALSE(same_chip(one, other));
    ::unlink(link.c_str());
}

TEST_CASE("two devices are one chip by address or chip select, never by model", "[config]")
{
    const auto same = [](std::string_view one, std::string_view other) {
        return same_chip(*parse_new_device(one, "/etc", catalogue()),
                         *parse_new_device(other, "/etc", catalogue()));
    };
    CHECK(same("bme280 i2c-1 0x76", "ads1115 /dev/i2c-1 0x76"));
    CHECK_FALSE(same("bme280 i2c-1 0x76", "bme280 i2c-1 0x77"));
    CHECK_FALSE(same("bme280 i2c-1 0x76", "bme280 i2c-2 0x76"));
    CHECK(same("mcp3008 spi0.0", "bme280 /dev/spidev0.0"));
    CHECK_FALSE(same("mcp3008 spi0.0", "mcp3008 spi0.1"));
    CHECK_FALSE(same("model as5600", "model as5600"));
}

TEST_CASE("no damage to a file does more than make mistakes", "[config]")
{
    std::mt19937 random{2024}; // the same damage in every run
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    constexpr std::string_view likely = "[]{}\"'=.,#\n\r\\0x-_e\xEF\xFF";
    int wrong = 0;
    for (int i = 0; i < 4000; ++i) {
        std::string text = full;
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
            case 0:
                text[at] = static_cast<char>(below(256));
                break;
            case 1:
                text[at] = likely[below(likely.size())];
                break;
            case 2:
                text.erase(at, 1 + below(12));
                break;
            default:
                text.insert(at, text.substr(below(text.size()), below(30)));
            }
        }
        const auto config = parse(text);
        if (config)
            continue;
        ++wrong;
        REQUIRE_FALSE(config.error().empty());
        for (const Mistake &mistake : config.error()) {
            INFO(text);
            REQUIRE(mistake.where.line >= 1);
            REQUIRE(mistake.where.column >= 1);
            REQUIRE_FALSE(mistake.message.empty());
            REQUIRE(format(mistake).find('\n') == std::string::npos);
        }
    }
    CHECK(wrong > 2000);
}

TEST_CASE("keys and values nested without end are mistakes", "[config]")
{
    const auto repeated = [](std::string_view piece, int count) {
        std::string out;
        while (count-- > 0)
            out += piece;
        return out;
    };
    CHECK(reports("a" + repeated(".a", 200) + "=1") ==
          std::vector<std::string>{
              "iiofs.toml:1:1: a: unknown key; the keys here are mountpoint, device-nodes, "
              "kernel-devices, first-number, polling, permissions, device"});
    CHECK(reports("\na" + repeated(".a", 201) + "=1") ==
          std::vector<std::string>{"iiofs.toml:2:402: too many dots; at most 200 in one line"});
    CHECK(reports("a = " + repeated("[", 30'000)).size() == 1);
    CHECK(reports("a = " + repeated("{a = ", 10'000)).size() == 1);
    CHECK(reports(repeated("#", max_config_bytes + 1)) ==
          std::vector<std::string>{"iiofs.toml: is too long; at most 1048576 bytes"});
}

} // namespace config_test
