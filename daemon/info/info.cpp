// SPDX-License-Identifier: MIT
//
// `iiofs info`: a part's sheet on a terminal of 80 columns.
#include <cstdio>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/base/exit_status.hpp>
#include <daemon/config/drivers.hpp>
#include <daemon/info/info.hpp>
#include <daemon/info/sheet.hpp>
#include <fmt/format.h>
#include <ranges>

namespace iiofs {

using namespace info;

namespace {

constexpr std::size_t columns = 79;
constexpr std::size_t indent = 14;

/// The text in lines, broken at blanks.
std::vector<std::string> wrapped(std::string_view text, std::size_t width)
{
    std::vector<std::string> lines(1);
    for (const auto part : std::views::split(text, ' ')) {
        const std::string word{part.begin(), part.end()};
        if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width)
            lines.emplace_back();
        lines.back() += (lines.back().empty() ? "" : " ") + word;
    }
    return lines;
}

/// "Label         text ...", and further lines under the text; nothing if it is empty.
void print(std::string_view label, std::string_view text, std::string_view bullet = "")
{
    if (text.empty())
        return;
    const auto lines = wrapped(text, columns - indent - bullet.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
        fmt::print("{:<{}}{:<{}}{}\n", i == 0 ? label : "", indent, i == 0 ? bullet : "",
                   bullet.size(), lines[i]);
}

void print_files(const std::vector<File> &files, bool writable, std::string_view label)
{
    std::string names;
    bool is_first = true;
    for (const auto &file : files) {
        if (file.can_write != writable)
            continue;
        if (!writable) {
            names += (names.empty() ? "" : " ") + file.name;
            continue;
        }
        print(std::exchange(is_first, false) ? label : "",
              fmt::format("{}{}{}{}", file.name, file.can_read ? "" : " (not readable)",
                          file.values.empty() ? "" : ": ", file.values));
    }
    print(label, names);
}

std::string streaming_of(const DevicePortrait &device)
{
    if (device.scan_elements.empty())
        return "none";
    const auto own = fmt::format("{}", fmt::join(device.triggers, " "));
    return fmt::format("{}; {}", fmt::join(device.scan_elements, " "),
                       own.empty()               ? "with any trigger"
                       : device.own_trigger_only ? "only with its own trigger, " + own
                                                 : "with any trigger, including its own, " + own);
}

void print_device(const DevicePortrait &device)
{
    print("Device", device.name);
    print_files(device.files, false, "  reads");
    print_files(device.files, true, "  writes");
    print("  streams", streaming_of(device));
    print_files(device.events, false, "  events");
    print_files(device.events, true, "  events");
    if (device.events.empty())
        print("  events", "none");
}

std::string_view interrupt_of(const Portrait &portrait)
{
    if (portrait.interrupt == Interrupt::needed)
        return "needed";
    if (portrait.interrupt == Interrupt::unused)
        return "not used";
    return portrait.without_interrupt == portrait.devices
               ? "useful: events and the part's own moments come by it; all else works without"
               : "useful: without it the part is read, but has fewer files or triggers";
}

void print_sheet(const Sheet &sheet)
{
    const auto &part = *sheet.part;
    print("Part", part.name);
    print("Maker", sheet.facts.maker);
    print("About", sheet.facts.summary);
    for (const auto note : sheet.facts.notes)
        print("", note);
    print("Driver", sheet.family->name);
    print("Buses", buses_of(part));
    for (const auto supply : part.supplies)
        print("Supply", fmt::format("{}: {}; 3.3 V unless the configuration sets another", supply,
                                    purpose_of(supply)));
    if (sheet.portrait) {
        for (const auto &device : sheet.portrait->devices)
            print_device(device);
        print("Interrupt", interrupt_of(*sheet.portrait));
    } else {
        print("Devices", sheet.portrait.error());
    }
    print("Datasheets", sheet.facts.datasheets);
    print("Recordings", evidence_of(sheet.recordings));
    for (const auto &recording : sheet.recordings)
        print("", recording.file, "- ");
    if (!sheet.facts.differences.empty())
        fmt::print(
            "\nWhere the kernel's driver, which this one follows, differs from the datasheet:\n");
    for (const auto difference : sheet.facts.differences)
        print("", difference, "- ");
    fmt::print("\nExample of a configuration:\n\n");
    const auto example = example_of(sheet);
    for (std::size_t at = 0; at < example.size(); at = example.find('\n', at) + 1)
        fmt::print("    {}\n", example.substr(at, example.find('\n', at) - at));
}

} // namespace

int info_command(const std::string &part)
{
    if (const auto sheet = sheet_of(part)) {
        print_sheet(*sheet);
        return exit_done;
    }
    std::vector<std::string_view> names;
    for (const auto *family : all_drivers()) {
        for (const auto &known : family->parts)
            names.push_back(known.name);
    }
    const auto meant = closest(part, names);
    fmt::print(stderr, "iiofs info: there is no driver for {}; {}\n", in_quotes(part),
               meant ? fmt::format("did you mean {}?", *meant)
                     : "'iiofs drivers' lists the supported parts");
    return exit_failed;
}

} // namespace iiofs
