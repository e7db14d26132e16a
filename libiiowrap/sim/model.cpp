// SPDX-License-Identifier: MIT
#include "sim/model.hpp"

#include "sim/model_kinds.hpp"
#include "sim/register_events.hpp"

#include <algorithm>

namespace iio::sim {

Result<void> ModelChip::i2c(std::span<const I2cMessage>, double) { return fail(EOPNOTSUPP); }

Result<void> ModelChip::spi(const SpiClocked &, double) { return fail(EOPNOTSUPP); }

void ModelChip::advance(double) {}

std::optional<double> ModelChip::next_event() const { return std::nullopt; }

bool ModelChip::line_is_high() const { return false; }

LineEdges ModelChip::take_edges() { return {}; }

std::unique_ptr<ModelChip> make_model(const JsonNode &model, BusKind bus,
                                      const Waveforms &waveforms, const JsonNode *chip)
{
    const auto node = model.at("kind");
    const auto kind = node.text();
    if (kind == "registers")
        return make_registers(model, bus, waveforms, chip);
    for (const auto key : event_keys) {
        if (const auto unused = chip ? chip->find(key) : std::nullopt)
            unused->fail("goes with models of kind registers only");
    }
    if (kind == "messages")
        return make_messages(model, bus, waveforms);
    if (kind == "commands") {
        if (bus != BusKind::i2c)
            node.fail("commands models are for I2C; on SPI write frames or messages");
        return make_commands(model, waveforms);
    }
    if (kind == "frames") {
        if (bus != BusKind::spi)
            node.fail("frames models are for SPI; on I2C write commands or messages");
        return make_frames(model, waveforms);
    }
    node.fail("\"" + kind + "\" is none of registers, commands, frames, messages");
}

Pattern Pattern::parse(const JsonNode &rule)
{
    Pattern pattern;
    if (const auto tx = rule.find("tx"))
        pattern.bytes_ = tx->bytes();
    const auto mask = rule.find("mask");
    pattern.mask_ = mask ? mask->bytes() : Bytes(pattern.bytes_.size(), 0xff);
    if (pattern.mask_.size() != pattern.bytes_.size())
        mask->fail("must be as long as tx, " + std::to_string(pattern.bytes_.size()) + " bytes");
    return pattern;
}

bool Pattern::matches(std::span<const std::uint8_t> bytes) const
{
    if (bytes.size() < bytes_.size())
        return false;
    for (std::size_t i = 0; i < bytes_.size(); i++) {
        if (((bytes[i] ^ bytes_[i]) & mask_[i]) != 0)
            return false;
    }
    return true;
}

bool begins_with(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> prefix)
{
    return bytes.size() >= prefix.size() && std::ranges::equal(bytes.first(prefix.size()), prefix);
}

void put_answer(std::span<std::uint8_t> into, std::span<const std::uint8_t> answer,
                std::uint8_t fill)
{
    const auto count = std::min(into.size(), answer.size());
    std::ranges::copy(answer.first(count), into.begin());
    std::ranges::fill(into.subspan(count), fill);
}

} // namespace iio::sim
