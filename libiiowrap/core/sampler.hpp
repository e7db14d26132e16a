// SPDX-License-Identifier: MIT
//
// Sampler: the thread that takes a scan each time that a trigger fires.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <iio/host/health.hpp>
#include <iio/host/trigger.hpp>
#include <memory>
#include <mutex>
#include <thread>

namespace iio::core {

/// While the part does not answer, or the one that is the trigger's source, it is tried again
/// after pauses: else no moment might come that tries it.
///
/// Threads: poll() from any; the constructor and destructor are the owner's.
class Sampler final : public TriggerConsumer {
public:
    /// `sample` is called for each poll() with the moment of it; `now` tells that where
    /// the trigger does not, or is not the device's own: another device may have another clock.
    Sampler(std::shared_ptr<const Trigger> trigger, bool is_own, Health *health,
            std::function<std::int64_t()> now, std::function<void(std::int64_t)> sample);
    /// Leaves the trigger; a sample that is under way is finished.
    ~Sampler() override;

    /// Errors: EAGAIN: there are too many threads; else the trigger's source.
    [[nodiscard]] Result<void> start();
    void poll(std::optional<std::int64_t> moment_ns) override;

private:
    void run();
    [[nodiscard]] bool is_answering() const;

    const std::shared_ptr<const Trigger> trigger_;
    const bool is_own_;
    Health *const health_;
    const std::function<std::int64_t()> now_;
    const std::function<void(std::int64_t)> sample_;
    std::mutex mutex_; ///< the trigger is not asked with it: poll() comes with the trigger's
    std::condition_variable changed_;
    bool pending_ = false;
    bool stopping_ = false;
    std::int64_t moment_ns_ = 0;
    bool attached_ = false;
    std::thread thread_;
};

} // namespace iio::core
