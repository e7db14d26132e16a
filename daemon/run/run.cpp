// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <daemon/base/fd.hpp>
#include <daemon/run/companion.hpp>
#include <daemon/run/find_tree.hpp>
#include <daemon/run/run.hpp>
#include <daemon/run/view.hpp>
#include <fcntl.h>
#include <sched.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace iiofs {

namespace {

// ---- The namespace

OrProblem<void> write_file(const char *path, const std::string &text)
{
    const Fd file{::open(path, O_WRONLY | O_CLOEXEC)};
    if (!file || ::write(file.get(), text.data(), text.size()) < 0)
        return failed(path);
    return {};
}

constexpr int capabilities_end = 64; // no kernel can have more: capability sets have 64 bits

/// A user namespace in which the caller is who he was.
OrProblem<void> enter_user_namespace()
{
    const auto uid = std::to_string(::geteuid());
    const auto gid = std::to_string(::getegid());
    std::array<int, capabilities_end> bounding{};
    for (int capability = 0; capability < capabilities_end; ++capability)
        bounding[static_cast<std::size_t>(capability)] = ::prctl(PR_CAPBSET_READ, capability);

    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return failed("cannot create a mount namespace");
    // The group map may only be written once setgroups() has been given up,
    // user_namespaces(7). The caller's groups stay.
    for (const auto &[file, text] : {std::pair{"/proc/self/setgroups", std::string{"deny"}},
                                     {"/proc/self/uid_map", fmt::format("{0} {0} 1", uid)},
                                     {"/proc/self/gid_map", fmt::format("{0} {0} 1", gid)}}) {
        if (auto done = write_file(file, text); !done)
            return done;
    }
    // A new user namespace raises the bounding set to all: for user 0 that is
    // what the command would get.
    for (int capability = 0; capability < capabilities_end; ++capability) {
        if (bounding[static_cast<std::size_t>(capability)] == 0 &&
            ::prctl(PR_CAPBSET_DROP, capability) != 0)
            return failed("cannot drop a capability");
    }
    return {};
}

bool is_in_container()
{
    // Of Docker, Podman, and what systemd finds at its start in others.
    const std::array marks{"/.dockerenv", "/run/.containerenv", "/run/systemd/container"};
    return std::ranges::any_of(marks, [](const char *mark) { return ::access(mark, F_OK) == 0; });
}

/// What would help who may not make mounts.
std::string way_out()
{
    if (is_in_container())
        return "; in a container: start it with --volume /run/iiofs:/sys/bus/iio, so that programs "
               "need no `iiofs run` (the host must have /sys/bus/iio), or allow it to mount: "
               "--cap-add SYS_ADMIN --security-opt apparmor=unconfined";
    return "; run it as root, or allow users their own user namespaces (sysctl "
           "user.max_user_namespaces, kernel.unprivileged_userns_clone, "
           "kernel.apparmor_restrict_unprivileged_userns)";
}

OrProblem<void> enter_mount_namespace()
{
    if (::unshare(CLONE_NEWNS) != 0) {
        if (errno != EPERM)
            return failed("cannot create a mount namespace");
        if (auto done = enter_user_namespace(); !done)
            return problem(done.error() + way_out());
    }
    // What others mount shows up here, what is mounted here stays here.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
        const auto why =
            failed("cannot mount in the new mount namespace").value(); // before errno is another
        return problem(why + way_out());
    }
    return {};
}

OrProblem<void> prepare(const RunOptions &options)
{
    const auto mount = find_tree(options.mount);
    if (!mount)
        return problem(mount.error());
    if (auto done = enter_mount_namespace(); !done)
        return done;
    const mode_t umask = ::umask(S_IWGRP | S_IWOTH);
    auto view = View::make(*mount);
    ::umask(umask);
    if (!view)
        return problem(view.error());
    // Without it the clients that need one of the ioctls fail, the others run.
    if (const auto started = start_companion(std::move(*view)); !started)
        std::fprintf(stderr, "iiofs: run: %s\n", started.error().c_str());
    // Their check of the file system is the one thing by which libudev and sd-device tell a device
    // here from one of sysfs.
    ::setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1);
    return {};
}

} // namespace

int run_command(const RunOptions &options)
{
    constexpr int launcher_failed = 125, not_executable = 126, not_found = 127;
    if (options.command.empty()) {
        std::fputs("iiofs: run: no command; iiofs run [--mount DIR] -- COMMAND...\n", stderr);
        return launcher_failed;
    }
    if (const auto done = prepare(options); !done) {
        std::fprintf(stderr, "iiofs: run: %s\n", done.error().c_str());
        return launcher_failed;
    }
    std::vector<char *> arguments;
    arguments.reserve(options.command.size() + 1);
    for (const auto &argument : options.command)
        arguments.push_back(const_cast<char *>(argument.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments.front(), arguments.data());
    const int why = errno;
    std::fprintf(stderr, "iiofs: run: %s: %s\n", arguments.front(), std::strerror(why));
    return why == ENOENT ? not_found : not_executable;
}

} // namespace iiofs
