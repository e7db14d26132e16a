// SPDX-License-Identifier: MIT
//
// FaultPlan: which transfers of a simulated bus fail, and how.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iio::sim {

class JsonNode;

/// Time since some fixed moment; the clock of a simulated bus.
using Time = std::chrono::nanoseconds;

/// One thing that goes wrong, on every transfer unless narrowed down. A
/// transfer that fails does not reach the chip.
struct Fault {
    std::uint64_t transfer = 0;         ///< this one only, the first since arming being 1; 0: any
    std::uint64_t every = 0;            ///< each so-manieth since arming; 0: any
    std::optional<std::uint64_t> count; ///< transfers at most; with `transfer` 1 unless given
    Time after{0};                      ///< not earlier than this after arming
    std::optional<Time> lasting;        ///< and no longer than so long; without end unless given
    int error = 0;                      ///< the errno; 0: the transfer succeeds
    std::chrono::milliseconds delay{0}; ///< the bus is stuck for so long first
    bool absent = false;                ///< the chip is away: ENXIO, and reset when it returns
    std::string while_exists{};         ///< only while there is a file of this path; empty: ever
};

/// What happens to one transfer.
struct Verdict {
    int error = 0;
    std::chrono::milliseconds delay{0};
    bool power_lost = false; ///< the chip was away since the transfer before
};

/// Threads: none of its own; SimulatedBus calls it under its lock.
class FaultPlan {
public:
    FaultPlan() = default;
    FaultPlan(const std::vector<Fault> &faults, Time now);

    /// Counts one more transfer and tells its fate.
    [[nodiscard]] Verdict next(Time now);
    /// Transfers since arming.
    [[nodiscard]] std::uint64_t transfers() const { return transfers_; }

private:
    struct Armed {
        Fault fault;
        std::uint64_t hits = 0;
    };
    [[nodiscard]] bool strikes(const Armed &armed, Time elapsed) const;

    std::vector<Armed> faults_;
    Time armed_at_{0};
    Time last_{0};
    std::uint64_t transfers_ = 0;
};

/// The "faults" list of a chip file; throws BadChipFile.
[[nodiscard]] std::vector<Fault> parse_faults(const JsonNode &faults);

} // namespace iio::sim
