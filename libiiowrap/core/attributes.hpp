// SPDX-License-Identifier: MIT
//
// The attributes of a device, made from its channel table when it registers.
#pragma once

#include <iio/host/registry.hpp>
#include <string_view>
#include <vector>

namespace iio::core {

/// All directories of a device but debugfs's.
/// Errors: EBUSY: two channels claim one separate attribute.
[[nodiscard]] Result<std::vector<Group>> make_groups(const iio_dev &dev, std::string_view label);

/// The files of its debugfs directory.
[[nodiscard]] std::vector<Attribute> make_debug_attributes(const iio_dev &dev);

/// Which of the attributes that not every device has are there.
struct DeviceFacts {
    bool has_label; ///< the configuration names it
    bool has_clock; ///< a timestamp channel; events alone have none, as recorded
    bool has_node;  ///< a device node: buffers or events
};

// The parts of make_groups.
[[nodiscard]] Result<void> add_channel_attributes(Group &group, const iio_dev &dev);
[[nodiscard]] Result<void> add_event_attributes(Group &group, const iio_dev &dev);
[[nodiscard]] Result<void> add_own_attributes(Group &group, const iio_dev &dev,
                                              iio_attribute_group place);
void add_device_attributes(Group &group, DeviceFacts facts);

/// Adds the attribute, or leaves it out where a shared one of this name is
/// there already.
/// Errors: EBUSY: a separate one is.
[[nodiscard]] Result<void> add(Group &group, Attribute attribute, bool shared);

/// Writes a constant text.
[[nodiscard]] Result<std::size_t> show_text(char *page, std::string_view text);

} // namespace iio::core
