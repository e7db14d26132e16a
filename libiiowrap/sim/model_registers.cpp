// SPDX-License-Identifier: MIT
//
// registers: a register file behind a pointer (I2C) or an address byte (SPI).
#include "sim/register_layout.hpp"
#include "sim/words.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace iio::sim {
namespace {

struct Word {
    RegisterValue value = 0;
    unsigned width = 1;
};

class RegistersChip final : public ModelChip {
public:
    RegistersChip(std::shared_ptr<const RegisterLayout> layout, RegisterState state)
        : layout_{std::move(layout)},
          state_{std::move(state)},
          pointer_{layout_->initial_pointer},
          increments_{layout_->auto_increment}
    {
        if (layout_->next_frame)
            pending_.reserve(*layout_->next_frame);
    }

    Result<void> i2c(std::span<const I2cMessage> messages, double at_s) override
    {
        at_s_ = at_s;
        if (layout_->plain_read_at && messages.front().is_read())
            pointer_ = *layout_->plain_read_at;
        for (const auto &message : messages) {
            if (message.is_read())
                read_words(pointer_, increments_, message.in());
            else if (message.out().size() >= layout_->address_bytes)
                write_at_pointer(message.out());
        }
        return {};
    }

    Result<void> spi(const SpiClocked &clocked, double at_s) override
    {
        at_s_ = at_s;
        for_each_frame(clocked, [&](auto tx, auto rx) {
            if (layout_->next_frame && !tx.empty())
                pipelined_frame(tx, rx);
            else if (!layout_->next_frame && tx.size() >= layout_->address_bytes)
                frame(tx, rx);
        });
        return {};
    }

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
        scan_at_ = 0;
        write_words(pointer_, increments_, bytes.subspan(layout_->address_bytes));
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
                put(reg, byte);
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
                static_cast<std::uint8_t>(read(reg));
    }

    bool increments(Address raw) const
    {
        return layout_->increment_flag != 0 ? (raw & layout_->increment_flag) != 0
                                            : layout_->auto_increment;
    }

    Address next(Address reg, bool increments) const
    {
        if (!increments)
            return reg;
        const auto mask = layout_->address_mask;
        return (mask & (mask + 1)) == 0 ? (reg + 1) & mask : reg + 1;
    }

    void write_words(Address &reg, bool increments, std::span<const std::uint8_t> bytes)
    {
        for (auto width = width_of(reg); bytes.size() >= width; width = width_of(reg)) {
            put(reg, to_number(bytes.first(width), layout_->little_endian));
            bytes = bytes.subspan(width);
            reg = next(reg, increments);
        }
    }

    /// A word that does not fit is cut; the register counts as read.
    void read_words(Address &reg, bool increments, std::span<std::uint8_t> into)
    {
        while (!into.empty()) {
            Word word;
            if (const auto scanned = next_scanned()) {
                word = {*scanned, layout_->word_bytes};
            } else {
                const auto *const view = view_of(reg);
                word.width = view != nullptr ? width_in(*view, reg) : width_of(reg);
                word.value = read(reg);
                reg = next(reg, increments);
            }
            into = put_number(into, word.value, word.width, layout_->little_endian);
        }
    }

    unsigned width_of(Address reg) const { return layout_->traits_of(reg).width; }

    unsigned width_in(const RegisterView &view, Address reg) const
    {
        const auto width = view.widths.find(reg);
        return width != view.widths.end() ? width->second : width_of(reg);
    }

    RegisterValue stored(const RegisterFile &file, Address reg) const
    {
        const auto found = file.find(reg);
        return found == file.end() ? layout_->default_value : found->second;
    }
    RegisterValue stored(Address reg) const { return stored(state_.registers, reg); }

    bool holds(const Condition &when) const { return (stored(when.reg) & when.mask) == when.value; }

    const RegisterView *view_of(Address reg) const
    {
        const auto &views = layout_->views;
        const auto found = std::ranges::find_if(views, [&](const auto &view) {
            return view.registers.contains(reg) && holds(view.when);
        });
        return found == views.end() ? nullptr : &*found;
    }

    /// The page's own registers, if `reg` is not the same on all pages.
    RegisterFile *bank_of(Address reg)
    {
        if (!layout_->page_register || std::ranges::binary_search(layout_->common, reg))
            return nullptr;
        const auto page = stored(*layout_->page_register) & layout_->page_mask;
        const auto found = state_.banks.find(page);
        return found == state_.banks.end() ? nullptr : &found->second;
    }

