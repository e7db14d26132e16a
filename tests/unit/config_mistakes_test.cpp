// SPDX-License-Identifier: MIT
//
// Every kind of mistake, with the line that the user sees.
#include "config_catalogue.hpp"
#include <catch2/catch.hpp>

namespace config_mistakes_test {

using config_test::reports;
using Lines = std::vector<std::string>;

namespace {

/// The reports for one device, without the file name before them.
Lines device(const std::string &keys)
{
    Lines out;
    for (const std::string &line : reports("[[device]]\n" + keys))
        out.push_back(line.substr(std::string{"iiofs.toml:"}.size()));
    return out;
}

Lines as5600(const std::string &key)
{
    return device("driver = \"as5600\"\ni2c = \"i2c-1\"\n" + key);
}
Lines mcp3008(const std::string &key)
{
    return device("driver = \"mcp3008\"\nspi = \"spi0.0\"\n" + key);
}

} // namespace

TEST_CASE("a wrong mountpoint is reported", "[config]")
{
    CHECK(reports("mountpoint = 3") == Lines{"iiofs.toml:1:14: mountpoint: is an integer; expected "
                                             "an absolute path such as \"/run/iiofs\""});
    CHECK(reports("mountpoint = \"run\"") ==
          Lines{"iiofs.toml:1:14: mountpoint: 'run' is not an absolute path; expected one such as "
                "\"/run/iiofs\""});
}

TEST_CASE("device-nodes is true or false", "[config]")
{
    const std::string wrong = GENERATE("1", "\"true\"");
    CHECK(reports("device-nodes = " + wrong) ==
          Lines{std::string{"iiofs.toml:1:16: device-nodes: is "} +
                (wrong == "1" ? "an integer" : "a string") +
                "; expected true or false, without quotes"});
    CHECK(reports("device-node = true") ==
          Lines{"iiofs.toml:1:1: device-node: unknown key; did you mean device-nodes?"});
}

TEST_CASE("polling is true or false", "[config]")
{
    CHECK(reports("polling = 50") ==
          Lines{"iiofs.toml:1:11: polling: is an integer; expected true or false, without quotes"});
    CHECK(reports("poling = true") ==
          Lines{"iiofs.toml:1:1: poling: unknown key; did you mean polling?"});
}

TEST_CASE("a first number out of range is reported", "[config]")
{
    CHECK(reports("first-number = -1") ==
          Lines{"iiofs.toml:1:16: first-number: -1 is out of range; expected the number of the "
                "first device, 0 to 9999"});
    CHECK(reports("first-number = 10_000") ==
          Lines{"iiofs.toml:1:16: first-number: 10000 is out of range; expected the number of the "
                "first device, 0 to 9999"});
    CHECK(reports("first-number = \"1\"\nkernel-devices = 1") ==
          Lines{"iiofs.toml:1:16: first-number: is a string; expected the number of the first "
                "device, 0 to 9999",
                "iiofs.toml:2:18: kernel-devices: is an integer; expected true or false, without "
                "quotes"});
}

TEST_CASE("wrong permissions of a device are reported", "[config]")
{
    const auto device = [](const std::string &line) {
        return reports("[[device]]\nmodel = \"as5600\"\n" + line);
    };
    CHECK(device("permissions = { group = \"nope\", wite = 1 }") ==
          Lines{"iiofs.toml:3:25: device.permissions.group: there is no group 'nope'; expected the "
                "name of a group, or its number without quotes",
                "iiofs.toml:3:33: device.permissions.wite: unknown key; did you mean write?"});
    CHECK(device("permissions = \"0220\"") ==
          Lines{"iiofs.toml:3:15: device.permissions: is a string; expected a table such as { "
                "group = \"iio\" }"});
}

TEST_CASE("an unknown key is reported with the one that was meant, or all there are", "[config]")
{
    CHECK(reports("mountpiont = \"/run\"") ==
          Lines{"iiofs.toml:1:1: mountpiont: unknown key; did you mean mountpoint?"});
    CHECK(reports("\n  colour = 3") ==
          Lines{"iiofs.toml:2:3: colour: unknown key; the keys here are mountpoint, device-nodes, "
                "kernel-devices, first-number, polling, permissions, device"});
    CHECK(mcp3008("speed_hz = 3") ==
          Lines{"4:1: device.speed_hz: unknown key; did you mean speed-hz?"});
    CHECK(mcp3008("\"a\\nb\" = 3").at(0).starts_with("4:1: device.a\\x0ab: unknown key; "));
}

TEST_CASE("wrong permissions are reported", "[config]")
{
    CHECK(reports(R"([permissions]
owner = "nobdy"
group = 5.0
read = "0644"
write = "rw"
wite = "0200"
)") == Lines{"iiofs.toml:2:9: permissions.owner: there is no user 'nobdy'; expected the name of a "
             "user, or its number without quotes",
             "iiofs.toml:3:9: permissions.group: is a floating-point number; expected the name of "
             "a group, or its number",
             "iiofs.toml:4:8: permissions.read: 0644 has bits outside 0444; expected an octal mask "
             "of readers such as \"0444\" or \"0440\"",
             "iiofs.toml:5:9: permissions.write: 'rw' is not an octal mode; expected an octal mask "
             "of writers such as \"0200\" or \"0220\"",
             "iiofs.toml:6:1: permissions.wite: unknown key; did you mean write?"});
    CHECK(reports(R"([permissions]
owner = -1
group = "nope"
read = 444
write = -1
)") == Lines{"iiofs.toml:2:9: permissions.owner: -1 is out of range; expected the name of a user, "
             "or its number",
             "iiofs.toml:3:9: permissions.group: there is no group 'nope'; expected the name of a "
             "group, or its number without quotes",
             "iiofs.toml:4:8: permissions.read: 0674 has bits outside 0444; expected an octal mask "
             "of readers such as \"0444\" or \"0440\"",
             "iiofs.toml:5:9: permissions.write: a negative mode has bits outside 0222; expected "
             "an octal mask of writers such as \"0200\" or \"0220\""});
    CHECK(reports("[permissions]\ngroup = 4294967295\nwrite = 1.5") ==
          Lines{"iiofs.toml:2:9: permissions.group: 4294967295 is out of range; expected the name "
                "of a group, or its number",
                "iiofs.toml:3:9: permissions.write: is a floating-point number; expected an octal "
                "mask of writers such as \"0200\" or \"0220\""});
    CHECK(reports("permissions = 3") == Lines{"iiofs.toml:1:15: permissions: is an integer; "
                                              "expected a line [permissions], then its keys"});
}

