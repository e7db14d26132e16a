// SPDX-License-Identifier: MIT
//
// InterruptThread: hands the edges of a device's interrupt line to its driver.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <iio/driver/interrupt.hpp>
#include <iio/host/health.hpp>
#include <iiowrap.h>
#include <mutex>
#include <thread>

namespace iio::core {

/// A handler of which a transfer failed is called again after a pause: a line that
/// stays active makes no other edge.
///
/// Threads: its own calls the driver; the destructor waits for a call under way.
class InterruptThread {
public:
    InterruptThread(const iio_dev &dev, const InterruptLine &line, Health *health,
                    std::function<std::int64_t()> now);
    ~InterruptThread();
    InterruptThread(const InterruptThread &) = delete;
    InterruptThread &operator=(const InterruptThread &) = delete;
    /// Errors: EAGAIN: there are too many threads.
    [[nodiscard]] Result<void> start();

private:
    void run();
    void rest(std::chrono::milliseconds pause);
    [[nodiscard]] bool wait_for_edge();
    [[nodiscard]] bool handle();

    const iio_dev &dev_;
    const InterruptLine &line_;
    const std::function<std::int64_t()> now_;
    Health *const health_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_; ///< for the pauses
    std::condition_variable stopped_;
    std::thread thread_;
};

} // namespace iio::core
