// SPDX-License-Identifier: MIT
//
// The seccomp filter by which the kernel asks about the two ioctls of /dev/iio:deviceN.
#pragma once

#include <array>
#include <cstdint>
#include <linux/audit.h>
#include <linux/filter.h>
#include <vector>

namespace iiofs {

/// ioctl as an architecture numbers it: AUDIT_ARCH_… and __NR_ioctl.
struct IoctlCall {
    std::uint32_t architecture;
    std::uint32_t number;
};

/// Of Debian's architectures, and those whose programs the kernels of these run as well.
inline constexpr std::array ioctl_calls{
    IoctlCall{AUDIT_ARCH_X86_64, 16},      IoctlCall{AUDIT_ARCH_I386, 54},
    IoctlCall{AUDIT_ARCH_AARCH64, 29},     IoctlCall{AUDIT_ARCH_ARM, 54},
    IoctlCall{AUDIT_ARCH_RISCV64, 29},     IoctlCall{AUDIT_ARCH_PPC64LE, 54},
    IoctlCall{AUDIT_ARCH_S390X, 54},       IoctlCall{AUDIT_ARCH_S390, 54},
    IoctlCall{AUDIT_ARCH_LOONGARCH64, 29},
};

/// Asks the listener about IIO_GET_EVENT_FD and IIO_BUFFER_GET_FD, as this build's architecture
/// numbers these requests, and lets everything else pass.
[[nodiscard]] std::vector<sock_filter> ioctl_filter();

} // namespace iiofs
