// SPDX-License-Identifier: MIT
//
// What the keep has of requests under way, where the kernel does not send them again.
#include <daemon/takeover/keep.hpp>

namespace iiofs {

namespace {

// Requests that were read shortly before the end may be in no record yet, by each
// thread one; their numbers are even.
constexpr std::uint64_t window = 2048;

} // namespace

void Keep::begin_request(std::uint64_t unique, std::uint64_t releases)
{
    for (std::size_t i = 0; i < kept::max_requests; ++i) {
        auto &record = layout_.requests[(unique / 2 + i) % kept::max_requests];
        std::uint64_t none = 0;
        if (record.unique.load(std::memory_order_relaxed) != 0 ||
            !record.unique.compare_exchange_strong(none, unique, std::memory_order_acq_rel))
            continue;
        record.releases = releases;
        auto last = layout_.header.last_unique.load(std::memory_order_relaxed);
        while (last < unique && !layout_.header.last_unique.compare_exchange_weak(last, unique)) {
        }
        return;
    }
}

void Keep::end_request(std::uint64_t unique)
{
    for (std::size_t i = 0; i < kept::max_requests; ++i) {
        auto &record = layout_.requests[(unique / 2 + i) % kept::max_requests];
        if (record.unique.load(std::memory_order_acquire) != unique)
            continue;
        record.releases = 0;
        record.unique.store(0, std::memory_order_release);
        return;
    }
}

void Keep::answer_requests(const std::function<bool(std::uint64_t unique)> &answer)
{
    for (auto &record : layout_.requests) {
        const auto unique = record.unique.load(std::memory_order_acquire);
        if (unique == 0)
            continue;
        const bool waited = answer(unique);
        // The file is closed, or was opened for nobody.
        for (std::uint32_t i = 0; waited && i < files().size(); ++i) {
            const auto &file = layout_.files[i];
            if (!kept::is_free(file.state.load(std::memory_order_relaxed)) &&
                (file.opened_by == unique || handle_of(i) == record.releases))
                free_file(i, file.state >> kept::generation_shift);
        }
        record.releases = 0;
        record.unique.store(0, std::memory_order_release);
    }
    const auto last = layout_.header.last_unique.load(std::memory_order_relaxed);
    const auto first = last > window ? last - window : 2;
    // A damaged record may say any number.
    for (auto unique = first; last != 0 && unique - first <= 2 * window; unique += 2)
        (void)answer(unique);
}

} // namespace iiofs
