// SPDX-License-Identifier: MIT
//
// MountHolder: the process, or service manager, that holds the mount and the keep while
// servers come and go, as a server sees it.
#pragma once

#include <daemon/mounter/mounting.hpp>
#include <daemon/mounter/mountpoint.hpp>
#include <daemon/takeover/keep.hpp>
#include <memory>
#include <optional>
#include <span>

namespace iiofs {

/// Of the process that is started with the descriptors "fuse" and "keep".
/// Threads: one.
class MountHolder {
public:
    MountHolder();

    [[nodiscard]] bool has_mount() const { return fuse_ >= 0 && keep_ >= 0; }
    enum class Kind {
        nobody, ///< the mount ends with the server
        background,
        service_manager
    };
    [[nodiscard]] Kind kind() const { return kind_; }
    /// Once; none where there is no holder.
    [[nodiscard]] std::optional<HeldMount> mount();
    /// Once; null: it cannot be used, which is logged.
    [[nodiscard]] std::unique_ptr<Keep> keep();
    /// The mount answers. In the background the terminal may go.
    void ready();

private:
    int fuse_;
    int keep_;
    int ready_; ///< of a holder in the background, which waits for a byte; or -1
    const Kind kind_;
};

/// Starts a holder in the background, and it the server by `arguments`, this
/// program's. The holder removes what was made of the mountpoint. Returns once the mount
/// answers. The exit status: 0; 1: it could not start, which was said.
[[nodiscard]] int start_holder(Mountpoint &mountpoint, std::span<char *> arguments);

} // namespace iiofs
