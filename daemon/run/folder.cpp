// SPDX-License-Identifier: MIT
#include <array>
#include <cstdio>
#include <daemon/run/folder.hpp>
#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <memory>
#include <string_view>
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

OrProblem<Folder> Folder::replace(const std::string &path, Carry carry)
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
    return Folder{path, carry, std::move(old), std::move(shown), std::move(contents)};
}

tl::unexpected<std::string> Folder::failed_at(const std::string &name) const
{
    return failed(path_ + "/" + name);
}

bool Folder::has(const std::string &name) const
{
    return ::faccessat(contents_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

OrProblem<void> Folder::add_directory(const std::string &name)
{
    if (::mkdirat(contents_.get(), name.c_str(), 0755) != 0)
        return failed_at(name);
    return {};
}

OrProblem<void> Folder::add(const std::string &name, const Entry &entry) const
{
    if (entry.is_link) {
        if (::symlinkat(entry.text.c_str(), contents_.get(), name.c_str()) != 0)
            return failed_at(name);
        return {};
    }
    const Fd file{
        ::openat(contents_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
    const auto size = static_cast<ssize_t>(entry.text.size());
    if (!file || ::write(file.get(), entry.text.data(), entry.text.size()) != size)
        return failed_at(name);
    return {};
}

OrProblem<void> Folder::show(const Entries &entries)
{
    for (const auto &[name, entry] : entries) {
        if (auto added = add(name, entry); !added)
            return added;
    }
    entries_ = entries;
    return {};
}

OrProblem<void> Folder::carry_over()
{
    // None where the caller may not list it: debugfs is root's.
    const int listing = ::openat(old_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR *)> names{listing < 0 ? nullptr : ::fdopendir(listing),
                                                     ::closedir};
    while (const auto *found = names ? ::readdir(names.get()) : nullptr) {
        const std::string name{found->d_name};
        if (name == "." || name == ".." || has(name))
            continue;
        if (auto done = carry_over(name); !done)
            return done;
    }
    return {};
}

OrProblem<void> Folder::carry_over(const std::string &name) const
{
    if (carry_ == Carry::link)
        return add(name, {true, system_name + ("/" + name)});
    std::array<char, PATH_MAX> target{};
    if (::readlinkat(old_.get(), name.c_str(), target.data(), target.size() - 1) < 0)
        return mount_there(name);
    return add(name, {true, target.data()});
}

/// Mounts an entry of the system's directory, unless it cannot be reached.
OrProblem<void> Folder::mount_there(const std::string &name) const
{
    struct stat status;
    if (::fstatat(old_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
        return {};
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
