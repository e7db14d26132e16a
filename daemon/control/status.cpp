// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdio>
#include <daemon/base/exit_status.hpp>
#include <daemon/control/control.hpp>
#include <daemon/control/mount_status.hpp>
#include <daemon/control/words.hpp>
#include <daemon/mounter/mountinfo.hpp>
#include <nlohmann/json.hpp>

namespace iiofs {

namespace {

const char *sentence(const MountStatus &mount)
{
    if (mount.state == "dead")
        return "its server has died; unmount it (iiofs unmount) and mount it again";
    if (mount.state == "stuck")
        return "its server does not answer";
    return "permission denied; without allow_other only the user who mounted it has access";
}

std::string holder_of(const MountStatus &mount)
{
    if (mount.holder == "systemd")
        return "held by systemd";
    return mount.holder == "background" ? "held in the background" : "in the foreground";
}

std::string state_of(const ChipStatus &chip)
{
    if (chip.answers)
        return "";
    return chip.error.empty() ? "is being tried" : "absent: " + chip.why + " (" + chip.error + ")";
}

/// Columns as wide as what is in them.
void print_chips(const std::vector<ChipStatus> &chips)
{
    std::vector<std::array<std::string, 5>> rows;
    rows.reserve(chips.size());
    for (const auto &chip : chips)
        rows.push_back(
            {joined(chip.devices, ", "), chip.part, chip.bus, chip.label, state_of(chip)});
    std::array<std::size_t, 5> widths{};
    for (const auto &row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    for (const auto &row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (widths[i] != 0)
                line += "  " + row[i] + std::string(widths[i] - row[i].size(), ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        std::printf("%s\n", line.c_str());
    }
}

void print(const MountStatus &mount)
{
    const auto *const where = mount.mountpoint.c_str();
    if (!mount.is_answering()) {
        std::printf("%s: %s\n", where, sentence(mount));
        return;
    }
    const auto answer = std::ranges::count_if(mount.chips, &ChipStatus::answers);
    std::printf("%s: %td of %zu chips answer\n  process %d since %s, %s\n", where, answer,
                mount.chips.size(), mount.pid, mount.since.c_str(), holder_of(mount).c_str());
    print_chips(mount.chips);
}

nlohmann::ordered_json json_of(const MountStatus &mount)
{
    nlohmann::ordered_json out{{"mountpoint", mount.mountpoint.string()}, {"state", mount.state}};
    if (mount.is_answering()) {
        const auto said = nlohmann::ordered_json::parse(mount.text);
        for (const auto &[key, value] : said.items())
            if (!out.contains(key)) // the mountpoint is as the caller sees it
                out[key] = value;
    }
    return out;
}

} // namespace

int status_command(const ChosenMount &chosen, bool json)
{
    std::vector<std::filesystem::path> places;
    if (chosen) {
        places.push_back(*choose_mount(chosen));
    } else {
        for (const auto &mount : visible_iiofs_mounts())
            places.push_back(mount.mountpoint);
    }
    bool is_well = !places.empty();
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const auto &place : places) {
        const auto status = ask_status(place);
        is_well &= status && status->is_answering();
        if (!status)
            std::fprintf(stderr, "iiofs: %s\n", status.error().c_str());
        else if (json)
            all.push_back(json_of(*status));
        else
            print(*status);
    }
    if (json)
        std::printf("%s\n", nlohmann::ordered_json{{"mounts", all}}.dump(2).c_str());
    else if (places.empty())
        std::fprintf(stderr, "iiofs: there is no iiofs mount\n");
    return is_well ? exit_done : exit_failed;
}

} // namespace iiofs
