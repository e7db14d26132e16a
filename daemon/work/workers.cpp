// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <daemon/work/bus_line.hpp>
#include <daemon/work/workers.hpp>
#include <system_error>
#include <utility>

namespace iiofs {

Workers::~Workers()
{
    Lock lock{mutex_};
    stopping_ = true;
    for (Idle *const worker : idle_workers_) {
        worker->called = true;
        worker->changed.notify_one();
    }
    rested_.wait(lock, [this] { return threads_.empty(); });
    auto ended = std::move(ended_);
    lock.unlock();
    for (auto &thread : ended)
        thread.join();
}

std::shared_ptr<Queue> Workers::make_queue(const std::string &bus)
{
    const Lock lock{mutex_};
    std::shared_ptr<BusLine> alone;
    auto &found = bus.empty() ? alone : buses_[bus];
    if (!found)
        found = std::make_shared<BusLine>();
    return std::shared_ptr<Queue>{new Queue{*this, found}};
}

bool Workers::finish(std::chrono::milliseconds patience)
{
    Lock lock{mutex_};
    return rested_.wait_for(lock, patience, [this] { return is_idle(); });
}

/// With the lock. A queue that waits at its bus waits for one that is served.
bool Workers::is_idle() const { return ready_.empty() && idle_workers_.size() == threads_.size(); }

std::size_t Workers::count() const
{
    const Lock lock{mutex_};
    return threads_.size();
}

/// Has them served, if there are any.
void Workers::serve(Queues admitted)
{
    if (admitted.empty())
        return;
    Queues given_up;
    {
        const Lock lock{mutex_};
        const auto count = admitted.size();
        ready_.splice(ready_.end(), admitted);
        if (!call_workers(count))
            given_up.swap(ready_);
    }
    give_up(std::move(given_up));
}

bool Workers::enter_guest()
{
    if (++guests_ <= most_guests)
        return true;
    --guests_;
    return false;
}

/// False: there is no thread at all, and none can be started.
bool Workers::call_workers(std::size_t count)
{
    for (; count > 0; --count) {
        if (idle_workers_.empty()) {
            if (threads_.size() < most_threads && !start_one() && threads_.empty())
                return false;
            continue;
        }
        Idle &called = *idle_workers_.back();
        idle_workers_.pop_back();
        called.called = true;
        called.changed.notify_one();
    }
    return true;
}

/// False: it cannot be started; the queue waits for one of the others.
bool Workers::start_one()
{
    for (auto &thread : ended_)
        thread.join(); // they have left the lock behind
    ended_.clear();
    const auto place = threads_.emplace(threads_.end());
    try {
        *place = std::thread{[this, place] { work(place); }};
        return true;
    } catch (const std::system_error &) {
        threads_.erase(place);
        return false;
    }
}

/// There is nobody to do what waits there: whoever waits learns of it.
void Workers::give_up(Queues queues)
{
    while (!queues.empty()) {
        const auto queue = std::move(queues.front());
        queues.pop_front();
        Jobs dropped;
        {
            const std::lock_guard lock{queue->bus_->mutex};
            dropped = queue->take_all();
            queues.splice(queues.end(), queue->end_service());
        }
        for (const auto &job : dropped)
            job->drop(EAGAIN);
    }
}

void Workers::work(std::list<std::thread>::iterator self)
{
    Lock lock{mutex_};
    do {
        while (!ready_.empty())
            serve_next(lock);
    } while (wait(lock));
    ended_.splice(ended_.end(), threads_, self);
    rested_.notify_all();
}

/// One job of the queue, or some that are done together; then others have their turn.
void Workers::serve_next(Lock &lock)
{
    const auto queue = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    const auto with_bus = [&queue](auto &&call) {
        const std::lock_guard bus_lock{queue->bus_->mutex};
        return call();
    };
    if (auto jobs = with_bus([&] { return queue->take_together(); }); !jobs.empty())
        jobs.front()->run(jobs);
    auto admitted = with_bus([&] { return queue->end_service(); });
    lock.lock();
    const auto count = admitted.size();
    ready_.splice(ready_.end(), admitted);
    // This thread serves one of them.
    if (count > 1)
        (void)call_workers(count - 1);
}

/// False: nothing came for a while, enough others wait, or it is the end.
bool Workers::wait(Lock &lock)
{
    if (stopping_ || idle_workers_.size() >= most_idle)
        return false;
    Idle self;
    idle_workers_.push_back(&self);
    rested_.notify_all();
    self.changed.wait_for(lock, idle_, [&] { return self.called; });
    if (self.called)
        return true;
    std::erase(idle_workers_, &self);
    return false;
}

} // namespace iiofs
