// SPDX-License-Identifier: MIT
//
// Every recording of every driver folder, replayed in this process: the driver
// on the recorded chip model shows what the kernel's driver showed, attribute
// by attribute, and each write answers and changes what it did there.
// The comparison is that of a mounted tree, without the mount.
#include "captures.hpp"
#include "checks.hpp"
#include "replay.hpp"

#include <map>
#include <set>

namespace {

using namespace iio;
using nlohmann::json;
using tests::Checks;
using tests::outcome;

json expected_of(const json &entry)
{
    json expected = json::object();
    for (const char *key : {"read", "wrote", "errno"}) {
        if (entry.contains(key))
            expected[key] = entry[key];
    }
    return expected;
}

/// What no user-space tree can have alike, or what FORMAT.md leaves out.
bool is_compared(const json &entry)
{
    const std::string path = entry["path"];
    const auto top = path.substr(0, path.find('/'));
    return entry["type"] == "file" && top != "power" && top != "uevent" && top != "dev";
}

std::set<std::string> paths_of(const LiveDevice &device)
{
    std::set<std::string> paths;
    for (const auto &group : device.groups()) {
        for (const auto &attribute : group.attributes) {
            const auto path =
                group.name.empty() ? attribute.name : group.name + "/" + attribute.name;
            if (path != "uevent" && path != "dev")
                paths.insert(path);
        }
    }
    return paths;
}

void check_tree(Checks &checks, const LiveDevice &device, const json &tree)
{
    std::set<std::string> expected;
    for (const auto &entry : tree) {
        if (!is_compared(entry))
            continue;
        const std::string path = entry["path"];
        expected.insert(path);
        const auto *attribute = device.find(path);
        if (!checks.holds(attribute, [&] { return path + " is missing"; }))
            continue;
        checks.equal(path + "'s mode", attribute->mode,
                     std::stoul(entry["mode"].get<std::string>(), nullptr, 8));
        if ((entry.contains("read") || entry.contains("errno")) && !entry.value("varies", false))
            checks.equal(path, outcome(device.read(path)), expected_of(entry));
    }
    checks.equal("the files", paths_of(device), expected);
}

void check_writes(Checks &checks, const LiveDevice &device, const json &tree, const json &ops)
{
    std::map<std::string, json> shown;
    for (const auto &entry : tree) {
        const std::string path = entry["path"];
        if (is_compared(entry) && path.find('/') == path.npos && entry.contains("mode") &&
            entry["mode"] != "0200" && path != "name" && !entry.value("varies", false))
            shown[path] = expected_of(entry);
    }
    for (const auto &op : ops) {
        const std::string path = op["path"];
        const auto text = op["text"].get<std::string>();
        const auto written = path + " <- " + text;
        checks.equal(written, outcome(device.write(path, text)), expected_of(op));
        const json changed = op.value("changed", json::object());
        for (const auto &[name, now] : changed.items()) {
            if (shown.contains(name))
                shown[name] = now;
        }
        for (const auto &[name, expected] : shown)
            checks.equal(written + " then " + name, outcome(device.read(name)), expected);
    }
}

void check_recording(Checks &checks, const json &recording)
{
    tests::Replay replay{recording["chip"]};
    const auto bound = replay.bind();
    const bool expected = recording.contains("devices") && !recording["devices"].empty();
    checks.equal("is there", bound.has_value(), expected);
    if (!bound || !expected)
        return;
    // A chip may be several devices, in the order of the kernel's driver.
    const auto views = (*bound)->views();
    const auto &devices = recording["devices"];
    if (!checks.equal("the number of devices", views.size(), devices.size()))
        return;
    const std::chrono::milliseconds scan_time{
        static_cast<int>(recording["chip"].value("scan_s", 0.05) * 1000)};
    for (std::size_t i = 0; i < views.size(); ++i) {
        check_tree(checks, *views[i], devices[i]["tree"]);
        check_writes(checks, *views[i], devices[i]["tree"], devices[i]["ops"]);
        if (devices[i].contains("buffer"))
            tests::Captures{checks, replay.registry(), *views[i], scan_time}.check(
                devices[i]["buffer"]);
    }
}

/// The kernel's driver needs so many. The least of a few reads: one may find the part
/// asleep, and wake it.
void check_transfers(Checks &checks, const json &recording)
{
    tests::Replay replay{recording["chip"]};
    const auto bound = replay.bind();
    const auto &devices = recording["devices"];
    if (!bound || !checks.equal("the number of devices", (*bound)->views().size(), devices.size()))
        return;
    const auto transfers_of_read = [&](const LiveDevice &device, const std::string &path) {
        const auto before = replay.bus().transfers();
        (void)device.read(path);
        return replay.bus().transfers() - before;
    };
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const auto &device = *(*bound)->views()[i];
        const json kernels = devices[i].value("read_bus", json::object());
        for (const auto &[path, transfers] : kernels.items()) {
            auto count = transfers_of_read(device, path);
            for (int again = 0; again < 2; ++again)
                count = std::min(count, transfers_of_read(device, path));
            checks.holds(count <= transfers.size(), [&] {
                return path + ": " + std::to_string(count) + " transfers, the kernel's driver " +
                       std::to_string(transfers.size());
            });
        }
    }
}

} // namespace

TEST_CASE("no read takes more transfers than the kernel's driver takes")
{
    std::vector<tests::Job> jobs;
    for (const auto &path : tests::recordings(tests::golden_directory())) {
        const auto recording = tests::load(path);
        if (recording.contains("devices") && !recording["devices"].empty())
            jobs.push_back({path.stem().string(),
                            [=](Checks &checks) { check_transfers(checks, recording); }});
    }
    tests::run_jobs(jobs);
}

TEST_CASE("a driver shows and does what the recordings in its folder say")
{
    std::vector<tests::Job> jobs;
    for (const auto &path : tests::recordings(tests::golden_directory()))
        jobs.push_back({path.stem().string(), [recording = tests::load(path)](Checks &checks) {
                            check_recording(checks, recording);
                        }});
    tests::run_jobs(jobs);
}
