// SPDX-License-Identifier: MIT
#include "config_catalogue.hpp"
#include <catch2/catch.hpp>
#include <daemon/config/difference.hpp>

namespace config_difference_test {

using namespace iiofs;
using Pairs = std::vector<ConfigDifference::Pair>;
using Indices = std::vector<std::size_t>;

namespace {

constexpr auto bme280 = R"([[device]]
driver = "bme280"
i2c = "/dev/i2c-1"
address = 0x76
)";
constexpr auto mcp3008 = R"([[device]]
driver = "mcp3008"
spi = "/dev/spidev0.0"
)";
constexpr auto as5600 = R"([[device]]
model = "as5600"
)";

std::vector<DeviceConfig> devices(const std::string &text)
{
    const auto config =
        parse_config(text, "test.toml", "/etc", config_test::catalogue(), config_test::accounts());
    REQUIRE(config);
    return config->devices;
}

ConfigDifference between(const std::string &before, const std::string &now)
{
    const auto old = devices(before);
    const std::vector<std::reference_wrapper<const DeviceConfig>> references{old.begin(),
                                                                             old.end()};
    return difference(references, devices(now));
}

} // namespace

TEST_CASE("devices that only moved in the file are unchanged")
{
    const auto moved = between(std::string{bme280} + mcp3008 + as5600,
                               "# a line more\n" + std::string{as5600} + bme280 + mcp3008);
    CHECK(moved.unchanged == Pairs{{2, 0}, {0, 1}, {1, 2}});
    CHECK(moved.changed.empty());
    CHECK(moved.removed.empty());
    CHECK(moved.added.empty());
}

TEST_CASE("each setting of a device makes it a changed one of the same chip")
{
    const std::string chip = bme280;
    const auto *setting =
        GENERATE("label = \"greenhouse\"\n", "supplies = { vddd = 1.8 }\n",
                 "mount-matrix = [[0, 1, 0], [1, 0, 0], [0, 0, 1]]\n",
                 "interrupt = { gpiochip = \"/dev/gpiochip0\", line = 4 }\n",
                 "interrupt = \"GPIO17\"\n", "set = { in_temp_oversampling_ratio = 8 }\n");
    CAPTURE(setting);
    for (const auto &result : {between(chip, chip + setting), between(chip + setting, chip)}) {
        CHECK(result.changed == Pairs{{0, 0}});
        CHECK(result.unchanged.empty());
        CHECK(result.removed.empty());
        CHECK(result.added.empty());
    }
    CHECK(between(chip + setting, chip + setting).unchanged == Pairs{{0, 0}});
}

TEST_CASE("another part at the same chip select is a changed one")
{
    const std::string spi_bme280 = "[[device]]\ndriver = \"bme280\"\nspi = \"spi0.0\"\n";
    CHECK(between(mcp3008, spi_bme280).changed == Pairs{{0, 0}});
}

TEST_CASE("another address is another chip")
{
    const std::string other = "[[device]]\ndriver = \"bme280\"\ni2c = \"i2c-1\"\naddress = 0x77\n";
    const auto result = between(bme280, other + mcp3008);
    CHECK(result.removed == Indices{0});
    CHECK(result.added == Indices{0, 1});
    CHECK(result.changed.empty());
}

TEST_CASE("simulated chips of one model are told apart by their labels first")
{
    const std::string plain = as5600;
    const auto a = plain + "label = \"a\"\n", b = plain + "label = \"b\"\n";
    SECTION("one of two goes")
    {
        const auto result = between(a + b, b);
        CHECK(result.unchanged == Pairs{{1, 0}});
        CHECK(result.removed == Indices{0});
    }
    SECTION("one of two gets another label and the other one keeps its place")
    {
        const auto result = between(a + b, b + plain);
        CHECK(result.unchanged == Pairs{{1, 0}});
        CHECK(result.changed == Pairs{{0, 1}});
    }
    SECTION("a third one comes")
    {
        const auto result = between(a + b, plain + a + b);
        CHECK(result.unchanged == Pairs{{0, 1}, {1, 2}});
        CHECK(result.added == Indices{0});
    }
}

TEST_CASE("an empty configuration takes all away, and gives all back")
{
    const auto all = std::string{bme280} + mcp3008;
    CHECK(between(all, "").removed == Indices{0, 1});
    CHECK(between("", all).added == Indices{0, 1});
}

} // namespace config_difference_test
