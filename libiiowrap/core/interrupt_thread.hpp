// SPDX-License-Identifier: MIT
//
// InterruptThread: hands the edges of a device's interrupt line to its driver.
#pragma once

#include <atomic>
#include <functional>
#include <iio/interrupt.hpp>
#include <iiowrap.h>
#include <thread>

namespace iio::core {

/// Threads: its own calls the driver; the destructor waits for a call under way.
class InterruptThread {
public:
    InterruptThread(const iio_dev &dev, const InterruptLine &line,
                    std::function<std::int64_t()> now);
    ~InterruptThread();
    InterruptThread(const InterruptThread &) = delete;
    InterruptThread &operator=(const InterruptThread &) = delete;
    /// Errors: EAGAIN: there are too many threads.
    [[nodiscard]] Result<void> start();

private:
    void run();

    const iio_dev &dev_;
    const InterruptLine &line_;
    const std::function<std::int64_t()> now_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

} // namespace iio::core
