// SPDX-License-Identifier: MIT
//
// Parts that Linux drives by hwmon alone: our driver on the recorded chip measures what
// hwmon showed, to the last digit that the chip gives. hwmon's units are thousandths of
// a degree Celsius and of a percent, mV, mA and µW; ours differ in the power, mW.
#include "checks.hpp"
#include "replay.hpp"

#include <cmath>
#include <optional>

namespace {

using namespace iio;
using nlohmann::json;
using tests::Checks;

/// A quantity's first attribute in hwmon, and what begins the names of ours.
struct Quantity {
    const char *hwmon;
    const char *ours;
    double per_unit_of_ours;
};
constexpr std::array quantities{
    Quantity{"temp1_input", "in_temp", 1},
    Quantity{"humidity1_input", "in_humidityrelative", 1},
    Quantity{"in0_input", "in_voltage", 1},
    Quantity{"curr1_input", "in_current", 1},
    Quantity{"power1_input", "in_power", 1000},
};

struct Measured {
    double value;
    double step; ///< of the chip, or of the text
};

std::optional<double> number(const LiveDevice &device, const std::string &name)
{
    const auto text = device.read(name);
    return text ? std::optional{std::stod(*text)} : std::nullopt;
}

/// An element of a channel, its own or that of all channels of its type.
std::optional<double> element(const LiveDevice &device, const std::string &channel,
                              const std::string &type, const std::string &info)
{
    for (const auto &name : {channel + info, type + info}) {
        if (device.find(name))
            return number(device, name);
    }
    return {};
}

/// The first channel of the type: processed, or (raw + offset) * scale.
std::optional<Measured> measure(const LiveDevice &device, const std::string &type)
{
    for (const auto &group : device.groups()) {
        for (const auto &attribute : group.attributes) {
            const std::string name = attribute.name;
            if (!group.name.empty() || !name.starts_with(type))
                continue;
            if (name.ends_with("_input")) {
                const auto value = number(device, name);
                return value ? std::optional{Measured{*value, 1}} : std::nullopt;
            }
            if (!name.ends_with("_raw"))
                continue;
            const auto channel = name.substr(0, name.size() - 4);
            const auto raw = number(device, name);
            const auto scale = element(device, channel, type, "_scale");
            if (!raw || !scale)
                return {};
            const double offset = element(device, channel, type, "_offset").value_or(0);
            return Measured{(*raw + offset) * *scale, std::abs(*scale)};
        }
    }
    return {};
}

void check_recording(Checks &checks, const json &recording)
{
    tests::Replay replay{recording["chip"]};
    const auto bound = replay.bind();
    if (!checks.holds(bound.has_value(), [] { return std::string{"is not there"}; }))
        return;
    const LiveDevice &device = *(*bound)->view();
    std::size_t compared = 0;
    for (const auto &attribute : recording["hwmon"]["attributes"]) {
        const auto quantity = std::ranges::find_if(quantities, [&](const Quantity &q) {
            // Old drivers have theirs in the folder of the chip.
            const auto path = attribute["path"].get<std::string>();
            return path == q.hwmon || path == std::string{"device/"} + q.hwmon;
        });
        if (quantity == quantities.end() || !attribute.contains("read"))
            continue;
        ++compared;
        const double expected = std::stod(attribute["read"].get<std::string>());
        const auto measured = measure(device, quantity->ours);
        if (!checks.holds(measured.has_value(),
                          [&] { return std::string{quantity->ours} + " cannot be read"; }))
            continue;
        // hwmon cuts to whole numbers, and may round what a step is.
        const double value = measured->value * quantity->per_unit_of_ours;
        const double step = measured->step * quantity->per_unit_of_ours;
        checks.holds(std::abs(value - expected) <= step + 1, [&] {
            return std::string{quantity->hwmon} + ": " + std::to_string(value) + ", expected " +
                   std::to_string(expected);
        });
    }
    checks.holds(compared > 0, [] { return std::string{"nothing to compare"}; });
}

} // namespace

TEST_CASE("a driver measures what hwmon showed of the recorded chip")
{
    std::vector<tests::Job> jobs;
    for (const auto &path : tests::recordings(tests::golden_directory()))
        jobs.push_back({path.stem().string(), [recording = tests::load(path)](Checks &checks) {
                            check_recording(checks, recording);
                        }});
    tests::run_jobs(jobs);
}
