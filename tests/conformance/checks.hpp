// SPDX-License-Identifier: MIT
//
// Checks on many threads: drivers mostly sleep while their chips convert, and
// Catch's assertions are for one thread only.
#pragma once

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <exception>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace iio::tests {

/// How much was checked, and what did not hold. Threads: one.
class Checks {
public:
    explicit Checks(std::string where = {}) : where_{std::move(where)} {}

    /// Both are compared and shown as JSON. Returns whether they are equal.
    bool equal(const std::string &what, const nlohmann::json &got, const nlohmann::json &expected)
    {
        return holds(got == expected,
                     [&] { return what + ": " + text(got) + ", expected " + text(expected); });
    }
    template <class Describe> bool holds(bool it_does, Describe &&describe)
    {
        ++count_;
        if (!it_does)
            findings_.push_back(where_ + ": " + describe());
        return it_does;
    }
    void add(const Checks &other)
    {
        count_ += other.count_;
        findings_.insert(findings_.end(), other.findings_.begin(), other.findings_.end());
    }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] const std::vector<std::string> &findings() const { return findings_; }

private:
    /// Attributes may hold any bytes.
    static std::string text(const nlohmann::json &value)
    {
        return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }

    std::string where_;
    std::size_t count_ = 0;
    std::vector<std::string> findings_;
};

struct Job {
    std::string where;
    std::function<void(Checks &)> run;
};

/// Runs the jobs, all of which are independent of each other, and claims that
/// there was something to check and that all of it held.
inline void run_jobs(const std::vector<Job> &jobs)
{
    constexpr std::size_t threads = 64;
    std::vector<Checks> results(jobs.size());
    {
        std::atomic<std::size_t> next = 0;
        std::vector<std::jthread> pool;
        for (std::size_t i = 0; i < std::min(threads, jobs.size()); ++i) {
            pool.emplace_back([&] {
                for (std::size_t job = next++; job < jobs.size(); job = next++) {
                    Checks checks{jobs[job].where};
                    try {
                        jobs[job].run(checks);
                    } catch (const std::exception &error) {
                        checks.holds(false, [&] { return std::string{error.what()}; });
                    }
                    results[job] = std::move(checks);
                }
            });
        }
    }
    Checks all;
    for (const auto &result : results)
        all.add(result);
    for (std::size_t i = 0; i < std::min<std::size_t>(all.findings().size(), 30); ++i)
        UNSCOPED_INFO(all.findings()[i]);
    CHECK(all.findings().size() == 0);
    CHECK(all.count() > 0);
    if (all.findings().empty())
        WARN(all.count() << " checks in " << jobs.size() << " jobs hold");
}

} // namespace iio::tests
