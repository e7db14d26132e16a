// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/attributes.hpp>
#include <core/buffer.hpp>
#include <core/value_text.hpp>
#include <iio/driver/names.hpp>

namespace iio::core {

Result<std::size_t> show_text(char *page, std::string_view constant)
{
    Text text{page};
    text += constant;
    return text.size();
}

Result<void> add(Group &group, Attribute attribute, bool shared)
{
    if (std::ranges::find(group.attributes, attribute.name, &Attribute::name) !=
        group.attributes.end())
        return shared ? Result<void>{} : fail(EBUSY);
    group.attributes.push_back(std::move(attribute));
    return {};
}

namespace {

std::string name_of(const iio_chan_spec &chan, std::string_view postfix, std::uint32_t shared)
{
    return std::string{attribute_name(chan, postfix, static_cast<Shared>(shared)).view()};
}

Result<std::size_t> show_info(const LiveDevice &device, const Attribute &attribute, char *page)
{
    std::array<int, IIO_MAX_VALUES> vals{};
    int count = 2;
    const iio_dev &dev = device.dev();
    const int type = dev.info->read_raw(&dev, attribute.chan, attribute.info, vals.data(), &count);
    if (type < 0)
        return fail(-type);
    const int needed = type == IIO_VAL_INT_MULTIPLE ? std::clamp(count, 0, IIO_MAX_VALUES) : 2;
    Text text{page};
    append_value(text, type, std::span{vals}.first(static_cast<std::size_t>(needed)));
    text += "\n";
    return text.size();
}

Result<Written> parse_info(const iio_dev &dev, const Attribute &attribute, std::string_view text)
{
    if (!dev.info->write_raw)
        return fail(EINVAL);
    const int format = dev.info->write_raw_get_fmt
                           ? dev.info->write_raw_get_fmt(&dev, attribute.chan, attribute.info)
                           : IIO_VAL_INT_PLUS_MICRO;
    return parse_written(text, format);
}

Result<void> check_info(const LiveDevice &device, const Attribute &attribute, std::string_view text)
{
    IIO_TRY(parse_info(device.dev(), attribute, text));
    return {};
}

Result<std::size_t> store_info(const LiveDevice &device, const Attribute &attribute,
                               std::string_view text)
{
    const iio_dev &dev = device.dev();
    const Written value = IIO_TRY(parse_info(dev, attribute, text));
    const int code =
        dev.info->write_raw(&dev, attribute.chan, attribute.info, value.integer, value.fraction);
    if (code < 0)
        return fail(-code);
    return text.size();
}

Result<std::size_t> show_available(const LiveDevice &device, const Attribute &attribute, char *page)
{
    const iio_dev &dev = device.dev();
    if (!dev.info->read_avail)
        return fail(EINVAL);
    std::array<int, IIO_MAX_AVAIL> vals{};
    int count = 0;
    int range = 0;
    const int type =
        dev.info->read_avail(&dev, attribute.chan, attribute.info, vals.data(), &count, &range);
    if (type < 0)
        return fail(-type);
    Text text{page};
    append_available(
        text, type,
        std::span{vals}.first(static_cast<std::size_t>(std::clamp(count, 0, IIO_MAX_AVAIL))),
        range != 0);
    text += "\n";
    return text.size();
}

/// What a driver wrote to the page, or its errno.
Result<std::size_t> page_length(std::intptr_t length)
{
    if (length < 0)
        return fail(static_cast<int>(-length));
    return std::min(static_cast<std::size_t>(length), std::size_t{IIO_PAGE_SIZE - 1});
}

Result<std::size_t> show_channel_label(const LiveDevice &device, const Attribute &attribute,
                                       char *page)
{
    const iio_dev &dev = device.dev();
    if (dev.info->read_label)
        return page_length(dev.info->read_label(&dev, attribute.chan, page));
    Text text{page};
    text += attribute.chan->extend_name;
    text += "\n";
    return text.size();
}

Result<std::size_t> show_items(std::span<const char *const> items, char *page)
{
    Text text{page};
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0)
            text += " ";
        text += items[i];
    }
    text += "\n";
    return text.size();
}

