// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/scan_layout.hpp>
#include <span>

namespace iio::core {

namespace {

/// Samples that repeat stand together and are aligned to all of them at once.
std::size_t size_of(const iio_scan_type &type)
{
    const std::size_t repeat = std::max<std::size_t>(type.repeat, 1);
    return type.storagebits / 8U * repeat;
}

std::size_t aligned(std::size_t offset, std::size_t size)
{
    return (offset + size - 1) / size * size;
}

} // namespace

ScanLayout ScanLayout::of(const iio_dev &dev, std::uint64_t wanted, bool with_timestamp)
{
    ScanLayout layout;
    layout.offsets.fill(-1);
    std::array<std::size_t, IIO_MAX_SCAN_INDEX> sizes{};
    std::size_t timestamp_size = 0;
    for (const auto &chan : std::span{dev.channels, dev.num_channels}) {
        if (chan.scan_index < 0)
            continue;
        if (chan.type == IIO_TIMESTAMP)
            timestamp_size = size_of(chan.scan_type);
        else
            sizes[static_cast<std::size_t>(chan.scan_index)] = size_of(chan.scan_type);
    }
    std::size_t largest = 1;
    const auto place = [&](std::size_t size) {
        const auto offset = aligned(layout.bytes, size);
        layout.bytes = offset + size;
        largest = std::max(largest, size);
        return offset;
    };
    for (std::size_t index = 0; index < sizes.size(); ++index) {
        if ((wanted >> index & 1) && sizes[index] > 0)
            layout.offsets[index] = static_cast<std::int16_t>(place(sizes[index]));
    }
    if (with_timestamp && timestamp_size > 0)
        layout.timestamp = place(timestamp_size);
    layout.bytes = aligned(layout.bytes, largest);
    return layout;
}

} // namespace iio::core
