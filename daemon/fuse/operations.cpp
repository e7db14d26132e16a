// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/fuse/operations.hpp>
#include <sys/statvfs.h>
#include <utility>

namespace iiofs {

namespace {

// As long as nothing is said; the kernel is told of each change.
constexpr double timeout_s = 86'400;
// sysfs refuses what does not fit 31 bit, see MAX_NON_LFS.
constexpr off_t largest_size = 0x7fff'ffff;

void reply(fuse_req_t request, const iio::Result<void> &result)
{
    fuse_reply_err(request, result ? 0 : presentable(result.error()));
}

fuse_entry_param entry_of(const Node &node)
{
    fuse_entry_param entry{};
    entry.ino = node.id();
    entry.attr = node.status();
    entry.attr_timeout = entry.entry_timeout = timeout_s;
    return entry;
}

void init(void *userdata, fuse_conn_info *connection)
{
    const unsigned wanted = FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_PARALLEL_DIROPS |
                            FUSE_CAP_READDIRPLUS | FUSE_CAP_IOCTL_DIR;
    // With it the kernel takes a truncated file for empty until it looks again.
    const unsigned unwanted = FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_READDIRPLUS_AUTO;
    connection->max_write = std::min(connection->max_write, longest_write);
    connection->want = (connection->want | (wanted & connection->capable)) & ~unwanted;
    static_cast<Session *>(userdata)->start();
}

void lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    Tree &tree = tree_of(request);
    const NodeRef directory = tree.pin(parent);
    const NodeRef node = directory ? tree.find(*directory, name) : NodeRef{};
    if (!node) {
        // Not remembered: the name may come at any time.
        fuse_reply_err(request, ENOENT);
        return;
    }
    const auto entry = entry_of(*node);
    tree.hold(*node);
    if (fuse_reply_entry(request, &entry) != 0)
        tree.forget(node->id(), 1);
}

void forget(fuse_req_t request, fuse_ino_t id, std::uint64_t lookups)
{
    tree_of(request).forget(id, lookups);
    fuse_reply_none(request);
}

void forget_multi(fuse_req_t request, std::size_t count, fuse_forget_data *forgets)
{
    for (std::size_t i = 0; i < count; ++i)
        tree_of(request).forget(forgets[i].ino, forgets[i].nlookup);
    fuse_reply_none(request);
}

void getattr(fuse_req_t request, fuse_ino_t id, fuse_file_info *)
{
    const NodeRef node = tree_of(request).pin(id);
    if (!node) {
        fuse_reply_err(request, ESTALE);
        return;
    }
    const struct stat status = node->status();
    fuse_reply_attr(request, &status, timeout_s);
}

/// The size stays what it is, the rest is kept, as in sysfs.
void setattr(fuse_req_t request, fuse_ino_t id, struct stat *wanted, int which,
             fuse_file_info *file)
{
    const NodeRef node = tree_of(request).pin(id);
    if (!node) {
        fuse_reply_err(request, ESTALE);
        return;
    }
    if ((which & FUSE_SET_ATTR_SIZE) && wanted->st_size > largest_size) {
        fuse_reply_err(request, EFBIG);
        return;
    }
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    constexpr int kept = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID |
                         FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME;
    node->change_status([&](struct stat &status) {
        if (which & FUSE_SET_ATTR_MODE)
            status.st_mode = (status.st_mode & S_IFMT) | (wanted->st_mode & 07777U);
        if (which & FUSE_SET_ATTR_UID)
            status.st_uid = wanted->st_uid;
        if (which & FUSE_SET_ATTR_GID)
            status.st_gid = wanted->st_gid;
        if (which & FUSE_SET_ATTR_ATIME)
            status.st_atim = which & FUSE_SET_ATTR_ATIME_NOW ? now : wanted->st_atim;
        if (which & FUSE_SET_ATTR_MTIME)
            status.st_mtim = which & FUSE_SET_ATTR_MTIME_NOW ? now : wanted->st_mtim;
        if (which & kept)
            status.st_ctim = now;
    });
    constexpr int access = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID;
    if (which & access)
        tree_of(request).keep_access(*node);
    getattr(request, id, file);
}

void readlink(fuse_req_t request, fuse_ino_t id)
{
    const NodeRef node = tree_of(request).pin(id);
    if (node && node->link())
        fuse_reply_readlink(request, node->link()->target().c_str());
    else
        fuse_reply_err(request, node ? EINVAL : ESTALE);
}

/// What a directory makes of it, where it makes anything; sysfs refuses it.
void mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t)
{
    Tree &tree = tree_of(request);
    const NodeRef above = tree.pin(parent);
    const Directory *const directory = above ? above->directory() : nullptr;
    if (!directory || !directory->controls) {
        fuse_reply_err(request, EPERM);
        return;
    }
    const Request origin = origin_of(request);
    if (mount_of(request).keep.changed_before(origin)) {
        lookup(request, parent, name);
        return;
    }
    if (const auto made = directory->controls->make(name, origin); !made) {
        reply_error(request, made.error());
        return;
    }
    lookup(request, parent, name);
}

