// SPDX-License-Identifier: MIT
//
// Every transfer of every operation of every recorded part fails once: the
// operation gives that errno, the next one works, and what the driver believes
// is what the chip holds.
#include "checks.hpp"
#include "replay.hpp"

#include <map>
#include <set>

namespace {

using namespace iio;
using nlohmann::json;
using tests::Checks;

// One that no driver makes up itself.
constexpr int injected = EREMOTEIO;

using Texts = std::map<std::string, std::string>;

/// What every readable attribute of the device shows, errnos as "!EBUSY".
Texts snapshot(const DeviceView &device)
{
    Texts texts;
    for (const auto &group : device.groups()) {
        for (const auto &attribute : group.attributes) {
            const auto path =
                group.name.empty() ? attribute.name : group.name + "/" + attribute.name;
            if (!(attribute.mode & 0444))
                continue;
            const auto read = device.read(path);
            texts[path] = read ? *read : std::string{"!"} + strerrorname_np(read.error().value());
        }
    }
    return texts;
}

/// How many transfers f needs when nothing fails.
template <class F> std::uint64_t count_transfers(bus::SimulatedBus &bus, F &&f)
{
    bus.arm({});
    f();
    return bus.transfers();
}

/// A freshly bound device of a recording's chip.
struct Fresh {
    explicit Fresh(const json &chip) : replay{chip}
    {
        auto bound = replay.bind();
        if (!bound)
            throw std::runtime_error{strerrorname_np(bound.error().value())};
        device = std::move(*bound);
    }
    [[nodiscard]] const DeviceView &view() const { return *device->view(); }

    tests::Replay replay;
    std::unique_ptr<AnyDevice> device;
};

/// The sweep needs chips whose answers do not depend on how often they were asked.
bool is_steady(const json &recording)
{
    if (!recording.contains("devices") || recording["devices"].empty())
        return false;
    const auto &tree = recording["devices"][0]["tree"];
    return std::ranges::none_of(tree, [](const json &e) { return e.value("varies", false); });
}

std::string name_of(int error) { return strerrorname_np(error); }

/// What a failed operation has to answer.
template <class T> bool is_injected(Checks &checks, const std::string &what, const Result<T> &got)
{
    return checks.equal(what, got ? "success" : name_of(got.error().value()), name_of(injected));
}

void sweep_probe(Checks &checks, const json &chip)
{
    tests::Replay counting{chip};
    Result<std::unique_ptr<AnyDevice>> bound = fail(ENODEV);
    const auto transfers = count_transfers(counting.bus(), [&] { bound = counting.bind(); });
    checks.equal("is there", bound.has_value(), true);
    for (std::uint64_t n = 1; n <= transfers; ++n) {
        const auto where = "probe, transfer " + std::to_string(n);
        tests::Replay replay{chip};
        replay.bus().fail_transfer(n, injected);
        is_injected(checks, where, replay.bind());
        checks.equal(where + ", again", replay.bind().has_value(), true);
    }
}

/// How many transfers an operation needs depends on those before it: each n
/// begins with a device that was just bound.
void sweep_reads(Checks &checks, const json &chip)
{
    for (const auto &[path, text] : snapshot(Fresh{chip}.view())) {
        Fresh counting{chip};
        const auto transfers =
            count_transfers(counting.replay.bus(), [&] { (void)counting.view().read(path); });
        for (std::uint64_t n = 1; n <= transfers; ++n) {
            const auto where = path + ", transfer " + std::to_string(n);
            Fresh faulty{chip};
            faulty.replay.bus().fail_transfer(n, injected);
            is_injected(checks, where, faulty.view().read(path));
            if (text.front() != '!')
                checks.equal(where + ", again", faulty.view().read(path).value_or("none"), text);
        }
    }
}

/// A write that fails changes nothing that can be read, be it in the driver or
/// on the chip; repeated, it does all that it would have done.
void sweep_write(Checks &checks, const json &chip, const std::string &path, const std::string &text)
{
    Fresh straight{chip};
    const auto before = snapshot(straight.view());
    bool wrote = false;
    const auto transfers = count_transfers(
        straight.replay.bus(), [&] { wrote = straight.view().write(path, text).has_value(); });
    const auto after = snapshot(straight.view());
    checks.equal(path + " <- " + text, wrote, true);

    for (std::uint64_t n = 1; n <= transfers; ++n) {
        const auto where = path + " <- " + text + ", transfer " + std::to_string(n);
        Fresh faulty{chip};
        checks.equal("before", snapshot(faulty.view()), before);
        faulty.replay.bus().fail_transfer(n, injected);
        is_injected(checks, where, faulty.view().write(path, text));
        checks.equal(where + ", then", snapshot(faulty.view()), before);
        checks.equal(where + ", again", faulty.view().write(path, text).has_value(), true);
        checks.equal(where + ", then", snapshot(faulty.view()), after);
    }
}

/// The writes of a recording that succeed, each once.
std::set<std::pair<std::string, std::string>> writes_of(const json &recording)
{
    std::set<std::pair<std::string, std::string>> writes;
    for (const auto &op : recording["devices"][0]["ops"]) {
        if (op.contains("wrote"))
            writes.emplace(op["path"], op["text"]);
    }
    return writes;
}

} // namespace

TEST_CASE("a transfer that fails gives its errno, and what was done stays true")
{
    std::vector<tests::Job> jobs;
    for (const auto &path : tests::recordings(tests::drivers_directory())) {
        const auto recording = tests::load(path);
        if (!is_steady(recording))
            continue;
        const auto name = path.stem().string();
        const json &chip = recording["chip"];
        jobs.push_back({name, [chip](Checks &checks) { sweep_probe(checks, chip); }});
        jobs.push_back({name, [chip](Checks &checks) { sweep_reads(checks, chip); }});
        for (const auto &[attribute, text] : writes_of(recording))
            jobs.push_back({name, [chip, attribute = attribute, text = text](Checks &checks) {
                                sweep_write(checks, chip, attribute, text);
                            }});
    }
    tests::run_jobs(jobs);
}
