// SPDX-License-Identifier: MIT
//
// The attributes that a device has besides its channels': name, label, uevent,
// dev, current_timestamp_clock, and debugfs's direct_reg_access.
#include <algorithm>
#include <array>
#include <charconv>
#include <core/attributes.hpp>
#include <core/clock.hpp>
#include <core/uevent.hpp>
#include <cstdlib>
#include <iio/driver/text.hpp>
#include <sys/sysmacros.h>

namespace iio::core {

namespace {

std::string_view without_newline(std::string_view text)
{
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    return text;
}

Result<std::size_t> show_name(const LiveDevice &device, const Attribute &, char *page)
{
    Text text{page};
    text.line(device.dev().name);
    return text.size();
}

Result<std::size_t> show_label(const LiveDevice &device, const Attribute &, char *page)
{
    Text text{page};
    text.line(device.label());
    return text.size();
}

Result<std::size_t> show_uevent(const LiveDevice &, const Attribute &, char *page)
{
    return show_text(page, "DEVTYPE=iio_device\n");
}

/// The uevent of a device with a node in /dev: one with buffers or events.
Result<std::size_t> show_uevent_with_node(const LiveDevice &device, const Attribute &, char *page)
{
    Text text{page};
    text += "MAJOR=";
    text += static_cast<long long>(major(device.node_number()));
    text += "\nMINOR=";
    text += static_cast<long long>(minor(device.node_number()));
    text += "\nDEVNAME=";
    text += device.directory();
    text += "\nDEVTYPE=iio_device\n";
    return text.size();
}

Result<std::size_t> store_uevent(const LiveDevice &, const Attribute &, std::string_view text)
{
    return take_uevent(text);
}

Result<std::size_t> show_dev(const LiveDevice &device, const Attribute &, char *page)
{
    Text text{page};
    text += static_cast<long long>(major(device.node_number()));
    text += ":";
    text.line(static_cast<long long>(minor(device.node_number())));
    return text.size();
}

Result<std::size_t> show_clock(const LiveDevice &device, const Attribute &, char *page)
{
    Text text{page};
    text +=
        clocks.at(static_cast<std::size_t>(device.clock().load(std::memory_order_relaxed))).name;
    text += "\n";
    return text.size();
}

Result<std::size_t> store_clock(const LiveDevice &device, const Attribute &, std::string_view text)
{
    const auto found = std::ranges::find(clocks, without_newline(text), &NamedClock::name);
    if (found == clocks.end())
        return fail(EINVAL);
    device.clock().store(static_cast<int>(found - clocks.begin()), std::memory_order_relaxed);
    return text.size();
}

Result<std::size_t> show_register(const LiveDevice &device, const Attribute &, char *page)
{
    const iio_dev &dev = device.dev();
    if (!dev.info->read_register)
        return fail(EINVAL);
    unsigned value = 0;
    const int code = dev.info->read_register(
        &dev, device.debug_register().load(std::memory_order_relaxed), &value);
    if (code < 0)
        return fail(-code);
    std::array<char, 16> hex{};
    const auto end = std::to_chars(hex.begin(), hex.end(), value, 16).ptr;
    std::transform(hex.begin(), end, hex.begin(),
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    Text text{page};
    text += "0x";
    text.line(std::string_view{hex.data(), static_cast<std::size_t>(end - hex.data())});
    return text.size();
}

/// "REG" chooses what is read, "REG VALUE" writes; numbers in any base.
Result<std::size_t> store_register(const LiveDevice &device, const Attribute &,
                                   std::string_view text)
{
    const std::string line{text.substr(0, 79)};
    char *rest = nullptr;
    const auto reg = std::strtoul(line.c_str(), &rest, 0);
    if (rest == line.c_str())
        return fail(EINVAL);
    device.debug_register().store(static_cast<unsigned>(reg), std::memory_order_relaxed);
    char *end = nullptr;
    const auto value = std::strtoul(rest, &end, 0);
    if (end == rest)
        return text.size();
    const iio_dev &dev = device.dev();
    if (!dev.info->write_register)
        return fail(EINVAL);
    const int code =
        dev.info->write_register(&dev, static_cast<unsigned>(reg), static_cast<unsigned>(value));
    if (code < 0)
        return fail(-code);
    return text.size();
}

} // namespace

void add_device_attributes(Group &group, DeviceFacts facts)
{
    auto &attributes = group.attributes;
    attributes.push_back({"name", 0444, show_name, nullptr});
    attributes.push_back(
        {"uevent", 0644, facts.has_node ? show_uevent_with_node : show_uevent, store_uevent});
    if (facts.has_label)
        attributes.push_back({"label", 0444, show_label, nullptr});
    if (facts.has_node)
        attributes.push_back({"dev", 0444, show_dev, nullptr});
    if (facts.has_clock)
        attributes.push_back({.name = "current_timestamp_clock",
                              .mode = 0644,
                              .show = show_clock,
                              .store = store_clock,
                              .is_setting = true});
}

std::vector<Attribute> make_debug_attributes(const iio_dev &dev)
{
    if (!dev.info->read_register && !dev.info->write_register)
        return {};
    return {{.name = "direct_reg_access",
             .mode = 0644,
             .show = show_register,
             .store = store_register,
             .asks_part = true}};
}

} // namespace iio::core