void rmdir(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    const NodeRef above = tree_of(request).pin(parent);
    const Directory *const directory = above ? above->directory() : nullptr;
    const Request origin = origin_of(request);
    if (mount_of(request).keep.changed_before(origin))
        fuse_reply_err(request, 0);
    else if (directory && directory->controls)
        reply(request, directory->controls->remove(name, origin));
    else
        fuse_reply_err(request, EPERM);
}

void opendir(fuse_req_t request, fuse_ino_t id, fuse_file_info *file)
{
    const Mount &mount = mount_of(request);
    const Request origin = origin_of(request);
    if (const auto before = mount.keep.opened_before(id, origin)) {
        file->fh = *before;
        fuse_reply_open(request, file);
        return;
    }
    auto opened = Handle::open_directory(mount.tree.pin(id), mount.keep, origin);
    if (!opened) {
        reply_error(request, opened.error());
        return;
    }
    file->fh = mount.handles.add(std::move(*opened));
    if (fuse_reply_open(request, file) != 0)
        mount.handles.release(file->fh);
}

void releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info *file)
{
    mount_of(request).handles.release(file->fh);
    fuse_reply_err(request, 0);
}

/// The reply of readdir: entries as the kernel wants them, as many as there is
/// room for.
class ListingReply {
public:
    ListingReply(fuse_req_t request, std::size_t size) : request_{request}, buffer_(size) {}

    /// False: it is full.
    [[nodiscard]] bool add(const Entry &entry, off_t next)
    {
        struct stat status {};
        status.st_ino = NodeTable::index_of(entry.id);
        status.st_mode = entry.type;
        return took(
            fuse_add_direntry(request_, place(), room(), entry.name.c_str(), &status, next));
    }

    /// With the node's attributes; the kernel looks it up thereby.
    [[nodiscard]] bool add_with_attributes(const Entry &entry, off_t next)
    {
        const NodeRef node = tree_.pin(entry.id);
        const bool is_name = entry.name != "." && entry.name != "..";
        fuse_entry_param param{};
        if (node && is_name && !node->is_removed())
            param = entry_of(*node);
        param.attr.st_ino = NodeTable::index_of(entry.id);
        param.attr.st_mode |= entry.type;
        if (!took(fuse_add_direntry_plus(request_, place(), room(), entry.name.c_str(), &param,
                                         next)))
            return false;
        if (param.ino != 0) {
            tree_.hold(*node);
            held_.push_back(param.ino);
        }
        return true;
    }

    void send()
    {
        if (fuse_reply_buf(request_, buffer_.data(), used_) != 0) {
            for (const NodeId id : held_)
                tree_.forget(id, 1);
        }
    }

private:
    [[nodiscard]] char *place() { return buffer_.data() + used_; }
    [[nodiscard]] std::size_t room() const { return buffer_.size() - used_; }
    [[nodiscard]] bool took(std::size_t length)
    {
        if (length > room())
            return false;
        used_ += length;
        return true;
    }

    fuse_req_t request_;
    Tree &tree_ = tree_of(request_); ///< the request is gone after its reply
    std::vector<char> buffer_;
    std::size_t used_ = 0;
    std::vector<NodeId> held_;
};

template <bool with_attributes>
void readdir(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info *file)
{
    const auto handle = mount_of(request).handles.find(file->fh);
    if (!handle || !handle->listing) {
        fuse_reply_err(request, ESTALE);
        return;
    }
    Listing &open = *handle->listing;
    ListingReply reply{request, size};
    {
        const std::lock_guard lock{open.mutex};
        // Of one that the server before began the place counts.
        if (offset == 0 || !std::exchange(open.begun, true))
            open.entries = tree_of(request).list(*handle->node);
        for (auto i = static_cast<std::size_t>(offset); i < open.entries.size(); ++i) {
            const auto next = static_cast<off_t>(i + 1);
            if (with_attributes ? !reply.add_with_attributes(open.entries[i], next)
                                : !reply.add(open.entries[i], next))
                break;
        }
    }
    reply.send();
}

