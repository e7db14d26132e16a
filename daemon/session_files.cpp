// SPDX-License-Identifier: MIT
//
// The operations of open files: attributes, and the streams of dev/.
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <daemon/interruptible_request.hpp>
#include <daemon/open_file.hpp>
#include <daemon/session_reply.hpp>
#include <fcntl.h>
#include <linux/fuse.h>
#include <thread>
#include <utility>

namespace iiofs {

namespace {

/// A file between open and release: one of the two. A request keeps a copy: a
/// client that a signal took out of it may close the file while the worker still
/// waits for the bus.
struct Handle {
    std::shared_ptr<OpenFile> file;
    std::shared_ptr<OpenStream> stream;
};

Handle *handle(const fuse_file_info *file)
{
    return std::bit_cast<Handle *>(static_cast<std::uintptr_t>(file->fh));
}

/// close() does not wait until we know of it: who opens the file right after it
/// would be told that it is in use.
iio::Result<std::unique_ptr<OpenStream>> open_when_released(const OpenFunction &open)
{
    auto opened = open();
    for (int tries = 0; tries < 100 && !opened && opened.error().value() == EBUSY; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
        opened = open();
    }
    return opened;
}

iio::Result<Handle> open_node(NodeRef node, int flags)
{
    if (!node || !node->stream())
        return Handle{IIO_TRY(OpenFile::open(std::move(node), flags)), nullptr};
    if (node->is_removed())
        return iio::fail(ESTALE);
    return Handle{nullptr, IIO_TRY(open_when_released(node->stream()->open))};
}

/// A stream has no position, as the kernel's has none that counts (FOPEN_STREAM,
/// since Linux 5.2). So the requests that a long read is cut into are told from
/// reads of their own, and threads that read one file do not wait for each other.
int reply_open(fuse_req_t request, const fuse_file_info &file, const Handle &opened)
{
    if (!opened.stream)
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
    auto opened = open_node(tree_of(request).pin(id), file->flags);
    if (!opened) {
        reply_error(request, opened.error());
        return;
    }
    auto kept = std::make_unique<Handle>(std::move(*opened));
    file->fh = reinterpret_cast<std::uintptr_t>(kept.get());
    file->direct_io = 1;
    file->noflush = 1;
    if (reply_open(request, *file, *kept) == 0)
        (void)kept.release(); // to release()
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info *file)
{
    delete handle(file);
    fuse_reply_err(request, 0);
}

void read_file(fuse_req_t request, OpenFile &file, std::size_t size, off_t offset)
{
    InterruptibleRequest reader{request};
    char page[IIO_PAGE_SIZE];
    const auto text = reader.is_interrupted() ? iio::fail(EINTR) : file.read(offset, size, page);
    if (!reader.claim())
        return;
    if (text)
        fuse_reply_buf(request, text->data(), text->size());
    else
        reply_error(request, text.error());
}

void read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info *file)
{
    const Handle open = *handle(file);
    if (open.file)
        read_file(request, *open.file, size, offset);
    else // what a read goes on with does not wait for more
        session_of(request).streams().read(request, *open.stream, size,
                                           (file->flags & O_NONBLOCK) || offset > 0);
}

/// Not interruptible: who is told EINTR takes the value for not written.
void write(fuse_req_t request, fuse_ino_t, const char *text, std::size_t size, off_t,
           fuse_file_info *file)
{
    const Handle open = *handle(file);
    if (!open.file) {
        fuse_reply_err(request, EINVAL);
        return;
    }
    const auto taken = open.file->write({text, size});
    // Who writes to new_device finds the device when the write returns.
    session_of(request).notifier().run_after_posted([request, taken] {
        if (taken)
            fuse_reply_write(request, *taken);
        else
            reply_error(request, taken.error());
    });
}

void poll(fuse_req_t request, fuse_ino_t, fuse_file_info *file, fuse_pollhandle *wakeup)
{
    const Handle open = *handle(file);
    if (open.stream) {
        session_of(request).streams().poll(request, *open.stream, wakeup);
        return;
    }
    // No attribute tells of news by itself, so nobody is woken later.
    if (wakeup)
        fuse_pollhandle_destroy(wakeup);
    fuse_reply_poll(request, open.file->poll());
}

/// The kernel's node has ioctls that return descriptors, which no FUSE file can:
/// clients fall back, or iiofs run answers for us. An attribute knows none.
void ioctl(fuse_req_t request, fuse_ino_t, unsigned, void *, fuse_file_info *file, unsigned flags,
           const void *, std::size_t, std::size_t)
{
    const bool is_stream = !(flags & FUSE_IOCTL_DIR) && handle(file)->stream;
    fuse_reply_err(request, is_stream ? ENODEV : ENOTTY);
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
