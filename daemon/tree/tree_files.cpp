// SPDX-License-Identifier: MIT
//
// The files of the tree: the bus directory's own, and those of the devices.
#include <algorithm>
#include <array>
#include <core/uevent.hpp>
#include <daemon/tree/show_text.hpp>
#include <daemon/tree/text_stream.hpp>
#include <daemon/tree/tree.hpp>
#include <iio/driver/text.hpp>

namespace iiofs {

namespace {

/// A store that is given the C string and says to have taken all of the text.
Store control(Store store)
{
    return [store = std::move(store)](std::string_view text,
                                      const Request &request) -> iio::Result<std::size_t> {
        const auto line = c_string(text);
        const auto taken = IIO_TRY(store(line, request));
        return taken == line.size() ? text.size() : taken;
    };
}

iio::Result<std::size_t> take_uevent(std::string_view text, const Request &)
{
    return iio::core::take_uevent(text);
}

} // namespace

/// A file for those who manage; what it shows is for them alone.
NodeId Tree::add_control(NodeId parent, const std::string &name, FileFunctions functions)
{
    const Permissions managers = permissions_.of_managers();
    const Access access{functions.show ? managers.write | managers.write << 1 : managers.write,
                        managers.owner, managers.group};
    functions.store = control(std::move(functions.store));
    const NodeOrigin origin{parent, access, birth_};
    return insert(std::make_unique<FunctionFile>(origin, std::move(functions)), name);
}

void Tree::add_bus_files(TreeControls &controls)
{
    add_control(root_id, "new_device",
                {.show = controls.refusal,
                 .store = std::move(controls.new_device),
                 .queue_for = std::move(controls.new_device_queue),
                 .withdraw = std::move(controls.withdraw_new_device)});
    add_control(root_id, "delete_device",
                {.store = std::move(controls.delete_device),
                 .queue_for = std::move(controls.delete_device_queue)});

    if (controls.status)
        add<StreamFile>(root_id, "status", 0444, text_of(std::move(controls.status)));
    const NodeOrigin unlisted{root_id, access(permissions_, 0444), birth_, false};
    insert(std::make_unique<StreamFile>(unlisted, changes_.stream()), "changes");

    add_file(root_id, "drivers_autoprobe", 0644,
             {.show = [this](char *page) { return show_text(page, autoprobe_ ? "1\n" : "0\n"); },
              .store = [this](std::string_view text, const Request &) -> iio::Result<std::size_t> {
                  autoprobe_ = !text.starts_with('0');
                  return text.size();
              }});
    // IIO devices have no driver of their bus: none is ever found for them.
    add_file(root_id, "drivers_probe", 0200,
             {.store = [this](std::string_view text, const Request &) -> iio::Result<std::size_t> {
                 const NodeRef devices = pin(devices_);
                 if (word(text).starts_with('.') || !find(*devices, word(text)))
                     return iio::fail(ENODEV);
                 return text.size();
             }});
    add_file(root_id, "uevent", 0200, {.store = take_uevent});
}

void Tree::device_added(const DevicePtr &device)
{
    // Linked when it is complete: nobody sees half a device.
    const auto &name = device->directory();
    const Permissions permissions = permissions_for(device->number());
    const auto queue = queue_of_ ? queue_of_(device->number()) : nullptr;
    const Where where = enter(name, place_for(device->number()), permissions);
    const NodeId directory = make_directory(where.folder, name, 0755, permissions);
    const auto common = std::make_shared<const DeviceFiles>(
        DeviceFiles{device, queue, kernel_page_size(), stores_});
    for (const auto &group : device->groups()) {
        const NodeId place = group.name.empty() ? directory : add_directory(directory, group.name);
        add_attributes(place, common, group.attributes);
    }
    add_power(directory);
    add_link(directory, "subsystem", subsystem_for(where));
    link(directory, where.folder, name);
    drop_expected(directory);
    add_streams(device, queue, permissions);
    lead_to(name);

    if (device->debug_attributes().empty())
        return;
    const NodeId debug = make_directory(debug_, name, 0755, permissions);
    add_attributes(debug, std::make_shared<const DeviceFiles>(DeviceFiles{device, queue, 0}),
                   device->debug_attributes());
    link(debug, debug_, name);
    drop_expected(debug);
}

void Tree::device_removed(const DevicePtr &device) { remove_nodes_of(device->directory()); }

void Tree::remove_nodes_of(const std::string &device)
{
    remove(debug_, device);
    for (const char *stream : stream_suffixes)
        remove(dev_, device + stream);
    leave(device);
}

/// Found by name and not listed: who reads all files of the mount (grep -r, a backup) would
/// wait for samples, and take them from their client. Beside the node are the descriptors that
/// the kernel's hands out by ioctl, and a FUSE file cannot.
void Tree::add_streams(const DevicePtr &device, const std::shared_ptr<Queue> &queue,
                       const Permissions &permissions)
{
    if (!device->buffer() && !device->events())
        return;
    add_stream(dev_, device->directory(), permissions, node_of(device, queue));
    if (device->buffer())
        add_stream(dev_, device->directory() + ".buffer0", permissions, buffer_of(device, queue));
    if (device->events())
        add_stream(dev_, device->directory() + ".events", permissions, events_of(device));
}

void Tree::add_trigger_files(TreeControls controls)
{
    add_control(sysfs_, "add_trigger", {.store = std::move(controls.add_trigger)});
    add_control(sysfs_, "remove_trigger", {.store = std::move(controls.remove_trigger)});
    add<UeventFile>(sysfs_, "uevent", 0644, "");
    add_power(sysfs_);
    add_link(sysfs_, "subsystem", "../../iio");

    const NodeId config = add_directory(add_directory(root_id, "config"), "iio");
    const NodeId triggers = add_directory(config, "triggers");
    hrtimer_ = link(make_directory(triggers, "hrtimer", 0755, permissions_.of_managers()), triggers,
                    "hrtimer");
    if (controls.hrtimer.make)
        pin(hrtimer_)->directory()->controls =
            std::make_unique<const DirectoryControls>(std::move(controls.hrtimer));
}

void Tree::trigger_added(const std::shared_ptr<const iio::Trigger> &trigger)
{
    const auto name = trigger->directory();
    const Where where = enter(*trigger);
    const NodeId directory = make_directory(where.folder, name, 0755, permissions_);
    add_file(directory, "name", 0444, {.show = [trigger](char *page) -> iio::Result<std::size_t> {
                 iio::Text text{page};
                 text.line(trigger->name());
                 return text.size();
             }});
    add<UeventFile>(directory, "uevent", 0644, "");
    for (const auto &attribute : trigger->attributes()) {
        // What cannot be read back has no value: it is an order, such as trigger_now.
        FileFunctions file{.is_order = (attribute.mode & 0444) == 0};
        if (attribute.show)
            file.show = [trigger, &attribute](char *page) {
                return attribute.show(*trigger, page);
            };
        if (attribute.store)
            file.store =
                control([this, trigger, &attribute](std::string_view text,
                                                    const Request &) -> iio::Result<std::size_t> {
                    const auto taken = IIO_TRY(attribute.store(*trigger, text));
                    if (attribute.show && stores_)
                        stores_->stored(*trigger, attribute.name, text);
                    return taken;
                });
        add_file(directory, std::string{attribute.name}, attribute.mode, std::move(file));
    }
    add_power(directory);
    add_link(directory, "subsystem", subsystem_for(where));
    link(directory, where.folder, name);
    lead_to(name);
}

void Tree::trigger_removed(const std::shared_ptr<const iio::Trigger> &trigger)
{
    leave(trigger->directory());
}

void Tree::add_attributes(NodeId parent, const std::shared_ptr<const DeviceFiles> &common,
                          std::span<const iio::Attribute> attributes)
{
    for (const auto &attribute : attributes)
        add<AttributeFile>(parent, attribute.name, attribute.mode, common, attribute);
}

/// The power management that the kernel gives to every device; an IIO device
/// does not take part in it.
void Tree::add_power(NodeId device)
{
    const NodeId power = add_directory(device, "power");
    add<PowerControlFile>(power, "control", 0644);
    add<File>(power, "autosuspend_delay_ms", 0644);
    add<TextFile>(power, "runtime_active_time", 0444, "0\n");
    add<TextFile>(power, "runtime_status", 0444, "unsupported\n");
    add<TextFile>(power, "runtime_suspended_time", 0444, "0\n");
}

} // namespace iiofs
