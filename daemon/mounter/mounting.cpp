// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <daemon/base/fd_message.hpp>
#include <daemon/mounter/mountinfo.hpp>
#include <daemon/mounter/mounting.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace iiofs {

namespace {

bool fuse_conf_allows_others()
{
    std::FILE *file = std::fopen("/etc/fuse.conf", "re");
    if (!file)
        return false;
    std::array<char, 256> line{};
    std::array<char, 32> word{};
    std::array<char, 2> rest{};
    bool allowed = false;
    while (!allowed && std::fgets(line.data(), line.size(), file))
        allowed = std::sscanf(line.data(), "%31s %1s", word.data(), rest.data()) == 1 &&
                  std::strcmp(word.data(), "user_allow_other") == 0;
    std::fclose(file);
    return allowed;
}

/// Runs fusermount3 to its end; `comm` is left open to it, if there is one.
/// Its exit status, 127 where it cannot be run.
int fusermount(std::vector<std::string> arguments, int comm = -1)
{
    std::vector<char *> argv;
    arguments.insert(arguments.begin(), "fusermount3");
    argv.reserve(arguments.size() + 1);
    for (auto &argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const auto comm_text = std::to_string(comm);
    const auto child = ::fork();
    if (child == 0) {
        if (comm >= 0) {
            ::fcntl(comm, F_SETFD, 0);
            ::setenv("_FUSE_COMMFD", comm_text.c_str(), 1);
        }
        ::execvp(argv.front(), argv.data());
        _exit(127);
    }
    int status = 0;
    while (child > 0 && ::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return 127;
    }
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

OrProblem<Fd> mount_by_helper(const std::string &directory)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return failed("socketpair");
    const Fd ours{ends[0]};
    int status = 0;
    {
        const Fd its{ends[1]};
        status = fusermount({"-o", mount_options(), "--", directory}, its.get());
    }
    auto fuse = receive_fd(ours.get());
    if (status == 0 && fuse)
        return fuse;
    return problem(directory + (status == 127 ? ": cannot run fusermount3"
                                              : ": fusermount3 failed to mount it"));
}

OrProblem<Fd> mount_by_root(const std::string &directory)
{
    struct stat status;
    ::mkdir(directory.c_str(), 0755); // it is there in most cases
    if (::stat(directory.c_str(), &status) != 0)
        return failed(directory);
    Fd fuse{::open("/dev/fuse", O_RDWR | O_CLOEXEC)};
    if (!fuse)
        return failed("/dev/fuse");
    std::array<char, 128> data{};
    std::snprintf(data.data(), data.size(),
                  "fd=%d,rootmode=%o,user_id=%u,group_id=%u,default_permissions,allow_other",
                  fuse.get(), status.st_mode & S_IFMT, ::getuid(), ::getgid());
    if (::mount("iiofs", directory.c_str(), "fuse.iiofs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                data.data()) != 0)
        return failed(directory + ": cannot be mounted on");
    return fuse;
}

/// The state of a process as /proc has it, 'R' for one that runs.
char process_state(pid_t process)
{
    const auto path = "/proc/" + std::to_string(process) + "/stat";
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 256> text{};
    if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0)
        return '?';
    const char *name_end = std::strrchr(text.data(), ')');
    return name_end && name_end[1] != '\0' ? name_end[2] : '?';
}

/// Asks the mount and writes the errno to a pipe; in a child of its own, as it
/// may hang, and stay when its parent has ended. It keeps no other file open, or who reads
/// the parent's output would wait for it.
[[noreturn]] void ask(const std::string &directory, int verdict)
{
    verdict = ::dup2(verdict, STDIN_FILENO);
    ::close_range(STDIN_FILENO + 1, ~0U, 0);
    struct statx status;
    // A cached answer would come from a dead one.
    const int asked =
        ::statx(AT_FDCWD, directory.c_str(), AT_STATX_FORCE_SYNC, STATX_MODE, &status);
    const int error = asked == 0 ? 0 : errno;
    _exit(::write(verdict, &error, sizeof error) == sizeof error ? 0 : 1);
}

} // namespace

std::string mount_options()
{
    // The kernel checks modes, before it asks the server and also for directories.
    std::string options = "fsname=iiofs,subtype=iiofs,default_permissions,noexec";
    if (::geteuid() == 0 || fuse_conf_allows_others())
        options += ",allow_other";
    return options;
}

OrProblem<Fd> mount_fuse(const std::string &directory)
{
    return ::geteuid() == 0 ? mount_by_root(directory) : mount_by_helper(directory);
}

OrProblem<Fd> make_keep()
{
    Fd keep{::memfd_create("iiofs-keep", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!keep)
        return failed("memfd_create");
    return keep;
}

MountState probe_mount(const std::string &directory, std::chrono::milliseconds limit)
{
    if (!is_iiofs_mount(directory))
        return MountState::none;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return MountState::held;
    const Fd verdict{ends[0]};
    pid_t child = -1;
    {
        const Fd childs{ends[1]};
        child = ::fork();
        if (child == 0)
            ask(directory, childs.get());
    }
    if (child < 0)
        return MountState::held;
    pollfd answered{verdict.get(), POLLIN, 0};
    // On a busy machine the child may not even have asked by then.
    for (int rounds = 0; rounds < 20; ++rounds) {
        if (::poll(&answered, 1, static_cast<int>(limit.count())) > 0 ||
            process_state(child) != 'R')
            break;
    }
    int error = 0;
    const bool known = (answered.revents & POLLIN) != 0 &&
                       ::read(verdict.get(), &error, sizeof error) == sizeof error;
    ::kill(child, SIGKILL);
    // One whose question a server has taken does not end before the answer.
    for (int tries = 0; ::waitpid(child, nullptr, WNOHANG) == 0 && tries < 100; ++tries)
        ::usleep(1000);
    if (!known)
        return MountState::held;
    return error == ENOTCONN ? MountState::dead : MountState::answers;
}

OrProblem<void> unmount_one(const std::string &directory)
{
    if (::umount2(directory.c_str(), MNT_DETACH) == 0)
        return {};
    // The setuid helper may do it for the mount's owner.
    if (errno != EPERM)
        return failed(directory + ": cannot be unmounted");
    if (fusermount({"-u", "-z", "--", directory}) != 0)
        return problem(directory + ": fusermount3 failed to unmount it");
    return {};
}

OrProblem<void> unmount_unused(const std::string &directory)
{
    if (::umount2(directory.c_str(), UMOUNT_NOFOLLOW) == 0)
        return {};
    if (errno != EPERM)
        return failed(directory + ": cannot be unmounted");
    if (fusermount({"-u", "--", directory}) != 0)
        return problem(directory + ": fusermount3 failed to unmount it");
    return {};
}

OrProblem<void> unmount_fuse(const std::string &directory)
{
    // Mounts may be stacked.
    for (int turns = 0; turns < 16 && is_iiofs_mount(directory); ++turns) {
        if (auto done = unmount_one(directory); !done)
            return done;
    }
    return {};
}

} // namespace iiofs
