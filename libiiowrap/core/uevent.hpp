// SPDX-License-Identifier: MIT
#pragma once

#include <iio/driver/result.hpp>
#include <string_view>

namespace iio::core {

/// What a file `uevent` takes: "ACTION [UUID [KEY=VALUE ...]]", as udevadm writes it
/// (Documentation/ABI/testing/sysfs-uevent). There is no netlink to send the event to; the
/// text is checked all the same. Returns the text's length.
/// Errors: EINVAL: it is no such text, or the variables are more than an event has room for.
[[nodiscard]] Result<std::size_t> take_uevent(std::string_view text);

} // namespace iio::core
