// SPDX-License-Identifier: MIT
//
// A mount that outlives its server: what goes through its /dev/fuse is noted in the
// keep, and the next server goes on with it.
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <daemon/fuse/channel.hpp>
#include <daemon/fuse/operations.hpp>
#include <daemon/fuse/session.hpp>
#include <daemon/takeover/keep.hpp>
#include <linux/fuse.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace iiofs {

namespace {

// Of Linux 6.9; linux/fuse.h may be older.
constexpr std::int32_t notify_resend = 7;
constexpr std::uint64_t sent_again_bit = std::uint64_t{1} << 63;
constexpr std::uint32_t init_flags2_has_resend = 1U << (39 - 32);

/// FUSE_INIT as Linux 5.4 and later send it, the first request of each connection: what they
/// all offer, in the version of the protocol that they all know.
struct LostInit {
    fuse_in_header header{.len = sizeof(LostInit), .opcode = FUSE_INIT, .unique = 2};
    fuse_init_in init{
        .major = 7,
        .minor = 31,
        .max_readahead = 128 * 1024,
        .flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_HAS_IOCTL_DIR | FUSE_DO_READDIRPLUS |
                 FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS,
    };
};

template <class T> bool get(std::span<const std::byte> bytes, std::size_t offset, T &value)
{
    if (bytes.size() < offset + sizeof value)
        return false;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return true;
}

/// Whether the kernel that sent this FUSE_INIT can send other requests again.
bool can_resend(std::span<const std::byte> request)
{
    fuse_init_in init{};
    return get(request, sizeof(fuse_in_header), init) && (init.flags & FUSE_INIT_EXT) &&
           (init.flags2 & init_flags2_has_resend);
}

/// Notes that it is answered, too.
ssize_t write_noted(int fuse, iovec *pieces, int count, void *session)
{
    fuse_out_header header{};
    std::memcpy(&header, pieces[0].iov_base, sizeof header);
    const auto written = ::writev(fuse, pieces, count);
    const int error = errno;
    if (header.unique != 0)
        static_cast<Session *>(session)->note_reply(header.unique);
    errno = error;
    return written;
}

} // namespace

bool Session::serve(HeldMount held, bool polls)
{
    std::string program = "iiofs";
    std::array arguments{program.data()};
    fuse_args args = FUSE_ARGS_INIT(static_cast<int>(arguments.size()), arguments.data());
    session_ = fuse_session_new(&args, &session_operations(), sizeof(fuse_lowlevel_ops), this);
    fuse_opt_free_args(&args);
    unmounts_ = held.unmounts;
    if (exit_event_ < 0 || !session_ || !take_channel(session_, held.fuse, write_noted))
        return false;
    loop_.emplace(
        session_, fuse_session_fd(session_),
        Loop::Options{
            .threads = threads,
            .polls = polls,
            .on_read = [this](auto request, auto buffer) { note_request(request, buffer); },
            .on_end = [this] { request_exit(); },
        });
    handles_.adopt();
    return true;
}

Request Session::origin_of(const fuse_ctx &client) const
{
    const ReadRequest &read = read_[static_cast<std::size_t>(client.pid)];
    return {read.unique, read.sent_again, client.uid, client.gid, static_cast<pid_t>(read.pid)};
}

