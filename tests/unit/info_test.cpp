// SPDX-License-Identifier: MIT
//
// What `iiofs info` and docs/drivers.md say of the parts, for each part that there is.
#include "config_catalogue.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <daemon/config/catalogue.hpp>
#include <daemon/info/fold.hpp>
#include <daemon/info/sheet.hpp>

namespace info_test {

using namespace iiofs::info;

namespace {

std::vector<std::string> folded(const std::vector<std::string> &names) { return fold(names); }
using Names = std::vector<std::string>;

const File &file_of(const Sheet &sheet, std::string_view name)
{
    const auto &files = sheet.portrait->devices.front().files;
    const auto found = std::ranges::find(files, name, &File::name);
    if (found == files.end())
        throw std::runtime_error{"there is no file " + std::string{name}};
    return *found;
}

} // namespace

TEST_CASE("names that differ in one axis, colour or number are shown as one", "[info]")
{
    CHECK(folded({"in_accel_x_raw", "in_accel_y_raw", "in_accel_z_raw"}) ==
          Names{"in_accel_x|y|z_raw"});
    CHECK(folded({"in_voltage0_raw", "in_voltage1_raw", "in_voltage2_raw"}) ==
          Names{"in_voltage0..2_raw"});
    CHECK(folded({"in_voltage0_raw", "in_voltage2_raw", "in_voltage4_raw"}) ==
          Names{"in_voltage0|voltage2|voltage4_raw"});
    CHECK(folded({"in_temp_raw", "in_temp_scale", "in_pressure_raw"}) ==
          Names{"in_temp_raw", "in_temp_scale", "in_pressure_raw"});
}

TEST_CASE("files that differ in more than their name are not shown as one", "[info]")
{
    const std::vector<File> files{{.name = "in_accel_x_raw", .can_read = true},
                                  {.name = "in_accel_y_raw", .can_write = true}};
    CHECK(fold(files) == files);
}

TEST_CASE("each part is shown with its devices, what it measures, and all of its words", "[info]")
{
    const auto sheets = all_sheets();
    REQUIRE(!sheets.empty());
    std::vector<std::string_view> without;
    for (const auto &sheet : sheets) {
        INFO(sheet.part->name);
        if (!sheet.portrait) {
            without.push_back(sheet.part->name);
            continue;
        }
        CHECK(sheet.portrait->quantity != Quantity::other);
        CHECK(sheet.portrait->devices.size() == sheet.part->devices);
        for (const auto &device : sheet.portrait->devices)
            CHECK((!device.files.empty() || !device.scan_elements.empty()));
        for (const auto supply : sheet.part->supplies)
            CHECK_FALSE(purpose_of(supply).empty());
    }
    CHECK(without == std::vector<std::string_view>{});
}

TEST_CASE("the example of each part is a configuration without mistakes", "[info]")
{
    for (const auto &sheet : all_sheets()) {
        const auto example = example_of(sheet);
        INFO(example);
        const auto config = iiofs::parse_config(example, "iiofs.toml", "/etc", iiofs::catalogue(),
                                                config_test::accounts());
        REQUIRE(config);
        REQUIRE(config->devices.size() == 1);
        CHECK(config->devices.front().driver == sheet.part->name);
    }
}

TEST_CASE("a file is shown with the values that its list has", "[info]")
{
    const auto sheet = sheet_of("bmi160");
    if (!sheet) // a build with a few families
        return;
    REQUIRE(sheet->portrait);
    const auto &scale = file_of(*sheet, "in_accel_scale");
    CHECK(scale.can_write);
    CHECK(scale.values == "0.000598 0.001197 0.002394 0.004788");
    CHECK_FALSE(file_of(*sheet, "in_accel_x|y|z_raw").can_write);
    CHECK(sheet->portrait->devices.front().scan_elements.front() == "in_accel_x|y|z");
}

} // namespace info_test
