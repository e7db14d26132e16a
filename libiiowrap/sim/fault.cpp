// SPDX-License-Identifier: MIT
#include "sim/fault.hpp"

#include "sim/json_node.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace iio::sim {
namespace {

constexpr int highest_errno = 133; // EHWPOISON, the last of asm-generic/errno.h

int parse_errno(const JsonNode &node)
{
    if (node.is_integer())
        return static_cast<int>(node.number(highest_errno, 1));
    const auto name = node.text();
    for (int value = 1; value <= highest_errno; value++) {
        const char *const known = strerrorname_np(value);
        if (known != nullptr && name == known)
            return value;
    }
    node.fail("\"" + name + "\" is not an errno: write a name such as \"EREMOTEIO\"");
}

Time seconds(const JsonNode &node)
{
    constexpr double most_s = 1e9;
    const double value = node.real(0);
    if (value > most_s)
        node.fail("is too long: at most 1e9 seconds");
    return std::chrono::duration_cast<Time>(std::chrono::duration<double>(value));
}

Fault parse_fault(const JsonNode &node)
{
    node.only("a fault", {"transfer", "every", "count", "after_s", "for_s", "errno", "delay_ms",
                          "absent", "while_exists"});
    Fault fault;
    if (const auto transfer = node.find("transfer"))
        fault.transfer = transfer->number<std::uint64_t>(1);
    if (const auto every = node.find("every"))
        fault.every = every->number<std::uint64_t>(1);
    if (const auto count = node.find("count"))
        fault.count = count->number<std::uint64_t>(1);
    if (const auto after = node.find("after_s"))
        fault.after = seconds(*after);
    if (const auto lasting = node.find("for_s"))
        fault.lasting = seconds(*lasting);
    if (const auto error = node.find("errno"))
        fault.error = parse_errno(*error);
    if (const auto delay = node.find("delay_ms"))
        fault.delay = std::chrono::milliseconds{delay->number(3'600'000)};
    if (const auto absent = node.find("absent"))
        fault.absent = absent->boolean();
    if (const auto path = node.find("while_exists"))
        fault.while_exists = path->text();

    if (fault.transfer != 0 && fault.every != 0)
        node.fail("a fault has either transfer or every");
    if (fault.absent &&
        (fault.transfer != 0 || fault.every != 0 || fault.count || fault.error != 0))
        node.fail("absent goes with after_s, for_s and while_exists only");
    if (!fault.absent && fault.error == 0 && fault.delay.count() == 0)
        node.fail("the fault does nothing: give errno, delay_ms or absent");
    return fault;
}

} // namespace

std::vector<Fault> parse_faults(const JsonNode &faults)
{
    std::vector<Fault> parsed;
    for (const auto &node : faults.elements())
        parsed.push_back(parse_fault(node));
    return parsed;
}

FaultPlan::FaultPlan(const std::vector<Fault> &faults, Time now) : armed_at_{now}
{
    for (const auto &fault : faults)
        faults_.push_back({.fault = fault});
}

bool FaultPlan::strikes(const Armed &armed, Time elapsed) const
{
    const auto &fault = armed.fault;
    if (elapsed < fault.after || (fault.lasting && elapsed >= fault.after + *fault.lasting))
        return false;
    if (!fault.while_exists.empty() && access(fault.while_exists.c_str(), F_OK) != 0)
        return false;
    if (fault.transfer != 0)
        return transfers_ >= fault.transfer &&
               transfers_ - fault.transfer < fault.count.value_or(1);
    return (fault.every == 0 || transfers_ % fault.every == 0) &&
           (!fault.count || armed.hits < *fault.count);
}

Verdict FaultPlan::next(Time now)
{
    const Time elapsed = now - armed_at_;
    Verdict verdict;
    transfers_++;
    for (auto &armed : faults_) {
        const auto &fault = armed.fault;
        const bool by_time = fault.absent && fault.while_exists.empty();
        if (by_time && elapsed >= fault.after &&
            (!fault.lasting || last_ < fault.after + *fault.lasting))
            verdict.power_lost = true;
        if (!strikes(armed, elapsed))
            continue;
        armed.hits++;
        verdict.power_lost |= fault.absent;
        verdict.delay = std::max(verdict.delay, fault.delay);
        if (verdict.error == 0)
            verdict.error = fault.absent ? ENXIO : fault.error;
    }
    last_ = elapsed;
    return verdict;
}

} // namespace iio::sim
