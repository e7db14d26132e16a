// SPDX-License-Identifier: MIT
//
// Every chip model that a driver folder has, read while its clock goes through whole periods
// of all its waveforms. What moves never comes upon a code by which the part says that it
// has no value: no attribute answers an errno.
#include "checks.hpp"
#include "replay.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <set>

namespace {

using namespace iio;
using tests::Checks;

/// How often all attributes are read, and how many measurements are read besides, so close
/// together that what moves comes upon each of its codes.
constexpr int coarse_steps = 400;
constexpr std::size_t fine_reads = 120'000;
constexpr std::size_t fine_steps = 40'000;

/// Attributes that have no value whatever the chip measures.
struct WithoutValue {
    std::string_view part; ///< or how its name begins
    std::string_view path; ///< or how it begins
};
constexpr std::array without_value{
    // kernel: the limits of these two have files, but the parts no monitor behind them.
    WithoutValue{"max11612.", "events/"},
    WithoutValue{"max11613.", "events/"},
    // What a DAC that is written only puts out.
    WithoutValue{"ltc263", "out_voltage"},
    // kernel: its heater is written only.
    WithoutValue{"hdc3020.", "out_current_raw"},
    // Its steps are not counted until that is switched on.
    WithoutValue{"bmi323", "in_steps_input"},
};

bool is_without_value(std::string_view part, std::string_view path)
{
    return std::ranges::any_of(without_value, [&](const WithoutValue &one) {
        return part.starts_with(one.part) && path.starts_with(one.path);
    });
}

/// The longest period of a model's waveforms, its own or those of the model that it is like.
double longest_period_s(const std::filesystem::path &file)
{
    const auto chip = tests::load(file);
    if (!chip.contains("waveforms"))
        return chip.contains("like")
                   ? longest_period_s(file.parent_path() / chip["like"].get<std::string>())
                   : 1;
    double longest_s = 1;
    for (const auto &waveform : chip["waveforms"])
        longest_s = std::max(longest_s, waveform["period_s"].get<double>());
    return longest_s;
}

/// What moves as it does in another model, of another part.
bool moves_as_another(const std::filesystem::path &file)
{
    const auto chip = tests::load(file);
    return chip.contains("like") && !chip.contains("model") && !chip.contains("waveforms");
}

struct Readable {
    const LiveDevice *device;
    std::string path;
};

/// All that can be read, or only what is measured.
std::vector<Readable> attributes_of(const BoundChip &chip, std::string_view part,
                                    bool only_measured)
{
    std::vector<Readable> found;
    for (const auto &view : chip.views()) {
        for (const auto &[path, text] : tests::texts_of(*view)) {
            const bool is_measured =
                path.starts_with("in_") && (path.ends_with("_raw") || path.ends_with("_input"));
            if (is_without_value(part, path))
                continue;
            if (is_measured || !only_measured)
                found.push_back({view.get(), path});
        }
    }
    // What is computed of a raw value says no more than that.
    if (only_measured && std::ranges::any_of(found, [](const Readable &attribute) {
            return attribute.path.ends_with("_raw");
        }))
        std::erase_if(found, [](const Readable &one) { return !one.path.ends_with("_raw"); });
    return found;
}

/// Reads the attributes at so many moments of two whole periods, and names those that
/// answer an errno, once each.
void check_periods(Checks &checks, const sim::SimulatedTiming &timing,
                   const std::vector<Readable> &attributes, double period_s, std::size_t steps)
{
    // A step that does not divide the period comes upon other phases in the second one.
    const double step_s = 2 * period_s / static_cast<double>(steps) * 1.03;
    const std::chrono::nanoseconds step{std::llround(step_s * 1e9)};
    std::set<std::string> told;
    for (std::size_t i = 0; i < steps; ++i) {
        for (const auto &[device, path] : attributes) {
            const auto read = device->read(path);
            if (read || told.insert(path).second)
                checks.holds(read.has_value(), [&] {
                    return path + " is " + tests::text_of(*device, path) + " in step " +
                           std::to_string(i);
                });
        }
        timing.delay(step);
    }
}

void check_model(Checks &checks, const std::filesystem::path &file)
{
    tests::Replay replay{sim::ChipFile::load(file)};
    const auto chip = replay.bind();
    if (!checks.equal("is there", chip.has_value(), true))
        return;
    const auto part = file.filename().string();
    const auto period_s = longest_period_s(file);
    check_periods(checks, replay.timing(), attributes_of(**chip, part, false), period_s,
                  coarse_steps);
    const auto measured = attributes_of(**chip, part, true);
    if (!measured.empty() && !moves_as_another(file))
        check_periods(checks, replay.timing(), measured, period_s,
                      std::min(fine_reads / measured.size(), fine_steps));
}

} // namespace

TEST_CASE("a chip model has a value for every attribute through its whole period")
{
    const char *models = std::getenv("IIOFS_MODELS");
    REQUIRE(models);
    std::vector<tests::Job> jobs;
    for (const auto &path : tests::recordings(models))
        jobs.push_back(
            {path.filename().string(), [path](Checks &checks) { check_model(checks, path); }});
    tests::run_jobs(jobs);
}
