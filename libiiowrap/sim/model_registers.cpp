// SPDX-License-Identifier: MIT
//
// registers: a register file behind a pointer (I2C) or an address byte (SPI).
#include "sim/register_store.hpp"
#include "sim/words.hpp"

#include <algorithm>
#include <array>

namespace iio::sim {
namespace {

class RegistersChip final : public ModelChip {
public:
    RegistersChip(std::shared_ptr<const RegisterLayout> layout, RegisterState state)
        : layout_{std::move(layout)},
          store_{layout_, std::move(state)},
          pointer_{layout_->initial_pointer},
          increments_{layout_->auto_increment}
    {
        if (layout_->next_frame)
            pending_.reserve(*layout_->next_frame);
    }

    Result<void> i2c(std::span<const I2cMessage> messages, double at_s) override
    {
        store_.advance(at_s);
        if (layout_->plain_read_at && messages.front().is_read())
            pointer_ = *layout_->plain_read_at;
        for (const auto &message : messages) {
            if (message.is_read())
                read_padded(message.in());
            else if (message.out().size() >= layout_->address_bytes)
                write_at_pointer(message.out());
        }
        store_.settle();
        return {};
    }

    Result<void> spi(const SpiClocked &clocked, double at_s) override
    {
        store_.advance(at_s);
        for_each_frame(clocked, [&](auto tx, auto rx) {
            if (layout_->next_frame && !tx.empty())
                pipelined_frame(tx, rx);
            else if (!layout_->next_frame && tx.size() >= layout_->address_bytes)
                frame(tx, rx);
        });
        store_.settle();
        return {};
    }

    void advance(double at_s) override { store_.advance(at_s); }
    std::optional<double> next_event() const override { return store_.next_event(); }
    bool line_is_high() const override { return store_.line_is_high(); }
    LineEdges take_edges() override { return store_.take_edges(); }

    std::unique_ptr<ModelChip> clone() const override
    {
        return std::make_unique<RegistersChip>(*this);
    }

private:
    void write_at_pointer(std::span<const std::uint8_t> bytes)
    {
        const auto raw = static_cast<Address>(to_number(bytes.first(layout_->address_bytes)));
        increments_ = increments(raw);
        pointer_ = raw & layout_->address_mask;
        store_.restart_scans();
        write_words(pointer_, increments_, bytes.subspan(layout_->address_bytes));
    }

    void read_padded(std::span<std::uint8_t> into)
    {
        const auto pad = into.first(std::min(into.size(), layout_->read_pad));
        std::ranges::fill(pad, std::uint8_t{0});
        read_words(pointer_, increments_, into.subspan(pad.size()));
    }

    void frame(std::span<const std::uint8_t> tx, std::span<std::uint8_t> rx)
    {
        const auto &l = *layout_;
        const auto raw = static_cast<Address>(to_number(tx.first(l.address_bytes)));
        Address reg =
            (raw & l.address_mask & ~l.direction_flag & ~l.increment_flag) >> l.address_shift;
        const std::size_t head = l.address_bytes;
        if (((raw & l.direction_flag) != 0) == l.flag_means_write)
            write_words(reg, increments(raw), tx.subspan(head));
        else if (rx.size() > head + l.read_pad)
            read_words(reg, increments(raw), rx.subspan(head + l.read_pad));
    }

    /// The frame clocks out what the one before asked for.
    void pipelined_frame(std::span<const std::uint8_t> tx, std::span<std::uint8_t> rx)
    {
        const auto &l = *layout_;
        const auto count = *l.next_frame;
        Address reg = (tx[0] & l.address_mask & ~l.direction_flag) >> l.address_shift;
        put_answer(rx, pending_, 0);
        if (const auto burst = l.bursts.find(reg); burst != l.bursts.end() && tx.size() > count)
            put_burst(burst->second, rx.subspan(count));
        pending_.clear();
        if (((tx[0] & l.direction_flag) != 0) == l.flag_means_write) {
            for (const auto byte : tx.subspan(1)) {
                store_.write(reg, byte);
                reg = next(reg, true);
            }
        } else {
            pending_.resize(count);
            put_registers(reg, pending_);
        }
    }

    void put_burst(std::span<const Address> registers, std::span<std::uint8_t> rx)
    {
        const auto count = *layout_->next_frame;
        std::array<std::uint8_t, 8> word{};
        for (const auto reg : registers) {
            put_registers(reg, std::span{word}.first(count));
            const auto fits = std::min(rx.size(), count);
            std::ranges::copy(std::span{word}.first(fits), rx.begin());
            rx = rx.subspan(fits);
        }
    }

    /// One-byte registers from `reg` on, the highest address first unless little-endian.
    void put_registers(Address reg, std::span<std::uint8_t> into)
    {
        for (std::size_t i = 0; i < into.size(); i++, reg++)
            into[layout_->little_endian ? i : into.size() - 1 - i] =
                static_cast<std::uint8_t>(store_.read(reg));
    }

    bool increments(Address raw) const
    {
        return layout_->increment_flag != 0 ? (raw & layout_->increment_flag) != 0
                                            : layout_->auto_increment;
    }

    Address next(Address reg, bool increments) const
    {
        return increments ? store_.after(reg) : reg;
    }

    void write_words(Address &reg, bool increments, std::span<const std::uint8_t> bytes)
    {
        for (auto width = store_.width(reg); bytes.size() >= width; width = store_.width(reg)) {
            store_.write(reg, to_number<RegisterValue>(bytes.first(width), layout_->little_endian));
            bytes = bytes.subspan(width);
            reg = next(reg, increments);
        }
    }

    /// A word that does not fit is cut; the register counts as read.
    void read_words(Address &reg, bool increments, std::span<std::uint8_t> into)
    {
        while (!into.empty()) {
            RegisterValue value = 0;
            unsigned width = layout_->word_bytes;
            if (const auto scanned = store_.next_scanned(pointer_)) {
                value = *scanned;
            } else {
                width = store_.width_to_read(reg);
                value = store_.read(reg);
                reg = next(reg, increments);
            }
            into = put_number(into, value, width, layout_->little_endian);
        }
    }

    std::shared_ptr<const RegisterLayout> layout_;
    RegisterStore store_;
    Address pointer_;
    bool increments_;
    Bytes pending_; // SPI, next_frame: what the next frame clocks out
};

} // namespace

std::unique_ptr<ModelChip> make_registers(const JsonNode &model, BusKind bus,
                                          const Waveforms &waveforms, const JsonNode *events)
{
    auto [layout, state] = parse_registers(model, bus, waveforms, events);
    return std::make_unique<RegistersChip>(std::move(layout), std::move(state));
}

} // namespace iio::sim