    /// What a read gives, but for waveforms; a sequence moves on if `steps`.
    RegisterValue get(Address reg, bool steps)
    {
        if (const auto *const view = view_of(reg))
            return view->registers.at(reg);
        if (const auto *const bank = bank_of(reg))
            return stored(*bank, reg);
        const auto found = state_.sequences.find(reg);
        if (found == state_.sequences.end())
            return stored(reg);
        auto &[values, at] = found->second;
        const auto value = values[at];
        if (steps)
            at = (at + 1) % values.size();
        return value;
    }

    RegisterValue read(Address reg)
    {
        auto value = get(reg, true);
        for (const auto &waveform : layout_->waveforms) {
            const auto &registers = waveform.registers;
            if (std::ranges::find(registers, reg) != registers.end() &&
                (!waveform.when || holds(*waveform.when)))
                value = moved(waveform, reg, value);
        }
        return value;
    }

    /// `reg`'s share of the field that a waveform moves over several registers.
    RegisterValue moved(const RegisterWaveform &waveform, Address reg, RegisterValue value)
    {
        RegisterValue joined = 0;
        for (const auto part : waveform.registers) {
            const auto width = 8 * width_of(part);
            joined = (width < 64 ? joined << width : 0) | (part == reg ? value : get(part, false));
        }
        joined = waveform.waveform.moved(joined, at_s_);
        for (auto part = waveform.registers.rbegin(); *part != reg; ++part)
            joined >>= 8 * width_of(*part);
        const auto width = 8 * width_of(reg);
        return width < 64 ? joined & ((RegisterValue{1} << width) - 1) : joined;
    }

    std::optional<RegisterValue> next_scanned()
    {
        for (const auto &scan : layout_->scans) {
            if (scan.pointer && (pointer_ & scan.pointer->mask) != scan.pointer->value)
                continue;
            const auto field = (scan.select ? stored(*scan.select) : pointer_) & scan.mask;
            const auto selected = field >> std::countr_zero(scan.mask);
            const auto is_selected = [&](std::size_t i) { return i < 64 && (selected >> i & 1); };
            std::size_t channels = 0;
            for (std::size_t i = 0; i < scan.values.size(); i++)
                channels += is_selected(i);
            if (channels == 0)
                continue;
            auto skip = scan_at_++ % channels;
            std::size_t i = 0;
            while (!is_selected(i) || skip-- > 0)
                i++;
            return moved_scan(i, scan.values[i]);
        }
        return std::nullopt;
    }

    RegisterValue moved_scan(std::size_t channel, RegisterValue value) const
    {
        for (const auto &waveform : layout_->waveforms) {
            if (waveform.scan == channel && (!waveform.when || holds(*waveform.when)))
                value = waveform.waveform.moved(value, at_s_);
        }
        return value;
    }

    void put(Address reg, RegisterValue value)
    {
        if (auto *const bank = bank_of(reg)) {
            (*bank)[reg] = value;
            return;
        }
        const auto &traits = layout_->traits_of(reg);
        if (traits.write_one_clears)
            state_.registers[reg] = get(reg, true) & ~value;
        else if (!traits.read_only)
            state_.registers[reg] =
                ((value & ~traits.read_only_bits) | (stored(reg) & traits.read_only_bits)) &
                ~traits.self_clearing;
        for (const auto &rule : layout_->rules) {
            if (rule.reg != reg || (rule.value && (value & rule.mask) != *rule.value))
                continue;
            for (const auto &action : rule.actions)
                state_.registers[action.reg] = result(action);
        }
    }

    RegisterValue result(const WriteRule::Action &action) const
    {
        const auto old = stored(action.reg);
        switch (action.act) {
        case WriteRule::Act::set:
            break;
        case WriteRule::Act::copy:
            return stored(static_cast<Address>(action.operand));
        case WriteRule::Act::add:
            return (old + action.operand) & action.mask;
        case WriteRule::Act::set_bits:
            return old | action.operand;
        case WriteRule::Act::clear_bits:
            return old & ~action.operand;
        }
        return action.operand;
    }

    std::shared_ptr<const RegisterLayout> layout_;
    RegisterState state_;
    Address pointer_;
    bool increments_;
    std::size_t scan_at_ = 0;
    Bytes pending_;   // SPI, next_frame: what the next frame clocks out
    double at_s_ = 0; // the time of the transaction under way
};

} // namespace

std::unique_ptr<ModelChip> make_registers(const JsonNode &model, BusKind bus,
                                          const Waveforms &waveforms)
{
    auto [layout, state] = parse_registers(model, bus, waveforms);
    return std::make_unique<RegistersChip>(std::move(layout), std::move(state));
}

} // namespace iio::sim
