// SPDX-License-Identifier: MIT
//
// The ioctls of /dev/iio:deviceN that return a descriptor, for unmodified
// clients of a FUSE file, which cannot return one: the kernel asks a process of
// ours instead (seccomp's user notification, seccomp_unotify(2)), and that hands
// a descriptor of the tree into the client.
#pragma once

#include <daemon/base/problem.hpp>
#include <filesystem>

namespace iiofs {

/// From here on IIO_GET_EVENT_FD and IIO_BUFFER_GET_FD of this process and all
/// that it starts are answered for files of `tree`'s dev/, by a process that ends
/// with the last of them. Where that has ended, they fail with ENOSYS.
/// Errors: one line for people; nothing has changed then. ENOSYS-like ones mean
/// a kernel before 5.9 or one without seccomp.
[[nodiscard]] OrProblem<void> serve_descriptors(const std::filesystem::path &tree);

} // namespace iiofs
