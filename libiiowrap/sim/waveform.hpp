// SPDX-License-Identifier: MIT
//
// Waveform: a number in a chip's answer that moves with time.
#pragma once

#include "sim/json_node.hpp"

#include <array>
#include <span>

namespace iio::sim {

/// Moves one bit field of a word; the field counts from its lowest bit.
///
/// Either it takes all values between min and max, or it swings around what the
/// chip answers anyway and min and max are where it stops.
/// Threads: everything here is const. Reference: docs/chip-models.md.
class Waveform {
public:
    /// The keys of a waveform that are not about where it acts.
    static constexpr std::array<std::string_view, 10> keys{
        "address", "shape", "period_s", "phase",         "seed",
        "min",     "max",   "swing",    "swing_percent", "signed"};

    /// A field of `mask` (contiguous bits, at most 53) within a word.
    static Waveform of_field(const JsonNode &waveform, std::uint64_t mask);
    /// A signed variable, not a field of something.
    static Waveform of_variable(const JsonNode &waveform);

    /// What `value` has become `at_s` seconds after the bus was made.
    [[nodiscard]] std::int64_t moved_value(std::int64_t value, double at_s) const;
    /// `word` with its field moved.
    [[nodiscard]] std::uint64_t moved(std::uint64_t word, double at_s) const;

private:
    enum class Shape { sine, triangle, square, sawtooth, noise };
    static Waveform parse(const JsonNode &waveform, std::uint64_t mask, bool is_signed);
    void parse_range(const JsonNode &waveform);
    [[nodiscard]] double level(double at_s) const;

    Shape shape_ = Shape::sine;
    double period_s_ = 1;
    double phase_ = 0;
    std::uint64_t seed_ = 0;
    std::uint64_t mask_ = 0;
    bool signed_ = false;
    double min_ = 0;
    double max_ = 0;
    bool relative_ = false;
    double swing_ = 0;
    double swing_percent_ = 0;
};

/// A waveform over a field of an answer's bytes, the field given by a
/// hexadecimal mask over these bytes.
class ByteWaveform {
public:
    ByteWaveform(const JsonNode &waveform, const Bytes &mask);
    /// Moves the field; an answer too short to hold it stays as it is.
    void move(std::span<std::uint8_t> answer, double at_s) const;

private:
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    Waveform waveform_;
};

} // namespace iio::sim
