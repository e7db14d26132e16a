// SPDX-License-Identifier: MIT
//
// RegisterStore: the registers of a simulated chip, what reads and writes do to
// them, and what they do by themselves as time passes.
#pragma once

#include "sim/fifo_bytes.hpp"
#include "sim/register_layout.hpp"

namespace iio::sim {

/// Time counts in seconds since the bus was made. Threads: none.
class RegisterStore {
public:
    RegisterStore(std::shared_ptr<const RegisterLayout> layout, RegisterState state);

    /// Before each transaction, and before each look at the line.
    void advance(double at_s);
    /// After each transaction: what it wrote counts.
    void settle();
    /// None: nothing happens before the next transaction.
    [[nodiscard]] std::optional<double> next_event() const;
    [[nodiscard]] bool line_is_high() const { return high_; }
    [[nodiscard]] LineEdges take_edges() { return std::exchange(edges_, {}); }

    /// What a transfer reads, and what that changes.
    [[nodiscard]] RegisterValue read(Address reg);
    void write(Address reg, RegisterValue value);
    [[nodiscard]] unsigned width(Address reg) const { return layout_->traits_of(reg).width; }
    [[nodiscard]] unsigned width_to_read(Address reg) const;
    /// Where a pointer that moves on goes from here.
    [[nodiscard]] Address after(Address reg) const;
    /// The next word of a channel sequencer; none: the pointer is at none.
    [[nodiscard]] std::optional<RegisterValue> next_scanned(Address pointer);
    void restart_scans() { scan_at_ = 0; }

private:
    /// Of a tick, of the FIFO, or of those of its groups that have a rate of their own.
    struct Timer {
        std::optional<double> next_s{};
        double period_s = 0;
    };

    [[nodiscard]] RegisterValue stored(const RegisterFile &file, Address reg) const;
    [[nodiscard]] RegisterValue stored(Address reg) const { return stored(state_.registers, reg); }
    [[nodiscard]] bool holds(const Condition &when) const;
    [[nodiscard]] bool hold(const Conditions &all) const;
    [[nodiscard]] bool any_hold(const std::vector<Conditions> &any) const;
    [[nodiscard]] const RegisterView *view_of(Address reg) const;
    [[nodiscard]] RegisterFile *bank_of(Address reg);
    [[nodiscard]] RegisterValue get(Address reg, bool steps);
    [[nodiscard]] RegisterValue moved(Address reg, RegisterValue value);
    [[nodiscard]] RegisterValue moved(const RegisterWaveform &waveform, Address reg,
                                      RegisterValue value);
    [[nodiscard]] RegisterValue moved_scan(std::size_t channel, RegisterValue value) const;
    void act(const RegisterActions &actions);
    [[nodiscard]] RegisterValue result(const RegisterAction &action) const;

    [[nodiscard]] std::uint64_t joined(const JoinedField &field);
    void put_joined(const JoinedField &field, std::uint64_t value);
    [[nodiscard]] bool holds(const Comparison &only);

    [[nodiscard]] std::optional<double> period_of(const Rate &rate) const;
    void arm(Timer &timer, bool wanted, const Rate &rate) const;
    void arm_timers();
    void skip_to(double at_s);
    void fire(std::size_t timer);
    void tick(const Tick &tick);
    void look_at_line();

    [[nodiscard]] bool is_fifo(Address reg) const;
    [[nodiscard]] unsigned every_of(const FifoGroup &group) const;
    void fill(std::size_t timer);
    void put_entry(const FifoGroup &group);
    void push(std::uint8_t byte);
    void clear_fifo();
    void publish_fifo();

    std::shared_ptr<const RegisterLayout> layout_;
    RegisterState state_;
    std::size_t scan_at_ = 0;
    double at_s_ = 0;
    std::optional<double> powered_at_s_;

    std::vector<Timer> timers_;         ///< of the ticks, of the FIFO, of its groups
    std::vector<double> clocks_from_s_; ///< since when they count
    std::optional<FifoBytes> fifo_;
    std::uint64_t fills_ = 0; ///< since it was cleared
    std::uint16_t place_ = 0; ///< of the next unit in its entry
    bool overrun_ = false;
    bool high_ = false;
    LineEdges edges_;
};

} // namespace iio::sim
