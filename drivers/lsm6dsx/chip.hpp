// SPDX-License-Identifier: MIT
//
// What the two devices of one chip share: its registers, its FIFO and its
// interrupt line.
#pragma once

#include <array>
#include <iio/driver/driver.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/register_bus.hpp>
#include <optional>
#include <vector>

namespace iio::lsm6dsx {

enum Id : std::size_t { gyro, accel, id_count };

/// Output data rates by their code less one: each is twice the one before.
constexpr std::array rates_mhz{12'500, 26'000, 52'000, 104'000, 208'000, 416'000, 833'000};

struct RegisterValue {
    std::uint8_t reg;
    std::uint8_t value;
};

/// How the FIFO marks what an entry of it is.
enum class FifoKind {
    pattern, ///< not at all: entries come in an order that follows from the rates
    tagged,  ///< by a tag before each
};

struct Variant {
    std::string_view part;
    std::array<std::string_view, id_count> names;
    std::uint8_t who_am_i;
    std::size_t rate_count;
    std::string_view rates_text;
    FifoKind fifo;
    std::uint16_t fifo_level_mask; ///< of FIFO_STATUS1 and 2
    unsigned fifo_most;            ///< entries that the threshold can say
    /// TAP_CFG2 without its INTERRUPTS_ENABLE bit, where there is one.
    std::optional<std::uint8_t> tap_cfg2;
    bool has_frequency_trim;              ///< INTERNAL_FREQ_FINE
    std::span<const RegisterValue> setup; ///< after a reset
};

class Chip {
public:
    explicit Chip(const Hardware &hardware);
    Result<void> probe();
    /// False, too, while there is a FIFO: what the next entry of it is is not known.
    Result<bool> is_configured() const;

    [[nodiscard]] const Variant &variant() const { return variant_; }
    [[nodiscard]] bool has_interrupt() const { return has_interrupt_; }

    /// The devices that the samples and events are for; until detached.
    void attach(Id id, const Host &host) const { state_.lock()->sensors[id].host = host; }
    void detach(Id id) const { state_.lock()->sensors[id].host.reset(); }

    /// Turns the sensor on, waits for a sample and turns it off unless somebody
    /// else needs it.
    Result<Value> read_axis(Id id, std::size_t axis) const;
    [[nodiscard]] std::size_t scale(Id id) const { return state_.lock()->sensors[id].scale; }
    Result<void> set_scale(Id id, std::size_t scale) const;
    [[nodiscard]] std::size_t rate(Id id) const { return state_.lock()->sensors[id].rate; }
    /// In force the next time that the sensor is turned on.
    void set_rate(Id id, std::size_t rate) const { state_.lock()->sensors[id].rate = rate; }

    /// None: it stops.
    Result<void> set_buffer(Id id, std::optional<unsigned> watermark) const;
    void handle_interrupt() const;

    /// Axes of the accelerometer by bit; one threshold is for all of them.
    [[nodiscard]] bool wakes(std::size_t axis) const { return state_.lock()->wake >> axis & 1; }
    Result<void> set_wake(std::size_t axis, bool on) const;
    [[nodiscard]] int wake_threshold() const { return state_.lock()->wake_threshold; }
    Result<void> set_wake_threshold(int threshold) const;

private:
    using Sample = std::array<std::uint8_t, 6>;

    struct Sensor {
        std::optional<Host> host;
        std::size_t scale = 0; // in the table of scales
        std::size_t rate = 0;  // in rates_mhz
        unsigned readers = 0;  // in read_axis()
        /// While its samples go through the FIFO.
        std::optional<unsigned> watermark;
        std::int64_t epoch_ns = 0;  // when the chip's clock was 0
        std::optional<Sample> held; // pattern FIFO: waits for its time
    };

    struct State {
        std::array<Sensor, id_count> sensors;
        unsigned wake = 0;
        int wake_threshold = 0;
        std::uint32_t ticks = 0; // the latest time in the FIFO
        /// What the entries of one period are, in the pattern FIFO's order: Ids
        /// and time_slot. Empty while the FIFO is off.
        std::vector<std::size_t> period;
        std::size_t next_slot = 0; // in it, of the entry that is read next
    };
    static constexpr std::size_t time_slot = id_count;

    Result<void> reset() const;
    Result<void> write_control(const State &state, Id id) const;
    Result<void> apply_wake(const State &state) const;
    void report_wake(const State &state) const;

    // fifo.cpp
    static std::vector<std::size_t> period_of(const State &state);
    Result<void> apply_buffers(State &state, Id changed) const;
    Result<void> write_batching(const State &state) const;
    Result<void> write_threshold(const State &state, std::size_t period) const;
    Result<void> restart_clock(State &state) const;
    Result<unsigned> read_fifo(State &state) const;
    void take_next(State &state, const Sample &sample) const;
    void take_tagged(State &state, std::uint8_t tag, const Sample &sample) const;
    void push(const State &state, std::size_t id, const Sample &sample) const;

    RegisterBus bus_;
    const Variant &variant_;
    const bool has_interrupt_;
    const bool active_low_;
    int tick_ns_ = 25'000;
    Guarded<State> state_;
};

/// Three axes and a timestamp.
std::span<const Channel> channels_of(Id id);

} // namespace iio::lsm6dsx
