// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <daemon/work/workers.hpp>
#include <system_error>
#include <utility>

namespace iiofs {

/// With the workers' mutex.
struct BusLine {
    std::deque<std::shared_ptr<Queue>> line{}; ///< queues with jobs, the next first
    unsigned served = 0;                       ///< queues that are admitted
};

Workers::~Workers()
{
    Lock lock{mutex_};
    stopping_ = true;
    for (Idle *const worker : idle_workers_) {
        worker->called = true;
        worker->changed.notify_one();
    }
    thread_ended_.wait(lock, [this] { return threads_.empty(); });
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

std::size_t Workers::count() const
{
    const Lock lock{mutex_};
    return threads_.size();
}

void Workers::line_up(Queue &queue)
{
    queue.has_turn_ = true;
    queue.bus_->line.push_back(queue.shared_from_this());
}

/// Returns how many more queues are ready.
std::size_t Workers::admit(BusLine &bus)
{
    std::size_t admitted = 0;
    for (; bus.served < most_for_a_bus && !bus.line.empty(); ++admitted) {
        ready_.push_back(std::move(bus.line.front()));
        bus.line.pop_front();
        ++bus.served;
    }
    return admitted;
}

bool Workers::admit_guest(BusLine &bus)
{
    if (bus.served >= most_for_a_bus || guests_ >= most_guests)
        return false;
    ++bus.served;
    ++guests_;
    return true;
}

void Workers::end_guest(Queue &queue, Lock &lock)
{
    --guests_;
    end_service(queue);
    call_workers(admit(*queue.bus_), lock);
}

void Workers::end_service(Queue &queue)
{
    --queue.bus_->served;
    if (queue.jobs_.empty())
        queue.has_turn_ = false;
    else
        line_up(queue);
}

/// May give up the lock.
void Workers::call_workers(std::size_t count, Lock &lock)
{
    for (; count > 0; --count) {
        if (idle_workers_.empty()) {
            if (!start_one() && threads_.empty())
                give_up(lock);
            continue;
        }
        Idle &called = *idle_workers_.back();
        idle_workers_.pop_back();
        called.called = true;
        called.changed.notify_one();
    }
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

/// There is nobody to do it: whoever waits learns of it.
void Workers::give_up(Lock &lock)
{
    Jobs dropped;
    for (const auto &queue : std::exchange(ready_, {})) {
        --queue->bus_->served;
        queue->has_turn_ = false;
        for (const auto &job : queue->jobs_)
            job->state_ = Job::State::taken;
        dropped.splice(dropped.end(), queue->jobs_);
    }
    lock.unlock();
    for (const auto &job : dropped)
        job->drop(EAGAIN);
    lock.lock();
}

void Workers::work(std::list<std::thread>::iterator self)
{
    Lock lock{mutex_};
    do {
        while (!ready_.empty())
            serve_next(lock);
    } while (wait(lock));
    ended_.splice(ended_.end(), threads_, self);
    thread_ended_.notify_one();
}

/// One job of the queue, or some that are done together; then others have their turn.
void Workers::serve_next(Lock &lock)
{
    const auto queue = std::move(ready_.front());
    ready_.pop_front();
    {
        auto jobs = queue->take_together();
        lock.unlock();
        if (!jobs.empty())
            jobs.front()->run(jobs);
        jobs.clear();
    }
    lock.lock();
    end_service(*queue);
    // This thread serves one of them.
    if (const auto admitted = admit(*queue->bus_); admitted > 1)
        call_workers(admitted - 1, lock);
}

/// False: nothing came for a while, or it is the end.
bool Workers::wait(Lock &lock)
{
    if (stopping_)
        return false;
    Idle self;
    idle_workers_.push_back(&self);
    self.changed.wait_for(lock, idle_, [&] { return self.called; });
    if (self.called)
        return true;
    std::erase(idle_workers_, &self);
    return false;
}

} // namespace iiofs
