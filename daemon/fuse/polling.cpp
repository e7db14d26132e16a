// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <daemon/base/first_line.hpp>
#include <daemon/fuse/polling.hpp>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

/// The folder of the process's control group; empty: none that can be seen.
fs::path control_group(const fs::path &root)
{
    std::ifstream stream{"/proc/self/cgroup"};
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("0::/"))
            return root / line.substr(4);
    }
    return {};
}

bool quota_allows(double cpus)
{
    // Where it is mounted by systemd, and in containers.
    const fs::path root = "/sys/fs/cgroup";
    for (auto group = control_group(root); !group.empty(); group = group.parent_path()) {
        const auto quota = cpus_of_quota(first_line(group / "cpu.max"));
        if (quota && *quota < cpus)
            return false;
        if (group == root || group == group.parent_path())
            break;
    }
    return true;
}

} // namespace

Polling::Duration Polling::limit(Time answered) const
{
    if (credit_ == 0 || answered < rests_until_)
        return {};
    // Most gaps are shorter than twice the average.
    return std::min(longest, 2 * average_gap_ + std::chrono::microseconds{5});
}

void Polling::found(Duration gap)
{
    average_gap_ += (std::min(gap, longest) - average_gap_) / 8;
    if (allowed_)
        credit_ = fruitless_looks;
}

void Polling::displaced(Time from, Time until)
{
    rests_until_ = until + rest_for_loss * (until - from);
}

void Polling::found_nothing()
{
    average_gap_ += (longest - average_gap_) / 8;
    credit_ = std::max(credit_ - 1, 0);
}

void Polling::slept(Duration gap)
{
    if (!allowed_ || credit_ > 0 || gap > soon)
        return;
    if (++soon_after_sleep_ % requests_to_try_again == 0)
        credit_ = 1;
}

std::optional<double> cpus_of_quota(std::string_view cpu_max)
{
    const auto number = [&cpu_max]() -> std::optional<double> {
        double value = 0;
        const auto [end, error] =
            std::from_chars(cpu_max.data(), cpu_max.data() + cpu_max.size(), value);
        if (error != std::errc{})
            return std::nullopt;
        cpu_max.remove_prefix(static_cast<std::size_t>(end - cpu_max.data()));
        cpu_max.remove_prefix(std::min(cpu_max.find_first_not_of(' '), cpu_max.size()));
        return value;
    };
    const auto quota = number();
    const auto period = quota ? number() : std::nullopt;
    return period && *period > 0 ? std::optional{*quota / *period} : std::nullopt;
}

bool has_two_cpus()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    // It fails where there are more CPUs than the set has room for.
    const bool two = ::sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) >= 2;
    return two && quota_allows(2);
}

} // namespace iiofs
