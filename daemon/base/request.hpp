// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace iiofs {

/// Which request of a client something is done for, and whose it is. As it stands: for
/// none, the daemon does it by itself.
struct Request {
    std::uint64_t unique = 0; ///< the kernel's number; 0: none
    bool sent_again = false;  ///< the server before may have begun it
    uid_t uid = 0;
    gid_t gid = 0;
    pid_t pid = 0; ///< 0: of no process that we see
};

} // namespace iiofs
