// SPDX-License-Identifier: MIT
//
// Buffer: a device's buffer0 as its attributes show and set it. A buffer is
// filled by a trigger; there is none to attach yet, so it cannot be enabled.
#pragma once

#include <cstdint>
#include <iio/registry.hpp>
#include <mutex>
#include <vector>

namespace iio::core {

/// Threads: all members from any.
class Buffer {
public:
    explicit Buffer(const iio_dev &dev) : dev_{dev} {}

    [[nodiscard]] unsigned length() const;
    /// Below 2 becomes 2; a watermark beyond the new length is cut to it.
    void set_length(unsigned length);

    [[nodiscard]] unsigned watermark() const;
    /// Errors: EINVAL: 0, or more than the length.
    [[nodiscard]] Result<void> set_watermark(unsigned watermark);

    [[nodiscard]] bool has(const iio_chan_spec &chan) const;
    /// Errors: EINVAL: a second channel where a scan takes one.
    [[nodiscard]] Result<void> set(const iio_chan_spec &chan, bool enabled);

    /// Errors: EINVAL: no channel is enabled, or no trigger is attached.
    [[nodiscard]] Result<void> enable() const;

private:
    const iio_dev &dev_;
    mutable std::mutex mutex_;
    unsigned length_ = 2;
    unsigned watermark_ = 1;
    std::vector<const iio_chan_spec *> scan_; ///< the enabled ones but the timestamp
    bool timestamp_ = false;
};

/// Adds buffer/, buffer0/, scan_elements/ and trigger/ of a device whose modes
/// have a triggered buffer.
void add_buffer_groups(std::vector<Group> &groups, const iio_dev &dev);

} // namespace iio::core
