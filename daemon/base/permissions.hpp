// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <sys/types.h>
#include <unistd.h>

namespace iiofs {

/// Who may do what in the tree, or with one device. By default: the kernel's modes,
/// owned by the user who runs the program.
struct Permissions {
    uid_t owner = ::geteuid();
    gid_t group = ::getegid();
    mode_t read = 0444;   ///< who may read what can be read; within 0444
    mode_t write = 0200;  ///< who may write what can be written; within 0222
    mode_t manage = 0200; ///< who may add and remove devices and triggers; within 0222

    /// The permission bits for a file or directory to which the kernel gives
    /// `kernel_mode` (0644, 0444, 0200, 0755). Not for symbolic links, which
    /// stay 0777.
    [[nodiscard]] constexpr mode_t apply(mode_t kernel_mode) const
    {
        const mode_t search = read >> 2;
        return ((kernel_mode & 0444) != 0 ? read : 0) | ((kernel_mode & 0222) != 0 ? write : 0) |
               ((kernel_mode & 0111) != 0 ? search : 0);
    }
    /// The bits of the stream in the place of /dev/iio:deviceN, which has 0600 in the
    /// kernel. A reader takes the samples away from all others, so only those who may
    /// write may read it.
    [[nodiscard]] constexpr mode_t of_stream() const { return write | write << 1; }

    /// Those of the files and directories by which devices and triggers come and go.
    [[nodiscard]] constexpr Permissions of_managers() const
    {
        Permissions managers = *this;
        managers.write = manage;
        return managers;
    }

    friend bool operator==(const Permissions &, const Permissions &) = default;
};

/// Who may do what with a device, by its number.
using PermissionsOf = std::function<Permissions(unsigned device)>;

} // namespace iiofs
