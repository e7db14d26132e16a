// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cstring>
#include <daemon/run/ioctl_filter.hpp>
#include <linux/iio/buffer.h>
#include <linux/iio/events.h>
#include <linux/seccomp.h>
#include <stdexcept>
#include <string>
#ifdef HAVE_LIBSECCOMP
#include <seccomp.h>
#endif

namespace ioctl_filter_test {

namespace {

using namespace iiofs;

/// What the kernel does with a filter for one call.
std::uint32_t verdict(const std::vector<sock_filter> &filter, const seccomp_data &data)
{
    std::uint32_t accumulator = 0;
    for (std::size_t at = 0;; ++at) {
        const auto &step = filter.at(at);
        switch (step.code) {
        case BPF_LD | BPF_W | BPF_ABS:
            if (step.k % 4 != 0 || step.k > sizeof data - 4)
                throw std::runtime_error{"load beyond seccomp_data"};
            std::memcpy(&accumulator, reinterpret_cast<const char *>(&data) + step.k, 4);
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += accumulator == step.k ? step.jt : step.jf;
            break;
        case BPF_RET | BPF_K:
            return step.k;
        default:
            throw std::runtime_error{"instruction " + std::to_string(step.code)};
        }
    }
}

std::uint32_t verdict(std::uint32_t architecture, std::uint32_t number, std::uint64_t request)
{
    seccomp_data data{};
    data.arch = architecture;
    data.nr = static_cast<int>(number);
    data.args[0] = 3;
    data.args[1] = request;
    data.args[2] = 0x7fff00000000;
    return verdict(ioctl_filter(), data);
}

} // namespace

TEST_CASE("on each architecture the listener is asked about the two ioctls and no other call")
{
    for (const auto &[architecture, number] : ioctl_calls) {
        CAPTURE(architecture);
        for (const std::uint64_t request : {IIO_GET_EVENT_FD_IOCTL, IIO_BUFFER_GET_FD_IOCTL}) {
            CHECK(verdict(architecture, number, request) == SECCOMP_RET_USER_NOTIF);
            // The kernel looks at 32 bits of it: a client may have extended its sign.
            CHECK(verdict(architecture, number, request | 0xffffffff00000000) ==
                  SECCOMP_RET_USER_NOTIF);
            CHECK(verdict(architecture, number + 1, request) == SECCOMP_RET_ALLOW);
            CHECK(verdict(architecture ^ 0x1000, number, request) == SECCOMP_RET_ALLOW);
        }
        CHECK(verdict(architecture, number, IIO_GET_EVENT_FD_IOCTL + 2) == SECCOMP_RET_ALLOW);
        CHECK(verdict(architecture, number, std::uint64_t{IIO_GET_EVENT_FD_IOCTL} << 32) ==
              SECCOMP_RET_ALLOW);
    }
}

#ifdef HAVE_LIBSECCOMP
TEST_CASE("each architecture's number of ioctl is libseccomp's")
{
    unsigned known = 0;
    for (const auto &[architecture, number] : ioctl_calls) {
        CAPTURE(architecture);
        // An SCMP_ARCH_… is the AUDIT_ARCH_…; an older library does not know all.
        const int theirs = seccomp_syscall_resolve_name_arch(architecture, "ioctl");
        if (theirs == __NR_SCMP_ERROR)
            continue;
        ++known;
        CHECK(theirs == static_cast<int>(number));
    }
    CHECK(known >= 8);
}
#endif

} // namespace ioctl_filter_test
