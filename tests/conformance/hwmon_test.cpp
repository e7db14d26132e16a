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

/// A quantity's attributes in hwmon, before their numbers, and what begins the names of ours.
struct Quantity {
    const char *hwmon;
    int first; ///< of the numbers; it is our first channel's
    const char *ours;
    double per_unit_of_ours;
};
constexpr std::array quantities{
    Quantity{"temp", 1, "in_temp", 1},      Quantity{"humidity", 1, "in_humidityrelative", 1},
    Quantity{"in", 0, "in_voltage", 1},     Quantity{"curr", 1, "in_current", 1},
    Quantity{"power", 1, "in_power", 1000},
};

/// What ours do not have: the voltages of the INA3221's shunts, of which its currents are made,
/// and the sum of both.
constexpr std::array<std::string_view, 5> not_shown{"in4_input", "in5_input", "in6_input",
                                                    "in7_input", "curr4_input"};

/// Null: it is no measured value. Old drivers have theirs in the folder of the chip.
const Quantity *quantity_of(std::string_view path)
{
    if (path.starts_with("device/"))
        path.remove_prefix(7);
    for (const Quantity &quantity : quantities) {
        const std::string_view name{quantity.hwmon};
        if (!path.starts_with(name) || !path.ends_with("_input"))
            continue;
        const auto number = path.substr(name.size(), path.size() - name.size() - 6);
        if (!number.empty() && number.find_first_not_of("0123456789") == number.npos)
            return &quantity;
    }
    return nullptr;
}

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

/// The channels of the type: processed, or (raw + offset) * scale.
std::vector<Measured> measure(const LiveDevice &device, const std::string &type)
{
    std::vector<Measured> all;
    for (const auto &group : device.groups()) {
        for (const auto &attribute : group.attributes) {
            const std::string name = attribute.name;
            if (!group.name.empty() || !name.starts_with(type))
                continue;
            if (name.ends_with("_input")) {
                if (const auto value = number(device, name))
                    all.push_back({*value, 1});
            }
            if (!name.ends_with("_raw"))
                continue;
            const auto channel = name.substr(0, name.size() - 4);
            const auto raw = number(device, name);
            const auto scale = element(device, channel, type, "_scale");
            const double offset = element(device, channel, type, "_offset").value_or(0);
            if (raw && scale)
                all.push_back({(*raw + offset) * *scale, std::abs(*scale)});
        }
    }
    return all;
}

/// Each value of hwmon is that of one of our channels.
void check_recording(Checks &checks, const json &recording)
{
    tests::Replay replay{recording["chip"]};
    const auto bound = replay.bind();
    if (!checks.holds(bound.has_value(), [] { return std::string{"is not there"}; }))
        return;
    const bool is_ina3221 = recording["chip"]["driver"] == "ina3221";
    std::size_t compared = 0;
    for (const auto &attribute : recording["hwmon"]["attributes"]) {
        const auto path = attribute["path"].get<std::string>();
        const Quantity *const quantity = quantity_of(path);
        if (is_ina3221 && std::ranges::find(not_shown, path) != not_shown.end())
            continue;
        if (!quantity || !attribute.contains("read"))
            continue;
        ++compared;
        const double expected = std::stod(attribute["read"].get<std::string>());
        std::string ours;
        const auto agrees = [&](const Measured &measured) {
            // hwmon cuts to whole numbers, and may round what a step is.
            const double value = measured.value * quantity->per_unit_of_ours;
            const double step = measured.step * quantity->per_unit_of_ours;
            ours += " " + std::to_string(value);
            return std::abs(value - expected) <= step + 1;
        };
        auto measured = measure(*(*bound)->view(), quantity->ours);
        if (path.ends_with(quantity->hwmon + std::to_string(quantity->first) + "_input"))
            measured.resize(std::min<std::size_t>(measured.size(), 1));
        checks.holds(std::ranges::any_of(measured, agrees), [&] {
            return path + " is " + std::to_string(expected) + ", ours are" + ours;
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
