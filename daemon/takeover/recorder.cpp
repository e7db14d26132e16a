// SPDX-License-Identifier: MIT
#include <core/software_triggers.hpp>
#include <daemon/takeover/recorder.hpp>
#include <spdlog/spdlog.h>

namespace iiofs {

namespace {

/// By which name the keep has a part of the streaming state; empty: it is none.
/// buffer0/ has the files of buffer/ and scan_elements/ once more.
std::string kept_path(const std::string &group, const iio::Attribute &attribute)
{
    if (group == "trigger" || group == "scan_elements" || group == "buffer")
        return group + "/" + attribute.name;
    if (group != "buffer0")
        return {};
    const bool is_element = attribute.name.starts_with("in_") || attribute.name.starts_with("out_");
    return (is_element ? "scan_elements/" : "buffer/") + attribute.name;
}

} // namespace

std::string kept_directory(const iio::Trigger &trigger) { return "trigger/" + trigger.name(); }

void Recorder::begin(const std::string &trigger, const Request &request)
{
    const std::lock_guard lock{mutex_};
    requests_.insert_or_assign(trigger, request);
}

void Recorder::end(const std::string &trigger)
{
    const std::lock_guard lock{mutex_};
    requests_.erase(trigger);
}

/// None for a trigger that comes with its device.
Request Recorder::request_of(const std::string &trigger)
{
    const std::lock_guard lock{mutex_};
    const auto found = requests_.find(trigger);
    return found == requests_.end() ? Request{} : found->second;
}

void Recorder::trigger_added(const std::shared_ptr<const iio::Trigger> &trigger)
{
    auto kind = kept::Trigger::device;
    if (dynamic_cast<const iio::core::SysfsTrigger *>(trigger.get()))
        kind = kept::Trigger::sysfs;
    else if (dynamic_cast<const iio::core::HrtimerTrigger *>(trigger.get()))
        kind = kept::Trigger::hrtimer;
    if (!keep_.add_trigger(trigger->name(), kind, trigger->number(), request_of(trigger->name())))
        spdlog::debug("{}: the keep has no room for it", trigger->name());
}

void Recorder::trigger_removed(const std::shared_ptr<const iio::Trigger> &trigger)
{
    keep_.remove_settings(kept_directory(*trigger));
    keep_.remove_trigger(trigger->name(), request_of(trigger->name()));
}

void Recorder::setting_changed(const iio::LiveDevice &device, const iio::Setting &setting)
{
    if (!keep_.set(device.directory(), setting.path, setting.text))
        spdlog::debug("{}: {}: the keep has no room for it", device.directory(), setting.path);
}

void Recorder::stored(const iio::LiveDevice &device, const std::string &group,
                      const iio::Attribute &attribute, std::string_view text)
{
    if (const auto path = kept_path(group, attribute); !path.empty())
        keep_.set(device.directory(), path, text);
}

void Recorder::stored(const iio::Trigger &trigger, std::string_view attribute,
                      std::string_view text)
{
    keep_.set(kept_directory(trigger), attribute, text);
}

} // namespace iiofs
