// SPDX-License-Identifier: MIT
#include <array>
#include <core/waiters.hpp>
#include <daemon/fuse/parked_request.hpp>
#include <daemon/fuse/stream_requests.hpp>
#include <daemon/takeover/serving.hpp>
#include <daemon/work/queue.hpp>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/uio.h>
#include <utility>

namespace iiofs {

namespace {

using Origin = StreamRequests::Origin;

/// The scans go from the buffer to the kernel without another copy.
bool reply_pieces(fuse_req_t request, std::span<const std::uint8_t> first,
                  std::span<const std::uint8_t> second)
{
    const auto piece = [](std::span<const std::uint8_t> bytes) {
        return iovec{const_cast<std::uint8_t *>(bytes.data()), bytes.size()};
    };
    const std::array pieces{piece(first), piece(second)};
    return fuse_reply_iov(request, pieces.data(), second.empty() ? 1 : 2) == 0;
}

/// A read: it is answered at once, or it is parked at the stream and answered by who fills that.
class StreamRead final : public ParkedRequest, public iio::core::Waiter, public Job {
public:
    StreamRead(fuse_req_t request, Parking &parking, std::shared_ptr<OpenStream> stream,
               std::size_t size, bool nonblocking, const Origin &origin)
        : ParkedRequest{request, parking},
          origin_{origin},
          stream_{std::move(stream)},
          size_{size},
          nonblocking_{nonblocking},
          queue_{stream_->fetches_on(size, nonblocking)}
    {
    }

    static void begin(const std::shared_ptr<StreamRead> &read)
    {
        if (!read->park())
            return;
        if (read->queue_)
            read->queue_->post(read);
        else
            read->run({});
    }

    void run(const Jobs &) override
    {
        std::optional<Serving> serving;
        if (origin_.record)
            serving.emplace(*origin_.record, origin_.request);
        if (serving && serving->is_refused()) {
            drop(EIO);
            return;
        }
        if (queue_)
            stream_->fetch(size_);
        look();
    }
    void drop(int error) override
    {
        if (take_reply())
            fuse_reply_err(request(), error);
    }
    void woken() override { look(); }

    bool give_up() override
    {
        if (queue_)
            (void)queue_->cancel(*this);
        stream_->leave(*this);
        return true;
    }
    bool is_of_stream() const override { return true; }

private:
    void look()
    {
        if (is_answered())
            return;
        const auto shared = std::static_pointer_cast<StreamRead>(shared_from_this());
        bool delivered = false;
        const auto read = stream_->read(size_, nonblocking_, shared, [&](auto first, auto second) {
            delivered = true;
            return take_reply() && reply_pieces(request(), first, second);
        });
        if (!read && take_reply())
            reply_error(request(), read.error());
        // Who answered it meanwhile did not find it parked.
        if (read && !delivered && is_answered())
            stream_->leave(*this);
    }

    const Origin origin_;
    const std::shared_ptr<OpenStream> stream_;
    const std::size_t size_;
    const bool nonblocking_;
    const std::shared_ptr<Queue> queue_; ///< null: the chip has nothing to be fetched
};

} // namespace

struct StreamRequests::State {
    std::mutex mutex;
    bool ended = false;
};

StreamRequests::StreamRequests(Parking &parking)
    : parking_{parking}, state_{std::make_shared<State>()}
{
}

void StreamRequests::read(fuse_req_t request, std::shared_ptr<OpenStream> stream, std::size_t size,
                          bool nonblocking, const Origin &origin)
{
    StreamRead::begin(std::make_shared<StreamRead>(request, parking_, std::move(stream), size,
                                                   nonblocking, origin));
}

void StreamRequests::poll(fuse_req_t request, OpenStream &stream, fuse_pollhandle *wakeup)
{
    std::function<void()> listener;
    if (wakeup) {
        const std::shared_ptr<fuse_pollhandle> client{wakeup, fuse_pollhandle_destroy};
        // It may be called when the session, which the client's handle points to,
        // is gone: the device outlives it.
        listener = [state = state_, client] {
            const std::lock_guard lock{state->mutex};
            if (!state->ended)
                fuse_lowlevel_notify_poll(client.get());
        };
    }
    const bool ready = stream.poll(std::move(listener));
    fuse_reply_poll(request, ready ? POLLIN | POLLRDNORM : 0);
}

void StreamRequests::end()
{
    {
        const std::lock_guard lock{state_->mutex};
        state_->ended = true;
    }
    parking_.end_streams();
}

} // namespace iiofs
