// SPDX-License-Identifier: MIT
//
// Polling: whether to look for the next request without sleeping, and for how long.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace iiofs {

/// A wake-up costs more than most operations. A client that reads one attribute after the
/// other sends its next request some microseconds after a reply, so whoever serves it looks
/// for that request for a while before it sleeps. This class follows the gaps between a reply
/// and the next request, and gives up where looking finds nothing.
///
/// Threads: one at a time.
class Polling {
public:
    using Duration = std::chrono::nanoseconds;

    /// The longest look after a reply.
    static constexpr Duration longest = std::chrono::microseconds{50};
    /// So many looks in a row find nothing before it gives up.
    static constexpr int fruitless_looks = 8;
    /// Having given up, it looks once in so many requests that came soon after a reply.
    static constexpr unsigned requests_to_try_again = 64;
    /// What is soon then: a client that was woken and a server that slept.
    static constexpr Duration soon = std::chrono::milliseconds{1};

    /// Who gives its CPU away while it looks and gets it back later than `longest` has lost
    /// more than a wake-up costs: others want the CPU. It does not look for so many times the
    /// time that it lost, so that such losses are 3 % of the time at most.
    static constexpr int rest_for_loss = 32;

    /// Never polls if not `allowed`.
    explicit Polling(bool allowed) : credit_{allowed ? fruitless_looks : 0}, allowed_{allowed} {}

    using Time = std::chrono::steady_clock::time_point;

    /// How long to look after a reply at that time; 0: sleep at once.
    [[nodiscard]] Duration limit(Time answered) const;

    /// The next request was there `gap` after the reply, and nobody slept.
    void found(Duration gap);
    /// Looking found nothing.
    void found_nothing();
    /// It gave its CPU away at `from` and got it back at `until`, later than `longest`.
    void displaced(Time from, Time until);
    /// The next request came `gap` after the reply and ended a sleep.
    void slept(Duration gap);

private:
    int credit_; ///< fruitless looks until it gives up
    const bool allowed_;
    unsigned soon_after_sleep_ = 0;
    Duration average_gap_ = longest;
    Time rests_until_{};
};

/// Whether this process has the time of two CPUs: on one, polling takes the time that the
/// client needs to send its request. Looks at the affinity and the quota of the process's
/// control groups (version 2).
[[nodiscard]] bool has_two_cpus();

/// How many CPUs' time the text of a control group's cpu.max allows, as 1.5 in
/// "150000 100000"; none: there is no limit.
[[nodiscard]] std::optional<double> cpus_of_quota(std::string_view cpu_max);

} // namespace iiofs
