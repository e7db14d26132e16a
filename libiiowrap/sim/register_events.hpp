// SPDX-License-Identifier: MIT
//
// What a registers model does without being accessed: the keys "on_read", "ticks", "fifo" and
// "line" of a chip file.
#pragma once

#include "sim/register_rules.hpp"

#include <string>

namespace iio::sim {

/// How often something happens; keys "hz" and "divider".
struct Rate {
    /// The fastest that a model may be.
    static constexpr double most_hz = 100'000;

    /// A field that chooses; codes that are not listed: never.
    struct Choice {
        Address reg = 0;
        RegisterValue mask = 0;
        std::map<RegisterValue, double> hz{};
    };
    double hz = 0;                 ///< where no field chooses
    std::vector<Choice> choices{}; ///< the fastest counts
    std::optional<Address> divider{};
    RegisterValue divider_mask = 0xff; ///< this field and one divide
};

/// Two numbers in registers, compared: "above" and "below".
struct Comparison {
    JoinedField field{};
    JoinedField bound{};
    bool is_signed = false;
    bool below = false;
};

/// Something that happens again and again while the conditions hold.
struct Tick {
    Rate rate{};
    Conditions when{};
    std::vector<Comparison> only{}; ///< and where one of these holds, if there are any
    RegisterActions actions{};
    std::vector<JoinedField> count{}; ///< fields that go up by one
    bool pulses = false;              ///< an edge on the line, which does not stay active
};

/// What the read of a register by a transfer changes.
struct ReadRule {
    Address reg = 0;
    RegisterActions actions{};
};

/// The interrupt output.
struct LineRule {
    std::vector<Conditions> any{}; ///< active where all of one of these hold
    bool low = false;              ///< active is low, or is it where these hold
    std::optional<Conditions> low_when{};
};

/// Registers that go into a FIFO together.
struct FifoGroup {
    std::vector<Address> registers{}; ///< in the order of their bytes
    Conditions when{};
    std::optional<Rate> rate{};     ///< its own
    std::optional<Address> every{}; ///< only each n-th time, as this field says
    RegisterValue every_mask = 0;
    std::map<RegisterValue, unsigned> every_by_code{}; ///< other codes: never
    std::optional<std::uint8_t> tag{};                 ///< a byte before those of the registers
};

struct FifoFlag {
    enum class Of { empty, watermark, full, overrun } of = Of::empty;
    Address reg = 0;
    RegisterValue bits = 0;
};

struct FifoLayout {
    std::vector<Address> registers{};          ///< neighbours, where it is read, round and round
    std::size_t capacity = 0;                  ///< bytes
    std::size_t unit = 1;                      ///< bytes of what is counted, and of what is dropped
    std::vector<Conditions> keeps_oldest_when; ///< full, it drops the newest{}; else the oldest
    std::uint8_t fill = 0;                     ///< what reads give while it is empty
    Rate rate{};
    Conditions when{};
    std::vector<FifoGroup> groups{};
    std::optional<JoinedField> count{};
    std::optional<JoinedField> watermark{};
    std::optional<JoinedField> pattern{}; ///< place of the next unit in its entry
    std::vector<FifoFlag> flags{};
    std::vector<Conditions> cleared_when{}; ///< empty while all of one of these hold
    Conditions cleared_by{};                ///< emptied by a write of one of these values
    std::vector<Address> overrun_until_read_of{};
};

/// Registers that count time.
struct ClockRegisters {
    JoinedField field{};
    double hz = 0;
    Conditions reset_by{}; ///< a write of one of these values
};

struct RegisterEvents {
    std::vector<ReadRule> read_rules{};
    std::vector<Tick> ticks{};
    std::vector<ClockRegisters> clocks{};
    std::optional<FifoLayout> fifo{};
    std::optional<LineRule> line{};

    [[nodiscard]] bool happen_by_themselves() const { return !ticks.empty() || fifo; }
};

/// The keys of a chip file that parse_events() takes.
inline constexpr std::array<std::string_view, 5> event_keys{"line", "ticks", "on_read", "fifo",
                                                            "clocks"};

/// Throws BadChipFile.
[[nodiscard]] RegisterEvents parse_events(const JsonNode &chip);

} // namespace iio::sim
