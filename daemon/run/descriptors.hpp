// SPDX-License-Identifier: MIT
//
// The ioctls of /dev/iio:deviceN that return a descriptor, for unmodified
// clients of a FUSE file, which cannot return one: the kernel asks a process of
// ours instead (seccomp's user notification, seccomp_unotify(2)), and that hands
// a descriptor of the tree into the client.
#pragma once

#include <cstdint>
#include <daemon/base/fd.hpp>
#include <optional>
#include <string>
#include <sys/types.h>

struct seccomp_notif;

namespace iiofs {

/// From here on the kernel asks the listener that this returns about IIO_GET_EVENT_FD and
/// IIO_BUFFER_GET_FD of this process and all that it starts. Where nobody listens any more, they
/// fail with ENOSYS.
/// None: errno says why. EBUSY: there is a listener; ENOSYS and such: a kernel before 5.9, or one
/// without seccomp.
[[nodiscard]] Fd install_filter();

/// Answers them for files of /sys/bus/iio/dev, in a process without the filter.
class Descriptors {
public:
    /// Without a listener there is nothing to answer.
    explicit Descriptors(Fd listener);

    explicit operator bool() const { return static_cast<bool>(listener_); }
    /// Readable when a client asks; POLLHUP: the last one has ended.
    [[nodiscard]] int listener() const { return listener_.get(); }
    void answer_one();

private:
    [[nodiscard]] std::optional<std::string> file_name(const seccomp_notif &asked) const;
    [[nodiscard]] int hand_over(const seccomp_notif &asked, const std::string &name) const;
    [[nodiscard]] bool is_waiting(std::uint64_t id) const;

    const Fd listener_;
    const Fd dev_;
    dev_t file_system_ = 0;
};

} // namespace iiofs
