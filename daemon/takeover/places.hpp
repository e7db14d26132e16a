// SPDX-License-Identifier: MIT
//
// Places: which records of one of the keep's tables are free. The records outlive the server,
// this does not.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace iiofs {

/// Threads: one at a time.
class Places {
public:
    /// `what`: the records' name in the log, "open files". `end` counts those that were ever
    /// used. Lifetime: both outlive it.
    Places(const char *what, std::size_t size, std::atomic<std::uint32_t> &end)
        : what_{what}, size_{size}, end_{end}
    {
    }

    /// A free place, of those that were used before if there is one; none: all are taken.
    /// Logs when four fifths are, and when all are.
    [[nodiscard]] std::optional<std::uint32_t> take();
    void give_back(std::uint32_t place) { free_.push_back(place); }
    [[nodiscard]] std::size_t taken() const { return end_ - free_.size(); }

private:
    const char *const what_;
    const std::size_t size_;
    std::atomic<std::uint32_t> &end_;
    std::vector<std::uint32_t> free_;
    unsigned warnings_ = 0;
};

} // namespace iiofs
