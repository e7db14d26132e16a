// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <daemon/top/readers.hpp>
#include <pthread.h>
#include <sys/eventfd.h>
#include <system_error>

namespace iiofs::top {

std::uint64_t Schedule::tick_at(Clock::time_point now) const
{
    return paused_ ? first_ : first_ + static_cast<std::uint64_t>((now - start_) / interval_);
}

Schedule::Clock::time_point Schedule::time_of(std::uint64_t tick) const
{
    return start_ + static_cast<std::int64_t>(tick - first_) * interval_;
}

std::optional<std::uint64_t> Schedule::next(std::uint64_t last, const std::stop_token &stop)
{
    std::unique_lock lock{mutex_};
    while (!stop.stop_requested()) {
        const auto tick = tick_at(Clock::now());
        if (tick > last)
            return tick;
        // Woken by any change: what was waited for may come earlier or later now.
        const auto seen = start_;
        const auto changed = [&] { return start_ != seen; };
        if (paused_)
            changed_.wait(lock, stop, changed);
        else
            changed_.wait_until(lock, stop, time_of(last + 1), changed);
    }
    return std::nullopt;
}

std::uint64_t Schedule::current() const
{
    const std::lock_guard lock{mutex_};
    return tick_at(Clock::now());
}

Schedule::Clock::time_point Schedule::next_at() const
{
    const std::lock_guard lock{mutex_};
    if (paused_)
        return Clock::time_point::max();
    return time_of(tick_at(Clock::now()) + 1);
}

std::chrono::milliseconds Schedule::interval() const
{
    const std::lock_guard lock{mutex_};
    return interval_;
}

bool Schedule::paused() const
{
    const std::lock_guard lock{mutex_};
    return paused_;
}

void Schedule::set_interval(std::chrono::milliseconds interval)
{
    {
        const std::lock_guard lock{mutex_};
        const auto now = Clock::now();
        first_ = tick_at(now);
        start_ = now;
        interval_ = interval;
    }
    changed_.notify_all();
}

void Schedule::set_paused(bool paused)
{
    {
        const std::lock_guard lock{mutex_};
        if (paused == paused_)
            return;
        const auto now = Clock::now();
        first_ = tick_at(now) + (paused ? 0 : 1);
        start_ = now;
        paused_ = paused;
    }
    changed_.notify_all();
}

Mailbox::Mailbox() : event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}
{
    if (!event_)
        throw std::system_error{errno, std::generic_category(), "eventfd"};
}

void Mailbox::post(Report report)
{
    const std::lock_guard lock{mutex_};
    reports_.push_back(std::move(report));
    ::eventfd_write(event_.get(), 1);
}

std::vector<Report> Mailbox::take()
{
    const std::lock_guard lock{mutex_};
    eventfd_t count = 0;
    ::eventfd_read(event_.get(), &count);
    return std::exchange(reports_, {});
}

Readers::Readers(std::filesystem::path tree, Wanted wanted, std::chrono::milliseconds interval)
    : tree_{std::move(tree)},
      wanted_{std::move(wanted)},
      shared_{std::make_shared<Shared>(interval)}
{
    start(stop_listing_.get_token(), [shared = shared_, tree = tree_](const std::stop_token &stop) {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock{mutex};
        while (!stop.stop_requested()) {
            auto devices = list_devices(tree);
            shared->mailbox.post(devices ? DeviceList{*std::move(devices)}
                                         : DeviceList{{}, devices.error().value()});
            never.wait_for(lock, stop, std::chrono::seconds{1}, [] { return false; });
        }
    });
}

Readers::~Readers()
{
    stop_listing_.request_stop();
    for (auto &[device, stop] : readers_)
        stop.request_stop();
    std::unique_lock lock{shared_->mutex};
    shared_->ended.wait_for(lock, std::chrono::milliseconds{200},
                            [&] { return shared_->threads == 0; });
}

std::vector<Report> Readers::take()
{
    auto reports = shared_->mailbox.take();
    for (const auto &report : reports) {
        if (const auto *const list = std::get_if<DeviceList>(&report))
            follow(*list);
    }
    return reports;
}

void Readers::follow(const DeviceList &list)
{
    if (list.error != 0)
        return;
    std::erase_if(readers_, [&](auto &reader) {
        const bool gone = !std::ranges::binary_search(list.devices, reader.first);
        if (gone)
            reader.second.request_stop();
        return gone;
    });
    for (const auto device : list.devices) {
        if (readers_.contains(device))
            continue;
        start(readers_[device].get_token(),
              [shared = shared_,
               reader = DeviceReader{tree_, device, wanted_}](const std::stop_token &stop) mutable {
                  std::uint64_t last = 0;
                  while (const auto tick = shared->schedule.next(last, stop)) {
                      auto pass = reader.read();
                      last = pass.tick = *tick;
                      if (!stop.stop_requested())
                          shared->mailbox.post(std::move(pass));
                  }
              });
    }
}

/// On a thread of its own that gets no signal, and that nobody joins.
template <class Work> void Readers::start(std::stop_token stop, Work work)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    {
        const std::lock_guard lock{shared_->mutex};
        ++shared_->threads;
    }
    std::thread{[shared = shared_, stop = std::move(stop), work = std::move(work)]() mutable {
        work(stop);
        const std::lock_guard lock{shared->mutex};
        --shared->threads;
        shared->ended.notify_all();
    }}.detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

} // namespace iiofs::top
