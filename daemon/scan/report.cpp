// SPDX-License-Identifier: MIT
#include <daemon/scan/report.hpp>
#include <fmt/format.h>
#include <ostream>

namespace iiofs {

namespace {

constexpr std::size_t most_named = 8;

/// "adxl345, adxl312", and how many more there are.
std::string names(const iio::PartList &parts)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(parts.size(), most_named); ++i)
        text += fmt::format("{}{}", i > 0 ? ", " : "", parts[i]->name);
    if (parts.size() > most_named)
        text += fmt::format(", and {} more", parts.size() - most_named);
    return text;
}

std::string what(const Finding &finding)
{
    const auto &[answers, code, parts] = finding.sighting;
    if (!finding.driver.empty())
        return fmt::format("the kernel's: {}", finding.driver);
    if (code)
        return fmt::format("{} (id {:#x})", names(parts), *code);
    return parts.empty() ? "none of the parts" : "perhaps " + names(parts);
}

std::string device_block(const Finding &finding, const std::string &bus)
{
    const auto &[answers, code, parts] = finding.sighting;
    const bool is_certain = code && parts.size() == 1;
    const auto block = [&](std::string_view comment, std::string_view driver) {
        return fmt::format("{0}[[device]]\n{0}driver = \"{1}\"\n{0}i2c = \"/dev/{2}\"\n"
                           "{0}address = {3:#04x}\n",
                           comment, driver, bus, finding.address);
    };
    const auto title = fmt::format("\n# {} {:#04x}: {}", bus, finding.address, what(finding));
    if (!finding.driver.empty() || parts.empty())
        return title + "\n";
    return is_certain ? title + "\n" + block("", parts.front()->name)
                      : title + "; choose the driver\n" + block("# ", parts.front()->name);
}

} // namespace

const char *confidence(const iio::Sighting &sighting)
{
    if (!sighting.code)
        return "something answers";
    return sighting.parts.size() == 1 ? "certain" : "one of";
}

void print_findings(std::ostream &out, const BusFindings &findings)
{
    for (const auto &finding : findings.found)
        out << fmt::format("{:<7} {:#04x}  {:<18} {}\n", findings.bus.name, finding.address,
                           finding.driver.empty() ? confidence(finding.sighting) : "not asked",
                           what(finding));
}

std::string configuration_of(const std::vector<BusFindings> &all)
{
    std::string text =
        "# Written by `iiofs scan`. Keys: iiofs.toml(5).\nmountpoint = \"/run/iiofs\"\n";
    for (const auto &findings : all) {
        for (const auto &finding : findings.found)
            text += device_block(finding, findings.bus.name);
    }
    return text;
}

} // namespace iiofs
