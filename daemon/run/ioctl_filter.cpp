// SPDX-License-Identifier: MIT
#include <cstddef>
#include <daemon/run/ioctl_filter.hpp>
#include <linux/iio/buffer.h>
#include <linux/iio/events.h>
#include <linux/seccomp.h>

namespace iiofs {

namespace {

/// The lower half of a 64-bit argument, where its request number is.
constexpr std::uint32_t low_half_of_argument(std::uint32_t n)
{
    constexpr std::uint32_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + n * 8 + low;
}

} // namespace

std::vector<sock_filter> ioctl_filter()
{
    const auto load = [](std::uint32_t offset) {
        return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
    };
    const auto skip_unless = [](std::uint32_t value, std::uint8_t count) {
        return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
    };
    const auto verdict = [](std::uint32_t value) {
        return sock_filter BPF_STMT(BPF_RET | BPF_K, value);
    };
    std::vector<sock_filter> filter;
    for (const auto &call : ioctl_calls) {
        filter.push_back(load(offsetof(seccomp_data, arch)));
        filter.push_back(skip_unless(call.architecture, 8));
        filter.push_back(load(offsetof(seccomp_data, nr)));
        filter.push_back(skip_unless(call.number, 5));
        filter.push_back(load(low_half_of_argument(1)));
        filter.push_back(skip_unless(IIO_GET_EVENT_FD_IOCTL, 1));
        filter.push_back(verdict(SECCOMP_RET_USER_NOTIF));
        filter.push_back(skip_unless(IIO_BUFFER_GET_FD_IOCTL, 1));
        filter.push_back(verdict(SECCOMP_RET_USER_NOTIF));
        filter.push_back(verdict(SECCOMP_RET_ALLOW));
    }
    filter.push_back(verdict(SECCOMP_RET_ALLOW));
    return filter;
}

} // namespace iiofs
