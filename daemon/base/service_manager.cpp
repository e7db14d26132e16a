// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <daemon/base/fd.hpp>
#include <daemon/base/fd_message.hpp>
#include <daemon/base/service_manager.hpp>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace iiofs {

namespace {

constexpr int first_listen_fd = 3;

std::string_view environment(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "";
}

std::optional<int> number(std::string_view text)
{
    int value = 0;
    const auto *const end = text.data() + text.size();
    if (text.empty() || std::from_chars(text.data(), end, value).ptr != end)
        return std::nullopt;
    return value;
}

} // namespace

bool has_service_manager() { return !environment("NOTIFY_SOCKET").empty(); }

iio::Result<void> notify_manager(std::string_view lines, std::span<const int> fds)
{
    const auto path = environment("NOTIFY_SOCKET");
    if (path.empty())
        return {};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return iio::fail(E2BIG);
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') // an abstract one
        address.sun_path[0] = '\0';
    const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket)
        return iio::fail(errno);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (!send_fds(socket.get(), lines, fds, reinterpret_cast<const sockaddr *>(&address), length))
        return iio::fail(errno);
    return {};
}

iio::Result<void> notify_barrier(std::chrono::milliseconds limit)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return iio::fail(errno);
    const Fd ours{ends[0]};
    {
        // The manager closes its copy when it comes to it.
        const Fd its{ends[1]};
        const std::array fds{its.get()};
        IIO_TRY(notify_manager("BARRIER=1", fds));
    }
    pollfd closed{ours.get(), 0, 0};
    const int polled = ::poll(&closed, 1, static_cast<int>(limit.count()));
    if (polled < 0)
        return iio::fail(errno);
    if (polled == 0)
        return iio::fail(ETIMEDOUT);
    return {};
}

int listen_fd(std::string_view name)
{
    // Another process's, if it is not for this one: the variables are inherited.
    const auto count = number(environment("LISTEN_FDS"));
    if (!count || number(environment("LISTEN_PID")) != ::getpid())
        return -1;
    auto names = environment("LISTEN_FDNAMES");
    for (int fd = first_listen_fd; fd < first_listen_fd + *count; ++fd) {
        const auto end = std::min(names.find(':'), names.size());
        if (names.substr(0, end) == name) {
            ::fcntl(fd, F_SETFD, FD_CLOEXEC);
            return fd;
        }
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    return -1;
}

} // namespace iiofs
