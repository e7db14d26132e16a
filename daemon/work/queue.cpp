// SPDX-License-Identifier: MIT
#include <cerrno>
#include <daemon/work/bus_line.hpp>
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
    Queues admitted;
    {
        const std::lock_guard lock{bus_->mutex};
        if (job->state_ != Job::State::fresh)
            return;
        job->state_ = Job::State::waiting;
        Job &posted = *job;
        posted.place_ = jobs_.insert(jobs_.end(), std::move(job));
        if (has_turn_)
            return;
        line_up();
        admitted = bus_->admit();
    }
    workers_.serve(std::move(admitted));
}

bool Queue::cancel(Job &job)
{
    std::shared_ptr<Job> cancelled; // ends without the lock
    const std::lock_guard lock{bus_->mutex};
    const auto before = std::exchange(job.state_, Job::State::taken);
    if (before == Job::State::waiting) {
        cancelled = std::move(*job.place_);
        jobs_.erase(job.place_);
    }
    return before != Job::State::taken;
}

void Queue::clear()
{
    Jobs dropped;
    {
        const std::lock_guard lock{bus_->mutex};
        dropped = take_all();
    }
    for (const auto &job : dropped)
        job->drop(ENODEV);
}

bool Queue::begin_turn()
{
    if (!workers_.enter_guest())
        return false;
    {
        const std::lock_guard lock{bus_->mutex};
        if (!has_turn_ && bus_->served < Workers::most_for_a_bus) {
            ++bus_->served;
            has_turn_ = true;
            return true;
        }
    }
    workers_.leave_guest();
    return false;
}

void Queue::end_turn()
{
    workers_.leave_guest();
    Queues admitted;
    {
        const std::lock_guard lock{bus_->mutex};
        admitted = end_service();
    }
    workers_.serve(std::move(admitted));
}

std::shared_ptr<Queue> Queue::sibling() const
{
    return std::shared_ptr<Queue>{new Queue{workers_, bus_}};
}

// With the bus's mutex:

void Queue::line_up()
{
    has_turn_ = true;
    bus_->line.push_back(shared_from_this());
}

/// The first job and those that can be done with it; empty: none waits.
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

Jobs Queue::take_all()
{
    for (const auto &job : jobs_)
        job->state_ = Job::State::taken;
    return std::exchange(jobs_, {});
}

/// Gives the turn back; returns the queues that the bus admits now.
Queues Queue::end_service()
{
    --bus_->served;
    if (jobs_.empty())
        has_turn_ = false;
    else
        line_up();
    return bus_->admit();
}

Queues BusLine::admit()
{
    Queues admitted;
    for (; served < Workers::most_for_a_bus && !line.empty(); ++served)
        admitted.splice(admitted.end(), line, line.begin());
    return admitted;
}

} // namespace iiofs
