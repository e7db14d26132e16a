// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/clock.hpp>
#include <core/interrupt_thread.hpp>
#include <core/thread.hpp>
#include <utility>

namespace iio::core {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

InterruptThread::InterruptThread(const iio_dev &dev, const InterruptLine &line, Health *health,
                                 Device device)
    : dev_{dev}, line_{line}, health_{health}, device_{std::move(device)}
{
}

Result<void> InterruptThread::start()
{
    thread_ = IIO_TRY(start_thread([this] { run(); }));
    return {};
}

void InterruptThread::stop()
{
    if (!thread_.joinable())
        return;
    stopping_ = true;
    line_.wake();
    thread_.join();
}

void InterruptThread::look_again(bool without_pause)
{
    if (!line_.is_active())
        return;
    if (without_pause)
        without_pause_ = true;
    line_.wake();
}

void InterruptThread::run()
{
    RealTime real_time{RealTime::to_tell_moments};
    for (;;) {
        const auto edge = line_.wait(time_to_next_call());
        if (!edge || stopping_)
            return;
        if (is_due(*edge))
            call(*edge);
        real_time.check();
    }
}

/// Whether the driver is to be called though there was no edge.
bool InterruptThread::is_wanted()
{
    if (!done_)
        return true;
    // In this order: a sample that is taken now makes the line inactive.
    if (device_.is_sampling())
        return false;
    if (line_.is_active())
        return true;
    rounds_ = 0;
    return false;
}

/// An edge does not call for a part that does not answer: an open line may make any number. One
/// that is older than the last call was served by it.
bool InterruptThread::is_due(std::optional<std::int64_t> edge_ns)
{
    if (without_pause_.exchange(false)) {
        rounds_ = 0;
        pause_ = 0ms;
    }
    if (edge_ns && *edge_ns > last_moment_ns_ && done_) {
        rounds_ = 0;
        return true;
    }
    return is_wanted() && steady_clock::now() >= next_call();
}

/// Sooner if another thread has recovered the part.
auto InterruptThread::next_call() const -> Time
{
    const bool is_recovered = !done_ && health_->is_answering();
    return called_at_ + (is_recovered ? std::min(pause_, Health::first_pause) : pause_);
}

/// None: an edge or look_again() has to come first.
std::optional<milliseconds> InterruptThread::time_to_next_call()
{
    if (!is_wanted())
        return std::nullopt;
    const auto left = std::chrono::ceil<milliseconds>(next_call() - steady_clock::now());
    return std::clamp(left, 0ms, Health::first_pause);
}

void InterruptThread::call(std::optional<std::int64_t> edge_ns)
{
    const bool was_done = std::exchange(done_, handle(edge_ns));
    ++rounds_;
    if (!done_)
        pause_ = was_done ? 0ms : Health::next_pause(pause_);
    else if (rounds_ <= free_rounds)
        pause_ = 0ms;
    else
        pause_ = std::clamp(2 * pause_, milliseconds{1}, longest_pause);
    called_at_ = steady_clock::now();
}

/// False: not all of it was done.
bool InterruptThread::handle(std::optional<std::int64_t> edge_ns)
{
    const auto use = enter(health_);
    if (!use)
        return false;
    const auto failures = health_ ? health_->failures() : 0;
    last_moment_ns_ =
        edge_ns && *edge_ns > last_moment_ns_ ? *edge_ns : nanoseconds(CLOCK_MONOTONIC);
    dev_.info->handle_interrupt(&dev_, device_.by_clients_clock(last_moment_ns_));
    return !health_ || health_->failures() == failures;
}

} // namespace iio::core