TEST_CASE("a device that is no [[device]] is reported", "[config]")
{
    CHECK(reports("[device]\ndriver = \"as5600\"") ==
          Lines{"iiofs.toml:1:1: device: is a table; expected [[device]], in two brackets, before "
                "the keys of each device"});
    CHECK(reports("device = [1, {driver=\"as5600\", i2c=\"i2c-1\"}]") ==
          Lines{"iiofs.toml:1:11: device: is an integer; expected [[device]], in two brackets, "
                "before the keys of each device"});
}

TEST_CASE("a device that names no chip is told what is missing", "[config]")
{
    CHECK(device("") == Lines{"1:1: device: does not name a chip; give driver and i2c or spi for a "
                              "real chip, or model for a simulated one"});
    CHECK(device("i2c = \"/dev/i2c-1\"") == Lines{"1:1: device.driver: missing; expected the "
                                                  "kernel's name of the part, such as \"bme280\""});
    CHECK(device("driver = \"bme280\"") == Lines{"1:1: device: the chip has no bus; give i2c = "
                                                 "\"/dev/i2c-1\" or spi = \"/dev/spidev0.0\""});
    CHECK(device("driver = \"mcp3008\"") ==
          Lines{"1:1: device: the chip has no bus; give spi = \"/dev/spidev0.0\""});
    CHECK(device("driver = \"ads1115\"\ni2c = \"i2c-1\"") ==
          Lines{"1:1: device.address: missing; ads1115 has several addresses, give the one that it "
                "is wired to: 0x48, 0x49, 0x4a, 0x4b"});
}

TEST_CASE("an unknown driver is reported with the closest part", "[config]")
{
    CHECK(device("driver = \"bme281\"\ni2c = \"i2c-1\"\naddress = 0x76") ==
          Lines{"2:10: device.driver: there is no driver for 'bme281'; did you mean \"bme280\"?"});
    CHECK(device("driver = \"BME280\"\ni2c = \"i2c-1\"\naddress = 0x76") ==
          Lines{"2:10: device.driver: there is no driver for 'BME280'; did you mean \"bme280\"?"});
    CHECK(device("driver = \"abcdefgh\"\ni2c = \"i2c-1\"\naddress = 0x76") ==
          Lines{"2:10: device.driver: there is no driver for 'abcdefgh'; 'iiofs drivers' lists the "
                "supported parts"});
}

