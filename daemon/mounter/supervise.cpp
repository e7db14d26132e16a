// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <daemon/mounter/mountinfo.hpp>
#include <daemon/mounter/mounting.hpp>
#include <daemon/mounter/supervise.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include <utility>

namespace iiofs {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A server that answered for less is followed after a pause, which doubles.
constexpr auto long_life = 250ms;
constexpr std::chrono::milliseconds first_pause = 100ms;
constexpr std::chrono::milliseconds longest_pause = 5s;

int fail(const std::string &why)
{
    std::fprintf(stderr, "iiofs: %s\n", why.c_str());
    return 1;
}

class Supervisor {
public:
    Supervisor(Fd fuse, Fd keep, int verdict, const char *file, char *const *arguments);
    Supervisor(const Supervisor &) = delete;
    Supervisor &operator=(const Supervisor &) = delete;

    /// Until a server ends in order, or the first one does not start. The exit status.
    [[nodiscard]] int run(const std::string &directory);

private:
    [[nodiscard]] bool start();
    [[noreturn]] void become_server(int ready);
    /// Waits until the server has ended, and gives its status.
    [[nodiscard]] int wait_for_end();
    void take_signals();
    void take_ready();
    void pause();

    const Fd fuse_, keep_, signals_;
    int verdict_;
    const char *file_;
    char *const *arguments_;
    pid_t server_ = -1;
    int ready_ = -1;                  ///< a byte comes when the server answers
    bool was_ready_ = false;          ///< one was
    Clock::time_point answers_since_; ///< of the present one; max(): not yet
    bool ordered_end_ = false;        ///< by a signal to the holder
    std::chrono::milliseconds pause_{0};
};

sigset_t held_signals()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD})
        sigaddset(&set, signal);
    return set;
}

Fd signal_descriptor()
{
    const auto set = held_signals();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return Fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

Supervisor::Supervisor(Fd fuse, Fd keep, int verdict, const char *file, char *const *arguments)
    : fuse_{std::move(fuse)},
      keep_{std::move(keep)},
      signals_{signal_descriptor()},
      verdict_{verdict},
      file_{file},
      arguments_{arguments}
{
    ::fcntl(verdict_, F_SETFD, FD_CLOEXEC);
}

bool Supervisor::start()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return false;
    ready_ = ends[0];
    const Fd its{ends[1]};
    server_ = ::fork();
    if (server_ == 0)
        become_server(its.get());
    return server_ > 0;
}

void Supervisor::become_server(int ready)
{
    // First out of the way of the places that they get.
    constexpr int first = 3, beyond = 16;
    std::array<int, 3> fds{fuse_.get(), keep_.get(), ready};
    for (auto &fd : fds)
        fd = ::fcntl(fd, F_DUPFD_CLOEXEC, beyond);
    for (int i = 0; i < 3; ++i)
        ::dup2(fds[static_cast<std::size_t>(i)], first + i);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "3", 1);
    ::setenv("LISTEN_FDNAMES", "fuse:keep:ready", 1);
    const auto set = held_signals();
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    ::execv(file_, arguments_);
    std::fprintf(stderr, "iiofs: %s: %s\n", file_, std::strerror(errno));
    _exit(127);
}

void Supervisor::take_signals()
{
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP && server_ > 0)
            ::kill(server_, SIGHUP);
        if (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT)
            continue;
        ordered_end_ = true;
        if (server_ > 0)
            ::kill(server_, SIGTERM);
    }
}

void Supervisor::take_ready()
{
    char byte = 0;
    const auto got = ::read(std::exchange(ready_, -1), &byte, 1);
    if (got == 1)
        answers_since_ = Clock::now();
    if (got != 1 || std::exchange(was_ready_, true))
        return;
    // The parent that waits may go, and the terminal.
    if (::write(verdict_, "", 1) != 1)
        ::syslog(LOG_WARNING, "the process that waited for the mount has exited");
    ::close(std::exchange(verdict_, -1));
    const Fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    for (int fd = 0; fd <= 2; ++fd)
        ::dup2(null.get(), fd);
}

int Supervisor::wait_for_end()
{
    int status = 0;
    for (;;) {
        std::array<pollfd, 2> events{{{signals_.get(), POLLIN, 0}, {ready_, POLLIN, 0}}};
        (void)::poll(events.data(), events.size(), -1);
        if (events[1].revents != 0) {
            const Fd ready{ready_};
            take_ready();
        }
        take_signals();
        if (::waitpid(server_, &status, WNOHANG) == server_)
            break;
    }
    server_ = -1;
    const Fd unused{std::exchange(ready_, -1)};
    return status;
}

void Supervisor::pause()
{
    if (Clock::now() - long_life >= answers_since_) {
        pause_ = {};
        return;
    }
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    const auto end = Clock::now() + pause_;
    while (!ordered_end_ && Clock::now() < end) {
        pollfd event{signals_.get(), POLLIN, 0};
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        (void)::poll(&event, 1, static_cast<int>(std::max(rest.count(), std::int64_t{0})));
        take_signals();
    }
}

int Supervisor::run(const std::string &directory)
{
    while (!ordered_end_) {
        answers_since_ = Clock::time_point::max();
        if (!start())
            return fail(std::string{"the server: "} + std::strerror(errno));
        const int status = wait_for_end();
        const bool by_order =
            (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
            (WIFSIGNALED(status) && (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT));
        if (by_order || ordered_end_)
            break;
        if (!was_ready_)
            return 1; // it said why
        if (!is_iiofs_mount(directory))
            break;
        ::syslog(LOG_WARNING, "%s: the server died (%s %d), a new one takes over",
                 directory.c_str(), WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        pause();
    }
    return 0;
}

} // namespace

int supervise(const std::string &directory, int verdict, const char *file, char *const *arguments)
{
    auto fuse = mount_fuse(directory);
    if (!fuse)
        return fail(fuse.error());
    int status = 1;
    if (auto keep = make_keep()) {
        ::openlog("iiofs", LOG_PID, LOG_DAEMON);
        Supervisor supervisor{std::move(*fuse), std::move(*keep), verdict, file, arguments};
        status = supervisor.run(directory);
        if (const auto done = unmount_fuse(directory); !done)
            ::syslog(LOG_WARNING, "%s", done.error().c_str());
    } else {
        (void)fail(keep.error());
        (void)unmount_fuse(directory);
    }
    return status;
}

} // namespace iiofs
