// SPDX-License-Identifier: MIT
//
// Making and taking away the mount, apart from serving it: by root with mount(2),
// by others through fusermount3. Links nothing but libc and libstdc++.
//
// Threads: one, as these functions fork.
#pragma once

#include <chrono>
#include <daemon/base/fd.hpp>
#include <daemon/base/problem.hpp>
#include <string>

namespace iiofs {

/// What the mount is made with, as fusermount3 and libfuse take it. Others than its
/// maker see it if root makes it, or if fuse.conf lets users say so.
[[nodiscard]] std::string mount_options();

/// Mounts a FUSE filesystem on a directory, an absolute path, and gives
/// the /dev/fuse descriptor (close-on-exec) by which it is served. Whoever looks at
/// the mount waits until somebody does. The kernel ends the filesystem when the
/// last copy of the descriptor is closed.
/// Errors: as open(2) of /dev/fuse, mount(2); what fusermount3 says goes to stderr.
[[nodiscard]] OrProblem<Fd> mount_fuse(const std::string &directory);

/// A new and empty keep (close-on-exec), see docs/service.md.
/// Errors: as memfd_create(2).
[[nodiscard]] OrProblem<Fd> make_keep();

/// A mount that another process has made and holds, see docs/service.md.
struct HeldMount {
    Fd fuse;       ///< its /dev/fuse descriptor
    bool unmounts; ///< the server does, at an orderly end; else the holder
};

enum class MountState {
    none, ///< no iiofs is mounted there, or another mount hides it
    dead, ///< nobody holds its descriptor any longer: ENOTCONN
    held, ///< somebody does, and does not answer within the limit
    answers,
};

/// Asks the iiofs mount that a directory leads to, on a child's time: it does not
/// hang with it.
[[nodiscard]] MountState probe_mount(const std::string &directory, std::chrono::milliseconds limit);

/// Takes away what is mounted on a directory, lazily as clients may be in it.
/// Errors: as umount2(2); what fusermount3 says goes to stderr.
[[nodiscard]] OrProblem<void> unmount_one(const std::string &directory);

/// Takes away what is mounted on a directory, unless clients use it: its server ends in
/// order. Errors: as umount2(2), EBUSY: it is in use; what fusermount3 says goes to stderr.
[[nodiscard]] OrProblem<void> unmount_unused(const std::string &directory);

/// Takes away the iiofs mounts that a directory leads to, dead or not. Other
/// filesystems stay; a directory without one is fine. Errors: as unmount_one().
[[nodiscard]] OrProblem<void> unmount_fuse(const std::string &directory);

} // namespace iiofs
