// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <daemon/takeover/serving.hpp>
#include <functional>
#include <spdlog/spdlog.h>

namespace iiofs {

namespace {

// A request that is served at a SIGKILL most often has nothing to do with it; at a crash it
// may well have.
constexpr std::uint32_t weight_of_a_kill = 1;
constexpr std::uint32_t weight_of_a_crash = 2;
constexpr std::uint32_t too_heavy = 4;

// The kernel's numbers are small ones.
constexpr std::uint64_t no_client = std::uint64_t{1} << 63;

std::atomic<std::atomic<std::uint32_t> *> crash_note{nullptr};

/// Async-signal-safe. The signal comes again and ends the process as it would have.
extern "C" void note_crash(int signal)
{
    if (auto *const note = crash_note.load())
        note->store(1);
    ::raise(signal);
}

} // namespace

Request own_request(std::string_view what)
{
    return {.unique = no_client | std::hash<std::string_view>{}(what), .sent_again = true};
}

void note_crashes_in(Keep &keep)
{
    crash_note = &keep.header().crashed;
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL)
            continue; // a sanitizer's
        action.sa_handler = note_crash;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(signal, &action, nullptr);
    }
}

Serving::Serving(Keep &keep, const Request &request, std::uint64_t node)
{
    if (request.unique == 0)
        return;
    auto &header = keep.header();
    if (request.sent_again) {
        const auto known = std::ranges::find(header.suspects, request.unique,
                                             [](const auto &s) { return s.unique.load(); });
        if (known != header.suspects.end())
            suspect_ = &*known;
        refused_ = suspect_ && suspect_->weight >= too_heavy;
        if (refused_ && node == 0)
            return;
        if (refused_) {
            spdlog::error("a request for \"{}\" was being served each time the server died: it is "
                          "answered with EIO",
                          keep.name_of(node));
            return;
        }
    }
    // Where this thread had its record last.
    thread_local std::size_t hint = 0;
    for (std::size_t i = 0; i < header.serving.size(); ++i) {
        const auto index = (hint + i) % header.serving.size();
        auto &record = header.serving[index];
        std::uint64_t none = 0;
        if (record.unique.load(std::memory_order_relaxed) != 0 ||
            !record.unique.compare_exchange_strong(none, request.unique))
            continue;
        record.node.store(node, std::memory_order_relaxed);
        record_ = &record;
        hint = index;
        return;
    }
}

Serving::~Serving()
{
    // A client's request is served in steps: one that was survived says nothing of the next.
    if (record_ && suspect_ && (record_->unique & no_client) != 0)
        suspect_->weight = 0;
    if (record_)
        record_->unique.store(0, std::memory_order_release);
}

/// What the server before was at when it died gets heavier.
void Keep::weigh_requests(bool crashed)
{
    auto &suspects = layout_.header.suspects;
    const auto unique_of = [](const auto &suspect) { return suspect.unique.load(); };
    for (auto &record : layout_.header.serving) {
        const auto unique = record.unique.exchange(0);
        if (unique == 0)
            continue;
        auto known = std::ranges::find(suspects, unique, unique_of);
        if (known == suspects.end()) {
            known = std::ranges::min_element(suspects, {}, unique_of); // none, or the oldest
            known->weight = 0;
            known->unique = unique;
        }
        if (crashed)
            known->weight += weight_of_a_crash;
        else if ((unique & no_client) == 0)
            known->weight += weight_of_a_kill;
    }
}

} // namespace iiofs
