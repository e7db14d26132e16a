// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <daemon/work/workers.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace iiofs {
namespace {

using namespace std::chrono_literals;

/// What happened, in order.
class Diary {
public:
    void note(const std::string &what)
    {
        const std::lock_guard lock{mutex_};
        notes_.push_back(what);
        changed_.notify_all();
    }
    /// Waits for so many.
    std::vector<std::string> first(std::size_t count)
    {
        std::unique_lock lock{mutex_};
        REQUIRE(changed_.wait_for(lock, 30s, [&] { return notes_.size() >= count; }));
        return notes_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> notes_;
};

class Door {
public:
    void open()
    {
        open_ = true;
        open_.notify_all();
    }
    void pass() const { open_.wait(false); }

private:
    std::atomic<bool> open_{false};
};

/// Notes its name and how many were done together; first it goes through the door.
class NotedJob final : public Job {
public:
    NotedJob(Diary &diary, std::string name, const void *subject = nullptr,
             const Door *door = nullptr)
        : Job{subject}, diary_{diary}, name_{std::move(name)}, door_{door}
    {
    }
    void run(const Jobs &together) override
    {
        diary_.note("begin " + name_);
        if (door_)
            door_->pass();
        diary_.note(name_ + " x" + std::to_string(together.size()));
    }
    void drop(int error) override { diary_.note("drop " + name_ + " " + std::to_string(error)); }

private:
    Diary &diary_;
    const std::string name_;
    const Door *const door_;
};

std::shared_ptr<NotedJob> job(Diary &diary, std::string name, const void *subject = nullptr,
                              const Door *door = nullptr)
{
    return std::make_shared<NotedJob>(diary, std::move(name), subject, door);
}

using Notes = std::vector<std::string>;

} // namespace

TEST_CASE("a queue's jobs run one at a time, in the order in which they came")
{
    Diary diary;
    Workers workers;
    const auto queue = workers.make_queue("bus");
    for (const char *name : {"a", "b", "c"})
        queue->post(job(diary, name));
    CHECK(diary.first(6) == Notes{"begin a", "a x1", "begin b", "b x1", "begin c", "c x1"});
}

TEST_CASE("jobs with one subject that wait are done together, up to the first without")
{
    Diary diary;
    Door door;
    Workers workers;
    const auto queue = workers.make_queue("bus");
    const int temperature = 0, pressure = 0;
    queue->post(job(diary, "first", &temperature, &door));
    (void)diary.first(1);
    queue->post(job(diary, "t", &temperature));
    queue->post(job(diary, "p", &pressure));
    queue->post(job(diary, "t", &temperature));
    queue->post(job(diary, "write"));
    queue->post(job(diary, "later", &temperature));
    door.open();
    CHECK(diary.first(10) == Notes{"begin first", "first x1", "begin t", "t x2", "begin p", "p x1",
                                   "begin write", "write x1", "begin later", "later x1"});
}

TEST_CASE("a chip that is stuck does not hold up another one on its bus")
{
    Diary diary;
    Door door;
    Workers workers;
    const auto stuck = workers.make_queue("bus"), good = workers.make_queue("bus");
    stuck->post(job(diary, "stuck", nullptr, &door));
    (void)diary.first(1);
    good->post(job(diary, "good"));
    CHECK(diary.first(3) == Notes{"begin stuck", "begin good", "good x1"});
    door.open();
    (void)diary.first(4);
}

TEST_CASE("30 chips on a stuck bus take eight threads, and none from another bus")
{
    Diary diary;
    Door door;
    Workers workers;
    std::vector<std::shared_ptr<Queue>> stuck;
    for (int i = 0; i < 30; ++i) {
        stuck.push_back(workers.make_queue("stuck"));
        stuck.back()->post(job(diary, "stuck", nullptr, &door));
    }
    (void)diary.first(Workers::most_for_a_bus);
    CHECK(workers.count() == Workers::most_for_a_bus);
    workers.make_queue("other")->post(job(diary, "good"));
    CHECK(diary.first(Workers::most_for_a_bus + 2).back() == "good x1");
    CHECK(workers.count() <= Workers::most_for_a_bus + 1);
    door.open();
    (void)diary.first(2 * 30 + 2);
}

TEST_CASE("a chip with many jobs leaves its neighbours their turns")
{
    Diary diary;
    Door door;
    Workers workers;
    std::vector<std::shared_ptr<Queue>> others;
    for (unsigned i = 1; i < Workers::most_for_a_bus; ++i) {
        others.push_back(workers.make_queue("bus"));
        others.back()->post(job(diary, "other", nullptr, &door));
    }
    (void)diary.first(Workers::most_for_a_bus - 1);
    Door busy_door;
    const auto busy = workers.make_queue("bus"), neighbour = workers.make_queue("bus");
    busy->post(job(diary, "busy", nullptr, &busy_door));
    busy->post(job(diary, "busy again"));
    neighbour->post(job(diary, "neighbour"));
    (void)diary.first(Workers::most_for_a_bus);
    busy_door.open();
    const auto notes = diary.first(Workers::most_for_a_bus + 5);
    CHECK(notes[Workers::most_for_a_bus + 1] == "begin neighbour");
    door.open();
    (void)diary.first(2 * (Workers::most_for_a_bus + 2));
}

TEST_CASE("a job that is cancelled while it waits never runs")
{
    Diary diary;
    Door door;
    Workers workers;
    const auto queue = workers.make_queue("");
    queue->post(job(diary, "first", nullptr, &door));
    (void)diary.first(1);
    const auto waits = job(diary, "waits"), fresh = job(diary, "fresh");
    queue->post(waits);
    CHECK(queue->cancel(*waits));
    CHECK(!queue->cancel(*waits));
    CHECK(queue->cancel(*fresh));
    queue->post(fresh);
    const auto last = job(diary, "last");
    queue->post(last);
    door.open();
    CHECK(diary.first(4) == Notes{"begin first", "first x1", "begin last", "last x1"});
    CHECK(!queue->cancel(*last));
}

TEST_CASE("a queue that is cleared drops what waits, with ENODEV, and serves what comes")
{
    Diary diary;
    Door door;
    Workers workers;
    const auto queue = workers.make_queue("");
    queue->post(job(diary, "runs", nullptr, &door));
    (void)diary.first(1);
    queue->post(job(diary, "waits"));
    queue->clear();
    queue->post(job(diary, "comes"));
    CHECK(diary.first(2) == Notes{"begin runs", "drop waits " + std::to_string(ENODEV)});
    door.open();
    CHECK(diary.first(5) == Notes{"begin runs", "drop waits " + std::to_string(ENODEV), "runs x1",
                                  "begin comes", "comes x1"});
}

TEST_CASE("workers say whether all is done, and wait for it only so long")
{
    Diary diary;
    Door door;
    Workers workers;
    CHECK(workers.finish(0ms));
    const auto queue = workers.make_queue("");
    queue->post(job(diary, "runs", nullptr, &door));
    (void)diary.first(1);
    queue->post(job(diary, "waits"));
    CHECK_FALSE(workers.finish(10ms));
    door.open();
    CHECK(workers.finish(30s));
    CHECK(diary.first(4).back() == "waits x1");
}

TEST_CASE("a worker that has nothing to do ends after a while")
{
    Diary diary;
    Workers workers{1ms};
    const auto queue = workers.make_queue("");
    for (std::size_t i = 1; i <= 3; ++i) {
        queue->post(job(diary, "job"));
        (void)diary.first(2 * i);
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (workers.count() > 0 && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(1ms);
        CHECK(workers.count() == 0);
    }
}

TEST_CASE("another thread has a queue's turn only where nothing waits and few others have one")
{
    Diary diary;
    Workers workers;
    const auto queue = workers.make_queue("");
    const auto job = std::make_shared<NotedJob>(diary, "job");
    {
        const Queue::Turn turn{*queue};
        REQUIRE(turn);
        CHECK_FALSE(Queue::Turn{*queue});
        queue->post(job);
        CHECK(workers.count() == 0);
        const auto second = workers.make_queue(""), third = workers.make_queue("");
        const Queue::Turn of_second{*second};
        CHECK(of_second);
        CHECK_FALSE(Queue::Turn{*third});
    }
    diary.first(1); // the job that waited for the turn's end
}

TEST_CASE("each job is run once or cancelled, whoever posts and cancels at the same time")
{
    constexpr int posters = 4, each = 2'000;
    class Counted final : public Job {
    public:
        Counted(std::atomic<int> &runs, std::atomic<int> &inside, const void *subject)
            : Job{subject}, runs_{runs}, inside_{inside}
        {
        }
        void run(const Jobs &together) override
        {
            CHECK_FALSE_IN_THREAD(inside_++ != 0);
            runs_ += static_cast<int>(together.size());
            --inside_;
        }
        void drop(int) override {}
        static void CHECK_FALSE_IN_THREAD(bool wrong)
        {
            if (wrong)
                std::abort(); // Catch's macros are for one thread
        }

    private:
        std::atomic<int> &runs_, &inside_;
    };
    std::atomic<int> runs{0}, cancelled{0};
    {
        Workers workers{1ms};
        std::array<std::atomic<int>, 3> inside{};
        std::vector<std::shared_ptr<Queue>> queues;
        for (int i = 0; i < 3; ++i)
            queues.push_back(workers.make_queue("bus"));
        std::vector<std::jthread> threads;
        for (int p = 0; p < posters; ++p) {
            threads.emplace_back([&, p] {
                for (int i = 0; i < each; ++i) {
                    const auto chip = static_cast<std::size_t>(i + p) % 3;
                    const auto posted = std::make_shared<Counted>(
                        runs, inside[chip], i % 5 == 0 ? nullptr : static_cast<void *>(&runs));
                    queues[chip]->post(posted);
                    if (i % 7 == 0 && queues[chip]->cancel(*posted))
                        ++cancelled;
                    if (const Queue::Turn turn{*queues[chip]}) {
                        Counted::CHECK_FALSE_IN_THREAD(inside[chip]++ != 0);
                        --inside[chip];
                    }
                }
            });
        }
        threads.clear();
        const auto end = std::chrono::steady_clock::now() + 60s;
        while (runs + cancelled < posters * each && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(1ms);
    }
    CHECK(runs + cancelled == posters * each);
}

} // namespace iiofs
