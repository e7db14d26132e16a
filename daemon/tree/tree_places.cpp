// SPDX-License-Identifier: MIT
//
// Where devices and triggers are: chips' folders in at/, and the links that lead there.
#include <algorithm>
#include <core/software_triggers.hpp>
#include <daemon/tree/tree.hpp>
#include <utility>

namespace iiofs {

namespace {

/// From a directory at this path to the root.
std::string way_up(std::string_view path)
{
    std::string way{"../"};
    for (const char c : path)
        way += c == '/' ? "../" : "";
    return way;
}

/// A label as a file's name, with what cannot be in one as udev writes it. Empty: it is too
/// long for one.
std::string file_name_of(std::string_view label)
{
    constexpr std::string_view hex{"0123456789abcdef"};
    constexpr std::size_t longest = 255;
    std::string name;
    for (const char c : label) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '/' || c == '\\' || code < ' ' || code == 0x7f || (c == '.' && name.empty()))
            (name += "\\x") += {hex[code >> 4], hex[code & 15]};
        else
            name += c;
    }
    return name.size() <= longest ? name : std::string{};
}

} // namespace

void Tree::add_places()
{
    at_ = add_directory(root_id, "at");
    by_label_ = add_directory(root_id, "by-label");
    const NodeId by_bus = add_directory(root_id, "by-bus");
    for (const auto *subsystem : {"i2c", "spi", "platform"})
        add_directory(by_bus, subsystem);
    nodes_.move_missing(devices_, sysfs_trigger, at_);
    sysfs_ = add_directory(at_, sysfs_trigger);
    add_link(devices_, sysfs_trigger, std::string{"../at/"} + sysfs_trigger);
}

Place Tree::place_for(unsigned device) const
{
    auto place = place_of_ ? place_of_(device) : Place{};
    place.device = device;
    return place;
}

/// The directory that a new entry of at/ is to be in. What has come already stays where it is.
Tree::Where Tree::enter(const std::string &name, const Place &place, const Permissions &permissions)
{
    const std::lock_guard lock{places_mutex_};
    const auto [entry, is_new] = places_.try_emplace(name);
    Where &where = entry->second;
    if (!is_new)
        return where;
    where = {at_, "at", place};
    where.place.label = file_name_of(place.label);
    if (!place.bus.empty()) {
        where.path = "at/" + place.bus + "/" + place.chip;
        Folder &folder = folders_[where.path];
        if (folder.users++ == 0)
            folder.id = add_chip(place, permissions);
        where.folder = folder.id;
    }
    nodes_.move_missing(devices_, name, where.folder);
    return where;
}

Tree::Where Tree::enter(const iio::Trigger &trigger)
{
    if (const auto owner = trigger.owner_number()) {
        auto place = place_for(*owner);
        place.label.clear();
        return enter(trigger.directory(), place, permissions_for(*owner));
    }
    if (!dynamic_cast<const iio::core::SysfsTrigger *>(&trigger))
        return enter(trigger.directory(), {}, permissions_);
    const std::lock_guard lock{places_mutex_};
    const auto &[name, where] =
        *places_
             .insert_or_assign(trigger.directory(),
                               Where{sysfs_, std::string{"at/"} + sysfs_trigger})
             .first;
    nodes_.move_missing(devices_, name, where.folder);
    return where;
}

/// With the mutex: a chip's folder, as the kernel's buses have it.
NodeId Tree::add_chip(const Place &place, const Permissions &permissions)
{
    Folder &bus = folders_["at/" + place.bus];
    if (bus.users++ == 0)
        bus.id = add_directory(at_, place.bus);
    const NodeId chip = make_directory(bus.id, place.chip, 0755, permissions);
    const auto modalias = place.subsystem + ":" + place.part + "\n";
    if (place.subsystem == "i2c")
        add<TextFile>(chip, "name", 0444, place.part + "\n");
    add<TextFile>(chip, "modalias", 0444, modalias);
    add<UeventFile>(chip, "uevent", 0644, "MODALIAS=" + modalias);
    add_link(chip, "subsystem", "../../../by-bus/" + place.subsystem);
    link(chip, bus.id, place.chip);
    add_link(find("by-bus/" + place.subsystem)->id(), place.chip,
             "../../at/" + place.bus + "/" + place.chip);
    return chip;
}

std::string Tree::subsystem_for(const Where &where) { return way_up(where.path) + "../iio"; }

/// It is complete: links lead to it.
void Tree::lead_to(const std::string &name)
{
    const std::lock_guard lock{places_mutex_};
    const auto found = places_.find(name);
    if (found == places_.end() || std::exchange(found->second.is_shown, true))
        return;
    const Where &where = found->second;
    const auto target = "../" + where.path + "/" + name;
    add_link(devices_, name, target);
    if (const auto &label = where.place.label; !label.empty())
        change_label(label, [&](auto &devices) { devices.emplace(where.place.device, target); });
}

/// Takes it away, and the links to it before.
void Tree::leave(const std::string &name)
{
    const std::lock_guard lock{places_mutex_};
    const auto entry = places_.extract(name);
    if (!entry)
        return;
    const auto &[folder, path, place, is_shown] = entry.mapped();
    if (is_shown && !place.label.empty())
        change_label(place.label, [&](auto &devices) { devices.erase(place.device); });
    if (is_shown)
        remove(devices_, name);
    remove(folder, name);
    const auto chip = folders_.find(path);
    if (chip == folders_.end() || --chip->second.users != 0)
        return;
    folders_.erase(chip);
    remove(find("by-bus/" + place.subsystem)->id(), place.chip);
    const auto bus = folders_.find("at/" + place.bus);
    remove(bus->second.id, place.chip);
    if (--bus->second.users != 0)
        return;
    folders_.erase(bus);
    remove(at_, place.bus);
}

/// With the mutex. A chip's devices have one label: the link leads to the first of them.
template <class Change> void Tree::change_label(const std::string &label, const Change &change)
{
    auto &devices = labels_[label];
    const auto target = [&] { return devices.empty() ? std::string{} : devices.begin()->second; };
    const auto before = target();
    change(devices);
    const auto now = target();
    if (before != now && !before.empty())
        remove(by_label_, label);
    if (before != now && !now.empty())
        add_link(by_label_, label, now);
    if (devices.empty())
        labels_.erase(label);
}

} // namespace iiofs
