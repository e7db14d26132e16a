// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <daemon/run/descriptors.hpp>
#include <daemon/run/ioctl_filter.hpp>
#include <fcntl.h>
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

namespace iiofs {

Fd install_filter()
{
    auto filter = ioctl_filter();
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
