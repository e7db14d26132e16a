// SPDX-License-Identifier: MIT
#include <core/interrupt_thread.hpp>
#include <core/thread.hpp>
#include <utility>

namespace iio::core {

InterruptThread::InterruptThread(const iio_dev &dev, const InterruptLine &line, Health *health,
                                 std::function<std::int64_t()> now)
    : dev_{dev}, line_{line}, now_{std::move(now)}, health_{health}
{
}

Result<void> InterruptThread::start()
{
    thread_ = IIO_TRY(start_thread([this] { run(); }));
    return {};
}

InterruptThread::~InterruptThread()
{
    if (!thread_.joinable())
        return;
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    stopped_.notify_one();
    line_.wake();
    thread_.join();
}

void InterruptThread::run()
{
    RealTime real_time{RealTime::to_tell_moments};
    while (wait_for_edge()) {
        std::chrono::milliseconds pause{0};
        while (!stopping_ && !handle()) {
            pause = Health::next_pause(pause);
            rest(pause);
        }
        real_time.check();
    }
}

/// Shorter where somebody else recovered the part.
void InterruptThread::rest(std::chrono::milliseconds pause)
{
    const auto until = std::chrono::steady_clock::now() + pause;
    std::unique_lock lock{mutex_};
    do {
        stopped_.wait_for(lock, Health::first_pause, [this] { return stopping_.load(); });
    } while (!stopping_ && !health_->is_answering() && std::chrono::steady_clock::now() < until);
}

/// False: there will be none.
bool InterruptThread::wait_for_edge()
{
    while (!stopping_) {
        const auto edge = line_.wait();
        if (!edge)
            return false;
        if (*edge)
            return true;
    }
    return false;
}

/// False: not all of it was done.
bool InterruptThread::handle()
{
    const auto use = enter(health_);
    if (!use)
        return false;
    const auto failures = health_ ? health_->failures() : 0;
    dev_.info->handle_interrupt(&dev_, now_());
    return !health_ || health_->failures() == failures;
}

} // namespace iio::core
