// SPDX-License-Identifier: MIT
//
// OpenFile: a file between open and close. It samples the attribute when it is
// read at offset 0 and gives out slices of that one text afterwards, as sysfs
// does. The text is in the keep before anybody has a slice of it: after a takeover
// the next slice is of the same one.
#pragma once

#include <daemon/takeover/keep.hpp>
#include <daemon/tree/node_table.hpp>
#include <iio/driver/result.hpp>
#include <mutex>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace iiofs {

/// Threads: all members from any; two reads of one open file wait for each other.
class OpenFile {
public:
    /// Lifetime: keeps the node, also when it is removed from the tree.
    /// Errors: ESTALE: it is removed (the kernel looks the path up again);
    /// EISDIR, ELOOP: not a file; EACCES: nobody may do it, not even root;
    /// EINVAL: O_DIRECT; ENFILE: too many are open.
    [[nodiscard]] static iio::Result<std::unique_ptr<OpenFile>>
    open(NodeRef node, int flags, Keep &keep, const Request &request);
    /// One that the server before has opened. The node is a file.
    OpenFile(NodeRef node, KeptFile kept) : node_{std::move(node)}, kept_{std::move(kept)} {}

    /// The text from offset on, at most size bytes; empty at its end. `page` has
    /// IIO_PAGE_SIZE bytes, and the answer lies in it.
    /// Errors: ENODEV: the device is gone; EIO: cannot be read; else the driver's.
    [[nodiscard]] iio::Result<std::string_view> read(off_t offset, std::size_t size, char *page,
                                                     const Request &request);
    /// The same; samples with `show` in the place of the file's own.
    [[nodiscard]] iio::Result<std::string_view> read(off_t offset, std::size_t size, char *page,
                                                     const Request &request, const Show &show);
    /// The same; none: it would have to wait for the chip.
    [[nodiscard]] std::optional<iio::Result<std::string_view>>
    read_at_once(off_t offset, std::size_t size, char *page, const Request &request);

    /// What the node has. Lifetime: this object's.
    [[nodiscard]] const File &content() const { return *node_->file(); }

    /// One store of at most a page, wherever the file stands. Returns how much
    /// was taken.
    [[nodiscard]] iio::Result<std::size_t> write(std::string_view text, const Request &request);

    /// POLLIN and such. With POLLERR | POLLPRI before the first read: sysfs's
    /// way to say that there is something new.
    [[nodiscard]] unsigned poll() const;

    [[nodiscard]] const KeptFile &kept() const { return kept_; }

private:
    [[nodiscard]] bool goes_on(off_t offset, const Request &request) const;
    [[nodiscard]] iio::Result<std::string_view> sample(off_t offset, std::size_t size, char *page,
                                                       const Show &show);
    [[nodiscard]] std::string_view take(std::size_t shown, off_t offset, std::size_t size,
                                        char *page);
    [[nodiscard]] iio::Result<std::string_view> go_on(off_t offset, std::size_t size, char *page);
    [[nodiscard]] SampledText text() const
    {
        return SampledText::of(kept_.record().text.load(std::memory_order_acquire));
    }
    void set_text(const SampledText &text) const
    {
        kept_.record().text.store(text.word(), std::memory_order_release);
    }

    NodeRef node_;
    KeptFile kept_;
    std::mutex mutex_;
};

} // namespace iiofs