TEST_CASE("a value of the wrong kind is one mistake and no other", "[config]")
{
    CHECK(
        device("driver = 3\ni2c = 1\naddress = \"0x76\"\nlabel = 1") ==
        Lines{"2:10: device.driver: is an integer; expected the kernel's name of the part, such as "
              "\"bme280\"",
              "3:7: device.i2c: is an integer; expected a device node such as \"/dev/i2c-1\"",
              "4:11: device.address: is a string; expected an integer without quotes, such as 0x76",
              "5:9: device.label: is an integer; expected a string such as \"greenhouse\""});
    CHECK(device("driver = \"mcp3008\"\nspi = true\nmode = \"0\"\nspeed-hz = 1e6\n"
                 "bits-per-word = 2024-01-01") ==
          Lines{"3:7: device.spi: is a boolean; expected a device node such as \"/dev/spidev0.0\"",
                "4:8: device.mode: is a string; expected an integer from 0 to 3",
                "5:12: device.speed-hz: is a floating-point number; expected an integer in hertz, "
                "such as 1000000",
                "6:17: device.bits-per-word: is a date or time; expected an integer, such as 8"});
    CHECK(device("model = []") == Lines{"2:9: device.model: is an array; expected a file such as "
                                        "\"bme280.json\", or a part's name"});
}

TEST_CASE("an address that no chip can have is reported", "[config]")
{
    const auto [address, shown] = GENERATE(table<std::string, std::string>(
        {{"0x02", "0x02"}, {"0x78", "0x78"}, {"-1", "-0x01"}, {"0x176", "0x176"}}));
    CHECK(as5600("address = " + address) ==
          Lines{"4:11: device.address: " + shown +
                " is not a valid I2C address; expected 0x03 to 0x77"});
}

TEST_CASE("SPI settings out of range are reported", "[config]")
{
    CHECK(mcp3008("mode = 4\nspeed-hz = 0\nbits-per-word = 33") ==
          Lines{"4:8: device.mode: 4 is out of range; expected 0 to 3",
                "5:12: device.speed-hz: 0 is out of range; expected 1 to 4294967295 Hz",
                "6:17: device.bits-per-word: 33 is out of range; expected 1 to 32 bits"});
    CHECK(mcp3008("mode = -1").size() == 1);
    CHECK(mcp3008("speed-hz = 4294967296").size() == 1);
    CHECK(mcp3008("mode = 3\nspeed-hz = 4294967295\nbits-per-word = 1").empty());
}

TEST_CASE("a part on a bus that it does not have is reported", "[config]")
{
    CHECK(device("driver = \"as5600\"\nspi = \"spi0.0\"") ==
          Lines{"3:7: device.spi: as5600 is not an SPI part; give i2c = \"/dev/i2c-1\""});
    CHECK(device("driver = \"mcp3008\"\ni2c = \"i2c-1\"") ==
          Lines{"3:7: device.i2c: mcp3008 is not an I2C part; give spi = \"/dev/spidev0.0\""});
}

TEST_CASE("settings of the other bus are reported", "[config]")
{
    CHECK(as5600("mode = 1\nspeed-hz = 1\nbits-per-word = 8") ==
          Lines{"4:8: device.mode: is a setting of SPI, and this chip is on I2C; leave it out",
                "5:12: device.speed-hz: is a setting of SPI, and this chip is on I2C; leave it out",
                "6:17: device.bits-per-word: is a setting of SPI, and this chip is on I2C; leave "
                "it out"});
    CHECK(
        mcp3008("address = 0x48") ==
        Lines{"4:11: device.address: is a setting of I2C, and this chip is on SPI; leave it out"});
    CHECK(device("driver = \"bme280\"\ni2c = \"i2c-1\"\nspi = \"spi0.0\"") ==
          Lines{"4:7: device.spi: the chip is already on I2C (line 3); give either i2c or spi"});
}

TEST_CASE("what is no bus is reported", "[config]")
{
    const std::string text = GENERATE("1", "i2c-", "i2c-x", "dev/i2c-1", "", "/dev/spidev0.0");
    CHECK(device("driver = \"as5600\"\ni2c = \"" + text + "\"") ==
          Lines{"3:7: device.i2c: '" + text +
                "' is not an I2C bus; expected a device node such as \"/dev/i2c-1\""});
    const std::string select = GENERATE("spi0", "spi0.", "spi.0", "spidevx.0", "0.0", "/dev/i2c-1");
    CHECK(device("driver = \"mcp3008\"\nspi = \"" + select + "\"") ==
          Lines{"3:7: device.spi: '" + select +
                "' is not an SPI chip select; expected a device node such as \"/dev/spidev0.0\""});
}

