// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/tree/node.hpp>
#include <daemon/tree/node_table.hpp>
#include <sys/xattr.h>
#include <unistd.h>

namespace iiofs {

namespace {

bool is_kept_xattr(std::string_view name)
{
    return name.starts_with("trusted.") || name.starts_with("security.");
}

} // namespace

off_t kernel_page_size()
{
    static const off_t bytes = ::sysconf(_SC_PAGESIZE);
    return bytes;
}

struct stat Node::stat_of(const Facts &facts) const
{
    struct stat status {};
    status.st_mode = type() | facts.access.mode;
    status.st_uid = facts.access.owner;
    status.st_gid = facts.access.group;
    status.st_atim = facts.accessed;
    status.st_mtim = facts.modified;
    status.st_ctim = facts.changed;
    return status;
}

Node::Changes &Node::changes()
{
    Changes *found = changes_.load(std::memory_order_acquire);
    if (!found) {
        std::unique_ptr<Changes> made{new Changes{facts_at_birth()}};
        if (changes_.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel))
            found = made.release();
    }
    return *found;
}

struct stat Node::status() const
{
    struct stat status = [this] {
        Changes *const changes = changes_.load(std::memory_order_acquire);
        if (!changes)
            return stat_of(facts_at_birth());
        const std::lock_guard lock{changes->mutex};
        return stat_of(changes->facts);
    }();
    status.st_ino = NodeTable::index_of(id_);
    status.st_nlink = links();
    status.st_size = size();
    status.st_blksize = static_cast<blksize_t>(kernel_page_size());
    return status;
}

iio::Result<void> Node::set_xattr(const std::string &name, std::string_view value, int flags)
{
    if (!is_kept_xattr(name))
        return iio::fail(EOPNOTSUPP);
    Changes &changes = this->changes();
    const std::lock_guard lock{changes.mutex};
    Xattrs &xattrs = changes.xattrs;
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
    if (Changes *const changes = changes_.load(std::memory_order_acquire)) {
        const std::lock_guard lock{changes->mutex};
        if (const auto found = changes->xattrs.find(name); found != changes->xattrs.end())
            return found->second;
    }
    return iio::fail(ENODATA);
}

std::string Node::xattr_names() const
{
    std::string names;
    if (Changes *const changes = changes_.load(std::memory_order_acquire)) {
        const std::lock_guard lock{changes->mutex};
        for (const auto &[name, value] : changes->xattrs)
            names.append(name).push_back('\0');
    }
    return names;
}

iio::Result<void> Node::remove_xattr(std::string_view name)
{
    if (!is_kept_xattr(name))
        return iio::fail(EOPNOTSUPP);
    if (Changes *const changes = changes_.load(std::memory_order_acquire)) {
        const std::lock_guard lock{changes->mutex};
        const auto found = changes->xattrs.find(name);
        if (found != changes->xattrs.end()) {
            changes->xattrs.erase(found);
            return {};
        }
    }
    return iio::fail(ENODATA);
}

NodeId Children::find(std::string_view name) const
{
    const auto found = std::ranges::lower_bound(children_, name, {}, &Child::name);
    return found != end() && found->name == name ? found->id : 0;
}

void Children::insert(const std::string &name, NodeId id)
{
    // A vector that grows by itself doubles, and a third of it is not used.
    if (children_.size() == children_.capacity())
        children_.reserve(children_.size() + children_.size() / 4 + 1);
    const auto place = std::ranges::lower_bound(children_, name, {}, &Child::name);
    children_.insert(place, {name, id});
}

void Children::erase(std::string_view name)
{
    children_.erase(std::ranges::lower_bound(children_, name, {}, &Child::name));
}

iio::Result<std::size_t> File::show(char *) const { return iio::fail(EIO); }

std::optional<iio::Result<std::size_t>> File::show_at_once(char *) const { return std::nullopt; }

iio::Result<std::size_t> File::store(std::string_view, const Request &) const
{
    return iio::fail(EIO);
}

std::shared_ptr<Queue> File::queue_for(std::string_view) const
{
    return queue() ? queue()->shared_from_this() : nullptr;
}

} // namespace iiofs
