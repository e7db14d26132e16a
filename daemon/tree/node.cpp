// SPDX-License-Identifier: MIT
#include <daemon/tree/node.hpp>
#include <daemon/tree/node_table.hpp>
#include <sys/xattr.h>

namespace iiofs {

namespace {

bool is_kept_xattr(std::string_view name)
{
    return name.starts_with("trusted.") || name.starts_with("security.");
}

} // namespace

mode_t Node::type() const
{
    constexpr mode_t types[]{S_IFDIR, S_IFREG, S_IFLNK, S_IFREG};
    return types[content_.index()];
}

void Node::init(const Access &access, timespec birth)
{
    status_.st_mode = type() | access.mode;
    status_.st_uid = access.owner;
    status_.st_gid = access.group;
    status_.st_nlink = 1;
    status_.st_size = file() ? file()->size : 0;
    status_.st_blksize = IIO_PAGE_SIZE;
    status_.st_atim = status_.st_mtim = status_.st_ctim = birth;
}

struct stat Node::status() const
{
    struct stat status = [this] {
        const std::lock_guard lock{mutex_};
        return status_;
    }();
    status.st_ino = NodeTable::index_of(id_);
    if (const auto *directory = std::get_if<Directory>(&content_)) {
        const std::shared_lock lock{directory->mutex};
        status.st_nlink = 2 + directory->subdirectories;
    }
    return status;
}

iio::Result<void> Node::set_xattr(const std::string &name, std::string_view value, int flags)
{
    if (!is_kept_xattr(name))
        return iio::fail(EOPNOTSUPP);
    const std::lock_guard lock{mutex_};
    if (!xattrs_)
        xattrs_ = std::make_unique<Xattrs>();
    const bool exists = xattrs_->contains(name);
    if (exists && (flags & XATTR_CREATE))
        return iio::fail(EEXIST);
    if (!exists && (flags & XATTR_REPLACE))
        return iio::fail(ENODATA);
    xattrs_->insert_or_assign(name, std::string{value});
    return {};
}

iio::Result<std::string> Node::xattr(std::string_view name) const
{
    // sysfs has a handler for user.* too, one that keeps nothing.
    if (!is_kept_xattr(name))
        return iio::fail(name.starts_with("user.") ? ENODATA : EOPNOTSUPP);
    const std::lock_guard lock{mutex_};
    if (xattrs_) {
        if (const auto found = xattrs_->find(name); found != xattrs_->end())
            return found->second;
    }
    return iio::fail(ENODATA);
}

std::string Node::xattr_names() const
{
    const std::lock_guard lock{mutex_};
    std::string names;
    if (xattrs_) {
        for (const auto &[name, value] : *xattrs_)
            names.append(name).push_back('\0');
    }
    return names;
}

iio::Result<void> Node::remove_xattr(std::string_view name)
{
    if (!is_kept_xattr(name))
        return iio::fail(EOPNOTSUPP);
    const std::lock_guard lock{mutex_};
    if (xattrs_) {
        if (const auto found = xattrs_->find(name); found != xattrs_->end()) {
            xattrs_->erase(found);
            return {};
        }
    }
    return iio::fail(ENODATA);
}

} // namespace iiofs
