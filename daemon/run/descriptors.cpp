// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <daemon/run/descriptors.hpp>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/iio/buffer.h>
#include <linux/iio/events.h>
#include <linux/seccomp.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace iiofs {

namespace {

/// ioctl as each architecture numbers it that one of our kernels can run.
struct Call {
    std::uint32_t architecture;
    std::uint32_t number;
};
constexpr std::array ioctl_calls{
    Call{AUDIT_ARCH_X86_64, 16},
    Call{AUDIT_ARCH_I386, 54},
    Call{AUDIT_ARCH_AARCH64, 29},
    Call{AUDIT_ARCH_ARM, 54},
};

/// The lower half of a 64-bit argument, where its request number is.
constexpr std::uint32_t low_half_of_argument(std::uint32_t n)
{
    constexpr std::uint32_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + n * 8 + low;
}

/// Asks us about the two requests and lets everything else pass.
std::vector<sock_filter> make_filter()
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

} // namespace

Fd install_filter()
{
    auto filter = make_filter();
    sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return Fd{static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                         SECCOMP_FILTER_FLAG_NEW_LISTENER, &program))};
}

Descriptors::Descriptors(Fd listener)
    : listener_{std::move(listener)},
      dev_{::open("/sys/bus/iio/dev", O_PATH | O_DIRECTORY | O_CLOEXEC)}
{
    struct stat status;
    if (::fstat(dev_.get(), &status) == 0)
        file_system_ = status.st_dev;
}

void Descriptors::answer_one()
{
    seccomp_notif asked{};
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0)
        return;
    seccomp_notif_resp reply{};
    reply.id = asked.id;
    const auto name = file_name(asked);
    if (!name) // no file of ours: the kernel's own business
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else
        reply.error = -hand_over(asked, *name);
    (void)::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

/// "iio:device0" where the client's descriptor is that of such a file in dev/.
std::optional<std::string> Descriptors::file_name(const seccomp_notif &asked) const
{
    const auto link = "/proc/" + std::to_string(asked.pid) + "/fd/" +
                      std::to_string(static_cast<int>(asked.data.args[0]));
    struct stat status;
    std::array<char, 4096> target{};
    if (::stat(link.c_str(), &status) != 0 || status.st_dev != file_system_ ||
        ::readlink(link.c_str(), target.data(), target.size() - 1) < 0)
        return std::nullopt;
    const std::string path{target.data()};
    auto name = path.substr(path.rfind('/') + 1);
    struct stat ours;
    if (::fstatat(dev_.get(), name.c_str(), &ours, 0) != 0 || ours.st_ino != status.st_ino)
        return std::nullopt;
    return name;
}

/// Returns 0 or the errno that the client gets.
int Descriptors::hand_over(const seccomp_notif &asked, const std::string &name) const
{
    const bool events = static_cast<std::uint32_t>(asked.data.args[1]) == IIO_GET_EVENT_FD_IOCTL;
    const auto memory_path = "/proc/" + std::to_string(asked.pid) + "/mem";
    const Fd memory{::open(memory_path.c_str(), O_RDWR | O_CLOEXEC)};
    // The pid may be another one's by now, unless the client still waits.
    if (!memory || !is_waiting(asked.id))
        return EPERM;
    const auto place = static_cast<off_t>(asked.data.args[2]);
    std::int32_t number = 0;
    if (::pread(memory.get(), &number, sizeof number, place) != sizeof number)
        return EFAULT;
    if (!events && number != 0)
        return ENODEV; // there is one buffer
    const auto file = name + (events ? ".events" : ".buffer0");
    const Fd opened{::openat(dev_.get(), file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!opened)
        return errno == ENOENT ? ENODEV : errno;
    seccomp_notif_addfd handed{};
    handed.id = asked.id;
    handed.srcfd = static_cast<std::uint32_t>(opened.get());
    handed.newfd_flags = O_CLOEXEC;
    number = ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &handed);
    if (number < 0)
        return errno;
    return ::pwrite(memory.get(), &number, sizeof number, place) == sizeof number ? 0 : EFAULT;
}

bool Descriptors::is_waiting(std::uint64_t id) const
{
    return ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

} // namespace iiofs
