// SPDX-License-Identifier: MIT
//
// ModelChip: a simulated chip, made from the "model" object of a chip file.
// What each kind of model answers is in docs/chip-models.md.
#pragma once

#include <iio/driver/hardware.hpp>
#include <iio/driver/result.hpp>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace iio::sim {

class JsonNode;

/// When a line first changed its level since the last look, in seconds
/// since the bus was made.
struct LineEdges {
    std::optional<double> rose_at_s{};
    std::optional<double> fell_at_s{};
};

/// One SPI transaction as the wires see it.
struct SpiClocked {
    std::span<const std::uint8_t> tx; ///< all bytes that went out
    std::span<std::uint8_t> rx;       ///< of the same length, zeros: the answer goes here
    /// Where in tx each chip-select frame ends, in order; the last is tx.size().
    std::span<const std::size_t> frame_ends;
};

/// A chip: what was sent to it so far is its state.
///
/// Threads: none of its own, SimulatedBus calls it under its lock. A transaction
/// that only reads allocates no memory.
class ModelChip {
public:
    virtual ~ModelChip() = default;

    /// Answers one transaction, `at_s` seconds after the bus was made; waveforms
    /// stand still within it. Errors: EOPNOTSUPP: the chip has no such bus.
    [[nodiscard]] virtual Result<void> i2c(std::span<const I2cMessage> messages, double at_s);
    [[nodiscard]] virtual Result<void> spi(const SpiClocked &clocked, double at_s);
    /// Does what the chip does without being accessed, until `at_s`.
    virtual void advance(double at_s);
    /// When it does something next; none: not before the next transaction.
    [[nodiscard]] virtual std::optional<double> next_event() const;
    /// Its interrupt output, as of the last transaction or advance().
    [[nodiscard]] virtual bool line_is_high() const;
    [[nodiscard]] virtual LineEdges take_edges();
    /// A copy with all of its state.
    [[nodiscard]] virtual std::unique_ptr<ModelChip> clone() const = 0;

protected:
    ModelChip() = default;
    ModelChip(const ModelChip &) = default;
    ModelChip &operator=(const ModelChip &) = default;
};

/// The chip of a "model" object as it is after power-up, with the waveforms that
/// act on it. `chip`: the file, where the model is that of the chip's own address: what it
/// does without being accessed. Throws BadChipFile.
[[nodiscard]] std::unique_ptr<ModelChip> make_model(const JsonNode &model, BusKind bus,
                                                    const std::vector<JsonNode> &waveforms,
                                                    const JsonNode *chip);

} // namespace iio::sim
