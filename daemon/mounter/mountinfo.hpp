// SPDX-License-Identifier: MIT
//
// Mounts of iiofs, as /proc/self/mountinfo (proc(5)) and statx(2) know them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iiofs {

/// One line of mountinfo.
struct MountEntry {
    std::uint64_t id;
    std::string device; ///< "0:52": alike for all mounts of one filesystem
    std::string root;   ///< the directory of the filesystem that is mounted, "/" mostly
    std::filesystem::path mountpoint;
    std::string type;   ///< "fuse.iiofs"
    std::string source; ///< "iiofs"
    friend bool operator==(const MountEntry &, const MountEntry &) = default;
};

/// The entries of a mountinfo text in its order, without lines that are none.
[[nodiscard]] std::vector<MountEntry> parse_mountinfo(std::string_view text);

/// Whether the filesystem says that it is iiofs.
[[nodiscard]] bool is_iiofs(const MountEntry &entry);

/// The iiofs mounts that a path leads to, so none that lies beneath another
/// mount; one that is mounted at several places is there once. Whether anybody
/// answers there, and answers the caller, has not been asked.
[[nodiscard]] std::vector<MountEntry> visible_iiofs_mounts();

/// Whether a path leads to an iiofs mount. Nobody is asked there.
[[nodiscard]] bool is_iiofs_mount(const std::filesystem::path &path);

/// Whether `mountpoint` is an iiofs mount whose daemon has died (ENOTCONN).
/// Another may lie beneath it: unmount it (lazily, clients may have it open) and
/// ask again.
[[nodiscard]] bool is_stale_mount(const std::filesystem::path &mountpoint);

} // namespace iiofs
