// SPDX-License-Identifier: MIT
//
// Descriptors that go from process to process through a Unix socket (SCM_RIGHTS).
#pragma once

#include <cstddef>
#include <daemon/base/fd.hpp>
#include <span>
#include <string_view>
#include <sys/socket.h>

namespace iiofs {

/// As many as one message takes.
inline constexpr std::size_t max_fds_sent = 8;

/// Sends the bytes, one at least, and copies of the descriptors; to an address where
/// the socket is not connected. False, errno: E2BIG: too many descriptors; else as
/// sendmsg(2).
[[nodiscard]] bool send_fds(int socket, std::string_view bytes, std::span<const int> fds,
                            const sockaddr *to = nullptr, socklen_t to_length = 0);

/// Waits for a message and takes the first descriptor out of it (close-on-exec).
/// None: there was none in it, or the other end is closed.
[[nodiscard]] Fd receive_fd(int socket);

} // namespace iiofs
