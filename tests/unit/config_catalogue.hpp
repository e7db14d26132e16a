// SPDX-License-Identifier: MIT
//
// A few parts and accounts, for the tests of the configuration.
#pragma once

#include <array>
#include <daemon/config/config.hpp>

namespace config_test {

inline constexpr std::array<std::uint8_t, 1> as5600_addresses{0x36};
inline constexpr std::array<std::uint8_t, 2> bosch_addresses{0x76, 0x77};
inline constexpr std::array<std::uint8_t, 4> ads_addresses{0x48, 0x49, 0x4a, 0x4b};
inline constexpr std::array<std::string_view, 1> vref{"vref"};
inline constexpr std::array<std::string_view, 2> bosch_supplies{"vddd", "vdda"};
inline constexpr std::array<iio::Part, 4> parts{{
    {.name = "as5600", .addresses = as5600_addresses},
    {.name = "bme280",
     .addresses = bosch_addresses,
     .spi = iio::SpiSettings{},
     .supplies = bosch_supplies},
    {.name = "ads1115", .addresses = ads_addresses},
    {.name = "mcp3008", .spi = iio::SpiSettings{}, .supplies = vref},
}};

/// Models are installed for as5600 and bme280; a file is of the part that its
/// name begins with, or absent.
inline iiofs::PartCatalogue catalogue()
{
    iiofs::PartCatalogue out;
    for (const iio::Part &part : parts)
        out.parts.push_back(&part);
    out.installed_model = [](std::string_view part) -> std::optional<std::filesystem::path> {
        if (part != "as5600" && part != "bme280")
            return std::nullopt;
        return "/usr/share/iiofs/" + std::string{part} + ".json";
    };
    out.model =
        [](const std::filesystem::path &file) -> iiofs::OrProblem<iiofs::PartCatalogue::Model> {
        const std::string name = file.stem().string();
        if (name == "absent")
            return iiofs::problem(file.string() + ": No such file or directory");
        return iiofs::PartCatalogue::Model{.part = name.substr(0, name.find('-')), .chip = {}};
    };
    return out;
}

inline iiofs::Accounts accounts()
{
    return {
        .user = [](const std::string &name) -> std::optional<uid_t> {
            if (name == "root")
                return 0;
            return name == "sensors" ? std::optional<uid_t>{998} : std::nullopt;
        },
        .group = [](const std::string &name) -> std::optional<gid_t> {
            return name == "iio" ? std::optional<gid_t>{997} : std::nullopt;
        },
    };
}

inline tl::expected<iiofs::Config, iiofs::Mistakes> parse(std::string_view text)
{
    return iiofs::parse_config(text, "iiofs.toml", "/etc", catalogue(), accounts());
}

/// The lines that the user sees; none for a right text.
inline std::vector<std::string> reports(std::string_view text)
{
    std::vector<std::string> out;
    if (const auto config = parse(text); !config)
        for (const iiofs::Mistake &mistake : config.error())
            out.push_back(iiofs::format(mistake));
    return out;
}

} // namespace config_test
