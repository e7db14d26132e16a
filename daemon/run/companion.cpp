// SPDX-License-Identifier: MIT
#include <array>
#include <daemon/base/fd.hpp>
#include <daemon/base/fd_message.hpp>
#include <daemon/run/companion.hpp>
#include <daemon/run/descriptors.hpp>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace iiofs {

namespace {

/// What was inherited from who called `iiofs run` is closed: a terminal, a pipe whose reader waits
/// for its end. All that we have opened goes with exec.
void close_inherited()
{
    std::vector<int> open;
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator{"/proc/self/fd", error})
        open.push_back(std::stoi(entry.path().filename()));
    for (const int fd : open) {
        const int flags = ::fcntl(fd, F_GETFD);
        if (fd > STDERR_FILENO && flags >= 0 && !(flags & FD_CLOEXEC))
            ::close(fd);
    }
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= STDERR_FILENO; ++fd)
        ::dup2(null, fd);
    if (null > STDERR_FILENO)
        ::close(null);
}

/// Until the command and what it has started have ended.
void accompany(View &view, Descriptors &descriptors, const Fd &command)
{
    const int end = descriptors ? descriptors.listener() : command.get();
    while (end >= 0) {
        std::array<pollfd, 3> events{
            {{end, POLLIN, 0}, {view.system(), POLLIN, 0}, {view.tree(), POLLIN, 0}}};
        if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR)
            return;
        if (events[1].revents)
            view.follow_system();
        if (events[2].revents)
            view.follow_tree();
        if (descriptors && (events[0].revents & POLLIN))
            descriptors.answer_one();
        else if (events[0].revents)
            return;
    }
}

[[noreturn]] void live_as_companion(Fd socket, View view, Fd command)
{
    ::setsid();
    ::umask(S_IWGRP | S_IWOTH);
    ::prctl(PR_SET_NAME, "iiofs-run");
    close_inherited();
    Descriptors descriptors{receive_fd(socket.get())};
    accompany(view, descriptors, command);
    ::_exit(0);
}

} // namespace

OrProblem<void> start_companion(View view)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return failed("socketpair");
    const Fd ours{ends[0]};
    Fd theirs{ends[1]};
    Fd command{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
    const bool was_there = view.was_there();
    // It is nobody's child: a command does not expect one that it has not started.
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ours.get()); // its end is that of the command's side
        if (::fork() == 0)
            live_as_companion(std::move(theirs), std::move(view), std::move(command));
        ::_exit(0);
    }
    if (child < 0 || ::waitpid(child, nullptr, 0) != child)
        return failed("fork");
    // After the fork: the filter is not the companion's.
    const auto listener = install_filter();
    if (!listener && errno == EBUSY && was_there)
        return {}; // in an `iiofs run` of the same mount, whose companion answers
    if (!listener)
        return failed("cannot provide event and buffer descriptors: seccomp");
    if (!send_fds(ours.get(), "listener", std::array{listener.get()}))
        return failed("cannot provide event and buffer descriptors");
    return {};
}

} // namespace iiofs