TEST_CASE("a simulated chip with the settings of a real one is reported", "[config]")
{
    const std::string why = ": the model's file sets this; leave it out, or leave out model";
    CHECK(device("model = \"bme280\"\ndriver = \"bme280\"\ni2c = \"i2c-1\"\nspi = \"spi0.0\"\n"
                 "address = 0x76\nmode = 0\nspeed-hz = 1\nbits-per-word = 8\n"
                 "interrupt = { gpiochip = \"gpiochip0\", line = 1 }\nlabel = \"x\"") ==
          Lines{"3:10: device.driver" + why, "4:7: device.i2c" + why, "5:7: device.spi" + why,
                "6:11: device.address" + why, "7:8: device.mode" + why,
                "8:12: device.speed-hz" + why, "9:17: device.bits-per-word" + why,
                "10:13: device.interrupt: a simulated chip has no GPIO line; leave it out"});
}

TEST_CASE("a model that cannot be used is reported", "[config]")
{
    CHECK(device("model = \"bme28\"") ==
          Lines{"2:9: device.model: no model of 'bme28' is installed; did you mean \"bme280\"?"});
    CHECK(device("model = \"mcp3008\"") ==
          Lines{"2:9: device.model: no model of 'mcp3008' is installed; expected a part's name "
                "such as \"bme280\", or a file such as \"bme280.json\""});
    CHECK(device("model = \"m/absent.json\"") ==
          Lines{"2:9: device.model: /etc/m/absent.json: No such file or directory"});
    CHECK(device("model = \"/m/xyz.json\"") ==
          Lines{"2:9: device.model: it is a model of 'xyz', for which there is no driver; 'iiofs "
                "drivers' lists the supported parts"});
}

TEST_CASE("two devices on one seat or with one label are reported", "[config]")
{
    const std::string one = "[[device]]\ndriver = \"as5600\"\ni2c = \"/dev/i2c-1\"\n";
    CHECK(reports(one + "label = \"a\"\n[[device]]\ndriver = \"as5600\"\ni2c = \"i2c-1\"\n"
                        "label = \"a\"\n[[device]]\ndriver = \"bme280\"\ni2c = \"/dev//i2c-1\"\n"
                        "address = 0x36") ==
          Lines{"iiofs.toml:7:7: device.address: the device of line 1 has this address already; "
                "use another address or another bus",
                "iiofs.toml:8:9: device.label: the device of line 1 has the label 'a' already; use "
                "another label",
                "iiofs.toml:12:11: device.address: the device of line 1 has this address already; "
                "use another address or another bus"});
    CHECK(reports("[[device]]\ndriver = \"mcp3008\"\nspi = \"/dev/spidev0.0\"\n"
                  "[[device]]\ndriver = \"mcp3008\"\nspi = \"spi0.0\"") ==
          Lines{"iiofs.toml:6:7: device.spi: the device of line 1 has this chip select already; "
                "use another one"});
    CHECK(reports(one + "[[device]]\ndriver = \"as5600\"\ni2c = \"i2c-2\"\n"
                        "[[device]]\nmodel = \"as5600\"\n[[device]]\nmodel = \"as5600\"")
              .empty());
}

