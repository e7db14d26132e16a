// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <daemon/base/fd.hpp>
#include <daemon/mounter/mountinfo.hpp>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>

namespace iiofs {

namespace {

/// Takes what stands before the next `separator`, all if there is none.
std::string_view take_until(std::string_view &text, char separator)
{
    const auto end = std::min(text.find(separator), text.size());
    const auto taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

/// Undoes the kernel's \040 for a blank, and \011, \012, \043, \134.
std::string unescaped(std::string_view text)
{
    std::string plain;
    while (!text.empty()) {
        const auto digits = text.substr(1, 3);
        unsigned code = 0;
        const auto *const end = digits.data() + digits.size();
        if (text.front() == '\\' && digits.size() == 3 &&
            std::from_chars(digits.data(), end, code, 8).ptr == end && code <= 0377) {
            plain += static_cast<char>(code);
            text.remove_prefix(4);
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

/// 36 35 98:0 /root /mountpoint rw,noatime shared:1 master:2 - type source rw
std::optional<MountEntry> parse_line(std::string_view line)
{
    MountEntry entry{};
    const auto id = take_until(line, ' ');
    const auto *const end = id.data() + id.size();
    if (id.empty() || std::from_chars(id.data(), end, entry.id).ptr != end)
        return std::nullopt;
    take_until(line, ' '); // the parent's id
    entry.device = take_until(line, ' ');
    entry.root = unescaped(take_until(line, ' '));
    entry.mountpoint = unescaped(take_until(line, ' '));
    // The options before the dash are any number; a type there is always.
    while (!line.empty() && take_until(line, ' ') != "-")
        ;
    entry.type = unescaped(take_until(line, ' '));
    entry.source = unescaped(take_until(line, ' '));
    if (entry.type.empty())
        return std::nullopt;
    return entry;
}

std::vector<MountEntry> mounts_of_this_process()
{
    // No stream: the mounter, which links this, is to stay small.
    const Fd file{::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)};
    std::string text;
    std::array<char, 4096> some{};
    ssize_t got = 0;
    while ((got = ::read(file.get(), some.data(), some.size())) > 0)
        text.append(some.data(), static_cast<std::size_t>(got));
    return parse_mountinfo(text);
}

/// The mount that a path leads to. With nothing asked for and without
/// synchronisation a FUSE daemon is not asked either: it may be dead, stuck, or
/// somebody else's.
std::optional<std::uint64_t> mount_id(const std::filesystem::path &path)
{
    struct statx status;
    if (statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &status) != 0 ||
        (status.stx_mask & STATX_MNT_ID) == 0)
        return std::nullopt;
    return status.stx_mnt_id;
}

} // namespace

std::vector<MountEntry> parse_mountinfo(std::string_view text)
{
    std::vector<MountEntry> entries;
    while (!text.empty()) {
        if (auto entry = parse_line(take_until(text, '\n')))
            entries.push_back(*std::move(entry));
    }
    return entries;
}

bool is_iiofs(const MountEntry &entry)
{
    return entry.type == "fuse.iiofs" || (entry.type == "fuse" && entry.source == "iiofs");
}

std::vector<MountEntry> visible_iiofs_mounts()
{
    std::vector<MountEntry> found;
    for (auto &entry : mounts_of_this_process()) {
        const auto known =
            std::ranges::find(found, entry.device, &MountEntry::device) != found.end();
        if (is_iiofs(entry) && entry.root == "/" && !known &&
            mount_id(entry.mountpoint) == entry.id)
            found.push_back(std::move(entry));
    }
    return found;
}

bool is_iiofs_mount(const std::filesystem::path &path)
{
    const auto id = mount_id(path);
    return std::ranges::any_of(mounts_of_this_process(), [&](const MountEntry &mount) {
        return mount.id == id && is_iiofs(mount);
    });
}

bool is_stale_mount(const std::filesystem::path &mountpoint)
{
    if (!is_iiofs_mount(mountpoint))
        return false;
    // A cached answer would come from the dead one.
    struct statx status;
    return statx(AT_FDCWD, mountpoint.c_str(), AT_STATX_FORCE_SYNC, STATX_MODE, &status) != 0 &&
           errno == ENOTCONN;
}

} // namespace iiofs
