// SPDX-License-Identifier: MIT
//
// Node: an open device node and its bounded ioctls; what i2c-dev and spidev share.
#pragma once

#include <chrono>
#include <condition_variable>
#include <iio/driver/result.hpp>
#include <mutex>
#include <string>
#include <sys/types.h>

namespace iio::bus {

using Deadline = std::chrono::steady_clock::time_point;

/// How long a transaction waits for its bus, and for how long it begins an
/// interrupted ioctl again. What the kernel's controller driver then takes is
/// bounded by that driver (i2c-dev: by I2C_TIMEOUT as well).
inline constexpr std::chrono::milliseconds transaction_bound{2000};

/// The deadline of a transaction that begins now.
[[nodiscard]] inline Deadline transaction_deadline()
{
    return std::chrono::steady_clock::now() + transaction_bound;
}

/// A mutex whose wait can end, for std::unique_lock and a Deadline.
///
/// It stands for std::timed_mutex, whose wait (pthread_mutex_clocklock)
/// ThreadSanitizer does not know before gcc 13.
/// Threads: every function from any.
class TimedMutex {
public:
    void lock();
    [[nodiscard]] bool try_lock_until(Deadline deadline);
    void unlock();

private:
    std::mutex mutex_;
    std::condition_variable freed_;
    bool held_ = false;
};

/// A device node that can go away, and come back under the same path.
///
/// Threads: one at a time. Lifetime: owns its descriptor.
class Node {
public:
    /// Not open yet.
    explicit Node(std::string path) : path_{std::move(path)} {}
    Node(Node &&other) noexcept;
    Node &operator=(Node &&) = delete;
    ~Node() { close(); }

    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    /// The device's number; 0 for a file that is no device. The node is open.
    [[nodiscard]] Result<dev_t> device() const;

    /// Opens the path for reading and writing; closes what was open before.
    /// Errors: open(2)'s (ENOENT, EACCES, …); ENOTTY: it is no character device, or one
    /// that no bus has.
    [[nodiscard]] Result<void> open();
    /// open() for a node that was there before: ENODEV where there is no node,
    /// or no device behind it, any more.
    [[nodiscard]] Result<void> reopen();
    void close();

    /// ioctl(2), repeated while a signal interrupts it. `argument` is passed
    /// as it is: an address, or an integer for the requests that take one.
    ///
    /// Errors: ioctl(2)'s, unchanged; ETIMEDOUT: interrupted until the
    /// deadline; ENODEV: the device is gone (spidev says ESHUTDOWN), and the
    /// node is closed, which is what the kernel waits for to let the device go.
    [[nodiscard]] Result<int> ioctl(unsigned long request, void *argument, Deadline deadline);
    [[nodiscard]] Result<int> ioctl(unsigned long request, unsigned long argument,
                                    Deadline deadline);

private:
    template <class Argument>
    [[nodiscard]] Result<int> call(unsigned long request, Argument argument, Deadline deadline);

    std::string path_;
    int descriptor_ = -1;
};

} // namespace iio::bus
