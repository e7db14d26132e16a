// SPDX-License-Identifier: MIT
#include <core/sampler.hpp>
#include <core/thread.hpp>
#include <utility>

namespace iio::core {

Sampler::Sampler(std::shared_ptr<const Trigger> trigger, bool is_own, Health *health,
                 std::function<std::int64_t()> now, std::function<void(std::int64_t)> sample)
    : trigger_{std::move(trigger)},
      is_own_{is_own},
      health_{health},
      now_{std::move(now)},
      sample_{std::move(sample)}
{
}

Sampler::~Sampler()
{
    if (attached_)
        trigger_->detach(*this);
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable())
        thread_.join();
    if (std::exchange(pending_, false))
        trigger_->sampled();
    if (attached_)
        trigger_->release();
}

Result<void> Sampler::start()
{
    thread_ = IIO_TRY(start_thread([this] { run(); }));
    IIO_TRY(trigger_->attach(*this));
    attached_ = true;
    return {};
}

void Sampler::poll(std::optional<std::int64_t> moment_ns)
{
    {
        const std::lock_guard lock{mutex_};
        pending_ = true;
        // One from before the last sample, that comes late, is no moment of this one.
        moment_ns_ = is_own_ && moment_ns && *moment_ns > moment_ns_ ? *moment_ns : now_();
    }
    changed_.notify_one();
}

bool Sampler::is_answering() const
{
    return (!health_ || health_->is_answering()) && trigger_->is_answering();
}

void Sampler::run()
{
    RealTime real_time{RealTime::to_sample};
    const auto is_due = [this] { return pending_ || stopping_; };
    std::chrono::milliseconds pause{0};
    std::unique_lock lock{mutex_, std::defer_lock};
    for (;;) {
        pause = is_answering() ? pause.zero() : Health::next_pause(pause);
        lock.lock();
        if (pause == pause.zero()) {
            changed_.wait(lock, is_due);
        } else if (!changed_.wait_for(lock, pause, is_due)) {
            lock.unlock();
            (void)enter(health_);
            trigger_->try_again();
            continue;
        }
        if (stopping_)
            return;
        pending_ = false;
        const auto moment_ns = moment_ns_;
        lock.unlock();
        sample_(moment_ns);
        trigger_->sampled();
        real_time.check();
    }
}

} // namespace iio::core