/// A row of the board's matrix, for an axis of the sensor that is the part's `axis`
/// ("y", "-z"). "0" has no sign.
void append_row(Text &text, std::span<const char *const, 9> matrix, std::string_view axis)
{
    const bool negative = axis.starts_with('-');
    const auto row = static_cast<std::size_t>(axis.back() - 'x');
    for (std::size_t column = 0; column < 3; ++column) {
        std::string_view number{matrix[3 * row + column]};
        if (column > 0)
            text += ", ";
        if (negative && number.starts_with('-'))
            number.remove_prefix(1);
        else if (negative && number != "0")
            text += "-";
        text += number;
    }
}

Result<std::size_t> show_mount_matrix(const iio_dev &dev, const iio_ext_info &ext, char *page)
{
    static constexpr std::array part_axes{"x", "y", "z"};
    const std::span<const char *const> axes =
        ext.items ? std::span{ext.items, ext.num_items} : std::span<const char *const>{part_axes};
    Text text{page};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (i > 0)
            text += "; ";
        append_row(text, dev.mount_matrix, axes[i]);
    }
    text += "\n";
    return text.size();
}

Result<std::size_t> show_ext(const LiveDevice &device, const Attribute &attribute, char *page)
{
    const iio_dev &dev = device.dev();
    const iio_ext_info &ext = *attribute.ext;
    const std::span items{ext.items, ext.num_items};
    switch (ext.kind) {
    case IIO_EXT_ENUM: {
        if (!dev.info->read_enum)
            return fail(EINVAL);
        const int item = dev.info->read_enum(&dev, attribute.chan, &ext);
        if (item < 0)
            return fail(-item);
        if (static_cast<std::size_t>(item) >= items.size() ||
            !items[static_cast<std::size_t>(item)])
            return fail(EINVAL);
        return show_items(items.subspan(static_cast<std::size_t>(item), 1), page);
    }
    case IIO_EXT_ENUM_AVAILABLE:
        return show_items(items, page);
    case IIO_EXT_MOUNT_MATRIX:
        return show_mount_matrix(dev, ext, page);
    default:
        if (!dev.info->read_ext)
            return fail(EINVAL);
        return page_length(dev.info->read_ext(&dev, attribute.chan, &ext, page));
    }
}

Result<std::size_t> store_ext(const LiveDevice &device, const Attribute &attribute,
                              std::string_view text)
{
    const iio_dev &dev = device.dev();
    const iio_ext_info &ext = *attribute.ext;
    if (ext.kind == IIO_EXT_TEXT) {
        if (!dev.info->write_ext)
            return fail(EINVAL);
        const auto taken =
            dev.info->write_ext(&dev, attribute.chan, &ext, text.data(), text.size());
        if (taken < 0)
            return fail(static_cast<int>(-taken));
        return static_cast<std::size_t>(taken);
    }
    if (ext.kind != IIO_EXT_ENUM || !dev.info->write_enum)
        return fail(EINVAL);
    auto word = text;
    if (word.ends_with('\n'))
        word.remove_suffix(1);
    for (unsigned item = 0; item < ext.num_items; ++item) {
        if (ext.items[item] && word == ext.items[item]) {
            const int code = dev.info->write_enum(&dev, attribute.chan, &ext, item);
            if (code < 0)
                return fail(-code);
            return text.size();
        }
    }
    return fail(EINVAL);
}

Result<std::size_t> show_own(const LiveDevice &device, const Attribute &attribute, char *page)
{
    const iio_dev &dev = device.dev();
    if (attribute.own->text)
        return show_text(page, attribute.own->text);
    if (!dev.info->read_attribute)
        return fail(EINVAL);
    return page_length(dev.info->read_attribute(&dev, attribute.own, page));
}

Result<std::size_t> store_own(const LiveDevice &device, const Attribute &attribute,
                              std::string_view text)
{
    const iio_dev &dev = device.dev();
    if (!dev.info->write_attribute)
        return fail(EINVAL);
    const auto taken = dev.info->write_attribute(&dev, attribute.own, text.data(), text.size());
    if (taken < 0)
        return fail(static_cast<int>(-taken));
    return static_cast<std::size_t>(taken);
}

Result<void> check_event_enabled(const LiveDevice &, const Attribute &, std::string_view text)
{
    IIO_TRY(parse_bool(text));
    return {};
}

bool is_setting(std::uint32_t access)
{
    return (access & (IIO_EXT_WRITE | IIO_EXT_ORDER)) == IIO_EXT_WRITE;
}

bool is_known(const iio_ext_info &ext)
{
    return (ext.access & IIO_EXT_KNOWN) != 0 || ext.kind == IIO_EXT_ENUM_AVAILABLE ||
           ext.kind == IIO_EXT_MOUNT_MATRIX;
}

