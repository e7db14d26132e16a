// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <core/software_triggers.hpp>
#include <cstring>
#include <daemon/takeover/recorder.hpp>
#include <daemon/takeover/restore.hpp>
#include <iio/driver/text.hpp>
#include <spdlog/spdlog.h>

namespace iiofs {

namespace {

/// The order in which streaming is set up; 0: it is no part of it.
unsigned streaming_step(std::string_view path)
{
    if (path == "trigger/current_trigger")
        return 1;
    if (path.starts_with("scan_elements/"))
        return 2;
    constexpr std::array<std::string_view, 3> last{"buffer/length", "buffer/watermark",
                                                   "buffer/enable"};
    const auto found = std::ranges::find(last, path);
    return found == last.end() ? 0 : 3 + static_cast<unsigned>(found - last.begin());
}

void store(const iio::LiveDevice &device, const KeptSetting &setting)
{
    if (const auto stored = device.write(setting.path, setting.text); !stored)
        spdlog::warn("{}: {}: cannot restore the value {}: {}", device.directory(), setting.path,
                     setting.text, std::strerror(stored.error().value()));
}

void restore_attributes(const Keep &keep, const iio::Trigger &trigger)
{
    for (const auto &[path, text] : keep.settings(kept_directory(trigger))) {
        for (const auto &attribute : trigger.attributes()) {
            if (attribute.name == path && !attribute.store(trigger, text))
                spdlog::warn("{}: {}: cannot restore the value {}", trigger.name(), path, text);
        }
    }
}

std::shared_ptr<iio::Trigger> make_trigger(const KeptTrigger &kept)
{
    if (kept.kind == kept::Trigger::hrtimer)
        return std::make_shared<iio::core::HrtimerTrigger>(kept.name);
    const auto prefix = iio::core::SysfsTrigger::name_of(0).size() - 1;
    if (kept.name.size() <= prefix)
        return nullptr;
    const auto id = iio::parse_unsigned(std::string_view{kept.name}.substr(prefix), 10);
    return id ? std::make_shared<iio::core::SysfsTrigger>(static_cast<unsigned>(*id)) : nullptr;
}

} // namespace

void expect_trigger_numbers(const Keep &keep, iio::Registry &registry)
{
    for (const auto &kept : keep.triggers())
        registry.expect_trigger(kept.name, kept.number);
}

void restore_triggers(const Keep &keep, iio::Registry &registry, const MakeHrtimerDirectory &make)
{
    for (const auto &kept : keep.triggers()) {
        if (kept.kind == kept::Trigger::device)
            continue; // comes with it
        const auto trigger = make_trigger(kept);
        if (!trigger || !registry.add_trigger(trigger)) {
            spdlog::warn("{}: cannot restore the trigger", kept.name);
            continue;
        }
        restore_attributes(keep, *trigger);
        if (kept.kind == kept::Trigger::hrtimer)
            make(kept.name);
    }
}

std::vector<iio::Settings> settings_of(const Keep &keep, std::span<const unsigned> numbers)
{
    std::vector<iio::Settings> all;
    for (const unsigned number : numbers) {
        auto &settings = all.emplace_back();
        for (auto &[path, text] : keep.settings("iio:device" + std::to_string(number))) {
            if (streaming_step(path) == 0)
                settings.push_back({std::move(path), std::move(text)});
        }
    }
    return all;
}

void move_settings(Keep &keep, unsigned from, unsigned to)
{
    const auto moved = settings_of(keep, std::array{from}).front();
    keep.remove_settings("iio:device" + std::to_string(from));
    for (const auto &[path, text] : moved)
        keep.set("iio:device" + std::to_string(to), path, text);
}

bool restore_streaming(const Keep &keep, const iio::Registry &registry,
                       const iio::LiveDevice &device)
{
    auto settings = keep.settings(device.directory());
    std::erase_if(settings, [](const auto &s) { return streaming_step(s.path) == 0; });
    const auto trigger = std::ranges::find(settings, "trigger/current_trigger", &KeptSetting::path);
    if (trigger != settings.end()) {
        const auto name = std::string_view{trigger->text}.substr(0, trigger->text.find('\n'));
        if (!name.empty() && !registry.find_trigger(name))
            return false;
    }
    std::ranges::stable_sort(settings, {}, [](const auto &s) { return streaming_step(s.path); });
    for (const auto &setting : settings)
        store(device, setting);
    return true;
}

} // namespace iiofs
