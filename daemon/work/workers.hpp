// SPDX-License-Identifier: MIT
//
// Workers: the threads that serve queues. There are as many as there are queues to serve
// at a time, with a bound for each bus; one that had nothing to do for a while ends.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <daemon/work/queue.hpp>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace iiofs {

/// Threads: all members from any; the end on one. Lifetime: outlives its queues' users. At
/// the end no job waits.
///
/// A bus has a mutex for its queues, see BusLine; the workers have one for the list of queues
/// that are ready. No thread holds both, and none holds one while a job runs. A thread that is
/// not the workers' and has a queue's turn takes that of the bus only.
class Workers {
public:
    /// A part that converts slowly is not to delay its neighbours on the bus, and a bus
    /// that is stuck is not to take a thread for each of its parts.
    static constexpr unsigned most_for_a_bus = 8;

    /// Threads that are not the workers' serve so many queues at a time.
    static constexpr unsigned most_guests = 2;

    /// Whoever needs one more waits for one of them. Many simulated chips have as many buses.
    static constexpr unsigned most_threads = 128;

    /// Threads that wait for work. Where many chips are asked at once, each has one for a moment.
    static constexpr unsigned most_idle = 2;

    explicit Workers(std::chrono::milliseconds idle = std::chrono::seconds{10}) : idle_{idle} {}
    /// Waits for the jobs that run.
    ~Workers();
    Workers(const Workers &) = delete;
    Workers &operator=(const Workers &) = delete;

    /// A chip's queue. An empty name: it has its bus alone.
    [[nodiscard]] std::shared_ptr<Queue> make_queue(const std::string &bus);
    /// Waits so long until no job waits or runs. False: some do. No other thread has a turn.
    [[nodiscard]] bool finish(std::chrono::milliseconds patience);
    /// How many threads there are.
    [[nodiscard]] std::size_t count() const;

private:
    friend class Queue;
    using Lock = std::unique_lock<std::mutex>;
    /// A worker that has nothing to do. The last to become idle is called first, so that
    /// those that are not needed end.
    struct Idle {
        std::condition_variable changed{};
        bool called = false;
    };

    void serve(Queues admitted);
    [[nodiscard]] bool enter_guest();
    void leave_guest() { --guests_; }
    [[nodiscard]] bool call_workers(std::size_t count);
    [[nodiscard]] bool start_one();
    static void give_up(Queues queues);
    void work(std::list<std::thread>::iterator self);
    void serve_next(Lock &lock);
    [[nodiscard]] bool wait(Lock &lock);
    [[nodiscard]] bool is_idle() const;

    const std::chrono::milliseconds idle_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<BusLine>> buses_;
    Queues ready_; ///< admitted by their buses
    std::vector<Idle *> idle_workers_;
    std::list<std::thread> threads_;
    std::list<std::thread> ended_;   ///< to be joined
    std::condition_variable rested_; ///< a thread has ended, or has nothing to do
    bool stopping_ = false;
    std::atomic<unsigned> guests_{0};
};

} // namespace iiofs
