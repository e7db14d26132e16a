// SPDX-License-Identifier: MIT
//
// OpenFile: a file between open and close. It samples the attribute when it is
// read at offset 0 and gives out slices of that one text afterwards, as sysfs
// does.
#pragma once

#include <atomic>
#include <daemon/node_table.hpp>
#include <iio/result.hpp>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace iiofs {

/// Threads: all members from any; two reads of one open file wait for each other.
class OpenFile {
public:
    /// Lifetime: keeps the node, also when it is removed from the tree.
    /// Errors: ESTALE: it is removed (the kernel looks the path up again);
    /// EISDIR, ELOOP: not a file; EACCES: nobody may do it, not even root;
    /// EINVAL: O_DIRECT.
    [[nodiscard]] static iio::Result<std::unique_ptr<OpenFile>> open(NodeRef node, int flags);

    /// The text from offset on, at most size bytes; empty at its end. `page` has
    /// IIO_PAGE_SIZE bytes, and the answer lies in it.
    /// Errors: ENODEV: the device is gone; EIO: cannot be read; else the driver's.
    [[nodiscard]] iio::Result<std::string_view> read(off_t offset, std::size_t size, char *page);

    /// One store of at most a page, wherever the file stands. Returns how much
    /// was taken.
    [[nodiscard]] iio::Result<std::size_t> write(std::string_view text);

    /// POLLIN and such. With POLLERR | POLLPRI before the first read: sysfs's
    /// way to say that there is something new.
    [[nodiscard]] unsigned poll() const;

private:
    explicit OpenFile(NodeRef node) : node_{std::move(node)} {}
    [[nodiscard]] iio::Result<std::string_view> sample(off_t offset, std::size_t size, char *page);

    NodeRef node_;
    std::atomic<bool> sampled_{false};
    std::mutex mutex_;
    off_t position_ = 0; ///< where the last read ended
    std::string rest_;   ///< the text from there on
};

} // namespace iiofs
