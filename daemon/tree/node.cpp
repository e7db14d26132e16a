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

struct stat Node::changeable_status() const
{
    struct stat status {};
    status.st_mode = type() | access_.mode;
    status.st_uid = access_.owner;
    status.st_gid = access_.group;
    status.st_atim = changes_ ? changes_->accessed : birth_;
    status.st_mtim = changes_ ? changes_->modified : birth_;
    status.st_ctim = changes_ ? changes_->changed : birth_;
    return status;
}

void Node::set_status(const struct stat &status)
{
    access_ = {status.st_mode & ~static_cast<mode_t>(S_IFMT), status.st_uid, status.st_gid};
    Changes &kept = changes();
    kept.accessed = status.st_atim;
    kept.modified = status.st_mtim;
    kept.changed = status.st_ctim;
}

Node::Changes &Node::changes()
{
    if (!changes_)
        changes_ = std::make_unique<Changes>(Changes{birth_, birth_, birth_});
    return *changes_;
}

struct stat Node::status() const
{
    struct stat status = [this] {
        const std::lock_guard lock{mutex_};
        return changeable_status();
    }();
    status.st_ino = NodeTable::index_of(id_);
    status.st_nlink = 1;
    // The kernel may cut the text that it keeps of a link to this size.
    status.st_size = file() ? file()->size : link() ? static_cast<off_t>(link()->target.size()) : 0;
    status.st_blksize = IIO_PAGE_SIZE;
    if (const auto *directory = std::get_if<std::unique_ptr<Directory>>(&content_)) {
        const std::shared_lock lock{(*directory)->mutex};
        status.st_nlink = 2 + (*directory)->subdirectories;
    }
    return status;
}

iio::Result<void> Node::set_xattr(const std::string &name, std::string_view value, int flags)
{
    if (!is_kept_xattr(name))
        return iio::fail(EOPNOTSUPP);
    const std::lock_guard lock{mutex_};
    Xattrs &xattrs = changes().xattrs;
    const bool exists = xattrs.contains(name);
    if (exists && (flags & XATTR_CREATE))
        return iio::fail(EEXIST);
    if (!exists && (flags & XATTR_REPLACE))
        return iio::fail(ENODATA);
    xattrs.insert_or_assign(name, std::string{value});
    return {};
}

iio::Result<std::string> Node::xattr(std::string_view name) const
{
    // sysfs has a handler for user.* too, one that keeps nothing.
    if (!is_kept_xattr(name))
        return iio::fail(name.starts_with("user.") ? ENODATA : EOPNOTSUPP);
    const std::lock_guard lock{mutex_};
    if (changes_) {
        if (const auto found = changes_->xattrs.find(name); found != changes_->xattrs.end())
            return found->second;
    }
    return iio::fail(ENODATA);
}

std::string Node::xattr_names() const
{
    const std::lock_guard lock{mutex_};
    std::string names;
    if (changes_) {
        for (const auto &[name, value] : changes_->xattrs)
            names.append(name).push_back('\0');
    }
    return names;
}

iio::Result<void> Node::remove_xattr(std::string_view name)
{
    if (!is_kept_xattr(name))
        return iio::fail(EOPNOTSUPP);
    const std::lock_guard lock{mutex_};
    if (changes_) {
        auto &xattrs = changes_->xattrs;
        if (const auto found = xattrs.find(name); found != xattrs.end()) {
            xattrs.erase(found);
            return {};
        }
    }
    return iio::fail(ENODATA);
}

} // namespace iiofs
