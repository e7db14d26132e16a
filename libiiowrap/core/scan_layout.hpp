// SPDX-License-Identifier: MIT
//
// ScanLayout: where each channel's sample stands in a scan.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iiowrap.h>
#include <optional>

namespace iio::core {

/// In the order of scan_index, each sample aligned to its own size, the
/// timestamp last, the whole padded to its largest sample (iio-buffers in
/// Documentation/driver-api).
struct ScanLayout {
    std::array<std::int16_t, IIO_MAX_SCAN_INDEX> offsets{}; ///< below 0: not in it
    std::optional<std::size_t> timestamp{};
    std::size_t bytes = 0;

    /// `wanted` has the bits of the channels; the timestamp is not among them.
    [[nodiscard]] static ScanLayout of(const iio_dev &dev, std::uint64_t wanted,
                                       bool with_timestamp);
};

} // namespace iio::core