TEST_CASE("wrong supplies are reported", "[config]")
{
    const auto volts = [](const std::string &text) {
        return mcp3008("supplies = { vref = " + text + " }");
    };
    const std::string where = "4:21: device.supplies.vref: ";
    CHECK(volts("-3.3") == Lines{where + "-3.3 V is out of range; expected 0.001 to 60 V"});
    CHECK(volts("0") == Lines{where + "0 V is out of range; expected 0.001 to 60 V"});
    CHECK(volts("60.5") == Lines{where + "60.5 V is out of range; expected 0.001 to 60 V"});
    CHECK(volts("1e300") == Lines{where + "this is out of range; expected 0.001 to 60 V"});
    CHECK(volts("3300") ==
          Lines{where + "3300 V is too high; the unit is volts, did you mean 3.3?"});
    CHECK(volts("nan") == Lines{where + "is not a voltage; expected volts, such as 3.3"});
    CHECK(volts("-inf") == Lines{where + "is not a voltage; expected volts, such as 3.3"});
    CHECK(volts("\"3.3\"") ==
          Lines{where + "is a string; expected volts as a number, such as 3.3"});
    CHECK(volts("60").empty());
    CHECK(volts("0.001").empty());
    CHECK(mcp3008("supplies = { vrf = 3.3 }") ==
          Lines{"4:14: device.supplies.vrf: unknown key; did you mean vref?"});
    CHECK(as5600("supplies = { vref = 3.3 }") ==
          Lines{"4:12: device.supplies: as5600 does not depend on a supply voltage; leave it out"});
    CHECK(mcp3008("supplies = 3.3") == Lines{"4:12: device.supplies: is a floating-point number; "
                                             "expected a table such as { vref = 3.3 }"});
    CHECK(device("model = \"bme280\"\nsupplies = { vdd = 3.3 }") ==
          Lines{"3:14: device.supplies.vdd: unknown key; did you mean vddd?"});
}

TEST_CASE("a wrong mount matrix is reported", "[config]")
{
    const std::string right =
        R"(nine numbers row by row, such as ["0", "1", "0", "-1", "0", "0", "0", "0", "1"])";
    CHECK(as5600("mount-matrix = 1") ==
          Lines{"4:16: device.mount-matrix: is an integer; expected " + right});
    const std::string shape =
        GENERATE("[1, 0]", "[]", "[1, 0, 0, 0, 1, 0, 0, 0, 1, 0]", "[[1, 0, 0], [0, 1, 0]]",
                 "[[1, 0], [0, 1], [0, 0]]", "[[1, 0, 0], [0, 1, 0], 0, 0, 1]");
    CHECK(as5600("mount-matrix = " + shape) ==
          Lines{"4:16: device.mount-matrix: is not 3 by 3; expected " + right});
    const std::string number = " is not a decimal number; expected one such as \"-1\" or \"0.5\"";
    CHECK(
        as5600("mount-matrix = [\"x\", \"\", \"-\", \".5\", \"1.\", \"1e3\", inf, true, \"+1\"]") ==
        Lines{"4:17: device.mount-matrix[0]: 'x'" + number,
              "4:22: device.mount-matrix[1]: ''" + number,
              "4:26: device.mount-matrix[2]: '-'" + number,
              "4:31: device.mount-matrix[3]: '.5'" + number,
              "4:37: device.mount-matrix[4]: '1.'" + number,
              "4:43: device.mount-matrix[5]: '1e3'" + number,
              "4:50: device.mount-matrix[6]: it" + number,
              "4:55: device.mount-matrix[7]: it" + number,
              "4:61: device.mount-matrix[8]: '+1'" + number});
}

TEST_CASE("a wrong interrupt is reported", "[config]")
{
    CHECK(as5600("interrupt = 4") ==
          Lines{"4:13: device.interrupt: is an integer; expected the name of a GPIO line such as "
                "\"GPIO17\", or a table such as { gpiochip = \"/dev/gpiochip0\", line = 4 }"});
    CHECK(as5600("interrupt = { gpiochip = \"gpio\", line = -4 }") ==
          Lines{"4:26: device.interrupt.gpiochip: 'gpio' is not a GPIO chip; expected a device "
                "node such as \"/dev/gpiochip0\"",
                "4:41: device.interrupt.line: -4 is out of range; expected the number of the line "
                "on its gpiochip, from 0"});
    CHECK(
        as5600("interrupt = { chip = \"gpiochip0\" }") ==
        Lines{
            "4:13: device.interrupt.gpiochip: missing; expected a device node such as "
            "\"/dev/gpiochip0\"",
            "4:13: device.interrupt.line: missing; expected the number of the line on its gpiochip",
            "4:15: device.interrupt.chip: unknown key; the keys here are gpiochip, line, "
            "edge, name, bias, debounce-us"});
}

TEST_CASE("a wrong label is reported", "[config]")
{
    CHECK(as5600("label = \"\"") ==
          Lines{"4:9: device.label: is empty; give a name, or leave label out"});
    CHECK(
        as5600("label = \"a\\nb\"") ==
        Lines{"4:9: device.label: contains a control character; expected one line of plain text"});
    CHECK(as5600("label = \"" + std::string(4095, 'x') + "\"") ==
          Lines{"4:9: device.label: is 4095 bytes long; at most 4094"});
    CHECK(as5600("label = \"" + std::string(4094, 'x') + "\"").empty());
}

