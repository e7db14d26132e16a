// SPDX-License-Identifier: MIT
//
// The operations of open files: attributes, and the streams of dev/.
#include <array>
#include <chrono>
#include <cstring>
#include <daemon/fuse/attribute_requests.hpp>
#include <daemon/fuse/operations.hpp>
#include <daemon/fuse/parked_request.hpp>
#include <daemon/work/queue.hpp>
#include <fcntl.h>
#include <functional>
#include <linux/fuse.h>
#include <memory>
#include <poll.h>
#include <thread>
#include <utility>

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

/// Answers an open with what came of it.
void finish_open(fuse_req_t request, const Mount &mount, iio::Result<Handle> opened,
                 fuse_file_info file, bool is_stream)
{
    if (!opened) {
        reply_error(request, opened.error());
        return;
    }
    file.fh = mount.handles.add(std::move(*opened));
    if (reply_open(request, file, is_stream) != 0)
        mount.handles.release(file.fh);
}

/// A request that waits for its turn in a queue, without a thread.
class WaitingRequest : public ParkedRequest, public Job {
public:
    WaitingRequest(fuse_req_t request, std::shared_ptr<Queue> queue)
        : ParkedRequest{request, mount_of(request).parking}, queue_{std::move(queue)}
    {
    }

    void post()
    {
        if (park())
            queue_->post(std::static_pointer_cast<WaitingRequest>(shared_from_this()));
    }
    void drop(int error) final
    {
        if (take_reply())
            fuse_reply_err(request(), error);
    }
    bool give_up() final
    {
        (void)queue_->cancel(*this);
        return true;
    }

private:
    const std::shared_ptr<Queue> queue_;
};

/// An open of a stream that another client has. close() returns before we are told of it: a
/// client that opens the file again right afterwards would get EBUSY, so this waits a moment.
class OpenRequest final : public WaitingRequest {
public:
    OpenRequest(fuse_req_t request, NodeId id, const fuse_file_info &file,
                std::shared_ptr<Queue> queue)
        : WaitingRequest{request, std::move(queue)},
          mount_{mount_of(request)},
          origin_{origin_of(request)},
          id_{id},
          file_{file}
    {
    }

    /// All opens wait in one queue, so that they take one thread; one that has waited there
    /// long enough tries just once more.
    void run(const Jobs &) override
    {
        try {
            open_when_free();
        } catch (...) {
            drop(log_exception());
        }
    }

private:
    void open_when_free()
    {
        auto opened = open();
        while (!opened && opened.error().value() == EBUSY && !is_answered() &&
               std::chrono::steady_clock::now() < until_) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
            opened = open();
        }
        if (take_reply())
            finish_open(request(), mount_, std::move(opened), file_, true);
    }

    [[nodiscard]] iio::Result<Handle> open() const
    {
        const Serving serving{mount_.keep, origin_, id_};
        if (serving.is_refused())
            return iio::fail(EIO);
        return Handle::open(mount_.tree.pin(id_), file_.flags, mount_.keep, origin_);
    }

    const Mount &mount_;
    const Request origin_;
    const NodeId id_;
    const fuse_file_info file_;
    const std::chrono::steady_clock::time_point until_ =
        std::chrono::steady_clock::now() + std::chrono::milliseconds{100};
};

/// A request of a stream that the server before had open, whose device is expected: it is served
/// when its chip was probed, whatever came of it.
class LaterRequest final : public WaitingRequest {
public:
    using Serve = std::function<void(const std::shared_ptr<Handle> &open)>;

    LaterRequest(fuse_req_t request, std::uint64_t number, std::shared_ptr<Queue> queue,
                 Serve serve)
        : WaitingRequest{request, std::move(queue)},
          handles_{mount_of(request).handles},
          number_{number},
          serve_{std::move(serve)}
    {
    }

    void run(const Jobs &) override
    {
        if (take_reply())
            serve_(handles_.find(number_));
    }

private:
    Handles &handles_;
    const std::uint64_t number_;
    const Serve serve_;
};

/// Calls `serve` with what is open; null: nothing, or it cannot be read any more.
template <class Serve> void with_open(fuse_req_t request, const fuse_file_info *file, Serve serve)
{
    const auto open = handle(request, file);
    auto queue = open ? nullptr : mount_of(request).handles.waits_in(file->fh);
    if (queue)
        std::make_shared<LaterRequest>(request, file->fh, std::move(queue), serve)->post();
    else
        serve(open);
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
    auto queue = is_stream ? node->stream()->opens() : nullptr;
    auto opened = Handle::open(std::move(node), file->flags, mount.keep, origin);
    if (queue && !opened && opened.error().value() == EBUSY)
        std::make_shared<OpenRequest>(request, id, *file, std::move(queue))->post();
    else
        finish_open(request, mount, std::move(opened), *file, is_stream);
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info *file)
{
    mount_of(request).handles.release(file->fh);
    fuse_reply_err(request, 0);
}

void read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info *file)
{
    // What a read of a stream goes on with does not wait for more.
    const bool nonblocking = (file->flags & O_NONBLOCK) || offset > 0;
    const Request origin = origin_of(request);
    with_open(request, file, [=](const std::shared_ptr<Handle> &open) {
        if (open && open->file)
            read_attribute(request, open, size, offset);
        else if (open && open->stream)
            mount_of(request).streams.read(request, {open, open->stream.get()}, size, nonblocking,
                                           {&open->kept, origin});
        else
            fuse_reply_err(request, ENODEV);
    });
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
    with_open(request, file, [=](const std::shared_ptr<Handle> &open) {
        if (open && open->stream) {
            mount_of(request).streams.poll(request, *open->stream, wakeup);
            return;
        }
        // No attribute tells of news by itself, so nobody is woken later.
        if (wakeup)
            fuse_pollhandle_destroy(wakeup);
        fuse_reply_poll(request, open && open->file ? open->file->poll() : POLLERR | POLLHUP);
    });
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
    operations.open = fenced_and_noted<open>;
    operations.read = fenced<read>;
    operations.write = fenced<write>;
    operations.poll = fenced_and_noted<poll>;
    operations.ioctl = fenced_and_noted<ioctl>;
    operations.release = fenced_and_noted<release>;
}

} // namespace iiofs
