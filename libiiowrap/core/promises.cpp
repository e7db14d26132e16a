// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/promises.hpp>
#include <iio/driver/names.hpp>
#include <iio/driver/promises.hpp>
#include <iio/host/log.hpp>
#include <span>
#include <string>

namespace iio::core {

namespace {

Result<void> refuse(const iio_dev &dev, const std::string &what, const char *operation)
{
    log(std::string{dev.name} + ": " + what + " needs the operation " + operation +
        ", which the driver does not have");
    return fail(EINVAL);
}

Result<void> check_channel(const iio_dev &dev, const iio_chan_spec &chan)
{
    if (const char *missing = detail::missing_operation(*dev.info, chan))
        return refuse(dev, "the channel " + channel_name(chan), missing);
    const bool has_matrix = std::ranges::any_of(
        std::span{chan.ext_info, chan.num_ext_info},
        [](const iio_ext_info &ext) { return ext.kind == IIO_EXT_MOUNT_MATRIX; });
    if (has_matrix && !dev.mount_matrix[0]) {
        log(std::string{dev.name} + ": the channel " + channel_name(chan) +
            " has a mount matrix, but the board has none");
        return fail(EINVAL);
    }
    return {};
}

Result<void> check_attribute(const iio_dev &dev, const iio_attribute &attribute)
{
    const std::string what = std::string{"the attribute "} + attribute.name;
    if (attribute.access & IIO_EXT_READ && !attribute.text && !dev.info->read_attribute)
        return refuse(dev, what, "read_attribute");
    if (attribute.access & IIO_EXT_WRITE && !dev.info->write_attribute)
        return refuse(dev, what, "write_attribute");
    return {};
}

Result<void> check_streaming(const iio_dev &dev)
{
    if (dev.modes & IIO_MODE_BUFFER_TRIGGERED && !dev.info->scan)
        return refuse(dev, "a triggered buffer", "scan");
    if (dev.modes & IIO_MODE_BUFFER_SOFTWARE && !dev.info->start_buffer)
        return refuse(dev, "a buffer that the driver fills", "start_buffer");
    if (dev.num_triggers > 0 && !dev.info->set_trigger)
        return refuse(dev, std::string{"the trigger "} + dev.name + dev.triggers[0].suffix,
                      "set_trigger");
    return {};
}

/// Lists that are said to have elements, and are nowhere.
Result<void> check_lists(const iio_dev &dev)
{
    const auto check = [&dev](const std::string &list, const void *data, std::uint32_t count) {
        if (data || count == 0)
            return Result<void>{};
        log(std::string{dev.name} + ": " + list + " is null, but its number of elements is " +
            std::to_string(count));
        return Result<void>{fail(EINVAL)};
    };
    IIO_TRY(check("channels", dev.channels, dev.num_channels));
    IIO_TRY(check("attributes", dev.attributes, dev.num_attributes));
    IIO_TRY(check("scan_masks", dev.scan_masks, dev.num_scan_masks));
    IIO_TRY(check("triggers", dev.triggers, dev.num_triggers));
    for (std::uint32_t i = 0; i < dev.num_channels; ++i) {
        const iio_chan_spec &chan = dev.channels[i];
        const auto of = "channels[" + std::to_string(i) + "].";
        IIO_TRY(check(of + "events", chan.events, chan.num_events));
        IIO_TRY(check(of + "ext_info", chan.ext_info, chan.num_ext_info));
    }
    return {};
}

} // namespace

Result<void> check_promises(const iio_dev &dev)
{
    IIO_TRY(check_lists(dev));
    for (const auto &chan : std::span{dev.channels, dev.num_channels})
        IIO_TRY(check_channel(dev, chan));
    for (const auto &attribute : std::span{dev.attributes, dev.num_attributes})
        IIO_TRY(check_attribute(dev, attribute));
    return check_streaming(dev);
}

} // namespace iio::core
