// SPDX-License-Identifier: MIT
#include <cstdio>
#include <daemon/config/catalogue.hpp>
#include <daemon/config/config.hpp>
#include <daemon/info/check.hpp>
#include <daemon/info/sheet.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

namespace iiofs {

namespace {

/// What the part has only where its interrupt output is wired: "events", "the trigger
/// lis3dh-trigger".
std::vector<std::string> lost_without_interrupt(const info::Portrait &portrait)
{
    std::vector<std::string> lost;
    for (std::size_t i = 0; i < portrait.devices.size(); ++i) {
        const auto &wired = portrait.devices[i];
        const auto &unwired = portrait.without_interrupt.at(i);
        const auto of_device =
            portrait.devices.size() > 1 ? fmt::format(" of {}", wired.name) : std::string{};
        if (!wired.events.empty())
            lost.push_back("events" + of_device);
        if (!wired.scan_elements.empty() && unwired.scan_elements.empty())
            lost.push_back("buffer" + of_device);
        for (const auto &trigger : wired.triggers)
            lost.push_back("trigger " + trigger);
    }
    return lost;
}

void print_device(const DeviceConfig &device)
{
    fmt::print("  {:12} {}{}{}\n", device.driver, describe(device.bus),
               device.label.empty() ? "" : "  ", device.label);
    const auto sheet = device.interrupt ? std::nullopt : info::sheet_of(device.driver);
    if (!sheet || !sheet->portrait || sheet->portrait->interrupt == info::Interrupt::unused)
        return;
    if (sheet->portrait->interrupt == info::Interrupt::needed)
        fmt::print("    no interrupt: the driver refuses the part without one\n");
    else if (const auto lost = lost_without_interrupt(*sheet->portrait); !lost.empty())
        fmt::print("    no interrupt: no {}\n", fmt::join(lost, ", no "));
}

} // namespace

int check_command(const std::filesystem::path &file)
{
    const auto config = load_config(file, catalogue());
    if (!config) {
        for (const auto &mistake : config.error())
            fmt::print(stderr, "{}\n", format(mistake));
        return 1;
    }
    fmt::print("{}: {} devices\n", file.native(), config->devices.size());
    for (const auto &device : config->devices)
        print_device(device);
    return 0;
}

} // namespace iiofs
