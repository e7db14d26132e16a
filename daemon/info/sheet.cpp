// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <daemon/config/drivers.hpp>
#include <daemon/info/sheet.hpp>
#include <fmt/format.h>
#include <map>

namespace iiofs::info {

namespace {

Sheet make_sheet(const iio::Module &family, const iio::Part &part)
{
    const auto known = std::ranges::find(all_facts(), family.name, &FamilyFacts::name);
    const auto facts =
        known != all_facts().end()
            ? *known
            : FamilyFacts{.name = family.name, .summary = "Its driver is not iiofs's own."};
    Sheet sheet{&family, &part, facts, portray(family, part), {}};
    std::ranges::copy_if(all_recordings(), std::back_inserter(sheet.recordings),
                         [&](const Recording &recording) { return recording.part == part.name; });
    return sheet;
}

std::string frequency(std::uint32_t hz)
{
    return hz % 1'000'000 == 0 ? fmt::format("{} MHz", hz / 1'000'000)
                               : fmt::format("{} kHz", hz / 1000);
}

} // namespace

std::vector<Sheet> all_sheets()
{
    std::vector<Sheet> sheets;
    for (const auto *family : all_drivers()) {
        for (const auto &part : family->parts)
            sheets.push_back(make_sheet(*family, part));
    }
    return sheets;
}

std::optional<Sheet> sheet_of(std::string_view name)
{
    for (const auto *family : all_drivers()) {
        if (const auto *part = family->find(name))
            return make_sheet(*family, *part);
    }
    return std::nullopt;
}

std::string addresses_of(const iio::Part &part)
{
    if (part.addresses.empty())
        return "-";
    std::vector<unsigned> all(part.addresses.begin(), part.addresses.end());
    std::ranges::sort(all);
    std::vector<std::string> ranges;
    for (std::size_t i = 0; i < all.size();) {
        std::size_t last = i;
        while (last + 1 < all.size() && all[last + 1] == all[last] + 1)
            ++last;
        if (last == i)
            ranges.push_back(fmt::format("{:#04x}", all[i]));
        else
            ranges.push_back(
                fmt::format("{:#04x}{}{:#04x}", all[i], last == i + 1 ? "," : "-", all[last]));
        i = last + 1;
    }
    return fmt::format("{}", fmt::join(ranges, ","));
}

std::string buses_of(const iio::Part &part)
{
    std::vector<std::string> buses;
    if (part.is_on(iio::BusKind::i2c))
        buses.push_back("I2C at " + addresses_of(part));
    if (part.spi)
        buses.push_back(fmt::format("SPI, mode {}{}", part.spi->mode,
                                    part.spi->speed_hz ? ", up to " + frequency(part.spi->speed_hz)
                                                       : std::string{}));
    return fmt::format("{}", fmt::join(buses, "; "));
}

std::string_view purpose_of(std::string_view supply)
{
    static const std::map<std::string_view, std::string_view> purposes{
        {"vref", "the reference, of which the codes are fractions"},
        {"vdd", "the part's supply, of which the codes are fractions"},
        {"vldo", "the part's own regulator, which supplies the bridge"},
    };
    const auto found = purposes.find(supply);
    return found == purposes.end() ? std::string_view{} : found->second;
}

std::string example_of(const Sheet &sheet)
{
    const auto &part = *sheet.part;
    std::string text = fmt::format("[[device]]\ndriver = \"{}\"\n", part.name);
    if (part.is_on(iio::BusKind::i2c))
        text += fmt::format("i2c = \"/dev/i2c-1\"\naddress = {:#04x}\n", part.addresses.front());
    else
        text += "spi = \"/dev/spidev0.0\"\n";
    if (!part.supplies.empty()) {
        std::vector<std::string> supplies;
        for (const auto supply : part.supplies)
            supplies.push_back(fmt::format("{} = 3.3", supply));
        text += fmt::format("supplies = {{ {} }}\n", fmt::join(supplies, ", "));
    }
    if (sheet.portrait && sheet.portrait->interrupt != Interrupt::unused)
        text += "interrupt = { gpiochip = \"/dev/gpiochip0\", line = 4 }\n";
    return text;
}

std::string evidence_of(const std::vector<Recording> &recordings)
{
    if (recordings.empty())
        return "none of its own";
    std::map<std::string, unsigned> counts;
    for (const auto &one : recordings) {
        if (one.kernel.empty())
            ++counts["written after the datasheet, as Linux has no driver for it"];
        else if (one.file.starts_with("hwmon/"))
            ++counts[fmt::format("of Linux {}, which drives it by hwmon", one.kernel)];
        else
            ++counts[fmt::format("of Linux {}", one.kernel)];
    }
    std::vector<std::string> texts;
    texts.reserve(counts.size());
    for (const auto &[kernel, count] : counts)
        texts.push_back(fmt::format("{} {}", count, kernel));
    return fmt::format("{}", fmt::join(texts, "; "));
}

} // namespace iiofs::info
