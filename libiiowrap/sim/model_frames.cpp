// SPDX-License-Identifier: MIT
//
// frames: whole SPI frames pick what comes back.
#include "sim/model_kinds.hpp"
#include "sim/waveform.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace iio::sim {
namespace {

struct Frame {
    Pattern pattern;
    Bytes answer;
    std::vector<ByteWaveform> waveforms;
};

struct Table {
    std::vector<Frame> frames;
    std::optional<std::size_t> latency;
    bool start_bit = false;
};

/// Zero bits before the first one; 0 where all are zero.
std::size_t idle_bits(std::span<const std::uint8_t> bytes)
{
    for (std::size_t i = 0; i < bytes.size(); i++) {
        if (bytes[i] != 0)
            return 8 * i + static_cast<std::size_t>(std::countl_zero(bytes[i]));
    }
    return 0;
}

/// All bits by `count` places towards the first byte.
void shift_earlier(std::span<std::uint8_t> bytes, std::size_t count)
{
    const auto whole = count / 8;
    const auto byte = [&](std::size_t i) { return i < bytes.size() ? bytes[i] : 0U; };
    for (std::size_t i = 0; i < bytes.size(); i++)
        bytes[i] = static_cast<std::uint8_t>(
            ((byte(i + whole) << 8 | byte(i + whole + 1)) << (count % 8)) >> 8);
}

/// All bits by `count` places towards the last byte.
void shift_later(std::span<std::uint8_t> bytes, std::size_t count)
{
    const auto whole = count / 8;
    const auto byte = [&](std::size_t i) { return i < bytes.size() ? bytes[i] : 0U; };
    for (std::size_t i = bytes.size(); i-- > 0;)
        bytes[i] =
            static_cast<std::uint8_t>((byte(i - whole - 1) << 8 | byte(i - whole)) >> (count % 8));
}

class FramesChip final : public ModelChip {
public:
    explicit FramesChip(std::shared_ptr<const Table> table) : table_{std::move(table)}
    {
        if (table_->latency)
            pipe_.resize(*table_->latency + 1);
    }

    Result<void> spi(const SpiClocked &clocked, double at_s) override
    {
        if (!table_->latency) {
            answer(clocked.tx, at_s, answer_);
            put_answer(clocked.rx, answer_, 0);
            return {};
        }
        for_each_frame(clocked, [&](auto tx, auto rx) {
            std::ranges::rotate(pipe_, pipe_.end() - 1);
            answer(tx, at_s, pipe_.front());
            put_answer(rx, pipe_.back(), 0);
        });
        return {};
    }

    std::unique_ptr<ModelChip> clone() const override
    {
        return std::make_unique<FramesChip>(*this);
    }

private:
    void answer(std::span<const std::uint8_t> tx, double at_s, Bytes &into)
    {
        const auto idle = table_->start_bit ? idle_bits(tx) : 0;
        aligned_.assign(tx.begin(), tx.end());
        shift_earlier(aligned_, idle);
        into.clear();
        for (const auto &frame : table_->frames) {
            if (!frame.pattern.matches(aligned_))
                continue;
            into.assign(frame.answer.begin(), frame.answer.end());
            for (const auto &waveform : frame.waveforms)
                waveform.move(into, at_s);
            if (idle > 0) {
                into.resize(tx.size());
                shift_later(into, idle);
            }
            return;
        }
    }

    std::shared_ptr<const Table> table_;
    std::vector<Bytes> pipe_; // answers on their way, the newest first
    Bytes aligned_, answer_;  // kept between transactions for their memory
};

void parse_waveform(const JsonNode &node, Table &table)
{
    node.only("a waveform of a frames model", {"tx", "mask"}, Waveform::keys);
    const auto tx = node.at("tx");
    const auto frame =
        std::ranges::find(table.frames, tx.bytes(), [](auto &f) { return f.pattern.bytes(); });
    if (frame == table.frames.end())
        tx.fail("no frame of the model has this tx");
    const auto mask = node.at("mask").bytes();
    if (mask.size() > frame->answer.size())
        node.at("mask").fail("is longer than the frame's rx");
    frame->waveforms.emplace_back(node, mask);
}

} // namespace

std::unique_ptr<ModelChip> make_frames(const JsonNode &model, const Waveforms &waveforms)
{
    model.only("a frames model", {"kind", "frames", "latency", "align"});
    auto table = std::make_shared<Table>();
    for (const auto &node : model.at("frames").elements()) {
        node.only("a frame", {"tx", "mask", "rx"});
        table->frames.push_back(
            {.pattern = Pattern::parse(node), .answer = node.at("rx").bytes(), .waveforms = {}});
    }
    if (const auto latency = model.find("latency"))
        table->latency = latency->number<std::uint8_t>();
    if (const auto align = model.find("align")) {
        if (align->text() != "start_bit")
            align->fail("\"start_bit\" is the only alignment there is");
        table->start_bit = true;
    }
    for (const auto &waveform : waveforms)
        parse_waveform(waveform, *table);
    return std::make_unique<FramesChip>(std::move(table));
}

} // namespace iio::sim
