// SPDX-License-Identifier: MIT
#include "bus/node.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace iio::bus {

void TimedMutex::lock()
{
    std::unique_lock lock{mutex_};
    freed_.wait(lock, [this] { return !held_; });
    held_ = true;
}

bool TimedMutex::try_lock_until(Deadline deadline)
{
    std::unique_lock lock{mutex_};
    if (!freed_.wait_until(lock, deadline, [this] { return !held_; }))
        return false;
    held_ = true;
    return true;
}

void TimedMutex::unlock()
{
    {
        const std::lock_guard lock{mutex_};
        held_ = false;
    }
    freed_.notify_one();
}

Node::Node(Node &&other) noexcept
    : path_{std::move(other.path_)}, descriptor_{std::exchange(other.descriptor_, -1)}
{
}

Result<dev_t> Node::device() const
{
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0)
        return fail(errno);
    return status.st_rdev;
}

Result<void> Node::open()
{
    close();
    // To open some device is to do something to it; what is no bus is not opened.
    constexpr unsigned misc_major = 10; // watchdogs, among others
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0)
        return fail(errno);
    if (!S_ISCHR(status.st_mode) || major(status.st_rdev) == misc_major)
        return fail(ENOTTY);
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor_ < 0)
        return fail(errno);
    return {};
}

Result<void> Node::reopen()
{
    const Result<void> opened = open();
    if (!opened && (opened.error().value() == ENOENT || opened.error().value() == ENXIO))
        return fail(ENODEV);
    return opened;
}

void Node::close()
{
    if (is_open())
        ::close(std::exchange(descriptor_, -1));
}

template <class Argument>
Result<int> Node::call(unsigned long request, Argument argument, Deadline deadline)
{
    for (;;) {
        const int answer = ::ioctl(descriptor_, request, argument);
        if (answer >= 0)
            return answer;
        if (errno == ENODEV || errno == ESHUTDOWN) {
            close();
            return fail(ENODEV);
        }
        if (errno != EINTR)
            return fail(errno);
        if (std::chrono::steady_clock::now() >= deadline)
            return fail(ETIMEDOUT);
    }
}

Result<int> Node::ioctl(unsigned long request, void *argument, Deadline deadline)
{
    return call(request, argument, deadline);
}

Result<int> Node::ioctl(unsigned long request, unsigned long argument, Deadline deadline)
{
    return call(request, argument, deadline);
}

} // namespace iio::bus
