// SPDX-License-Identifier: MIT
#include <daemon/fuse/loop.hpp>
#include <daemon/fuse/reply.hpp> // which says what version of libfuse's interface it is

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <system_error>
#include <unistd.h>

namespace iiofs {

namespace {

// Who stands by looks that often at a leader that is busy.
constexpr auto tick = std::chrono::milliseconds{10};

// A request that was there so soon after a reply was sent before it.
constexpr auto queue_time = std::chrono::microseconds{4};

// What the leader does, in the lowest bits of the turn. A turn counts up with each change.
enum Turn : std::uint64_t {
    reads = 0,
    serves = 1, ///< and who stands by may take the lead
    nobody = 2, ///< leads
    bits = 3,
};

std::uint64_t next_turn(std::uint64_t turn, Turn what) { return (turn | bits) + 1 + what; }

Fd made(int fd, const char *what)
{
    if (fd < 0)
        throw std::system_error{errno, std::generic_category(), what};
    return Fd{fd};
}

void set_nonblocking(int fd, bool nonblocking)
{
    const int flags = ::fcntl(fd, F_GETFL);
    ::fcntl(fd, F_SETFL, nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

} // namespace

Loop::Loop(fuse_session *session, int fuse, Options options)
    : session_{session},
      fuse_{fuse},
      options_{std::move(options)},
      end_event_{made(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")},
      timer_{made(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd")},
      turn_{Turn::nobody},
      polling_{options_.polls && has_two_cpus()}
{
    set_nonblocking(fuse_, true);
}

Loop::~Loop()
{
    stop();
    // A server of another version may expect it so.
    set_nonblocking(fuse_, false);
}

void Loop::start() { add_worker(); }

void Loop::stop()
{
    {
        const std::lock_guard lock{workers_mutex_};
        ending_ = true;
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(end_event_.get(), &one, sizeof one);
    for (const auto &worker : workers_) {
        if (worker->thread.joinable())
            worker->thread.join();
    }
}

void Loop::serve_waiting(unsigned most)
{
    Worker worker{options_.threads};
    for (unsigned i = 0; i < most; ++i) {
        const auto length = read_request(worker.buffer);
        if (length <= 0)
            return;
        serve(worker, static_cast<std::size_t>(length));
    }
}

// ---- The lead

/// One more, if there may be one more.
void Loop::add_worker()
{
    const std::lock_guard lock{workers_mutex_};
    if (ending_ || idle_ > 0 || workers_.size() >= options_.threads)
        return;
    auto &worker = *workers_.emplace_back(
        std::make_unique<Worker>(Worker{static_cast<unsigned>(workers_.size())}));
    ++idle_;
    worker.thread = std::thread{[this, &worker] { work(worker); }};
}

void Loop::work(Worker &worker)
{
    while (stand_by()) {
        add_worker(); // to stand by
        lead(worker);
        const std::lock_guard lock{workers_mutex_};
        ++idle_;
    }
}

/// Waits for the lead; false: the loop ends.
bool Loop::stand_by()
{
    const std::lock_guard lock{standby_};
    if (!wait_for_lead())
        return false;
    const std::lock_guard workers_lock{workers_mutex_};
    --idle_;
    return true;
}

/// While requests come it looks each tick, while none come it sleeps.
bool Loop::wait_for_lead()
{
    for (std::uint64_t seen = 0; !ending_;) {
        auto turn = turn_.load();
        const auto what = turn & Turn::bits;
        if (what == Turn::nobody || (what == Turn::serves && turn == seen)) {
            if (turn_.compare_exchange_strong(turn, next_turn(turn, Turn::reads)))
                return true;
            continue;
        }
        if (turn == seen)
            wake_standby_after(std::chrono::nanoseconds{0});
        timer_is_set_ = turn != seen;
        // A request that began before this has seen a timer that is set.
        if (turn == seen && turn_.load() != turn)
            timer_is_set_ = true;
        if (timer_is_set_)
            wake_standby_after(tick);
        seen = turn;
        std::array<pollfd, 2> events{{{timer_.get(), POLLIN, 0}, {end_event_.get(), POLLIN, 0}}};
        ::poll(events.data(), events.size(), -1);
    }
    return false;
}

/// After 0 ns: not at all. The timer forgets that it expired before.
void Loop::wake_standby_after(std::chrono::nanoseconds delay) const
{
    itimerspec when{};
    when.it_value.tv_nsec = static_cast<long>(delay.count());
    ::timerfd_settime(timer_.get(), 0, &when, nullptr);
}

/// Until the loop ends, or another one leads.
void Loop::lead(Worker &worker)
{
    for (;;) {
        const auto length = next_request(worker.buffer);
        if (length == 0)
            return;
        auto turn = next_turn(turn_.load(std::memory_order_relaxed), Turn::serves);
        turn_ = turn;
        if (!timer_is_set_ && !timer_is_set_.exchange(true))
            wake_standby_after(tick);
        serve(worker, length);
        if (!turn_.compare_exchange_strong(turn, next_turn(turn, Turn::reads)))
            return;
        answered_ = Clock::now();
    }
}

void Loop::serve(Worker &worker, std::size_t length)
{
    options_.on_read(worker.buffer.bytes().first(length), worker.number);
    fuse_buf buffer{};
    buffer.mem = worker.buffer.bytes().data();
    buffer.size = length;
    fuse_session_process_buf(session_, &buffer);
    worker.buffer.release(length);
}

// ---- Reading

/// The length of the next request; 0: the loop ends.
std::size_t Loop::next_request(RequestBuffer &buffer)
{
    const auto limit = polling_.limit(answered_);
    bool looks = limit.count() > 0, slept = false;
    // A client that waits for each reply has sent nothing yet: a look would be a system call
    // for nothing.
    if (!looks && !queued_) {
        slept = true;
        sleep_until_request();
    }
    while (!ending_) {
        const auto length = read_request(buffer);
        if (length < 0)
            return 0;
        const auto now = Clock::now();
        if (length > 0) {
            queued_ = !slept || now - answered_ < queue_time;
            slept ? polling_.slept(now - answered_) : polling_.found(now - answered_);
            return static_cast<std::size_t>(length);
        }
        if (looks && now - answered_ < limit) {
            ::sched_yield(); // to a client that has no CPU
            if (const auto back = Clock::now(); back - now > Polling::longest) {
                polling_.displaced(now, back);
                looks = false;
                slept = true;
            }
            continue;
        }
        if (looks)
            polling_.found_nothing();
        looks = false;
        slept = true;
        sleep_until_request();
    }
    return 0;
}

/// The length; 0: there is none now; -1: there are no more, which was told.
ssize_t Loop::read_request(RequestBuffer &buffer)
{
    if (fuse_session_exited(session_)) {
        session_ended(EPROTO);
        return -1;
    }
    const auto length = buffer.read(fuse_);
    // ENOENT: the client took the request back meanwhile.
    if (length < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOENT))
        return 0;
    if (length < static_cast<ssize_t>(sizeof(fuse_in_header))) {
        session_ended(length < 0 ? errno : EIO);
        return -1;
    }
    return length;
}

void Loop::sleep_until_request() const
{
    std::array<pollfd, 2> events{{{fuse_, POLLIN, 0}, {end_event_.get(), POLLIN, 0}}};
    ::poll(events.data(), events.size(), -1);
}

/// ENODEV: it was unmounted, or its connection aborted.
void Loop::session_ended(int error)
{
    if (ending_.exchange(true))
        return;
    error_ = error == ENODEV ? 0 : error;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(end_event_.get(), &one, sizeof one);
    options_.on_end();
}

} // namespace iiofs
