// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <daemon/base/fd.hpp>
#include <daemon/run/descriptors.hpp>
#include <daemon/run/find_tree.hpp>
#include <daemon/run/run.hpp>
#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <memory>
#include <sched.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace iiofs {

namespace {

namespace fs = std::filesystem;

Fd open_directory(const std::string &path, int flags)
{
    return Fd{::open(path.c_str(), flags | O_DIRECTORY | O_CLOEXEC)};
}

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
        return failed("cannot make a mount namespace of its own");
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

OrProblem<void> enter_mount_namespace()
{
    if (::unshare(CLONE_NEWNS) != 0) {
        if (errno != EPERM)
            return failed("cannot make a mount namespace of its own");
        if (auto done = enter_user_namespace(); !done)
            return problem(done.error() +
                           "; run it as root, or allow users their own user namespaces (sysctl "
                           "user.max_user_namespaces, kernel.unprivileged_userns_clone, "
                           "kernel.apparmor_restrict_unprivileged_userns)");
    }
    // What others mount shows up here, what is mounted here stays here.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
        return failed("cannot mount in a namespace of its own");
    return {};
}

// ---- The mounts

/// A copy of what is at a path with all that is mounted in it, ready to be
/// mounted somewhere.
Fd copy_tree(int directory, const char *path)
{
    return Fd{::open_tree(directory, path,
                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_NO_AUTOMOUNT)};
}

OrProblem<void> mount_tree(const Fd &tree, int directory, const char *path, const std::string &name)
{
    if (::move_mount(tree.get(), "", directory, path, MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return failed(name + ": cannot mount there");
    return {};
}

OrProblem<void> copy_link(const Fd &from, const Fd &to, const char *name)
{
    std::array<char, PATH_MAX> target{};
    if (::readlinkat(from.get(), name, target.data(), target.size() - 1) < 0 ||
        ::symlinkat(target.data(), to.get(), name) != 0)
        return failed(name);
    return {};
}

/// Makes `name` of an old directory appear in a new one. One that the caller
/// cannot reach, or that has gone meanwhile, does not appear.
OrProblem<void> carry_over(const Fd &from, const Fd &to, const char *name)
{
    struct stat status;
    if (::fstatat(from.get(), name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
        return {};
    if (S_ISLNK(status.st_mode))
        return copy_link(from, to, name);
    const auto tree = copy_tree(from.get(), name);
    if (!tree)
        return errno == ENOENT ? OrProblem<void>{} : failed(name);
    const int made = S_ISDIR(status.st_mode) ? ::mkdirat(to.get(), name, 0755)
                                             : ::mknodat(to.get(), name, S_IFREG | 0444, 0);
    if (made != 0)
        return failed(name);
    return mount_tree(tree, to.get(), name, name);
}

/// Puts a directory of the same contents in the place of `folder`, with what
/// `add` makes in it; after that nothing can be made there.
template <class Add> OrProblem<void> replace_folder(const std::string &folder, Add &&add)
{
    const auto old = open_directory(folder, O_PATH);
    struct stat status;
    if (!old || ::fstat(old.get(), &status) != 0)
        return failed(folder);
    // None where the caller may not list it: debugfs is root's.
    const std::unique_ptr<DIR, int (*)(DIR *)> entries{::opendir(folder.c_str()), ::closedir};

    constexpr auto flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    std::array<char, 32> mode{};
    std::snprintf(mode.data(), mode.size(), "mode=%o", (status.st_mode & 07777U) | S_IRWXU);
    if (::mount("tmpfs", folder.c_str(), "tmpfs", flags, mode.data()) != 0)
        return failed(folder + ": cannot mount a tmpfs there");
    const auto replacement = open_directory(folder, O_PATH);
    if (!replacement)
        return failed(folder);
    if (auto added = add(replacement); !added)
        return problem(folder + "/" + added.error());
    while (const auto *entry = entries ? ::readdir(entries.get()) : nullptr) {
        const std::string_view entry_name{entry->d_name};
        const bool is_new =
            ::faccessat(replacement.get(), entry->d_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
        if (entry_name == "." || entry_name == ".." || is_new)
            continue;
        if (auto done = carry_over(old, replacement, entry->d_name); !done)
            return problem(folder + "/" + done.error());
    }
    if (::mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | flags,
                nullptr) != 0)
        return failed(folder + ": cannot be made read-only");
    return {};
}

/// Mounts `tree` at folder/iio, whether there is such a directory or not.
OrProblem<void> show_as_iio(const Fd &tree, const std::string &folder)
{
    const auto place = folder + "/iio";
    if (::access(place.c_str(), F_OK) != 0) {
        const auto add_iio = [](const Fd &directory) -> OrProblem<void> {
            if (::mkdirat(directory.get(), "iio", 0755) != 0)
                return failed("iio");
            return {};
        };
        if (auto done = replace_folder(folder, add_iio); !done)
            return done;
    }
    return mount_tree(tree, AT_FDCWD, place.c_str(), place);
}

/// Links /dev/iio:deviceN to the tree, in the place of the kernel's own.
OrProblem<void> show_nodes(const std::vector<std::string> &nodes)
{
    return replace_folder("/dev", [&](const Fd &directory) -> OrProblem<void> {
        for (const auto &node : nodes) {
            const auto target = "/sys/bus/iio/dev/" + node;
            if (::symlinkat(target.c_str(), directory.get(), node.c_str()) != 0)
                return failed(node);
        }
        return {};
    });
}

/// What the tree itself has in dev/, where nothing is listed: a link there is to the kernel's
/// own node.
std::vector<std::string> nodes_of(const fs::path &mount)
{
    std::vector<std::string> names;
    std::error_code error;
    for (const auto &device : fs::directory_iterator{mount / "devices", error}) {
        auto name = device.path().filename();
        if (fs::symlink_status(mount / "dev" / name, error).type() == fs::file_type::regular)
            names.push_back(std::move(name));
    }
    return names;
}

OrProblem<void> show_tree(const fs::path &mount)
{
    constexpr auto bus = "/sys/bus";
    constexpr auto debug = "/sys/kernel/debug";
    constexpr auto config = "/sys/kernel/config";
    if (::access(bus, F_OK) != 0)
        return problem("there is no /sys/bus to show the tree in; is sysfs mounted on /sys?");
    // Both before the first mount: the mount may be at one of these places.
    const auto tree = copy_tree(AT_FDCWD, mount.c_str());
    if (!tree)
        return failed(mount.string() + ": cannot be mounted a second time");
    const auto debug_tree = copy_tree(AT_FDCWD, (mount / "debug/iio").c_str());
    const auto config_tree = copy_tree(AT_FDCWD, (mount / "config/iio").c_str());
    const auto nodes = nodes_of(mount);
    if (auto done = show_as_iio(tree, bus); !done)
        return done;
    if (!nodes.empty()) {
        if (auto done = show_nodes(nodes); !done)
            return done;
    }
    for (const auto &[copy, folder] : {std::pair{&debug_tree, debug}, {&config_tree, config}}) {
        if (!*copy || ::access(folder, F_OK) != 0)
            continue;
        if (auto done = show_as_iio(*copy, folder); !done)
            return done;
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
    if (auto done = show_tree(*mount); !done)
        return done;
    // Without it the clients that need one of these ioctls fail, the others run.
    if (const auto served = serve_descriptors("/sys/bus/iio"); !served)
        std::fprintf(stderr, "iiofs: run: no event and buffer descriptors: %s\n",
                     served.error().c_str());
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
