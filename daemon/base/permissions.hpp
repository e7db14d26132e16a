// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <sys/types.h>
#include <unistd.h>

namespace iiofs {

/// Who may do what in the tree, or with one device. As it stands: exactly the
/// kernel's, whose owner is whoever runs the program.
struct Permissions {
    uid_t owner = ::geteuid();
    gid_t group = ::getegid();
    mode_t read = 0444;  ///< who may read what can be read; within 0444
    mode_t write = 0200; ///< who may write what can be written; within 0222

    /// The permission bits for a file or directory to which the kernel gives
    /// `kernel_mode` (0644, 0444, 0200, 0755). Not for symbolic links, which
    /// stay 0777.
    [[nodiscard]] constexpr mode_t apply(mode_t kernel_mode) const
    {
        const mode_t search = read >> 2;
        return ((kernel_mode & 0444) != 0 ? read : 0) | ((kernel_mode & 0222) != 0 ? write : 0) |
               ((kernel_mode & 0111) != 0 ? search : 0);
    }
    /// Those for what stands for /dev/iio:deviceN, 0600 in the kernel: who reads it
    /// takes the samples away from all others, so it is for those who may write.
    [[nodiscard]] constexpr mode_t of_stream() const { return write | write << 1; }

    friend bool operator==(const Permissions &, const Permissions &) = default;
};

/// Who may do what with a device, by its number.
using PermissionsOf = std::function<Permissions(unsigned device)>;

} // namespace iiofs
