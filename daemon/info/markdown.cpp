// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/info/markdown.hpp>
#include <fmt/format.h>
#include <map>
#include <ostream>
#include <span>
#include <utility>

namespace iiofs::info {

namespace {

constexpr auto introduction =
    R"(# The parts and their drivers

Made by `iiofs drivers --markdown` of the drivers themselves: the files, buffers and events are those that the drivers
show on simulated chips, the texts are the comments at the top of their sources, and the differences their
comments `kernel:`. A test fails when this file is not what the drivers say.

- `iiofs info PART` shows the same of one part, with the values that can be written and an example of a configuration.
- *Reads*: files that can be read only. *Writes*: files that can be written, and most often read. `x|y|z` and `0..3` stand
  for several files.
- *Streams*: the scan elements of the buffer. Any trigger will do where nothing else is said.
- *Recordings*: of the chips in `tests/golden/`, with which the driver agrees byte for byte; with those of hwmon
  in every value.
- *Linux*: where the kernel's driver, which ours follows, deviates from the datasheet or is peculiar.
)";

Quantity quantity_of(const Sheet &sheet)
{
    return sheet.portrait ? sheet.portrait->quantity : Quantity::other;
}

std::string code(std::string_view text) { return fmt::format("`{}`", text); }

std::string codes(const std::vector<std::string> &names)
{
    std::string text;
    for (const auto &name : names)
        text += (text.empty() ? "" : ", ") + code(name);
    return text;
}

std::string codes(const std::vector<File> &files, bool writable)
{
    std::vector<std::string> names;
    for (const auto &file : files) {
        if (file.can_write == writable)
            names.push_back(file.name);
    }
    return codes(names);
}

/// "adc081c, adc101c": the parts for which the same holds.
std::string names_of(const std::vector<const Sheet *> &sheets)
{
    std::string text;
    for (const auto *sheet : sheets)
        text += fmt::format("{}{}", text.empty() ? "" : ", ", sheet->part->name);
    return text;
}

/// The same, of many the first and the last.
std::string short_names_of(const std::vector<const Sheet *> &sheets)
{
    constexpr std::size_t most = 16;
    if (sheets.size() <= most)
        return names_of(sheets);
    return fmt::format("{} to {} ({} parts)", sheets.front()->part->name, sheets.back()->part->name,
                       sheets.size());
}

/// The sheets by what `key` says of each, in their order.
template <class Key>
std::vector<std::pair<std::string, std::vector<const Sheet *>>>
grouped(std::span<const Sheet> sheets, Key key)
{
    std::vector<std::pair<std::string, std::vector<const Sheet *>>> groups;
    for (const auto &sheet : sheets) {
        const auto text = key(sheet);
        const auto group =
            std::ranges::find(groups, text, [](const auto &one) { return one.first; });
        if (group == groups.end())
            groups.push_back({text, {&sheet}});
        else
            group->second.push_back(&sheet);
    }
    return groups;
}

std::string supplies_of(const iio::Part &part)
{
    std::string text;
    for (const auto supply : part.supplies)
        text += fmt::format("; supply `{}`: {}", supply, purpose_of(supply));
    return text;
}

/// With NAME for the device's name, as that is the part's most often.
std::string triggers_of(const DevicePortrait &device)
{
    std::vector<std::string> names;
    names.reserve(device.triggers.size());
    for (const auto &trigger : device.triggers)
        names.push_back("NAME" + trigger.substr(device.name.size()));
    return codes(names);
}

std::string device_text(const DevicePortrait &device)
{
    std::string text;
    const auto add = [&](std::string_view label, const std::string &what) {
        if (!what.empty())
            text += fmt::format("{}*{}* {}", text.empty() ? "" : "; ", label, what);
    };
    add("reads", codes(device.files, false));
    add("writes", codes(device.files, true));
    add("streams", codes(device.scan_elements));
    add(device.own_trigger_only ? "its own trigger alone" : "own trigger", triggers_of(device));
    add("events", codes(device.events, true));
    return text;
}

/// With NAME for the part's name, as that is all that differs between relatives.
std::string named(const Sheet &sheet, std::string_view device)
{
    return device.starts_with(sheet.part->name)
               ? fmt::format("NAME{}", device.substr(sheet.part->name.size()))
               : std::string{device};
}

std::string files_text(const Sheet &sheet)
{
    if (!sheet.portrait)
        return "no chip model";
    std::string text;
    const auto &devices = sheet.portrait->devices;
    for (const auto &device : devices)
        text += (text.empty() ? "" : "; and ") +
                (devices.size() > 1 ? code(named(sheet, device.name)) + ": " : std::string{}) +
                device_text(device);
    return text;
}

std::string interrupt_text(const Sheet &sheet)
{
    if (!sheet.portrait)
        return "unknown";
    switch (sheet.portrait->interrupt) {
    case Interrupt::needed:
        return "needed";
    case Interrupt::useful:
        return sheet.portrait->without_interrupt == sheet.portrait->devices
                   ? "useful, for events and the part's own moments"
                   : "useful; without it there are fewer files or triggers";
    case Interrupt::unused:
        break;
    }
    return "not used";
}

/// "- **Label**: text", with the parts in front where they differ.
template <class Key>
void print_by_part(std::ostream &out, std::string_view label, std::span<const Sheet> sheets,
                   Key key)
{
    const auto groups = grouped(sheets, key);
    if (groups.size() == 1) {
        if (!groups.front().first.empty())
            out << fmt::format("- **{}**: {}\n", label, groups.front().first);
        return;
    }
    out << fmt::format("- **{}**\n", label);
    for (const auto &[text, of] : groups)
        out << fmt::format("  - {}: {}\n", names_of(of), text);
}

std::string recordings_text(std::span<const Sheet> sheets)
{
    std::vector<Recording> all;
    std::string parts;
    for (const auto &sheet : sheets) {
        std::ranges::copy(sheet.recordings, std::back_inserter(all));
        if (!sheet.recordings.empty())
            parts += fmt::format("{}{}", parts.empty() ? "" : ", ", sheet.part->name);
    }
    return all.empty() ? "none" : fmt::format("{}, of {}", evidence_of(all), parts);
}

void print_family(std::ostream &out, std::span<const Sheet> sheets)
{
    const auto &facts = sheets.front().facts;
    out << fmt::format("\n### {}\n\n{}\n", facts.name, facts.summary);
    for (const auto note : facts.notes)
        out << fmt::format("\n{}\n", note);
    out << "\n";
    print_by_part(out, sheets.size() == 1 ? "Part" : "Parts", sheets, [&](const Sheet &sheet) {
        return (sheets.size() == 1 ? code(sheet.part->name) + ", " : std::string{}) +
               buses_of(*sheet.part) + supplies_of(*sheet.part);
    });
    print_by_part(out, "Files", sheets, files_text);
    print_by_part(out, "Interrupt", sheets, interrupt_text);
    out << fmt::format("- **Datasheets**: {}\n", facts.datasheets);
    out << fmt::format("- **Recordings**: {}\n", recordings_text(sheets));
    if (!facts.differences.empty())
        out << "- **Linux**\n";
    for (const auto difference : facts.differences)
        out << fmt::format("  - {}\n", difference);
}

/// The sheets of each family; they stand one behind the other.
std::vector<std::span<const Sheet>> families_of(const std::vector<Sheet> &sheets)
{
    std::vector<std::span<const Sheet>> families;
    for (auto at = sheets.begin(); at != sheets.end();) {
        const auto end =
            std::find_if(at, sheets.end(), [&](const Sheet &s) { return s.family != at->family; });
        families.emplace_back(at, end);
        at = end;
    }
    std::ranges::sort(families, {}, [](const std::span<const Sheet> &family) {
        return family.front().family->name;
    });
    return families;
}

void print_overview(std::ostream &out, const std::vector<std::span<const Sheet>> &families)
{
    out << "\n| Measures | Family | Parts |\n|---|---|---|\n";
    for (int i = 0; i <= static_cast<int>(Quantity::other); ++i) {
        const auto quantity = static_cast<Quantity>(i);
        auto title = title_of(quantity);
        for (const auto &family : families) {
            std::vector<const Sheet *> of;
            for (const auto &sheet : family) {
                if (quantity_of(sheet) == quantity)
                    of.push_back(&sheet);
            }
            if (!of.empty())
                out << fmt::format("| {} | [{}](#{}) | {} |\n", std::exchange(title, ""),
                                   of.front()->family->name, of.front()->family->name,
                                   short_names_of(of));
        }
    }
}

} // namespace

void print_markdown(std::ostream &out, const std::vector<Sheet> &sheets)
{
    auto families = families_of(sheets);
    out << introduction;
    print_overview(out, families);
    std::ranges::stable_sort(families, {}, [](const std::span<const Sheet> &family) {
        return quantity_of(family.front());
    });
    std::optional<Quantity> last;
    for (const auto &family : families) {
        const auto quantity = quantity_of(family.front());
        if (last != quantity)
            out << fmt::format("\n## {}\n", title_of(quantity));
        last = quantity;
        print_family(out, family);
    }
}

} // namespace iiofs::info