void statfs(fuse_req_t request, fuse_ino_t)
{
    struct statvfs status {};
    status.f_bsize = status.f_frsize = static_cast<unsigned long>(kernel_page_size());
    status.f_namemax = 255;
    fuse_reply_statfs(request, &status);
}

void setxattr(fuse_req_t request, fuse_ino_t id, const char *name, const char *value,
              std::size_t size, int flags)
{
    const NodeRef node = tree_of(request).pin(id);
    reply(request, node ? node->set_xattr(name, {value, size}, flags) : iio::fail(ESTALE));
}

/// Answers with the text, or its length where the kernel asks for that.
void reply_text(fuse_req_t request, std::string_view text, std::size_t size)
{
    if (size == 0)
        fuse_reply_xattr(request, text.size());
    else if (text.size() > size)
        fuse_reply_err(request, ERANGE);
    else
        fuse_reply_buf(request, text.data(), text.size());
}

void getxattr(fuse_req_t request, fuse_ino_t id, const char *name, std::size_t size)
{
    const NodeRef node = tree_of(request).pin(id);
    const auto value = node ? node->xattr(name) : iio::fail(ESTALE);
    if (value)
        reply_text(request, *value, size);
    else
        reply_error(request, value.error());
}

void listxattr(fuse_req_t request, fuse_ino_t id, std::size_t size)
{
    const NodeRef node = tree_of(request).pin(id);
    reply_text(request, node ? node->xattr_names() : std::string{}, size);
}

void removexattr(fuse_req_t request, fuse_ino_t id, const char *name)
{
    const NodeRef node = tree_of(request).pin(id);
    reply(request, node ? node->remove_xattr(name) : iio::fail(ESTALE));
}

/// Of Session::ask().
void retrieve_reply(fuse_req_t request, void *, fuse_ino_t, off_t, fuse_bufvec *)
{
    auto &session = *static_cast<Session *>(fuse_req_userdata(request));
    fuse_reply_none(request);
    session.answer_asked();
}

} // namespace

const fuse_lowlevel_ops &session_operations()
{
    static const fuse_lowlevel_ops operations = [] {
        fuse_lowlevel_ops ops{};
        ops.init = init;
        ops.lookup = fenced_and_noted<lookup>;
        ops.forget = fenced_unanswered<forget>;
        ops.forget_multi = fenced_unanswered<forget_multi>;
        ops.getattr = fenced_and_noted<getattr>;
        ops.setattr = fenced_and_noted<setattr>;
        ops.readlink = fenced_and_noted<readlink>;
        add_file_operations(ops);
        ops.opendir = fenced_and_noted<opendir>;
        ops.readdir = fenced_and_noted<readdir<false>>;
        ops.readdirplus = fenced_and_noted<readdir<true>>;
        ops.releasedir = fenced_and_noted<releasedir>;
        ops.statfs = fenced_and_noted<statfs>;
        ops.setxattr = fenced_and_noted<setxattr>;
        ops.getxattr = fenced_and_noted<getxattr>;
        ops.listxattr = fenced_and_noted<listxattr>;
        ops.removexattr = fenced_and_noted<removexattr>;
        ops.retrieve_reply = fenced_unanswered<retrieve_reply>;

        // What sysfs refuses. Without these libfuse would say ENOSYS. Where that
        // is right there is nothing here: fsync and access succeed then, flock
        // and record locks are the kernel's own business, lseek knows the size,
        // fallocate and copy_file_range are not supported.
        ops.create = refuse<EACCES>;
        ops.mknod = refuse<EPERM>;
        ops.mkdir = fenced_and_noted<mkdir>;
        ops.unlink = refuse<EPERM>;
        ops.rmdir = fenced_and_noted<rmdir>;
        ops.symlink = refuse<EPERM>;
        ops.rename = refuse<EPERM>;
        ops.link = refuse<EPERM>;
        ops.fsyncdir = refuse<EINVAL>;
        // Once, and close() asks no more.
        ops.flush = refuse<ENOSYS>;
        return ops;
    }();
    return operations;
}

} // namespace iiofs