Result<void> add_ext_info(Group &group, const iio_chan_spec &chan)
{
    for (const auto &ext : std::span{chan.ext_info, chan.num_ext_info}) {
        const bool reads = ext.access & IIO_EXT_READ;
        const bool writes = ext.access & IIO_EXT_WRITE;
        IIO_TRY(add(group,
                    {.name = name_of(chan, ext.name, ext.shared),
                     .mode = (reads ? 0444U : 0U) | (writes ? 0200U : 0U),
                     .show = reads ? show_ext : nullptr,
                     .store = writes ? store_ext : nullptr,
                     .chan = &chan,
                     .ext = &ext,
                     .is_setting = is_setting(ext.access),
                     .asks_part = true,
                     .is_known = is_known(ext),
                     .direct_show = (ext.access & IIO_EXT_DIRECT_READ) != 0,
                     .direct_store = (ext.access & IIO_EXT_DIRECT_WRITE) != 0},
                    ext.shared != IIO_SEPARATE));
    }
    return {};
}

Result<void> add_infos(Group &group, const iio_chan_spec &chan, std::uint32_t shared)
{
    for (int info = 0; info < IIO_CHAN_INFO_COUNT; ++info) {
        const std::string_view word = sysfs_names::infos[static_cast<std::size_t>(info)];
        if (chan.info_mask[shared] >> info & 1) {
            IIO_TRY(add(group,
                        {.name = name_of(chan, word, shared),
                         .mode = 0644,
                         .show = show_info,
                         .store = store_info,
                         .chan = &chan,
                         .info = info,
                         .is_setting = true,
                         .asks_part = true,
                         .is_known = (chan.known >> info & 1) != 0,
                         .direct_show = (chan.direct_read >> info & 1) != 0,
                         .direct_store = (chan.direct_write >> info & 1) != 0,
                         .check = check_info},
                        shared != IIO_SEPARATE));
        }
        if (chan.info_mask_available[shared] >> info & 1) {
            IIO_TRY(add(group,
                        {.name = name_of(chan, std::string{word} + "_available", shared),
                         .mode = 0444,
                         .show = show_available,
                         .chan = &chan,
                         .info = info,
                         .asks_part = true,
                         .is_known = (chan.known >> info & 1) != 0},
                        shared != IIO_SEPARATE));
        }
    }
    return {};
}

Result<std::size_t> show_event_enabled(const LiveDevice &device, const Attribute &attribute,
                                       char *page)
{
    const iio_dev &dev = device.dev();
    if (!dev.info->read_event_config)
        return fail(EINVAL);
    const int state = dev.info->read_event_config(&dev, attribute.chan, attribute.event->type,
                                                  attribute.event->dir);
    if (state < 0)
        return fail(-state);
    Text line{page};
    line += static_cast<long long>(state);
    line += "\n";
    return line.size();
}

Result<std::size_t> store_event_enabled(const LiveDevice &device, const Attribute &attribute,
                                        std::string_view text)
{
    const iio_dev &dev = device.dev();
    if (!dev.info->write_event_config)
        return fail(EINVAL);
    const bool state = IIO_TRY(parse_bool(text));
    const int code = dev.info->write_event_config(&dev, attribute.chan, attribute.event->type,
                                                  attribute.event->dir, state);
    if (code < 0)
        return fail(-code);
    return text.size();
}

Result<std::size_t> show_event_value(const LiveDevice &device, const Attribute &attribute,
                                     char *page)
{
    const iio_dev &dev = device.dev();
    if (!dev.info->read_event_value)
        return fail(EINVAL);
    std::array<int, IIO_MAX_VALUES> vals{};
    const int type = dev.info->read_event_value(&dev, attribute.chan, attribute.event->type,
                                                attribute.event->dir, attribute.info, vals.data());
    if (type < 0)
        return fail(-type);
    Text text{page};
    append_value(text, type, std::span{vals}.first(2));
    text += "\n";
    return text.size();
}

Result<std::size_t> store_event_value(const LiveDevice &device, const Attribute &attribute,
                                      std::string_view text)
{
    const iio_dev &dev = device.dev();
    if (!dev.info->write_event_value)
        return fail(EINVAL);
    const Written value = IIO_TRY(parse_written(text, IIO_VAL_INT_PLUS_MICRO));
    const int code = dev.info->write_event_value(&dev, attribute.chan, attribute.event->type,
                                                 attribute.event->dir, attribute.info,
                                                 value.integer, value.fraction);
    if (code < 0)
        return fail(-code);
    return text.size();
}

} // namespace

