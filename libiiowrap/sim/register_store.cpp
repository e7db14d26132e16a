// SPDX-License-Identifier: MIT
#include "sim/register_store.hpp"
#include "sim/words.hpp"

#include <algorithm>

namespace iio::sim {

RegisterStore::RegisterStore(std::shared_ptr<const RegisterLayout> layout, RegisterState state)
    : layout_{std::move(layout)}, state_{std::move(state)}
{
    const auto &events = layout_->events;
    timers_.resize(events.ticks.size());
    clocks_from_s_.resize(events.clocks.size());
    if (events.fifo) {
        timers_.resize(timers_.size() + 1 + events.fifo->groups.size());
        fifo_.emplace(events.fifo->capacity, events.fifo->unit);
        publish_fifo();
    }
    look_at_line();
    edges_ = {};
}

RegisterValue RegisterStore::stored(const RegisterFile &file, Address reg) const
{
    const auto found = file.find(reg);
    return found == file.end() ? layout_->default_value : found->second;
}

bool RegisterStore::holds(const Condition &when) const
{
    return (stored(when.reg) & when.mask) == when.value;
}

bool RegisterStore::hold(const Conditions &all) const
{
    return std::ranges::all_of(all, [this](const Condition &when) { return holds(when); });
}

bool RegisterStore::any_hold(const std::vector<Conditions> &any) const
{
    return std::ranges::any_of(any, [this](const Conditions &all) { return hold(all); });
}

const RegisterView *RegisterStore::view_of(Address reg) const
{
    const auto &views = layout_->views;
    const auto found = std::ranges::find_if(
        views, [&](const auto &view) { return view.registers.contains(reg) && holds(view.when); });
    return found == views.end() ? nullptr : &*found;
}

unsigned RegisterStore::width_to_read(Address reg) const
{
    if (const auto *const view = view_of(reg)) {
        if (const auto width_there = view->widths.find(reg); width_there != view->widths.end())
            return width_there->second;
    }
    return width(reg);
}

Address RegisterStore::after(Address reg) const
{
    if (is_fifo(reg) && reg == layout_->events.fifo->registers.back())
        return layout_->events.fifo->registers.front();
    const auto mask = layout_->address_mask;
    return (mask & (mask + 1)) == 0 ? (reg + 1) & mask : reg + 1;
}

/// The page's own registers, if `reg` is not the same on all pages.
RegisterFile *RegisterStore::bank_of(Address reg)
{
    if (!layout_->page_register || std::ranges::binary_search(layout_->common, reg))
        return nullptr;
    const auto page = stored(*layout_->page_register) & layout_->page_mask;
    const auto found = state_.banks.find(page);
    return found == state_.banks.end() ? nullptr : &found->second;
}

/// What a read gives, but for waveforms; a sequence moves on if `steps`.
RegisterValue RegisterStore::get(Address reg, bool steps)
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

RegisterValue RegisterStore::read(Address reg)
{
    RegisterValue value = 0;
    if (is_fifo(reg)) {
        value = fifo_->size() == 0 ? layout_->events.fifo->fill : fifo_->pop();
        publish_fifo();
    } else {
        value = moved(reg, get(reg, true));
    }
    for (const auto &rule : layout_->events.read_rules) {
        if (rule.reg == reg)
            act(rule.actions);
    }
    if (overrun_ && std::ranges::count(layout_->events.fifo->overrun_until_read_of, reg) > 0) {
        overrun_ = false;
        publish_fifo();
    }
    return value;
}

RegisterValue RegisterStore::moved(Address reg, RegisterValue value)
{
    for (std::size_t i = 0; i < clocks_from_s_.size(); i++) {
        const auto &clock = layout_->events.clocks[i];
        const auto &registers = clock.field.registers;
        const auto found = std::find(registers.rbegin(), registers.rend(), reg);
        if (found == registers.rend())
            continue;
        auto count = static_cast<std::uint64_t>((at_s_ - clocks_from_s_[i]) * clock.hz);
        for (auto below = registers.rbegin(); below != found; ++below)
            count >>= 8 * width(*below);
        return count & widest(width(reg));
    }
    for (const auto &waveform : layout_->waveforms) {
        const auto &registers = waveform.registers;
        if (std::ranges::find(registers, reg) != registers.end() &&
            (!waveform.when || holds(*waveform.when)))
            value = moved(waveform, reg, value);
    }
    return value;
}

/// `reg`'s share of the field that a waveform moves over several registers.
RegisterValue RegisterStore::moved(const RegisterWaveform &waveform, Address reg,
                                   RegisterValue value)
{
    std::uint64_t all = 0;
    for (const auto part : waveform.registers) {
        const auto bits = 8 * width(part);
        all = (bits < 64 ? all << bits : 0) |
              static_cast<std::uint64_t>(part == reg ? value : get(part, false));
    }
    all = waveform.waveform.moved(all, at_s_);
    for (auto part = waveform.registers.rbegin(); *part != reg; ++part)
        all >>= 8 * width(*part);
    return all & widest(width(reg));
}

std::optional<RegisterValue> RegisterStore::next_scanned(Address pointer)
{
    for (const auto &scan : layout_->scans) {
        if (scan.pointer && (pointer & scan.pointer->mask) != scan.pointer->value)
            continue;
        const auto field = (scan.select ? stored(*scan.select) : pointer) & scan.mask;
        const auto selected = field >> shift_of(scan.mask);
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

RegisterValue RegisterStore::moved_scan(std::size_t channel, RegisterValue value) const
{
    for (const auto &waveform : layout_->waveforms) {
        if (waveform.scan == channel && (!waveform.when || holds(*waveform.when)))
            value = waveform.waveform.moved(static_cast<std::uint64_t>(value), at_s_);
    }
    return value;
}

void RegisterStore::write(Address reg, RegisterValue value)
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
        if (rule.reg == reg && (!rule.value || (value & rule.mask) == *rule.value))
            act(rule.actions);
    }
    const auto is_written = [&](const Condition &written) {
        return written.reg == reg && (value & written.mask) == written.value;
    };
    for (std::size_t i = 0; i < clocks_from_s_.size(); i++) {
        if (std::ranges::any_of(layout_->events.clocks[i].reset_by, is_written))
            clocks_from_s_[i] = at_s_;
    }
    if (fifo_ && std::ranges::any_of(layout_->events.fifo->cleared_by, is_written))
        clear_fifo();
}

void RegisterStore::act(const RegisterActions &actions)
{
    for (const auto &action : actions)
        state_.registers[action.reg] = result(action);
}

RegisterValue RegisterStore::result(const RegisterAction &action) const
{
    using Act = RegisterAction::Act;
    const auto old = stored(action.reg);
    switch (action.act) {
    case Act::set:
        break;
    case Act::copy:
        return stored(static_cast<Address>(action.operand));
    case Act::add:
        return (old + action.operand) & action.mask;
    case Act::set_bits:
        return old | action.operand;
    case Act::clear_bits:
        return old & ~action.operand;
    }
    return action.operand;
}

} // namespace iio::sim
