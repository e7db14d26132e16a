// SPDX-License-Identifier: MIT
//
// The operations of open files: attributes, and the streams of dev/.
#include <array>
#include <cstring>
#include <daemon/fuse/attribute_requests.hpp>
#include <daemon/fuse/operations.hpp>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>

namespace iiofs {

namespace {

std::shared_ptr<Handle> handle(fuse_req_t request, const fuse_file_info *file)
{
    return mount_of(request).handles.find(file->fh);
}

/// A stream has no position, as the kernel's has none that counts (FOPEN_STREAM,
/// since Linux 5.2). So the requests that a long read is cut into are told from
/// reads of their own, and threads that read one file do not wait for each other.
int reply_open(fuse_req_t request, const fuse_file_info &file, bool is_stream)
{
    if (!is_stream)
        return fuse_reply_open(request, &file);
    // libfuse 3.14 does not know the flag.
    fuse_open_out answer{};
    answer.fh = file.fh;
    answer.open_flags = FOPEN_DIRECT_IO | FOPEN_NOFLUSH | FOPEN_STREAM;
    std::array<char, sizeof answer> bytes;
    std::memcpy(bytes.data(), &answer, sizeof answer);
    return fuse_reply_buf(request, bytes.data(), bytes.size());
}

void open(fuse_req_t request, fuse_ino_t id, fuse_file_info *file)
{
    const Mount &mount = mount_of(request);
    NodeRef node = mount.tree.pin(id);
    const Request origin = origin_of(request);
    const bool is_stream = node && node->stream();
    file->direct_io = 1;
    file->noflush = 1;
    if (const auto before = mount.keep.opened_before(id, origin)) {
        file->fh = *before;
        reply_open(request, *file, is_stream);
        return;
    }
    auto opened = Handle::open(std::move(node), file->flags, mount.keep, origin);
    if (!opened) {
        reply_error(request, opened.error());
        return;
    }
    file->fh = mount.handles.add(std::move(*opened));
    if (reply_open(request, *file, is_stream) != 0)
        mount.handles.release(file->fh);
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info *file)
{
    mount_of(request).handles.release(file->fh);
    fuse_reply_err(request, 0);
}

void read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info *file)
{
    const auto open = handle(request, file);
    if (open && open->file)
        read_attribute(request, open, size, offset);
    else if (open && open->stream) // what a read goes on with does not wait for more
        mount_of(request).streams.read(request, *open->stream, size,
                                       (file->flags & O_NONBLOCK) || offset > 0);
    else
        fuse_reply_err(request, ENODEV);
}

void write(fuse_req_t request, fuse_ino_t, const char *text, std::size_t size, off_t,
           fuse_file_info *file)
{
    const auto open = handle(request, file);
    if (open && open->file)
        write_attribute(request, open, {text, size});
    else
        fuse_reply_err(request, open && open->stream ? EINVAL : ENODEV);
}

void poll(fuse_req_t request, fuse_ino_t, fuse_file_info *file, fuse_pollhandle *wakeup)
{
    const auto open = handle(request, file);
    if (open && open->stream) {
        mount_of(request).streams.poll(request, *open->stream, wakeup);
        return;
    }
    // No attribute tells of news by itself, so nobody is woken later.
    if (wakeup)
        fuse_pollhandle_destroy(wakeup);
    fuse_reply_poll(request, open && open->file ? open->file->poll() : POLLERR | POLLHUP);
}

/// The kernel's node has ioctls that return descriptors, which no FUSE file can:
/// clients fall back, or iiofs run answers for us. An attribute knows none.
void ioctl(fuse_req_t request, fuse_ino_t, unsigned, void *, fuse_file_info *file, unsigned flags,
           const void *, std::size_t, std::size_t)
{
    const auto open = flags & FUSE_IOCTL_DIR ? nullptr : handle(request, file);
    fuse_reply_err(request, open && open->stream ? ENODEV : ENOTTY);
}

} // namespace

void add_file_operations(fuse_lowlevel_ops &operations)
{
    operations.open = open;
    operations.read = read;
    operations.write = write;
    operations.poll = poll;
    operations.ioctl = ioctl;
    operations.release = release;
}

} // namespace iiofs
