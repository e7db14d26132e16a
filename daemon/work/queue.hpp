// SPDX-License-Identifier: MIT
//
// Queue: what is to be done with one chip, one job at a time and in the order in which
// the jobs came. A job waits here without a thread.
#pragma once

#include <list>
#include <memory>

namespace iiofs {

class Queue;
class Workers;
struct BusLine;

class Job;
using Jobs = std::list<std::shared_ptr<Job>>;
using Queues = std::list<std::shared_ptr<Queue>>;

/// One of run() and drop() is called, once; neither if the job is cancelled while it waits.
/// Neither may throw.
class Job {
public:
    /// Jobs with the same subject can be done together, but none passes a job without one.
    explicit Job(const void *subject = nullptr) : subject_{subject} {}
    Job(const Job &) = delete;
    Job &operator=(const Job &) = delete;
    virtual ~Job() = default;

    /// On a thread of the workers. Does also what `together` has, which are this job,
    /// first, and those with its subject.
    virtual void run(const Jobs &together) = 0;
    /// The queue was cleared (ENODEV), or the process can start no thread (EAGAIN).
    virtual void drop(int error) = 0;

private:
    friend class Queue;
    friend class Workers;
    enum class State { fresh, waiting, taken };

    const void *const subject_;
    State state_ = State::fresh; ///< with the bus's mutex, as the place
    Jobs::iterator place_{};
};

/// Threads: all members from any. They block for a moment at most.
/// Lifetime: ends before the Workers that made it.
class Queue : public std::enable_shared_from_this<Queue> {
public:
    Queue(const Queue &) = delete;
    Queue &operator=(const Queue &) = delete;

    /// A job that is cancelled already is neither run nor dropped.
    void post(std::shared_ptr<Job> job);
    /// Whether the job has not begun; then it never will.
    [[nodiscard]] bool cancel(Job &job);
    /// Drops the jobs that wait. One that runs goes on.
    void clear();

    /// The queue's turn for a thread that is not the workers': what it does meanwhile is done
    /// as a job is. It has none if a job waits or runs, the bus admits no queue more, or other
    /// such threads have turns: some must be left if the chip is slow.
    class Turn {
    public:
        explicit Turn(Queue &queue) : queue_{queue.begin_turn() ? &queue : nullptr} {}
        Turn(const Turn &) = delete;
        Turn &operator=(const Turn &) = delete;
        ~Turn()
        {
            if (queue_)
                queue_->end_turn();
        }
        [[nodiscard]] explicit operator bool() const { return queue_ != nullptr; }

    private:
        Queue *const queue_;
    };

    /// Another queue on the same bus, whose jobs do not wait for those of this one.
    [[nodiscard]] std::shared_ptr<Queue> sibling() const;

private:
    friend class Workers;
    Queue(Workers &workers, std::shared_ptr<BusLine> bus);

    void line_up();
    [[nodiscard]] Jobs take_together();
    [[nodiscard]] Jobs take_all();
    [[nodiscard]] Queues end_service();
    [[nodiscard]] bool begin_turn();
    void end_turn();

    Workers &workers_;
    const std::shared_ptr<BusLine> bus_;
    // With the bus's mutex.
    Jobs jobs_;
    bool has_turn_ = false; ///< stands in line at its bus, or is served
};

} // namespace iiofs
