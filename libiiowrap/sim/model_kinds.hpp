// SPDX-License-Identifier: MIT
//
// What the kinds of models share; each kind has a file of its own.
#pragma once

#include "sim/json_node.hpp"
#include "sim/model.hpp"

namespace iio::sim {

using Waveforms = std::vector<JsonNode>;

[[nodiscard]] std::unique_ptr<ModelChip> make_registers(const JsonNode &model, BusKind bus,
                                                        const Waveforms &waveforms,
                                                        const JsonNode *events);
[[nodiscard]] std::unique_ptr<ModelChip> make_commands(const JsonNode &model,
                                                       const Waveforms &waveforms);
[[nodiscard]] std::unique_ptr<ModelChip> make_frames(const JsonNode &model,
                                                     const Waveforms &waveforms);
[[nodiscard]] std::unique_ptr<ModelChip> make_messages(const JsonNode &model, BusKind bus,
                                                       const Waveforms &waveforms);

/// Bytes to compare with, where a mask can make bits not count.
class Pattern {
public:
    /// "tx" and "mask" of a rule; without a mask all bits count.
    static Pattern parse(const JsonNode &rule);
    /// Whether `bytes` begin with it.
    [[nodiscard]] bool matches(std::span<const std::uint8_t> bytes) const;
    [[nodiscard]] const Bytes &bytes() const { return bytes_; }

private:
    Bytes bytes_;
    Bytes mask_;
};

[[nodiscard]] bool begins_with(std::span<const std::uint8_t> bytes,
                               std::span<const std::uint8_t> prefix);

/// The first bytes of `answer`, as many as fit, and `fill` behind them.
void put_answer(std::span<std::uint8_t> into, std::span<const std::uint8_t> answer,
                std::uint8_t fill);

/// Calls each(tx, rx) for every chip-select frame of a transaction.
template <class F> void for_each_frame(const SpiClocked &clocked, F each)
{
    std::size_t start = 0;
    for (const auto end : clocked.frame_ends) {
        each(clocked.tx.subspan(start, end - start), clocked.rx.subspan(start, end - start));
        start = end;
    }
}

} // namespace iio::sim
