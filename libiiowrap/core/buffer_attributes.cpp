// SPDX-License-Identifier: MIT
//
// What a buffer shows: its own files, its scan elements' and its trigger's.
#include <core/attributes.hpp>
#include <core/buffer.hpp>
#include <iio/driver/names.hpp>
#include <iio/driver/scan.hpp>
#include <iio/driver/text.hpp>

namespace iio::core {

namespace {

Result<std::size_t> show_number(char *page, unsigned number)
{
    Text text{page};
    text += static_cast<long long>(number);
    text += "\n";
    return text.size();
}

Result<std::size_t> show_length(const LiveDevice &device, const Attribute &, char *page)
{
    return show_number(page, device.buffer()->length());
}

Result<std::size_t> store_length(const LiveDevice &device, const Attribute &, std::string_view text)
{
    IIO_TRY(device.buffer()->set_length(IIO_TRY(parse_unsigned(text, 10))));
    return text.size();
}

Result<std::size_t> show_watermark(const LiveDevice &device, const Attribute &, char *page)
{
    return show_number(page, device.buffer()->watermark());
}

Result<std::size_t> store_watermark(const LiveDevice &device, const Attribute &,
                                    std::string_view text)
{
    IIO_TRY(device.buffer()->set_watermark(IIO_TRY(parse_unsigned(text, 10))));
    return text.size();
}

Result<std::size_t> show_data_available(const LiveDevice &device, const Attribute &, char *page)
{
    return show_number(page, static_cast<unsigned>(device.buffer()->data_available()));
}

Result<std::size_t> show_enabled(const LiveDevice &device, const Attribute &, char *page)
{
    return show_number(page, device.buffer()->is_enabled());
}

Result<std::size_t> store_enabled(const LiveDevice &device, const Attribute &,
                                  std::string_view text)
{
    IIO_TRY(device.buffer()->set_enabled(IIO_TRY(parse_bool(text))));
    return text.size();
}

Result<std::size_t> show_direction(const LiveDevice &, const Attribute &, char *page)
{
    return show_text(page, "in\n");
}

Result<std::size_t> show_element_enabled(const LiveDevice &device, const Attribute &attribute,
                                         char *page)
{
    return show_number(page, device.buffer()->has(*attribute.chan));
}

Result<std::size_t> store_element_enabled(const LiveDevice &device, const Attribute &attribute,
                                          std::string_view text)
{
    IIO_TRY(device.buffer()->set(*attribute.chan, IIO_TRY(parse_bool(text))));
    return text.size();
}

Result<std::size_t> show_index(const LiveDevice &, const Attribute &attribute, char *page)
{
    return show_number(page, static_cast<unsigned>(attribute.chan->scan_index));
}

Result<std::size_t> show_type(const LiveDevice &, const Attribute &attribute, char *page)
{
    const iio_scan_type &type = attribute.chan->scan_type;
    Text text{page};
    text += type.endianness == IIO_BE ? "be:" : "le:";
    text += std::string_view{&type.sign, 1};
    text += static_cast<long long>(type.realbits);
    text += "/";
    text += static_cast<long long>(type.storagebits);
    if (type.repeat > 1) {
        text += "X";
        text += static_cast<long long>(type.repeat);
    }
    text += ">>";
    text += static_cast<long long>(type.shift);
    text += "\n";
    return text.size();
}

/// Without a trigger the text is empty, without a newline.
Result<std::size_t> show_current_trigger(const LiveDevice &device, const Attribute &, char *page)
{
    const auto trigger = device.buffer()->trigger();
    return trigger ? show_text(page, trigger->name() + "\n") : 0;
}

Result<std::size_t> store_current_trigger(const LiveDevice &device, const Attribute &,
                                          std::string_view text)
{
    auto name = text;
    if (name.ends_with('\n'))
        name.remove_suffix(1);
    IIO_TRY(device.buffer()->set_trigger(name));
    return text.size();
}

} // namespace

Result<void> add_buffer_groups(std::vector<Group> &groups, const iio_dev &dev)
{
    Group buffer{"buffer",
                 {{"length", 0644, show_length, store_length},
                  {"enable", 0644, show_enabled, store_enabled},
                  {"watermark", 0644, show_watermark, store_watermark},
                  {"data_available", 0444, show_data_available, nullptr},
                  {"direction", 0444, show_direction, nullptr}}};
    IIO_TRY(add_own_attributes(buffer, dev, IIO_ATTR_BUFFER));
    Group elements{"scan_elements", {}};
    for (const auto &chan : std::span{dev.channels, dev.num_channels}) {
        if (chan.scan_index < 0)
            continue;
        const auto add = [&](std::string_view postfix, unsigned mode, auto show, auto store) {
            elements.attributes.push_back(
                {std::string{attribute_name(chan, postfix, Shared::separate).view()}, mode, show,
                 store, &chan});
        };
        add("index", 0444, show_index, nullptr);
        add("type", 0444, show_type, nullptr);
        add("en", 0644, show_element_enabled, store_element_enabled);
    }
    Group buffer0{"buffer0", buffer.attributes};
    buffer0.attributes.insert(buffer0.attributes.end(), elements.attributes.begin(),
                              elements.attributes.end());
    groups.push_back(std::move(buffer));
    groups.push_back(std::move(elements));
    groups.push_back(std::move(buffer0));
    if (dev.modes & IIO_MODE_BUFFER_TRIGGERED)
        groups.push_back(
            {"trigger", {{"current_trigger", 0644, show_current_trigger, store_current_trigger}}});
    return {};
}

} // namespace iio::core
