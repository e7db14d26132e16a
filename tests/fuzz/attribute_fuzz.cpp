// SPDX-License-Identifier: MIT
//
// The input is a recorded part and what a client writes to its attributes: a write that fails
// changes nothing that can be read.
#include "../conformance/replay.hpp"
#include "fuzz.hpp"

#include <iio/host/log.hpp>
#include <set>

namespace {

using namespace iio;
using tests::Texts;

struct Recording {
    std::string name;
    tl::expected<sim::ChipFile, std::string> chip;
};

/// Settings of each kind: scales, rates, filters, thresholds, calibration, outputs.
const std::set<std::string, std::less<>> parts{
    "adxl345", "apds9960", "bma255",  "bme280",  "hmc5883", "hts221",  "lis3dh",  "lsm6dsl",
    "max1363", "mcp3422",  "mcp4531", "mpu6050", "opt3001", "tsl2563", "ads1115", "bmp380"};

std::vector<Recording> load_recordings()
{
    set_log_sink([](std::string_view) noexcept {});
    std::vector<Recording> found;
    for (const auto &path : tests::recordings(tests::golden_directory())) {
        if (!parts.contains(path.stem().string()))
            continue;
        auto chip = sim::ChipFile::parse(tests::load(path)["chip"].dump(), path.string());
        if (!chip)
            fuzz::fail(chip.error());
        const auto has_driver = [&](const Module *module) { return module->find(chip->driver); };
        if (std::ranges::any_of(all_modules(), has_driver)) // a build may have some alone
            found.push_back({path.stem().string(), std::move(chip)});
    }
    fuzz::require(!found.empty(), "there are recordings");
    return found;
}

/// The kernel's own driver keeps what it refused (docs/architecture.md).
bool may_change(std::string_view part, std::string_view path)
{
    return part.starts_with("mcp47") && path == "out_voltage0_raw";
}

void write(const BoundChip &chip, std::string_view part, fuzz::Input &input)
{
    const auto views = chip.views();
    const auto &device = *views[input.byte() % views.size()];
    std::vector<std::pair<std::string, unsigned>> paths;
    for (const auto &group : device.groups()) {
        if (group.name == "buffer0") // the same as buffer/
            continue;
        for (const auto &attribute : group.attributes) {
            if (attribute.mode & 0222)
                paths.emplace_back(group.name.empty() ? attribute.name
                                                      : group.name + "/" + attribute.name,
                                   attribute.mode);
        }
    }
    if (paths.empty())
        return;
    const auto &[path, mode] = paths[input.byte() % paths.size()];
    const auto text = input.text();
    const auto before = tests::texts_of(device);
    const auto wrote = device.write(path, text);
    if (wrote) {
        fuzz::require(*wrote <= text.size(), "no more is taken than was written");
        return;
    }
    fuzz::require(!errno_name(wrote.error().value()).starts_with("errno"),
                  "a write gives an errno that clients know");
    const auto after = tests::texts_of(device);
    for (const auto &[name, was] : before) {
        if (const auto &is = after.at(name); is != was && !may_change(part, name))
            fuzz::fail("a write to " + path + " that fails leaves " + name + " as it was: \"" +
                       was + "\" became \"" + is + "\"");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const auto recordings = load_recordings();
    fuzz::Input input{{data, size}};
    const auto &recording =
        fuzz::chosen(recordings, input.word(), [](const Recording &one) { return one.name; });
    tests::Replay replay{recording.chip};
    const auto chip = replay.bind();
    fuzz::require(chip.has_value(), "a recorded chip is there");
    constexpr int most = 16;
    for (int i = 0; i < most && !input.is_empty(); ++i)
        write(**chip, recording.name, input);
    return 0;
}
