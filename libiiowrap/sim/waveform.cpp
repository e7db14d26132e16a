// SPDX-License-Identifier: MIT
#include "sim/waveform.hpp"

#include "sim/words.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <span>

namespace iio::sim {
namespace {

constexpr int most_bits = 53; // all integers of so many bits are doubles
constexpr std::uint64_t variable_mask = (std::uint64_t{1} << most_bits) - 1;

/// splitmix64 (Steele, Lea, Flood 2014): equal seeds give equal noise.
std::uint64_t scrambled(std::uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

} // namespace

Waveform Waveform::of_field(const JsonNode &waveform, std::uint64_t mask)
{
    const auto field = mask == 0 ? 0 : mask >> std::countr_zero(mask);
    if (field == 0 || (field & (field + 1)) != 0 || std::popcount(mask) > most_bits)
        waveform.fail("its mask must be 1 to 53 neighbouring bits");
    return parse(waveform, mask, false);
}

Waveform Waveform::of_variable(const JsonNode &waveform)
{
    return parse(waveform, variable_mask, true);
}

Waveform Waveform::parse(const JsonNode &waveform, std::uint64_t mask, bool is_signed)
{
    static constexpr std::array<std::pair<std::string_view, Shape>, 5> shapes{
        {{"sine", Shape::sine},
         {"triangle", Shape::triangle},
         {"square", Shape::square},
         {"sawtooth", Shape::sawtooth},
         {"noise", Shape::noise}}};
    constexpr double most_s = 1e9;
    Waveform parsed;
    parsed.mask_ = mask;
    const auto shape = waveform.at("shape");
    const auto found = std::ranges::find(shapes, shape.text(), [](auto &s) { return s.first; });
    if (found == shapes.end())
        shape.fail("is none of sine, triangle, square, sawtooth, noise");
    parsed.shape_ = found->second;
    parsed.period_s_ = waveform.at("period_s").real(1e-6, most_s);
    if (const auto phase = waveform.find("phase"))
        parsed.phase_ = phase->real(0, most_s);
    if (const auto seed = waveform.find("seed"))
        parsed.seed_ = seed->number<std::uint64_t>();
    const auto sign = waveform.find("signed");
    parsed.signed_ = sign ? sign->boolean() : is_signed;
    parsed.parse_range(waveform);
    return parsed;
}

void Waveform::parse_range(const JsonNode &waveform)
{
    const double values = std::ldexp(1.0, std::popcount(mask_));
    const double lowest = signed_ ? -values / 2 : 0;
    const double highest = (signed_ ? values / 2 : values) - 1;
    const auto swing = waveform.find("swing");
    const auto percent = waveform.find("swing_percent");
    if (swing && percent)
        percent->fail("a waveform has either swing or swing_percent");
    relative_ = swing || percent;
    swing_ = swing ? swing->real(0) : 0;
    swing_percent_ = percent ? percent->real(0) : 0;

    const auto bound = [&](std::string_view key, double otherwise) {
        const auto node = relative_ ? waveform.find(key) : waveform.at(key);
        if (!node)
            return otherwise;
        const double value = node->real(lowest);
        if (value > highest)
            node->fail("is more than the field holds: at most " + Json(highest).dump());
        return value;
    };
    min_ = bound("min", lowest);
    max_ = bound("max", highest);
    if (min_ > max_)
        waveform.at("max").fail("is less than min");
}

double Waveform::level(double at_s) const
{
    const double turns = at_s / period_s_ + phase_;
    const double within = turns - std::floor(turns);
    switch (shape_) {
    case Shape::sine:
        return std::sin(2 * std::numbers::pi * within);
    case Shape::triangle:
        return within < 0.25 ? 4 * within : within < 0.75 ? 2 - 4 * within : 4 * within - 4;
    case Shape::square:
        return within < 0.5 ? 1 : -1;
    case Shape::sawtooth:
        return 2 * within - 1;
    case Shape::noise:
        break;
    }
    const auto step = static_cast<std::uint64_t>(std::floor(turns));
    return static_cast<double>(scrambled(scrambled(seed_) + step) >> 11) * 0x1p-52 - 1;
}

std::int64_t Waveform::moved_value(std::int64_t value, double at_s) const
{
    const auto base = static_cast<double>(value);
    const double wanted = relative_ ? base + level(at_s) * (swing_ + base * swing_percent_ / 100)
                                    : (min_ + max_) / 2 + level(at_s) * (max_ - min_) / 2;
    return std::llround(std::clamp(wanted, min_, max_));
}

std::uint64_t Waveform::moved(std::uint64_t word, double at_s) const
{
    const int shift = std::countr_zero(mask_);
    const auto field_mask = mask_ >> shift;
    auto field = static_cast<std::int64_t>((word & mask_) >> shift);
    if (signed_ && field > static_cast<std::int64_t>(field_mask >> 1))
        field -= static_cast<std::int64_t>(field_mask) + 1;
    const auto moved = static_cast<std::uint64_t>(moved_value(field, at_s));
    return (word & ~mask_) | ((moved & field_mask) << shift);
}

namespace {

std::size_t leading_zeros(const Bytes &mask)
{
    return static_cast<std::size_t>(
        std::ranges::find_if(mask, [](auto byte) { return byte != 0; }) - mask.begin());
}

std::size_t covered(const Bytes &mask)
{
    const auto last = std::find_if(mask.rbegin(), mask.rend(), [](auto byte) { return byte != 0; });
    return static_cast<std::size_t>(mask.rend() - last) - leading_zeros(mask);
}

std::uint64_t field_mask(const JsonNode &waveform, const Bytes &mask)
{
    if (leading_zeros(mask) == mask.size() || covered(mask) > 8)
        waveform.fail("its mask must be 1 to 53 neighbouring bits");
    return to_number(std::span{mask}.subspan(leading_zeros(mask), covered(mask)));
}

} // namespace

ByteWaveform::ByteWaveform(const JsonNode &waveform, const Bytes &mask)
    : first_{leading_zeros(mask)},
      waveform_{Waveform::of_field(waveform, field_mask(waveform, mask))}
{
    count_ = covered(mask);
}

void ByteWaveform::move(std::span<std::uint8_t> answer, double at_s) const
{
    if (answer.size() < first_ + count_)
        return;
    const auto bytes = answer.subspan(first_, count_);
    put_number(bytes, waveform_.moved(to_number(bytes), at_s), static_cast<unsigned>(count_));
}

} // namespace iio::sim
