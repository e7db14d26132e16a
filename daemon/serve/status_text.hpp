// SPDX-License-Identifier: MIT
//
// What the file `status` of the mount says, see docs/service.md.
#pragma once

#include <ctime>
#include <daemon/devices/devices.hpp>
#include <daemon/serve/mount_holder.hpp>
#include <daemon/takeover/keep.hpp>
#include <string>
#include <vector>

namespace iiofs {

/// Who serves.
struct ServerFacts {
    std::string mountpoint;
    MountHolder::Kind holder;
    std::time_t since;       ///< this server
    Permissions permissions; ///< of the tree
};

/// JSON, one chip in a line.
[[nodiscard]] std::string status_text(const ServerFacts &server,
                                      const std::vector<ChipState> &chips);

} // namespace iiofs
