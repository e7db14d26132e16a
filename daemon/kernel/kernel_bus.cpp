// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <daemon/kernel/kernel_bus.hpp>
#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace iiofs {

namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/// EXDEV: something is mounted on the way; ENOSYS: before Linux 5.6 it cannot be told.
Fd open_beneath_no_mount(const Fd &directory, const char *path)
{
    open_how how{};
    how.flags = directory_flags;
    how.resolve = RESOLVE_NO_XDEV;
    return Fd{static_cast<int>(::syscall(SYS_openat2, directory.get(), path, &how, sizeof how))};
}

bool is_removed(const Fd &directory)
{
    struct stat status;
    return ::fstat(directory.get(), &status) != 0 || status.st_nlink == 0;
}

/// Calls visit(name, type) for each entry but "." and "..".
template <class Visit> void for_each_in(const Fd &directory, Visit &&visit)
{
    const int again = ::openat(directory.get(), ".", directory_flags);
    const std::unique_ptr<DIR, int (*)(DIR *)> stream{again >= 0 ? ::fdopendir(again) : nullptr,
                                                      ::closedir};
    while (const auto *entry = stream ? ::readdir(stream.get()) : nullptr) {
        const std::string name{entry->d_name};
        if (name != "." && name != "..")
            visit(name, entry->d_type);
    }
}

/// Empty: there is no such link.
std::string link_text(const Fd &directory, const char *name)
{
    std::array<char, PATH_MAX> text;
    const auto length = ::readlinkat(directory.get(), name, text.data(), text.size());
    return length > 0 ? std::string{text.data(), static_cast<std::size_t>(length)} : std::string{};
}

} // namespace

KernelBus::KernelBus(const std::filesystem::path &sysfs)
    : root_{::open(sysfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)}
{
}

KernelEntries KernelBus::entries()
{
    // The kernel's module may come later, or go and come again.
    if (!devices_ || is_removed(*devices_)) {
        auto opened = open_beneath_no_mount(root_, "bus/iio/devices");
        if (!opened)
            return errno == EXDEV || errno == ENOSYS ? search() : KernelEntries{};
        devices_.emplace(std::move(opened));
    }
    return list();
}

KernelEntries KernelBus::list() const
{
    constexpr std::string_view to_sysfs = "../../../";
    KernelEntries found;
    for_each_in(*devices_, [&](const std::string &name, unsigned char) {
        const auto target = link_text(*devices_, name.c_str());
        if (target.starts_with(to_sysfs))
            found.emplace(name, entry(target.substr(to_sysfs.size())));
    });
    return found;
}

KernelEntries KernelBus::search() const
{
    KernelEntries found;
    search_in(Fd{::openat(root_.get(), "devices", directory_flags)}, "devices", found);
    return found;
}

/// A device is on the bus as long as it has its link to it: they come together
/// and go together, before the kernel tells of it.
void KernelBus::search_in(const Fd &directory, const std::string &path, KernelEntries &found) const
{
    if (link_text(directory, "subsystem").ends_with("/bus/iio"))
        found.emplace(path.substr(path.rfind('/') + 1), entry(path));
    for_each_in(directory, [&](const std::string &name, unsigned char type) {
        // Every device has a power/, with no device in it.
        if (type == DT_DIR && name != "power")
            search_in(Fd{::openat(directory.get(), name.c_str(), directory_flags)},
                      path + '/' + name, found);
    });
}

KernelEntry KernelBus::entry(std::string place) const
{
    const bool has_node = ::faccessat(root_.get(), (place + "/dev").c_str(), F_OK, 0) == 0;
    return {std::move(place), has_node};
}

} // namespace iiofs
