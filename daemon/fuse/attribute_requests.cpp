// SPDX-License-Identifier: MIT
#include <cstring>
#include <daemon/fuse/attribute_requests.hpp>
#include <daemon/fuse/operations.hpp>
#include <daemon/fuse/parked_request.hpp>
#include <daemon/takeover/serving.hpp>
#include <daemon/work/queue.hpp>
#include <optional>
#include <string>
#include <utility>

namespace iiofs {

namespace {

void reply_read(fuse_req_t request, const iio::Result<std::string_view> &text)
{
    if (text)
        fuse_reply_buf(request, text->data(), text->size());
    else
        reply_error(request, text.error());
}

/// Who writes to new_device finds the device when the write returns.
void reply_write(fuse_req_t request, const Mount &mount, iio::Result<std::size_t> taken)
{
    mount.notifier.run_after_posted([request, taken] {
        if (taken)
            fuse_reply_write(request, *taken);
        else
            reply_error(request, taken.error());
    });
}

/// What is answered; from the keep if the server before has done it.
iio::Result<std::size_t> write_once(OpenFile &file, Keep &keep, std::string_view text,
                                    const Request &request)
{
    if (const auto written = file.kept().written(request)) {
        if (*written < 0)
            return iio::fail(static_cast<int>(-*written));
        return static_cast<std::size_t>(*written);
    }
    if (keep.changed_before(request))
        return text.size();
    const Serving serving{file.kept(), request};
    if (serving.is_refused())
        return iio::fail(EIO);
    if (file.content().is_order())
        file.kept().set_order_begun(request);
    const auto taken = file.write(text, request);
    file.kept().set_written(taken ? static_cast<std::int64_t>(*taken) : -taken.error().value(),
                            request);
    return taken;
}

/// Waits for its turn at a chip.
class QueuedRequest : public ParkedRequest, public Job {
public:
    QueuedRequest(fuse_req_t request, std::shared_ptr<Handle> open, std::shared_ptr<Queue> queue,
                  const void *subject)
        : ParkedRequest{request, mount_of(request).parking},
          Job{subject},
          mount_{mount_of(request)},
          origin_{origin_of(request)},
          open_{std::move(open)},
          queue_{std::move(queue)}
    {
    }

    void drop(int error) override
    {
        if (take_reply())
            fuse_reply_err(request(), error);
    }

    /// Once, with the request that the pointer is of.
    static void post(const std::shared_ptr<QueuedRequest> &queued)
    {
        if (queued->park())
            queued->queue_->post(queued);
    }

protected:
    [[nodiscard]] const Mount &mount() const { return mount_; }
    [[nodiscard]] const Request &origin() const { return origin_; }
    [[nodiscard]] OpenFile &file() const { return *open_->file; }
    [[nodiscard]] bool cancel() { return queue_->cancel(*this); }

private:
    const Mount &mount_;
    const Request origin_;
    const std::shared_ptr<Handle> open_;
    const std::shared_ptr<Queue> queue_;
};

class ReadRequest final : public QueuedRequest {
public:
    ReadRequest(fuse_req_t request, std::shared_ptr<Handle> open, const File &file,
                std::size_t size, off_t offset)
        : QueuedRequest{request, std::move(open), file.queue()->shared_from_this(), &file},
          file_{file},
          size_{size},
          offset_{offset}
    {
    }

    /// One conversion for all, each of which has a text of its own.
    void run(const Jobs &together) override
    {
        char text[IIO_PAGE_SIZE];
        std::optional<iio::Result<std::size_t>> shown;
        // What kills the server is one conversion, for whichever of them it is done.
        if (begin(together))
            shown = iio::fail(EIO);
        const Show show_once = [&](char *page) -> iio::Result<std::size_t> {
            if (!shown)
                shown = file_.is_quick.measure([&] { return file_.show(text); });
            const auto length = IIO_TRY(*shown);
            std::memcpy(page, text, std::min<std::size_t>(length, IIO_PAGE_SIZE));
            return length;
        };
        for (const auto &job : together)
            static_cast<ReadRequest &>(*job).answer(show_once);
        for (const auto &job : together)
            static_cast<ReadRequest &>(*job).serving_.reset();
    }

    bool give_up() override
    {
        (void)cancel();
        return true; // one that has begun goes on, and its result is for nobody
    }

private:
    /// From here on each is being served. True: one of them is refused.
    [[nodiscard]] static bool begin(const Jobs &together)
    {
        bool is_refused = false;
        for (const auto &job : together) {
            auto &read = static_cast<ReadRequest &>(*job);
            read.serving_.emplace(read.file().kept(), read.origin());
            is_refused |= read.serving_->is_refused();
        }
        return is_refused;
    }

    void answer(const Show &show)
    {
        if (is_answered())
            return;
        char page[IIO_PAGE_SIZE];
        const auto text = file().read(offset_, size_, page, origin(), show);
        if (take_reply())
            reply_read(request(), text);
    }

    const File &file_;
    const std::size_t size_;
    const off_t offset_;
    std::optional<Serving> serving_; ///< while it runs
};

class WriteRequest final : public QueuedRequest {
public:
    WriteRequest(fuse_req_t request, std::shared_ptr<Handle> open, std::shared_ptr<Queue> queue,
                 std::string_view text)
        : QueuedRequest{request, std::move(open), std::move(queue), nullptr}, text_{text}
    {
    }

    void run(const Jobs &) override
    {
        const auto taken = write_once(file(), mount().keep, text_, origin());
        if (take_reply())
            reply_write(request(), mount(), taken);
    }

    /// Who is told EINTR takes the value for not written.
    bool give_up() override { return cancel() || file().content().withdraw(origin()); }

private:
    const std::string text_;
};

/// False: it has to wait for its turn.
bool read_at_once(fuse_req_t request, OpenFile &file, std::size_t size, off_t offset)
{
    const Request origin = origin_of(request);
    const Serving serving{file.kept(), origin};
    if (serving.is_refused()) {
        fuse_reply_err(request, EIO);
        return true;
    }
    char page[IIO_PAGE_SIZE];
    const auto text = file.read_at_once(offset, size, page, origin);
    if (text)
        reply_read(request, *text);
    return text.has_value();
}

} // namespace

void read_attribute(fuse_req_t request, std::shared_ptr<Handle> open, std::size_t size,
                    off_t offset)
{
    if (read_at_once(request, *open->file, size, offset))
        return;
    const File &file = open->file->content();
    QueuedRequest::post(
        std::make_shared<ReadRequest>(request, std::move(open), file, size, offset));
}

void write_attribute(fuse_req_t request, std::shared_ptr<Handle> open, std::string_view text)
{
    const File &file = open->file->content();
    auto queue = file.queue_for(text);
    if (!queue) {
        const Mount &mount = mount_of(request);
        reply_write(request, mount, write_once(*open->file, mount.keep, text, origin_of(request)));
        return;
    }
    QueuedRequest::post(
        std::make_shared<WriteRequest>(request, std::move(open), std::move(queue), text));
}

} // namespace iiofs
