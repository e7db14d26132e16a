// SPDX-License-Identifier: MIT
//
// What is said to the service manager and comes from it, by its published
// protocol: sd_notify(3), sd_listen_fds(3). Links nothing but libc and libstdc++.
#pragma once

#include <chrono>
#include <iio/driver/result.hpp>
#include <span>
#include <string_view>

namespace iiofs {

/// Whether there is one to notify ($NOTIFY_SOCKET).
[[nodiscard]] bool has_service_manager();

/// One message: lines as of sd_notify(3) ("READY=1\nSTATUS=..."), and descriptors
/// that go along (FDSTORE=1). Does nothing where there is no manager.
/// Errors: as socket(2), sendmsg(2). Threads: any at once.
iio::Result<void> notify_manager(std::string_view lines, std::span<const int> fds = {});

/// Waits until the manager has taken in all messages up to now: descriptors are
/// in its store then, and the sender may end.
/// Errors: ETIMEDOUT; as notify_manager().
[[nodiscard]] iio::Result<void> notify_barrier(std::chrono::milliseconds limit);

/// The descriptor that this process was started with by a name ($LISTEN_FDS), below 0
/// if there is none. It is made close-on-exec; there is one owner, the caller.
[[nodiscard]] int listen_fd(std::string_view name);

} // namespace iiofs
