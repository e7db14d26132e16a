// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/open_file.hpp>
#include <fcntl.h>
#include <poll.h>

namespace iiofs {

iio::Result<std::unique_ptr<OpenFile>> OpenFile::open(NodeRef node, int flags)
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
    return std::unique_ptr<OpenFile>{new OpenFile{std::move(node)}};
}

iio::Result<std::string_view> OpenFile::read(off_t offset, std::size_t size, char *page)
{
    const std::lock_guard lock{mutex_};
    if (offset == 0 || offset != position_)
        return sample(offset, size, page);
    if (rest_.empty() && node_->is_removed())
        return iio::fail(ENODEV);
    const auto length = rest_.copy(page, size);
    rest_.erase(0, length);
    position_ += static_cast<off_t>(length);
    return std::string_view{page, length};
}

iio::Result<std::string_view> OpenFile::sample(off_t offset, std::size_t size, char *page)
{
    rest_.clear();
    position_ = 0;
    if (node_->is_removed())
        return iio::fail(ENODEV);
    sampled_.store(true, std::memory_order_relaxed);
    const auto &show = node_->file()->show;
    if (!show)
        return iio::fail(EIO);
    const auto shown = IIO_TRY(show(page));
    const auto length = std::min<std::size_t>(shown, IIO_PAGE_SIZE);
    const auto start = std::min<std::size_t>(length, static_cast<std::uint64_t>(offset));
    const auto slice = std::string_view{page, length}.substr(start, size);
    rest_.assign(page + start + slice.size(), page + length);
    position_ = offset + static_cast<off_t>(slice.size());
    return slice;
}

iio::Result<std::size_t> OpenFile::write(std::string_view text)
{
    if (node_->is_removed())
        return iio::fail(ENODEV);
    const auto &store = node_->file()->store;
    if (!store)
        return iio::fail(EIO);
    const auto page = text.substr(0, IIO_PAGE_SIZE);
    return std::min(IIO_TRY(store(page)), page.size());
}

unsigned OpenFile::poll() const
{
    constexpr unsigned always = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    const bool news = !sampled_.load(std::memory_order_relaxed) || node_->is_removed();
    return news ? always | POLLERR | POLLPRI : always;
}

} // namespace iiofs
