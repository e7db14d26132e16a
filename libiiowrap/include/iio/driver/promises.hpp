// SPDX-License-Identifier: MIT
//
// What a device's tables promise, and the operation that has to stand behind it.
#pragma once

#include <iio/driver/driver.hpp>

namespace iio::detail {

constexpr const char *missing_for_ext_info(const iio_info &info, const iio_ext_info &ext)
{
    const bool choice = ext.kind == IIO_EXT_ENUM;
    if (!choice && ext.kind != IIO_EXT_TEXT)
        return nullptr;
    if (ext.access & IIO_EXT_READ &&
        !(choice ? info.read_enum != nullptr : info.read_ext != nullptr))
        return choice ? "read_enum" : "read_ext";
    if (ext.access & IIO_EXT_WRITE &&
        !(choice ? info.write_enum != nullptr : info.write_ext != nullptr))
        return choice ? "write_enum" : "write_ext";
    return nullptr;
}

constexpr const char *missing_for_event(const iio_info &info, const iio_event_spec &event)
{
    for (const std::uint64_t mask : event.mask) {
        if (mask & (1U << IIO_EV_INFO_ENABLE) && !info.read_event_config)
            return "read_event_config";
        if (mask & ~std::uint64_t{1U << IIO_EV_INFO_ENABLE} && !info.read_event_value)
            return "read_event_value";
    }
    return nullptr;
}

/// The operation without which the channel has a file that cannot be read, or write
/// if it can only be written; null: there is none. An element that is readable need
/// not be writable (EINVAL), though its file's mode says so, as in the kernel.
constexpr const char *missing_operation(const iio_info &info, const iio_chan_spec &chan)
{
    for (const std::uint64_t mask : chan.info_mask) {
        if (mask && !info.read_raw)
            return "read_raw";
    }
    for (const std::uint64_t mask : chan.info_mask_available) {
        if (mask && !info.read_avail)
            return "read_avail";
    }
    for (std::uint32_t i = 0; i < chan.num_ext_info; ++i) {
        if (const char *missing = missing_for_ext_info(info, chan.ext_info[i]))
            return missing;
    }
    for (std::uint32_t i = 0; i < chan.num_events; ++i) {
        if (const char *missing = missing_for_event(info, chan.events[i]))
            return missing;
    }
    return nullptr;
}

// Not constexpr on purpose: their names are what the compiler prints.
void an_available_list_needs_read_avail();
void an_ext_info_needs_read_ext_write_ext_read_enum_or_write_enum();
void an_event_needs_read_event_config_and_read_event_value();

/// For a driver whose channels() is static constexpr.
consteval void check_promises(const iio_info &info, std::span<const Channel> channels)
{
    for (const Channel &channel : channels) {
        const char *const missing = missing_operation(info, channel);
        if (!missing)
            continue;
        const std::string_view operation{missing};
        if (operation == "read_avail")
            an_available_list_needs_read_avail();
        else if (operation.find("event") != operation.npos)
            an_event_needs_read_event_config_and_read_event_value();
        else
            an_ext_info_needs_read_ext_write_ext_read_enum_or_write_enum();
    }
}

} // namespace iio::detail
