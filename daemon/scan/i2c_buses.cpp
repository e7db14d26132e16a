// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <charconv>
#include <daemon/base/first_line.hpp>
#include <daemon/scan/i2c_buses.hpp>
#include <fstream>
#include <optional>
#include <string_view>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view bus_prefix = "i2c-";

/// All of the text.
std::optional<unsigned> number(std::string_view text, int base)
{
    unsigned value = 0;
    const auto end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    return error == std::errc{} && stopped == end ? std::optional{value} : std::nullopt;
}

std::string link_name(const fs::path &link)
{
    std::error_code none;
    return fs::read_symlink(link, none).filename().string();
}

/// The bus that a channel of a multiplexer is behind: the chip N-00XX is on bus N.
std::string parent_of(const fs::path &bus)
{
    const auto mux = link_name(bus / "mux_device");
    const auto dash = mux.find('-');
    const auto parent = number(std::string_view{mux}.substr(0, dash), 10);
    return dash != mux.npos && parent ? std::string{bus_prefix} + std::to_string(*parent) : "";
}

/// As adapters of graphics cards and of mainboards call themselves.
std::string other_purpose(const fs::path &bus, const std::string &about)
{
    constexpr std::array<std::string_view, 9> displays{
        "DDC", "DPDDC", "AUX ", "AMDGPU ", "Radeon ", "NVIDIA ", "nvkm-", "i915 ", "drm"};
    const auto begins = [&](std::string_view with) { return about.starts_with(with); };
    std::error_code none;
    const auto place = fs::canonical(bus, none).string();
    if (std::ranges::any_of(displays, begins) || place.find("/drm/") != place.npos ||
        first_line(bus / "of_node/compatible").find("hdmi") != std::string::npos)
        return "of a display";
    if (begins("SMBus "))
        return "of the mainboard, with its memory modules";
    return {};
}

I2cBusEntry entry_of(const fs::path &bus)
{
    I2cBusEntry entry{.name = bus.filename().string()};
    entry.about = first_line(bus / "name");
    entry.parent = parent_of(bus);
    entry.other_purpose = other_purpose(bus, entry.about);
    return entry;
}

/// How many multiplexers are before it.
unsigned depth(const I2cBusEntry &bus, const std::vector<I2cBusEntry> &all)
{
    const auto parent = std::ranges::find(all, bus.parent, &I2cBusEntry::name);
    return parent == all.end() ? 0 : 1 + depth(*parent, all);
}

} // namespace

std::vector<I2cBusEntry> i2c_buses(const fs::path &sysfs)
{
    std::map<unsigned, I2cBusEntry> buses;
    std::map<unsigned, std::map<std::uint8_t, std::string>> drivers;
    std::error_code none;
    for (const auto &found : fs::directory_iterator{sysfs / "bus/i2c/devices", none}) {
        const auto name = found.path().filename().string();
        if (name.starts_with(bus_prefix)) {
            if (const auto bus = number(std::string_view{name}.substr(bus_prefix.size()), 10))
                buses.emplace(*bus, entry_of(found.path()));
            continue;
        }
        // "1-0076"; addresses of 10 bits begin with "a".
        const auto dash = std::min(name.find('-'), name.size());
        const auto bus = number(std::string_view{name}.substr(0, dash), 10);
        const auto address =
            number(std::string_view{name}.substr(std::min(dash + 1, name.size())), 16);
        if (const auto driver = link_name(found.path() / "driver");
            bus && address && *address < 0x80 && !driver.empty())
            drivers[*bus].emplace(static_cast<std::uint8_t>(*address), driver);
    }
    std::vector<I2cBusEntry> all;
    for (auto &[bus, entry] : buses) {
        entry.drivers = std::move(drivers[bus]);
        all.push_back(std::move(entry));
    }
    std::ranges::stable_sort(all, {}, [all](const auto &bus) { return depth(bus, all); });
    return all;
}

} // namespace iiofs
