// SPDX-License-Identifier: MIT
#include <array>
#include <daemon/fuse/interruptible_request.hpp>
#include <daemon/fuse/stream_requests.hpp>
#include <mutex>
#include <poll.h>
#include <set>
#include <sys/uio.h>
#include <utility>

namespace iiofs {

namespace {

using iio::core::Cancellation;

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

} // namespace

struct StreamRequests::State {
    std::mutex mutex;
    bool ended = false;
    std::set<std::shared_ptr<Cancellation>> waits;
};

/// A read that may wait: it ends at the latest with the session.
class StreamRequests::Wait {
public:
    explicit Wait(State &state) : state_{state}
    {
        const std::lock_guard lock{state_.mutex};
        if (state_.ended)
            cancellation_->cancel();
        state_.waits.insert(cancellation_);
    }
    Wait(const Wait &) = delete;
    Wait &operator=(const Wait &) = delete;
    ~Wait()
    {
        const std::lock_guard lock{state_.mutex};
        state_.waits.erase(cancellation_);
    }

    [[nodiscard]] const std::shared_ptr<Cancellation> &cancellation() const
    {
        return cancellation_;
    }
    [[nodiscard]] bool session_ended() const
    {
        const std::lock_guard lock{state_.mutex};
        return state_.ended;
    }

private:
    State &state_;
    const std::shared_ptr<Cancellation> cancellation_ = std::make_shared<Cancellation>();
};

StreamRequests::StreamRequests() : state_{std::make_shared<State>()} {}

void StreamRequests::read(fuse_req_t request, OpenStream &stream, std::size_t size,
                          bool nonblocking)
{
    const Wait wait{*state_};
    InterruptibleRequest reader{request, wait.cancellation()};
    if (reader.is_interrupted())
        wait.cancellation()->cancel();
    bool answered = false;
    const auto read =
        stream.read(size, nonblocking, *wait.cancellation(), [&](auto first, auto second) {
            answered = true;
            return reader.take_reply() && reply_pieces(request, first, second);
        });
    if (answered || !reader.take_reply())
        return;
    if (wait.session_ended())
        fuse_reply_err(request, ENODEV);
    else
        reply_error(request, read ? iio::Errno{EIO} : read.error());
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
    std::set<std::shared_ptr<Cancellation>> waits;
    {
        const std::lock_guard lock{state_->mutex};
        state_->ended = true;
        waits = state_->waits;
    }
    for (const auto &wait : waits)
        wait->cancel();
}

} // namespace iiofs
