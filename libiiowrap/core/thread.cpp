// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/clock.hpp>
#include <core/thread.hpp>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

namespace iio::core {

namespace {

std::chrono::nanoseconds cpu_time_of_this_thread()
{
    return std::chrono::nanoseconds{nanoseconds(CLOCK_THREAD_CPUTIME_ID)};
}

int cpus()
{
    static const int count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    return count;
}

} // namespace

std::atomic<int> RealTime::used_by_all_permille{0};

RealTime::RealTime(int priority)
    : priority_{priority},
      allowed_{set(true)},
      window_end_{std::chrono::steady_clock::now() + window},
      cpu_time_{cpu_time_of_this_thread()}
{
    prctl(PR_SET_TIMERSLACK, 1UL); // an ordinary thread's sleeps end late by 50 us else
}

bool RealTime::set(bool urgent) const
{
    const sched_param parameters{.sched_priority = urgent ? priority_ : 0};
    return pthread_setschedparam(pthread_self(), urgent ? SCHED_FIFO : SCHED_OTHER, &parameters) ==
           0;
}

void RealTime::weigh()
{
    const auto now = std::chrono::steady_clock::now();
    const auto cpu_time = cpu_time_of_this_thread();
    const auto passed = now - (window_end_ - window);
    const int permille = static_cast<int>(1000 * (cpu_time - cpu_time_) / passed);
    const int by_all = used_by_all_permille += permille - std::exchange(used_permille_, permille);
    cpu_time_ = cpu_time;
    window_end_ = now + window;
    const bool moderate = by_all <= 500 * cpus();
    if (moderate != urgent_ && set(moderate))
        urgent_ = moderate;
}

} // namespace iio::core