void Session::note_request(std::span<std::byte> bytes, unsigned buffer)
{
    fuse_in_header header{};
    if (!get(bytes, 0, header))
        return;
    const auto unique = header.unique & ~sent_again_bit;
    read_[buffer] = {unique, (header.unique & sent_again_bit) != 0, header.pid};
    std::memcpy(bytes.data() + offsetof(fuse_in_header, pid), &buffer, sizeof buffer);
    std::uint64_t releases = 0;
    switch (header.opcode) {
    case FUSE_INIT:
        keep_.set_init_request({reinterpret_cast<std::uint8_t *>(bytes.data()), bytes.size()});
        notes_requests_ = !can_resend(bytes);
        return;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
    case FUSE_NOTIFY_REPLY:
        return; // they are not answered
    case FUSE_POLL:
        if (fuse_poll_in poll{}; get(bytes, sizeof header, poll)) {
            if (const auto place = keep_.place_of(poll.fh);
                place && (poll.flags & FUSE_POLL_SCHEDULE_NOTIFY))
                keep_.set_waker(*place, poll.kh);
        }
        break;
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
        if (fuse_release_in release{}; get(bytes, sizeof header, release))
            releases = release.fh;
        break;
    default:
        break;
    }
    if (notes_requests_.load(std::memory_order_relaxed))
        keep_.begin_request(unique, releases);
}

void Session::note_reply(std::uint64_t unique)
{
    if (notes_requests_.load(std::memory_order_relaxed))
        keep_.end_request(unique & ~sent_again_bit);
}

bool Session::write_to_kernel(std::span<const std::byte> message) const
{
    return ::write(fuse_session_fd(session_), message.data(), message.size()) >= 0;
}

/// Whether the kernel has one that no server has read.
bool Session::has_request() const
{
    pollfd event{fuse_session_fd(session_), POLLIN, 0};
    return ::poll(&event, 1, 0) > 0;
}

void Session::process(std::span<std::byte> request)
{
    fuse_buf buffer{};
    buffer.mem = request.data();
    buffer.size = request.size();
    fuse_session_process_buf(session_, &buffer);
}

/// False: the kernel cannot (before Linux 6.9), or has no connection any more.
bool Session::send_again() const
{
    const fuse_out_header resend{sizeof resend, notify_resend, 0};
    return write_to_kernel(std::as_bytes(std::span{&resend, 1}));
}

/// Before the loop begins.
void Session::go_on()
{
    if (keep_.is_takeover()) {
        take_over();
        return;
    }
    // A server may have died when it had read FUSE_INIT and not yet kept it.
    if (!send_again() && !has_request()) {
        LostInit lost;
        note_request(std::as_writable_bytes(std::span{&lost, 1}), threads);
        process(std::as_writable_bytes(std::span{&lost, 1}));
    }
}

/// Goes on where the server before was.
void Session::take_over()
{
    // libfuse is to know the kernel as the server before did. The answer is for
    // nobody, unless that one died before it gave it.
    std::array<std::byte, sizeof(kept::Header::init)> request{};
    const auto init = keep_.init_request();
    std::memcpy(request.data(), init.data(), init.size());
    const auto bytes = std::span{request}.first(init.size());
    notes_requests_ = !can_resend(bytes);
    process(bytes);

    tell_of_missing();
    // Who polls is asked to poll again: the server before may have owed them that.
    for (const auto waker : keep_.take_wakers()) {
        struct {
            fuse_out_header header;
            fuse_notify_poll_wakeup_out wakeup;
        } message{{sizeof message, FUSE_NOTIFY_POLL, 0}, {waker}};
        (void)write_to_kernel(std::as_bytes(std::span{&message, 1}));
    }
    answer_requests();
    spdlog::info("{}: taken over (number of takeovers: {})", mountpoint_.string(),
                 keep_.count_takeover());
}

/// What the server before had read and not answered comes again, or fails.
void Session::answer_requests()
{
    if (!notes_requests_) {
        if (!send_again())
            spdlog::error("{}: requests in progress are lost: {}", mountpoint_.string(),
                          std::strerror(errno));
        return;
    }
    keep_.answer_requests([this](std::uint64_t unique) {
        const fuse_out_header failed{sizeof failed, -EIO, unique};
        return write_to_kernel(std::as_bytes(std::span{&failed, 1}));
    });
}

void Session::tell_of_missing()
{
    for (const auto &[parent, name] : tree_.missing())
        invalidate(parent, name);
}

} // namespace iiofs
