// SPDX-License-Identifier: MIT
//
// What a RegisterStore does without being accessed: ticks, the FIFO, the line.
#include "sim/register_store.hpp"
#include "sim/words.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

namespace iio::sim {
namespace {

/// What happened longer ago than so many events is not made up for.
constexpr double most_events = 20'000;

} // namespace

void RegisterStore::advance(double at_s)
{
    if (!powered_at_s_) {
        powered_at_s_ = at_s_ = at_s;
        std::ranges::fill(clocks_from_s_, at_s);
        arm_timers();
        return;
    }
    if (!timers_.empty()) {
        skip_to(at_s);
        for (;;) {
            const auto timer = std::ranges::min_element(
                timers_, {}, [](const Timer &one) { return one.next_s.value_or(HUGE_VAL); });
            if (timer->next_s.value_or(HUGE_VAL) > at_s)
                break;
            at_s_ = *timer->next_s;
            *timer->next_s += timer->period_s;
            fire(static_cast<std::size_t>(timer - timers_.begin()));
            look_at_line();
            arm_timers();
        }
    }
    at_s_ = at_s;
}

void RegisterStore::settle()
{
    if (fifo_ && fifo_->size() > 0 && any_hold(layout_->events.fifo->cleared_when))
        clear_fifo();
    arm_timers();
    look_at_line();
}

std::optional<double> RegisterStore::next_event() const
{
    std::optional<double> next;
    for (const auto &timer : timers_) {
        if (timer.next_s && (!next || *timer.next_s < *next))
            next = timer.next_s;
    }
    return next;
}

/// None: never.
std::optional<double> RegisterStore::period_of(const Rate &rate) const
{
    double hz = rate.hz;
    for (const auto &choice : rate.choices) {
        const auto code = (stored(choice.reg) & choice.mask) >> shift_of(choice.mask);
        if (const auto found = choice.hz.find(code); found != choice.hz.end())
            hz = std::max(hz, found->second);
    }
    if (rate.divider) {
        const auto field =
            (stored(*rate.divider) & rate.divider_mask) >> shift_of(rate.divider_mask);
        hz /= static_cast<double>(field) + 1;
    }
    return hz > 0 ? std::optional{1 / hz} : std::nullopt;
}

void RegisterStore::arm(Timer &timer, bool wanted, const Rate &rate) const
{
    const auto period = wanted ? period_of(rate) : std::nullopt;
    if (!period) {
        timer.next_s.reset();
    } else if (!timer.next_s || timer.period_s != *period) {
        timer = {at_s_ + *period, *period};
    }
}

void RegisterStore::arm_timers()
{
    const auto &events = layout_->events;
    for (std::size_t i = 0; i < events.ticks.size(); i++)
        arm(timers_[i], hold(events.ticks[i].when), events.ticks[i].rate);
    if (!events.fifo)
        return;
    const auto &fifo = *events.fifo;
    const bool fills = hold(fifo.when) && !any_hold(fifo.cleared_when);
    auto *timer = &timers_[events.ticks.size()];
    arm(*timer, fills, fifo.rate);
    for (const auto &group : fifo.groups) {
        ++timer;
        if (group.rate)
            arm(*timer, fills && hold(group.when), *group.rate);
    }
}

/// After a long time without an access only the last events happen.
void RegisterStore::skip_to(double at_s)
{
    double due = 0;
    for (const auto &timer : timers_) {
        if (timer.next_s && *timer.next_s <= at_s)
            due += (at_s - *timer.next_s) / timer.period_s + 1;
    }
    if (due <= most_events)
        return;
    const double from_s = at_s - (at_s - at_s_) * most_events / due;
    for (auto &timer : timers_) {
        if (timer.next_s && *timer.next_s < from_s)
            *timer.next_s += std::ceil((from_s - *timer.next_s) / timer.period_s) * timer.period_s;
    }
}

void RegisterStore::fire(std::size_t timer)
{
    const auto &ticks = layout_->events.ticks;
    if (timer < ticks.size())
        tick(ticks[timer]);
    else
        fill(timer - ticks.size());
}

void RegisterStore::tick(const Tick &tick)
{
    if (!tick.only.empty() &&
        std::ranges::none_of(tick.only, [this](const Comparison &only) { return holds(only); }))
        return;
    act(tick.actions);
    for (const auto &field : tick.count)
        put_joined(field, joined(field) + (std::uint64_t{1} << shift_of(field.mask)));
    if (tick.pulses) {
        edges_.rose_at_s = edges_.rose_at_s.value_or(at_s_);
        edges_.fell_at_s = edges_.fell_at_s.value_or(at_s_);
    }
}

/// The field where it stands in its registers, as they read now.
std::uint64_t RegisterStore::joined(const JoinedField &field)
{
    std::uint64_t all = 0;
    for (const auto reg : field.registers) {
        const auto bits = 8 * width(reg);
        all =
            (bits < 64 ? all << bits : 0) | static_cast<std::uint64_t>(moved(reg, get(reg, false)));
    }
    return all & field.mask;
}

void RegisterStore::put_joined(const JoinedField &field, std::uint64_t value)
{
    std::uint64_t mask = field.mask;
    for (auto reg = field.registers.rbegin(); reg != field.registers.rend(); ++reg) {
        const auto bits = 8 * width(*reg);
        const RegisterValue here = mask & widest(width(*reg));
        state_.registers[*reg] = (stored(*reg) & ~here) | (value & here);
        value = bits < 64 ? value >> bits : 0;
        mask = bits < 64 ? mask >> bits : 0;
    }
}

bool RegisterStore::holds(const Comparison &only)
{
    const auto number = [&](const JoinedField &field) {
        unsigned bytes = 0;
        for (const auto reg : field.registers)
            bytes += width(reg);
        const auto mask = field.mask & static_cast<std::uint64_t>(widest(bytes));
        const auto value = joined(field) >> shift_of(mask);
        const auto unused = 64 - std::popcount(mask);
        return only.is_signed ? static_cast<std::int64_t>(value << unused) >> unused
                              : static_cast<std::int64_t>(value);
    };
    const auto value = number(only.field);
    const auto bound = number(only.bound);
    return only.below ? value < bound : value > bound;
}

void RegisterStore::look_at_line()
{
    const auto &line = layout_->events.line;
    if (!line)
        return;
    const bool low = line->low_when ? hold(*line->low_when) : line->low;
    const bool high = any_hold(line->any) != low;
    auto &at = high ? edges_.rose_at_s : edges_.fell_at_s;
    if (high != high_ && !at)
        at = at_s_;
    high_ = high;
}

bool RegisterStore::is_fifo(Address reg) const
{
    return fifo_ && reg >= layout_->events.fifo->registers.front() &&
           reg <= layout_->events.fifo->registers.back();
}

/// 0: never.
unsigned RegisterStore::every_of(const FifoGroup &group) const
{
    if (!group.every)
        return 1;
    const auto code = (stored(*group.every) & group.every_mask) >> shift_of(group.every_mask);
    const auto found = group.every_by_code.find(code);
    return found == group.every_by_code.end() ? 0 : found->second;
}

/// Timer 0 is that of the groups without a rate of their own, n that of the group n - 1.
void RegisterStore::fill(std::size_t timer)
{
    const auto &groups = layout_->events.fifo->groups;
    if (timer > 0) {
        place_ = 0;
        put_entry(groups[timer - 1]);
    } else {
        unsigned cycle = 1;
        for (const auto &group : groups) {
            if (const auto every = group.rate || !hold(group.when) ? 0 : every_of(group); every > 0)
                cycle = std::lcm(cycle, every);
        }
        if (fills_ % cycle == 0)
            place_ = 0;
        for (const auto &group : groups) {
            const auto every = group.rate || !hold(group.when) ? 0 : every_of(group);
            if (every > 0 && fills_ % every == 0)
                put_entry(group);
        }
        fills_++;
    }
    publish_fifo();
}

void RegisterStore::put_entry(const FifoGroup &group)
{
    if (group.tag)
        push(*group.tag);
    for (const auto reg : group.registers) {
        std::array<std::uint8_t, sizeof(RegisterValue)> bytes{};
        const auto word = std::span{bytes}.first(width(reg));
        put_number(word, moved(reg, get(reg, false)), width(reg), layout_->little_endian);
        for (const auto byte : word)
            push(byte);
    }
}

void RegisterStore::push(std::uint8_t byte)
{
    if (fifo_->is_full()) {
        overrun_ = true;
        if (any_hold(layout_->events.fifo->keeps_oldest_when))
            return;
        fifo_->drop_unit();
    }
    fifo_->push(byte, place_);
    if (fifo_->size() % layout_->events.fifo->unit == 0)
        place_++;
}

void RegisterStore::clear_fifo()
{
    fifo_->clear();
    fills_ = 0;
    overrun_ = false;
    publish_fifo();
}

void RegisterStore::publish_fifo()
{
    const auto &fifo = *layout_->events.fifo;
    const auto show = [&](const std::optional<JoinedField> &field, std::uint64_t value) {
        if (field)
            put_joined(*field, std::min(value, field->mask >> shift_of(field->mask))
                                   << shift_of(field->mask));
    };
    show(fifo.count, fifo_->units());
    show(fifo.pattern, fifo_->place());
    const auto wanted =
        fifo.watermark ? joined(*fifo.watermark) >> shift_of(fifo.watermark->mask) : 0;
    for (const auto &flag : fifo.flags) {
        bool on = false;
        switch (flag.of) {
        case FifoFlag::Of::empty:
            on = fifo_->size() == 0;
            break;
        case FifoFlag::Of::watermark:
            on = wanted > 0 && fifo_->units() >= wanted;
            break;
        case FifoFlag::Of::full:
            on = fifo_->is_full();
            break;
        case FifoFlag::Of::overrun:
            on = overrun_;
            break;
        }
        auto &value = state_.registers[flag.reg];
        value = on ? value | flag.bits : value & ~flag.bits;
    }
}

} // namespace iio::sim
