// SPDX-License-Identifier: MIT
#include <charconv>
#include <cstdio>
#include <cstring>
#include <daemon/base/exit_status.hpp>
#include <daemon/base/fd.hpp>
#include <daemon/control/control.hpp>
#include <daemon/control/mount_status.hpp>
#include <daemon/control/words.hpp>
#include <daemon/mounter/mounting.hpp>
#include <fstream>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

constexpr int end_limit_ms = 10'000;
constexpr std::size_t max_named = 5;

bool is_below(const fs::path &path, const std::string &directory)
{
    const auto &text = path.native();
    return text == directory || text.starts_with(directory + "/");
}

/// Whether one of a process's links leads into the directory.
bool uses(const fs::path &process, const std::string &directory)
{
    std::error_code error;
    for (const char *link : {"cwd", "root"})
        if (is_below(fs::read_symlink(process / link, error), directory))
            return true;
    for (fs::directory_iterator fd{process / "fd", error}, end; !error && fd != end;
         fd.increment(error)) {
        std::error_code none;
        if (is_below(fs::read_symlink(fd->path(), none), directory))
            return true;
    }
    return false;
}

/// "12 (cat), 15 (bash)": of the processes that we may look at.
std::string users_of(const std::string &directory)
{
    std::string list;
    std::size_t named = 0;
    std::error_code error;
    for (fs::directory_iterator process{"/proc", error}, end; !error && process != end;
         process.increment(error)) {
        const auto pid = process->path().filename().string();
        if (pid.find_first_not_of("0123456789") != pid.npos || !uses(process->path(), directory))
            continue;
        if (++named > max_named)
            return list + " and others";
        std::string name;
        std::getline(std::ifstream{process->path() / "comm"}, name);
        list.append(list.empty() ? "" : ", ").append(pid).append(" (").append(name).append(")");
    }
    return list;
}

/// A mount goes before its server, which ends its chips.
void wait_for_end(const Fd &server)
{
    pollfd ended{server.get(), POLLIN, 0};
    if (server && ::poll(&ended, 1, end_limit_ms) == 0)
        std::fprintf(stderr, "iiofs: the tree is unmounted, but its server has not exited yet\n");
}

} // namespace

int unmount_command(const ChosenMount &chosen)
{
    const auto mountpoint = choose_mount(chosen);
    if (!mountpoint)
        return fail(mountpoint.error());
    const auto status = ask_status(*mountpoint);
    if (!status)
        return fail(status.error());
    const auto where = mountpoint->string();
    if (status->state == "dead") {
        const auto done = unmount_fuse(where);
        return done ? exit_done : fail(done.error());
    }
    if (status->holder == "systemd")
        return fail(where + ": systemd serves it; end it with: systemctl stop iiofs");
    const Fd server{status->pid > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, status->pid, 0))
                                    : -1};
    if (const auto done = unmount_unused(where); !done) {
        const auto users = users_of(where);
        return fail(done.error() + (users.empty() ? "" : "; in use by " + users));
    }
    wait_for_end(server);
    return exit_done;
}

} // namespace iiofs