Result<void> add_channel_attributes(Group &group, const iio_dev &dev)
{
    for (const auto &chan : std::span{dev.channels, dev.num_channels}) {
        if (chan.channel < 0)
            continue;
        for (std::uint32_t shared = 0; shared < IIO_SHARED_COUNT; ++shared)
            IIO_TRY(add_infos(group, chan, shared));
        if (dev.info->read_label || chan.extend_name) {
            IIO_TRY(add(group,
                        {.name = name_of(chan, "label", IIO_SEPARATE),
                         .mode = 0444,
                         .show = show_channel_label,
                         .chan = &chan,
                         .asks_part = true,
                         .is_known = !dev.info->read_label},
                        false));
        }
        IIO_TRY(add_ext_info(group, chan));
    }
    return {};
}

Result<void> add_own_attributes(Group &group, const iio_dev &dev, iio_attribute_group place)
{
    for (const auto &own : std::span{dev.attributes, dev.num_attributes}) {
        if (own.group != place)
            continue;
        const bool reads = own.access & IIO_EXT_READ;
        const bool writes = own.access & IIO_EXT_WRITE;
        IIO_TRY(add(group,
                    {.name = own.name,
                     .mode = (reads ? 0444U : 0U) | (writes ? 0200U : 0U),
                     .show = reads ? show_own : nullptr,
                     .store = writes ? store_own : nullptr,
                     .own = &own,
                     .is_setting = place != IIO_ATTR_BUFFER && is_setting(own.access),
                     .asks_part = !own.text,
                     .direct_show = (own.access & IIO_EXT_DIRECT_READ) != 0,
                     .direct_store = (own.access & IIO_EXT_DIRECT_WRITE) != 0},
                    false));
    }
    return {};
}

Result<void> add_event_attributes(Group &group, const iio_dev &dev)
{
    for (const auto &chan : std::span{dev.channels, dev.num_channels}) {
        for (const auto &event : std::span{chan.events, chan.num_events}) {
            for (std::uint32_t shared = 0; shared < IIO_SHARED_COUNT; ++shared) {
                for (int info = 0; info < IIO_EV_INFO_COUNT; ++info) {
                    if (!(event.mask[shared] >> info & 1))
                        continue;
                    const bool enable = info == IIO_EV_INFO_ENABLE;
                    IIO_TRY(
                        add(group,
                            {.name = name_of(chan, event_postfix(event, info).view(), shared),
                             .mode = 0644,
                             .show = enable ? show_event_enabled : show_event_value,
                             .store = enable ? store_event_enabled : store_event_value,
                             .chan = &chan,
                             .event = &event,
                             .info = info,
                             .is_setting = true,
                             .asks_part = true,
                             .direct_store = enable && (chan.flags & IIO_CHAN_DIRECT_EVENTS) != 0,
                             .check = enable ? check_event_enabled : nullptr},
                            shared != IIO_SEPARATE));
                }
            }
        }
    }
    return {};
}

Result<std::vector<Group>> make_groups(const iio_dev &dev, std::string_view label)
{
    Group own{"", {}};
    Group events{"events", {}};
    IIO_TRY(add_channel_attributes(own, dev));
    IIO_TRY(add_own_attributes(own, dev, IIO_ATTR_DEVICE));
    IIO_TRY(add_event_attributes(events, dev));
    IIO_TRY(add_own_attributes(events, dev, IIO_ATTR_EVENTS));

    const std::span channels{dev.channels, dev.num_channels};
    const bool has_events = !events.attributes.empty();
    const bool has_buffer = dev.modes & (IIO_MODE_BUFFER_TRIGGERED | IIO_MODE_BUFFER_SOFTWARE);
    const bool has_timestamp =
        std::ranges::any_of(channels, [](const auto &c) { return c.type == IIO_TIMESTAMP; });
    add_device_attributes(own, {.has_label = !label.empty(),
                                .has_clock = has_timestamp,
                                .has_node = has_buffer || has_events});

    std::vector<Group> groups;
    groups.push_back(std::move(own));
    if (has_events)
        groups.push_back(std::move(events));
    if (has_buffer)
        IIO_TRY(add_buffer_groups(groups, dev));
    return groups;
}

} // namespace iio::core
