// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <daemon/open_files/open_file.hpp>
#include <fcntl.h>
#include <poll.h>

namespace iiofs {

iio::Result<std::unique_ptr<OpenFile>> OpenFile::open(NodeRef node, int flags, Keep &keep,
                                                      const Request &request)
{
    if (!node || node->is_removed())
        return iio::fail(ESTALE);
    if (!node->file())
        return iio::fail(node->directory() ? EISDIR : ELOOP);
    const mode_t mode = node->status().st_mode;
    const int access = flags & O_ACCMODE;
    if ((access != O_WRONLY && !(mode & 0444)) || (access != O_RDONLY && !(mode & 0222)))
        return iio::fail(EACCES);
    if (flags & O_DIRECT)
        return iio::fail(EINVAL);
    auto kept = IIO_TRY(keep.open_file(kept::File::file, node->id(), request));
    return std::make_unique<OpenFile>(std::move(node), std::move(kept));
}

iio::Result<std::string_view> OpenFile::read(off_t offset, std::size_t size, char *page,
                                             const Request &request)
{
    const std::lock_guard lock{mutex_};
    const auto before = text();
    const auto place = static_cast<std::uint64_t>(offset);
    // A read that is sent again may have moved the position already.
    const bool goes_on =
        offset != 0 && (place == before.position ||
                        (request.sent_again && before.in_page && place < before.position));
    if (!goes_on)
        return sample(offset, size, page);
    if (place >= before.length && node_->is_removed())
        return iio::fail(ENODEV);
    return go_on(before, offset, size, page);
}

std::string_view OpenFile::go_on(SampledText text, off_t offset, std::size_t size, char *page)
{
    const auto place = static_cast<std::uint64_t>(offset);
    if (place >= text.length)
        return {};
    const auto slice = std::string_view{kept_.page(), text.length}.substr(place, size);
    slice.copy(page, slice.size());
    text.position = place + slice.size();
    set_text(text);
    return {page, slice.size()};
}

iio::Result<std::string_view> OpenFile::sample(off_t offset, std::size_t size, char *page)
{
    // The text before is not whole any more from here on.
    set_text({.sampled = true});
    if (node_->is_removed())
        return iio::fail(ENODEV);
    const auto &show = node_->file()->show;
    if (!show)
        return iio::fail(EIO);
    const auto shown = IIO_TRY(show(page));
    const auto length = std::min<std::size_t>(shown, IIO_PAGE_SIZE);
    const auto start = std::min<std::size_t>(length, static_cast<std::uint64_t>(offset));
    const auto slice = std::string_view{page, length}.substr(start, size);
    const auto end = start + slice.size();
    if (end < length)
        std::memcpy(kept_.page(), page, length);
    set_text({.position = static_cast<std::uint64_t>(offset) + slice.size(),
              .length = static_cast<std::uint32_t>(length),
              .in_page = end < length,
              .sampled = true});
    return slice;
}

iio::Result<std::size_t> OpenFile::write(std::string_view text, const Request &request)
{
    if (node_->is_removed())
        return iio::fail(ENODEV);
    const auto &store = node_->file()->store;
    if (!store)
        return iio::fail(EIO);
    const auto page = text.substr(0, IIO_PAGE_SIZE);
    return std::min(IIO_TRY(store(page, request)), page.size());
}

unsigned OpenFile::poll() const
{
    constexpr unsigned always = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    const bool news = !text().sampled || node_->is_removed();
    return news ? always | POLLERR | POLLPRI : always;
}

} // namespace iiofs
