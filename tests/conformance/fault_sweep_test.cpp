// SPDX-License-Identifier: MIT
//
// Every transfer of every operation of every recorded part fails once: the
// operation gives that errno, the next one works, and everything reads as before.
// And every chip loses its power after each write: then everything reads as written.
#include "checks.hpp"
#include "replay.hpp"

#include <chrono>
#include <set>
#include <thread>

namespace {

using namespace iio;
using nlohmann::json;
using tests::Checks;
using tests::Texts;
using tests::texts_of;

// One that no driver makes up itself.
constexpr int injected = EREMOTEIO;

/// What all devices show that a chip is.
std::vector<Texts> snapshot(const BoundChip &chip)
{
    std::vector<Texts> texts;
    for (const auto &view : chip.views())
        texts.push_back(texts_of(*view));
    return texts;
}

/// How many transfers f needs when nothing fails.
template <class F> std::uint64_t count_transfers(sim::SimulatedBus &bus, F &&f)
{
    bus.arm({});
    f();
    return bus.transfers();
}

/// A freshly bound recorded chip.
struct Fresh {
    explicit Fresh(const json &chip) : replay{chip}
    {
        auto bound = replay.bind();
        if (!bound)
            throw std::runtime_error{iio::errno_name(bound.error().value())};
        chip_device = std::move(*bound);
    }
    [[nodiscard]] const LiveDevice &view(std::size_t device) const
    {
        return *chip_device->views()[device];
    }
    [[nodiscard]] std::vector<Texts> texts() const { return snapshot(*chip_device); }

    tests::Replay replay;
    std::unique_ptr<BoundChip> chip_device;
};

/// The sweep needs chips whose answers do not depend on how often they were asked.
bool is_steady(const json &recording)
{
    if (!recording.contains("devices") || recording["devices"].empty())
        return false;
    return std::ranges::none_of(recording["devices"], [](const json &device) {
        return std::ranges::any_of(device["tree"],
                                   [](const json &e) { return e.value("varies", false); });
    });
}

std::string name_of(int error) { return iio::errno_name(error); }

/// What a failed operation has to answer.
template <class T> bool is_injected(Checks &checks, const std::string &what, const Result<T> &got)
{
    return checks.equal(what, got ? "success" : name_of(got.error().value()), name_of(injected));
}

void sweep_probe(Checks &checks, const json &chip)
{
    tests::Replay counting{chip};
    Result<std::unique_ptr<BoundChip>> bound = fail(ENODEV);
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
void sweep_reads(Checks &checks, const json &chip, std::size_t device)
{
    const auto all = texts_of(Fresh{chip}.view(device));
    for (const auto &[path, text] : all) {
        Fresh counting{chip};
        const auto transfers =
            count_transfers(counting.replay.bus(), [&] { (void)counting.view(device).read(path); });
        const Attribute *const attribute = counting.view(device).find(path);
        if (attribute && attribute->is_known)
            checks.equal(path + ", which the driver knows: transfers", transfers, 0U);
        for (std::uint64_t n = 1; n <= transfers; ++n) {
            const auto where = path + ", transfer " + std::to_string(n);
            Fresh faulty{chip};
            faulty.replay.bus().fail_transfer(n, injected);
            is_injected(checks, where, faulty.view(device).read(path));
            if (text.front() != '!')
                checks.equal(where + ", again", faulty.view(device).read(path).value_or("none"),
                             text);
            checks.equal(where + ", then", texts_of(faulty.view(device)), all);
        }
    }
}

struct Write {
    std::size_t device;
    std::string path;
    std::string text;
    auto operator<=>(const Write &) const = default;
};

/// The writes of a recording that succeed, each once.
std::set<Write> writes_of(const json &recording)
{
    std::set<Write> writes;
    const auto &devices = recording["devices"];
    for (std::size_t device = 0; device < devices.size(); ++device) {
        for (const auto &op : devices[device]["ops"]) {
            if (op.contains("wrote"))
                writes.insert({device, op["path"], op["text"]});
        }
    }
    return writes;
}

/// A write that fails changes nothing that can be read, be it in the driver or
/// on the chip; repeated, it does all that it would have done.
void sweep_write(Checks &checks, const json &chip, const Write &wanted)
{
    const auto write = [&](const Fresh &fresh) {
        return fresh.view(wanted.device).write(wanted.path, wanted.text);
    };
    const auto what = wanted.path + " <- " + wanted.text;
    Fresh straight{chip};
    const auto before = straight.texts();
    bool wrote = false;
    const auto transfers =
        count_transfers(straight.replay.bus(), [&] { wrote = write(straight).has_value(); });
    const auto after = straight.texts();
    if (!wrote)
        return; // it depends on the writes before it; the conformance test does them in order

    for (std::uint64_t n = 1; n <= transfers; ++n) {
        const auto where = what + ", transfer " + std::to_string(n);
        Fresh faulty{chip};
        checks.equal("before", faulty.texts(), before);
        faulty.replay.bus().fail_transfer(n, injected);
        is_injected(checks, where, write(faulty));
        checks.equal(where + ", then", faulty.texts(), before);
        checks.equal(where + ", again", write(faulty).has_value(), true);
        checks.equal(where + ", then", faulty.texts(), after);
    }
}

/// The power goes and comes back after a write. What was written is in force as soon
/// as the chip answers, and before that nothing is read.
void sweep_power_loss(Checks &checks, const json &chip, const Write &wanted)
{
    const auto write = [&](const Fresh &fresh) {
        return fresh.view(wanted.device).write(wanted.path, wanted.text).has_value();
    };
    Fresh straight{chip};
    if (!write(straight))
        return;
    const auto after = straight.texts();
    Fresh faulty{chip};
    (void)write(faulty);
    faulty.replay.bus().unplug();
    (void)faulty.texts();
    faulty.replay.bus().plug();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    auto texts = faulty.texts();
    const auto is_away = [&] {
        return std::ranges::any_of(texts, [](const Texts &of_device) {
            return std::ranges::any_of(of_device,
                                       [](const auto &entry) { return entry.second == "!ENXIO"; });
        });
    };
    while (is_away() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        texts = faulty.texts();
    }
    checks.equal(wanted.path + " <- " + wanted.text + ", power lost", texts, after);
}

} // namespace

TEST_CASE("a transfer that fails gives its errno, and what was done stays true")
{
    std::vector<tests::Job> jobs;
    for (const auto &path : tests::recordings(tests::golden_directory())) {
        const auto recording = tests::load(path);
        if (!is_steady(recording))
            continue;
        const auto name = path.stem().string();
        const json &chip = recording["chip"];
        jobs.push_back({name, [chip](Checks &checks) { sweep_probe(checks, chip); }});
        for (std::size_t device = 0; device < recording["devices"].size(); ++device)
            jobs.push_back(
                {name, [chip, device](Checks &checks) { sweep_reads(checks, chip, device); }});
        for (const auto &write : writes_of(recording))
            jobs.push_back({name, [chip, write](Checks &checks) {
                                sweep_write(checks, chip, write);
                                sweep_power_loss(checks, chip, write);
                            }});
    }
    tests::run_jobs(jobs);
}