TEST_CASE("a long or wild text of the file is shortened in its report", "[config]")
{
    CHECK(device("driver = \"\\u0007" + std::string(70, 'x') + "\"\ni2c = \"i2c-1\"") ==
          Lines{"2:10: device.driver: there is no driver for '\\x07" + std::string(59, 'x') +
                "...'; 'iiofs drivers' lists the supported parts"});
    CHECK(reports("mountpoint = \"" + std::string(59, 'x') + "\xC3\xA4\"") ==
          Lines{"iiofs.toml:1:14: mountpoint: '" + std::string(59, 'x') +
                "...' is not an absolute path; expected one such as \"/run/iiofs\""});
}

TEST_CASE("a syntax error is reported, and the mistakes of all tables that it is not in",
          "[config]")
{
    const Lines lines = reports(R"([[device]]
driver = "as560"
i2c = "i2c-1"
[permissions]
owner = "x
[[device]]
driver = "as5600"
i2c = i2c-1
[device.supplies]
vref = 3
[[device]]
driver = "bme28"
i2c = "i2c-1"
)");
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == "iiofs.toml:2:10: device.driver: there is no driver for 'as560'; did you "
                      "mean \"as5600\"?");
    CHECK(lines[1].starts_with("iiofs.toml:5:11: Error while parsing string: "));
    CHECK(lines[2].starts_with("iiofs.toml:8:8: Error while parsing "));
    CHECK(lines[3] == "iiofs.toml:12:10: device.driver: there is no driver for 'bme28'; did you "
                      "mean \"bme280\"?");
}

TEST_CASE("a syntax error to the end of the file is one mistake", "[config]")
{
    const std::string text = GENERATE("a = \"\"\"\nx\n[[device]]\n", "a = [\n1", "a", "a = [}]",
                                      "[[device]", "x = 1\nx = 2\n");
    const Lines lines = reports(text);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("iiofs.toml:"));
    CHECK(lines[0].find("Error while parsing") != std::string::npos);
}

TEST_CASE("a character beyond ASCII is for quotes and comments only", "[config]")
{
    CHECK(reports("# \xC2\xB5\nmountpoint = '/\xC2\xB5' # \xC2\xB5").empty());
    CHECK(reports("mountpoint = \"/\\\\\\\"\xC2\xB5\\\\\" # \xC2\xB5").empty());
    CHECK(reports("a = '\xFF'").size() == 1);
    CHECK(reports("\x80 = 1") == Lines{"iiofs.toml:1:1: a character that must be in quotes"});
    CHECK(reports("mountpoint = \"/\xC2\xB5\" \xC2\xB5\n[permissions]\nread = 1") ==
          Lines{"iiofs.toml:1:19: a character that must be in quotes",
                "iiofs.toml:3:8: permissions.read: 0001 has bits outside 0444; expected an octal "
                "mask of readers such as \"0444\" or \"0440\""});
}

TEST_CASE("all mistakes of a file come together, in its order", "[config]")
{
    CHECK(reports(R"(mountpoint = "run"
[permissions]
group = "nope"
[[device]]
driver = "bme280"
i2c = "/dev/i2c-1"
address = 0x78
label = ""
supplies = { vdd = 3300 }
[[device]]
drivr = "mcp3008"
spi = "/dev/spidev0.0"
mode = 5
)") == Lines{"iiofs.toml:1:14: mountpoint: 'run' is not an absolute path; expected one such as "
             "\"/run/iiofs\"",
             "iiofs.toml:3:9: permissions.group: there is no group 'nope'; expected the name of a "
             "group, or its number without quotes",
             "iiofs.toml:7:11: device.address: 0x78 is not a valid I2C address; expected 0x03 to "
             "0x77",
             "iiofs.toml:8:9: device.label: is empty; give a name, or leave label out",
             "iiofs.toml:9:14: device.supplies.vdd: unknown key; did you mean vddd?",
             "iiofs.toml:9:20: device.supplies.vdd: 3300 V is too high; the unit is volts, did you "
             "mean 3.3?",
             "iiofs.toml:10:1: device.driver: missing; expected the kernel's name of the part, "
             "such as \"bme280\"",
             "iiofs.toml:11:1: device.drivr: unknown key; did you mean driver?",
             "iiofs.toml:13:8: device.mode: 5 is out of range; expected 0 to 3"});
}

} // namespace config_mistakes_test
