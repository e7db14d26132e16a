// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <daemon/base/log.hpp>
#include <daemon/open_files/open_file.hpp>
#include <fcntl.h>
#include <poll.h>

namespace iiofs {

namespace {

/// What `call` returns; nothing that it throws gets out, as the thread may be the workers'.
template <class Call> iio::Result<std::size_t> caught(Call call)
{
    try {
        return call();
    } catch (...) {
        return iio::fail(log_exception());
    }
}

/// On the caller's thread, which waits for the chip if it is slow for the first time; none:
/// it was slow, or others have their turn.
std::optional<iio::Result<std::size_t>> show_if_quick(const File &file, char *page)
{
    if (!file.is_quick)
        return std::nullopt;
    const Queue::Turn turn{*file.queue()};
    if (!turn)
        return std::nullopt;
    return file.is_quick.measure([&] { return file.show(page); });
}

} // namespace

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
    return read(offset, size, page, request, [this](char *text) { return content().show(text); });
}

iio::Result<std::string_view> OpenFile::read(off_t offset, std::size_t size, char *page,
                                             const Request &request, const Show &show)
{
    const std::lock_guard lock{mutex_};
    return goes_on(offset, request) ? go_on(offset, size, page) : sample(offset, size, page, show);
}

std::optional<iio::Result<std::string_view>>
OpenFile::read_at_once(off_t offset, std::size_t size, char *page, const Request &request)
{
    const File &file = content();
    if (!file.queue())
        return read(offset, size, page, request);
    // Who has the lock may be waiting for the chip.
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock)
        return std::nullopt;
    if (goes_on(offset, request))
        return go_on(offset, size, page);
    std::optional<iio::Result<std::size_t>> shown;
    if (!node_->is_removed()) {
        shown = file.show_at_once(page);
        if (!shown)
            shown = show_if_quick(file, page);
        if (!shown)
            return std::nullopt;
    }
    return sample(offset, size, page, [&](char *) { return *shown; });
}

/// Whether it is a slice of the text that is there.
bool OpenFile::goes_on(off_t offset, const Request &request) const
{
    const auto before = text();
    const auto place = static_cast<std::uint64_t>(offset);
    // A read that is sent again may have moved the position already.
    return offset != 0 && (place == before.position ||
                           (request.sent_again && before.in_page && place < before.position));
}

iio::Result<std::string_view> OpenFile::go_on(off_t offset, std::size_t size, char *page)
{
    auto before = text();
    const auto place = static_cast<std::uint64_t>(offset);
    if (place >= before.length) {
        if (node_->is_removed())
            return iio::fail(ENODEV);
        return std::string_view{};
    }
    const auto slice =
        std::string_view{kept_.page(), before.length}.substr(static_cast<std::size_t>(place), size);
    slice.copy(page, slice.size());
    before.position = place + slice.size();
    set_text(before);
    return std::string_view{page, slice.size()};
}

iio::Result<std::string_view> OpenFile::sample(off_t offset, std::size_t size, char *page,
                                               const Show &show)
{
    // The text before is not whole any more from here on.
    set_text({.sampled = true});
    if (node_->is_removed())
        return iio::fail(ENODEV);
    return take(IIO_TRY(caught([&] { return show(page); })), offset, size, page);
}

std::string_view OpenFile::take(std::size_t shown, off_t offset, std::size_t size, char *page)
{
    const auto length = std::min<std::size_t>(shown, IIO_PAGE_SIZE);
    const auto start = static_cast<std::size_t>(
        std::min<std::uint64_t>(length, static_cast<std::uint64_t>(offset)));
    const auto slice = std::string_view{page, length}.substr(start, size);
    const auto end = start + slice.size();
    if (end < length) {
        kept_.use_page();
        std::memcpy(kept_.page(), page, length);
    }
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
    const auto page = text.substr(0, IIO_PAGE_SIZE);
    return std::min(IIO_TRY(caught([&] { return content().store(page, request); })), page.size());
}

unsigned OpenFile::poll() const
{
    constexpr unsigned always = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    const bool news = !text().sampled || node_->is_removed();
    return news ? always | POLLERR | POLLPRI : always;
}

} // namespace iiofs
