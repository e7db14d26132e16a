// SPDX-License-Identifier: MIT
#include <array>
#include <cstdio>
#include <daemon/run/folder.hpp>
#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <memory>
#include <set>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace iiofs {

namespace {

/// Where the system's directory is in ours, if links lead to it.
constexpr auto system_name = ".system";

Fd open_directory(const std::string &path)
{
    return Fd{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

/// Empty where it is no link.
std::string target_of(const Fd &directory, const std::string &name)
{
    std::array<char, PATH_MAX> target{};
    if (::readlinkat(directory.get(), name.c_str(), target.data(), target.size() - 1) < 0)
        return {};
    return target.data();
}

/// None where the caller may not list it: debugfs is root's.
void list(const Fd &directory, std::set<std::string> &names)
{
    const int listing = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR *)> entries{listing < 0 ? nullptr : ::fdopendir(listing),
                                                       ::closedir};
    while (const auto *entry = entries ? ::readdir(entries.get()) : nullptr)
        names.insert(entry->d_name);
}

} // namespace

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

OrProblem<Folder> Folder::replace(const std::string &path, Carry carry, const Entries &entries)
{
    auto old = open_directory(path);
    struct stat status;
    if (!old || ::fstat(old.get(), &status) != 0)
        return failed(path);
    const auto whole = copy_tree(old.get(), "."); // before there is a mount on it
    constexpr auto flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    std::array<char, 32> mode{};
    std::snprintf(mode.data(), mode.size(), "mode=%o", (status.st_mode & 07777U) | S_IRWXU);
    if (::mount("tmpfs", path.c_str(), "tmpfs", flags, mode.data()) != 0)
        return failed(path + ": cannot mount a tmpfs there");
    auto shown = open_directory(path);
    auto contents = copy_tree(AT_FDCWD, path.c_str());
    if (!shown || !contents)
        return failed(path);
    if (carry == Carry::link) {
        if (!whole || ::mkdirat(contents.get(), system_name, 0755) != 0)
            return failed(path);
        if (auto done = mount_tree(whole, shown.get(), system_name, path); !done)
            return problem(done.error());
    }
    if (::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | flags,
                nullptr) != 0)
        return failed(path + ": cannot be made read-only");
    Folder folder{path, carry, std::move(old), std::move(shown), std::move(contents)};
    if (auto done = folder.show(entries); !done)
        return problem(done.error());
    if (auto done = folder.follow_all(); !done)
        return problem(done.error());
    return folder;
}

tl::unexpected<std::string> Folder::failed_at(const std::string &name) const
{
    return failed(path_ + "/" + name);
}

OrProblem<void> Folder::add(const std::string &name, const Entry &entry) const
{
    bool added = false;
    switch (entry.kind) {
    case Kind::directory:
        added = ::mkdirat(contents_.get(), name.c_str(), 0755) == 0;
        break;
    case Kind::link:
        added = ::symlinkat(entry.text.c_str(), contents_.get(), name.c_str()) == 0;
        break;
    case Kind::file: {
        const Fd file{
            ::openat(contents_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
        added = file && ::write(file.get(), entry.text.data(), entry.text.size()) ==
                            static_cast<ssize_t>(entry.text.size());
        break;
    }
    }
    return added ? OrProblem<void>{} : failed_at(name);
}

void Folder::remove(const std::string &name) const
{
    (void)::umount2((path_ + "/" + name).c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    if (::unlinkat(contents_.get(), name.c_str(), 0) != 0)
        (void)::unlinkat(contents_.get(), name.c_str(), AT_REMOVEDIR);
}

OrProblem<void> Folder::show(const Entries &entries)
{
    const auto before = std::exchange(entries_, entries);
    for (const auto &[name, entry] : before) {
        if (entries.contains(name))
            continue;
        remove(name);
        if (auto done = follow(name); !done)
            return done;
    }
    for (const auto &[name, entry] : entries) {
        const auto found = before.find(name);
        if (found != before.end() && found->second == entry)
            continue;
        remove(name);
        if (auto done = add(name, entry); !done)
            return done;
    }
    return {};
}

int Folder::watch(int inotify) const
{
    const auto path = "/proc/self/fd/" + std::to_string(old_.get());
    return ::inotify_add_watch(inotify, path.c_str(),
                               IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO);
}

OrProblem<void> Folder::follow_all() const
{
    std::set<std::string> names;
    list(old_, names);
    list(contents_, names);
    for (const auto &name : names) {
        if (auto done = follow(name); !done)
            return done;
    }
    return {};
}

OrProblem<void> Folder::follow(const std::string &name) const
{
    if (name == "." || name == ".." || name == system_name || entries_.contains(name) ||
        is_as_in_system(name))
        return {};
    remove(name);
    return carry_over(name);
}

bool Folder::is_as_in_system(const std::string &name) const
{
    constexpr auto flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    struct stat system, ours;
    const bool is_there = ::fstatat(old_.get(), name.c_str(), &system, flags) == 0;
    const bool is_shown = ::fstatat(shown_.get(), name.c_str(), &ours, flags) == 0;
    if (!is_there || !is_shown || carry_ == Carry::link)
        return is_there == is_shown;
    if (S_ISLNK(system.st_mode))
        return target_of(shown_, name) == target_of(old_, name);
    return system.st_dev == ours.st_dev && system.st_ino == ours.st_ino;
}

OrProblem<void> Folder::carry_over(const std::string &name) const
{
    struct stat status;
    if (::fstatat(old_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
        return {};
    if (carry_ == Carry::link)
        return add(name, {Kind::link, system_name + ("/" + name)});
    if (S_ISLNK(status.st_mode))
        return add(name, {Kind::link, target_of(old_, name)});
    const auto tree = copy_tree(old_.get(), name.c_str());
    if (!tree)
        return errno == ENOENT ? OrProblem<void>{} : failed_at(name);
    const int made = S_ISDIR(status.st_mode)
                         ? ::mkdirat(contents_.get(), name.c_str(), 0755)
                         : ::mknodat(contents_.get(), name.c_str(), S_IFREG | 0444, 0);
    if (made != 0)
        return failed_at(name);
    return mount_tree(tree, shown_.get(), name.c_str(), path_ + "/" + name);
}

} // namespace iiofs
