// SPDX-License-Identifier: MIT
//
// find_sensors: finds sensors in /sys/bus/iio and the bus and address of their chips by the steps
// of OpenBMC's dbus-sensors (HwmonTempMain.cpp): attributes by a pattern, one link deep; the
// device's canonical path; the name of the folder that it is in.
#include <cstdio>
#include <filesystem>
#include <regex>
#include <string>

namespace fs = std::filesystem;

namespace {

void print_if_on_i2c(const fs::path &attribute)
{
    const auto chip = fs::canonical(attribute.parent_path()).parent_path().stem().string();
    const auto hyphen = chip.find('-');
    if (hyphen == std::string::npos)
        return;
    const auto bus = std::stoul(chip.substr(0, hyphen));
    const auto address = std::stoul(chip.substr(hyphen + 1), nullptr, 16);
    std::printf("bus %lu address 0x%lx %s\n", bus, address, attribute.c_str());
}

} // namespace

int main()
{
    const std::regex sensor{R"(in_(temp|pressure|humidityrelative)\d*_(input|raw))"};
    fs::recursive_directory_iterator entry{"/sys/bus/iio/devices",
                                           fs::directory_options::follow_directory_symlink};
    for (; entry != fs::recursive_directory_iterator{}; ++entry) {
        if (std::regex_match(entry->path().filename().string(), sensor))
            print_if_on_i2c(entry->path());
        if (entry.depth() >= 1)
            entry.disable_recursion_pending();
    }
}
