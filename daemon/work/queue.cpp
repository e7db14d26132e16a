// SPDX-License-Identifier: MIT
#include <cerrno>
#include <daemon/work/queue.hpp>
#include <daemon/work/workers.hpp>
#include <utility>

namespace iiofs {

Queue::Queue(Workers &workers, std::shared_ptr<BusLine> bus)
    : workers_{workers}, bus_{std::move(bus)}
{
}

void Queue::post(std::shared_ptr<Job> job)
{
    Workers::Lock lock{workers_.mutex_};
    if (job->state_ != Job::State::fresh)
        return;
    if (closed_) {
        job->state_ = Job::State::taken;
        lock.unlock();
        job->drop(ENODEV);
        return;
    }
    job->state_ = Job::State::waiting;
    Job &posted = *job;
    posted.place_ = jobs_.insert(jobs_.end(), std::move(job));
    if (has_turn_)
        return;
    workers_.line_up(*this);
    workers_.call_workers(workers_.admit(*bus_), lock);
}

bool Queue::cancel(Job &job)
{
    std::shared_ptr<Job> cancelled; // ends without the lock
    const Workers::Lock lock{workers_.mutex_};
    const auto before = std::exchange(job.state_, Job::State::taken);
    if (before == Job::State::waiting) {
        cancelled = std::move(*job.place_);
        jobs_.erase(job.place_);
    }
    return before != Job::State::taken;
}

void Queue::close()
{
    Jobs dropped;
    {
        const Workers::Lock lock{workers_.mutex_};
        closed_ = true;
        dropped.swap(jobs_);
        for (const auto &job : dropped)
            job->state_ = Job::State::taken;
    }
    for (const auto &job : dropped)
        job->drop(ENODEV);
}

bool Queue::begin_turn()
{
    const Workers::Lock lock{workers_.mutex_};
    if (closed_ || has_turn_ || !workers_.admit_guest(*bus_))
        return false;
    has_turn_ = true;
    return true;
}

void Queue::end_turn()
{
    Workers::Lock lock{workers_.mutex_};
    workers_.end_guest(*this, lock);
}

std::shared_ptr<Queue> Queue::sibling() const
{
    return std::shared_ptr<Queue>{new Queue{workers_, bus_}};
}

/// The first job and those that can be done with it. With the lock; empty: none waits.
Jobs Queue::take_together()
{
    Jobs taken;
    if (jobs_.empty())
        return taken;
    taken.splice(taken.end(), jobs_, jobs_.begin());
    const void *const subject = taken.front()->subject_;
    for (auto job = jobs_.begin(); subject && job != jobs_.end() && (*job)->subject_;) {
        const auto next = std::next(job);
        if ((*job)->subject_ == subject)
            taken.splice(taken.end(), jobs_, job);
        job = next;
    }
    for (const auto &job : taken)
        job->state_ = Job::State::taken;
    return taken;
}

} // namespace iiofs
