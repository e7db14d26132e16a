// SPDX-License-Identifier: MIT
//
// InterruptThread: has the driver handle what a device's interrupt line tells.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <iio/driver/interrupt.hpp>
#include <iio/host/health.hpp>
#include <iiowrap.h>
#include <optional>
#include <thread>

namespace iio::core {

/// The driver handles the line once for each edge, and again
///
/// - while the line is still active afterwards (the part has more to tell, or a
///   transfer in scan() failed), but not while a trigger's buffers take their samples;
/// - where a transfer of the handler failed, or the part did not answer;
/// - where the line is active at the start: no edge comes for that.
///
/// After `free_rounds` calls with no edge between them each further one comes after a pause
/// that grows from 1 ms to `longest_pause`: a line that stays active for ever takes little
/// of the bus. An edge, a trigger's first buffer and the end cut a pause short.
///
/// The moment that a handler is given is that of the edge; of its own call where there was
/// none. The moments of one device never go back: an edge that is older than a call without
/// one was served by that call.
///
/// Threads: its own calls the driver; all members from any.
class InterruptThread {
public:
    static constexpr unsigned free_rounds = 4;
    static constexpr std::chrono::milliseconds longest_pause{1000};

    /// What it has to know of the device; called on its thread.
    struct Device {
        /// A moment of CLOCK_MONOTONIC by the clock that the client chose.
        std::function<std::int64_t(std::int64_t monotonic_ns)> by_clients_clock;
        /// A trigger of its own waits for samples; look_again() comes when that is over.
        std::function<bool()> is_sampling;
    };

    InterruptThread(const iio_dev &dev, const InterruptLine &line, Health *health, Device device);
    ~InterruptThread() { stop(); }
    InterruptThread(const InterruptThread &) = delete;
    InterruptThread &operator=(const InterruptThread &) = delete;
    /// Errors: EAGAIN: there are too many threads.
    [[nodiscard]] Result<void> start();
    /// Waits for a call under way; none comes after it. From one thread.
    void stop();
    /// If the line is active it is handled again: now, with no pause, if `without_pause`.
    void look_again(bool without_pause);

private:
    using Time = std::chrono::steady_clock::time_point;

    void run();
    [[nodiscard]] bool is_wanted();
    [[nodiscard]] bool is_due(std::optional<std::int64_t> edge_ns);
    [[nodiscard]] Time next_call() const;
    [[nodiscard]] std::optional<std::chrono::milliseconds> time_to_next_call();
    void call(std::optional<std::int64_t> edge_ns);
    [[nodiscard]] bool handle(std::optional<std::int64_t> edge_ns);

    const iio_dev &dev_;
    const InterruptLine &line_;
    Health *const health_;
    const Device device_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> without_pause_{false};

    // Of the thread alone:
    bool done_ = true;    ///< what the last call was to do; false: a transfer failed
    unsigned rounds_ = 0; ///< calls since the last edge
    Time called_at_{};
    std::chrono::milliseconds pause_{0}; ///< after the last call
    std::int64_t last_moment_ns_ = 0;    ///< of CLOCK_MONOTONIC

    std::thread thread_;
};

} // namespace iio::core
