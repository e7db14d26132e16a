// SPDX-License-Identifier: MIT
//
// RegisterLayout: what a registers model says of its chip, all but its state.
#pragma once

#include "sim/model_kinds.hpp"
#include "sim/register_events.hpp"
#include "sim/waveform.hpp"

#include <map>
#include <optional>

namespace iio::sim {

/// How one register takes a write, and how wide it is.
struct RegisterTraits {
    unsigned width = 1; ///< bytes
    bool read_only = false;
    bool write_one_clears = false;
    RegisterValue read_only_bits = 0;
    RegisterValue self_clearing = 0;
};

/// What a write of a register does to others, in the order of `actions`.
struct WriteRule {
    Address reg = 0;
    RegisterValue mask = ~RegisterValue{0};
    std::optional<RegisterValue> value;
    RegisterActions actions;
};

/// What reads give instead while a condition holds.
struct RegisterView {
    Condition when;
    RegisterFile registers;
    std::map<Address, unsigned> widths;
};

/// Reads that go round the channels whose select bits are set.
struct RegisterScan {
    std::optional<Condition> pointer; ///< its reg means nothing: it looks at the pointer
    std::optional<Address> select;    ///< none: the pointer selects
    RegisterValue mask = 0;
    std::vector<RegisterValue> values;
};

struct RegisterWaveform {
    std::vector<Address> registers; ///< most significant first
    std::optional<std::size_t> scan;
    std::optional<Condition> when;
    Waveform waveform;
};

/// Fields are the keys of docs/chip-models.md.
struct RegisterLayout {
    unsigned word_bytes = 1;
    unsigned address_bytes = 1;
    bool little_endian = false;
    Address address_mask = 0xff;
    unsigned address_shift = 0;
    bool auto_increment = true;
    Address increment_flag = 0;
    Address direction_flag = 0x80; ///< SPI: read_flag or write_flag
    bool flag_means_write = false; ///< SPI: it is write_flag
    std::size_t read_pad = 0;
    std::optional<std::size_t> next_frame; ///< SPI
    std::map<Address, std::vector<Address>> bursts;
    std::optional<Address> plain_read_at; ///< I2C
    Address initial_pointer = 0;
    RegisterValue default_value = 0;
    std::map<Address, RegisterTraits> traits;
    std::vector<WriteRule> rules;
    std::vector<RegisterView> views;
    std::vector<RegisterScan> scans;
    std::optional<Address> page_register;
    RegisterValue page_mask = 0xff;
    std::vector<Address> common; ///< sorted
    std::vector<RegisterWaveform> waveforms;
    RegisterEvents events;

    [[nodiscard]] const RegisterTraits &traits_of(Address reg) const;

    RegisterTraits plain; ///< of registers that `traits` does not name
};

/// What a write changes.
struct RegisterState {
    struct Sequence {
        std::vector<RegisterValue> values;
        std::size_t next = 0;
    };
    RegisterFile registers;
    std::map<RegisterValue, RegisterFile> banks;
    std::map<Address, Sequence> sequences;
};

/// Parses a registers model, with what it does without being accessed; throws BadChipFile.
[[nodiscard]] std::pair<std::shared_ptr<const RegisterLayout>, RegisterState>
parse_registers(const JsonNode &model, BusKind bus, const Waveforms &waveforms,
                const JsonNode *events);

} // namespace iio::sim
