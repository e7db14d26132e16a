// SPDX-License-Identifier: MIT
//
// BusLine: the queues of a bus that have jobs, and how many of them are served.
#pragma once

#include <daemon/work/queue.hpp>
#include <mutex>

namespace iiofs {

/// The mutex is held for some operations on lists, and while no other lock of the workers
/// is taken. Its members, the jobs and the state of the bus's queues are used with it.
struct BusLine {
    std::mutex mutex{};
    Queues line{};       ///< the next first
    unsigned served = 0; ///< queues that are admitted

    /// Takes those from the line that may be served now.
    [[nodiscard]] Queues admit();
};

} // namespace iiofs
