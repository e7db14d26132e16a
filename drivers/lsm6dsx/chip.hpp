// SPDX-License-Identifier: MIT
//
// Chip: what the two devices of one chip share: its FIFO, its clock and its interrupt
// line.
#pragma once

#include "variants.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace iio::lsm6dsx {

/// Threads: as a driver's.
class Chip {
public:
    explicit Chip(const Hardware &hardware)
        : variant{hardware.data<Variant>()}, registers{hardware}, hardware_{hardware}
    {
    }

    Result<void> probe()
    {
        if (!variant.identity.has(IIO_TRY(registers.get(WHO_AM_I))))
            return fail(ENODEV);
        // The FIFO first: a line that is active during a reset can make the LSM6DSO leave I2C.
        if (variant.capacity > 0)
            IIO_TRY(registers.order({FIFO_MODE, 0}));
        for (const unsigned start : {SW_RESET, BOOT}) {
            IIO_TRY(registers.order({{variant.control, start}, 1}));
            hardware_.delay(std::chrono::milliseconds{50}); // as the kernel's driver
        }
        IIO_TRY(registers.set(variant.active_low, hardware_.interrupt_edge() == Edge::falling));
        IIO_TRY(registers.set({variant.control, BDU}, 1));
        IIO_TRY(registers.set(variant.setup));
        IIO_TRY(registers.set(variant.timer_enable, 1));
        IIO_TRY(registers.set(variant.wake_enable, 0));
        // What the steps of the trim do to the period, to the first order.
        const int trim = sign_extend(IIO_TRY(registers.get(variant.trim)), 8);
        tick_ns_ = variant.tick_ns - trim * variant.tick_ns * variant.trim_step / 10'000;
        return registers.set(variant.proof, 1);
    }

    /// Also false while the FIFO runs or should: after a failed transfer we no longer know
    /// which sensor the next entry belongs to.
    Result<bool> is_configured() const
    {
        const auto state = state_.lock();
        return state->streams.empty() && state->period.empty() &&
               IIO_TRY(registers.get(variant.proof)) == 1;
    }

    /// Of a sensor in the FIFO.
    using Sample = std::array<std::uint8_t, 6>;
    /// The samples of a sensor, which is on, on their way through the FIFO to its device.
    struct Stream {
        unsigned rate;
        unsigned watermark;
        std::int64_t epoch_ns = 0;    ///< when the chip's clock was 0
        std::optional<Sample> held{}; ///< the sample that waits for its time
    };
    bool has_fifo() const { return hardware_.interrupt() && variant.capacity > 0; }
    /// None: it stops.
    Result<void> set_stream(Id id, const std::optional<Stream> &stream) const
    {
        if (!has_fifo())
            return {};
        auto state = state_.lock();
        (void)read_fifo(*state); // the samples so far
        state->streams.erase(id);
        if (stream)
            state->streams.emplace(id, *stream);
        return restart_fifo(*state);
    }

    /// The accelerometer's wake-ups, which its device asks for.
    struct Wake {
        unsigned axes = 0; ///< bit by bit; the chip watches all together
        int threshold = 0;
        Power::Use awake{};
    };
    const Guarded<Wake> wake;

    void handle_interrupt() const
    {
        report_wake();
        (void)read_fifo(*state_.lock());
    }

    /// Of the devices, for as long as they are there.
    std::array<const Host *, id_count> hosts{};
    const Variant &variant;
    const Registers registers;

private:
    struct State {
        std::map<Id, Stream> streams;
        std::uint32_t ticks = 0; ///< the latest time in the FIFO
        /// The tags of one period of the pattern. Empty while the FIFO is off.
        std::vector<unsigned> period;
        std::size_t next = 0; ///< in the period, of the entry that is read next
    };
    // The LSM6DSO's tags; here they also name the entries of a pattern.
    static constexpr unsigned tag_time = 4;
    static constexpr unsigned tag_of(Id id) { return id == gyro ? 1 : 2; }

    std::span<const Channel> axes(Id id) const { return variant.devices[id].channels.first(3); }

    /// Reading the source ends the latched interrupt.
    void report_wake() const
    {
        const auto wanted = wake.lock();
        if (!wanted->axes)
            return;
        const unsigned source = registers.read(variant.wake_source).value_or(0);
        const auto now = hosts[accel]->now();
        for (const std::size_t n : {2U, 1U, 0U}) {
            if (source & X_WU >> n && wanted->axes >> n & 1)
                hosts[accel]->push_event(axes(accel)[n], EventType::thresh, EventDirection::either,
                                         now);
        }
    }

    /// Drops what the FIFO holds and starts it again where there are streams.
    Result<void> restart_fifo(State &state) const
    {
        constexpr std::array decimation_codes{1U, 2U, 4U, 5U, 6U, 7U}; // by 1, 2, 4, 8, 16, 32
        IIO_TRY(registers.set(FIFO_MODE, 0));
        state.next = 0;
        state.period.clear();
        if (state.streams.empty())
            return {};

        unsigned slowest = ~0U;
        unsigned fastest = 0;
        const unsigned half = variant.capacity / 2U; // not more: it must not overrun
        unsigned entries = half;
        for (auto &[id, stream] : state.streams) {
            stream.held.reset();
            slowest = std::min(slowest, stream.rate);
            fastest = std::max(fastest, stream.rate);
            entries = std::min(entries, stream.watermark);
        }
        // The slower sensor has a sample whenever the faster one has had as many as the ratio
        // of their rates; a period begins with entries of both.
        for (unsigned tick = 0; tick < 1U << (fastest - slowest); ++tick) {
            for (const auto &[id, stream] : state.streams) {
                if (tick % (1U << (fastest - stream.rate)) == 0)
                    state.period.push_back(tag_of(id));
            }
            state.period.push_back(tag_time);
        }
        std::array batching{FieldValue{variant.batching[gyro]},
                            FieldValue{variant.batching[accel]}};
        for (const auto &[id, stream] : state.streams)
            batching[id].code = variant.tagged
                                    ? variant.devices[id].layout.power.on_by->code(stream.rate)
                                    : decimation_codes[fastest - stream.rate];
        IIO_TRY(registers.set(batching));

        // Whole periods, one at least, of no more entries than either buffer waits for.
        const auto period = static_cast<unsigned>(state.period.size());
        const unsigned whole = std::max(entries, period) / period * period;
        const unsigned level = std::min(whole, half) * variant.words;
        IIO_TRY(registers.set(variant.threshold[0], level));
        IIO_TRY(registers.set(variant.threshold[1], level >> 8));
        IIO_TRY(restart_clock(state));
        return registers.set(FIFO_MODE, 6);
    }

    Result<void> restart_clock(State &state) const
    {
        IIO_TRY(registers.order(TIMESTAMP_RESET));
        state.ticks = 0;
        for (auto &[id, stream] : state.streams)
            stream.epoch_ns = hosts[id]->now();
        return {};
    }

    /// Takes all that is there now. After an overrun neither the sensor nor the time of the
    /// oldest entry is known: the FIFO starts again.
    Result<void> read_fifo(State &state) const
    {
        constexpr unsigned no_chip = 0xffff; // what an open SPI reads; full and empty at once
        if (state.period.empty())
            return {};
        // FIFO_STATUS1 to 4, or 1 and 2: what the LSM6DSV16X has behind ends latched interrupts.
        const auto words =
            IIO_TRY(registers.burst<std::array<LeU16, 2>>(variant.status, variant.tagged ? 2 : 4));
        const auto status = static_cast<unsigned>(words[0]);
        const auto pattern = static_cast<unsigned>(words[1]) & FIFO_PATTERN;
        if (status == no_chip)
            return fail(EIO);
        if (status & OVER_RUN || (!variant.tagged && pattern != variant.words * state.next))
            return restart_fifo(state);
        const std::size_t size = variant.tagged ? 7 : 6;
        IIO_TRY(registers.drain(variant.data, (status & variant.level_mask) / variant.words, size,
                                [&](const auto &entry) { take(state, entry); }));
        return state.ticks < variant.last_ticks ? Result<void>{} : restart_clock(state);
    }

    /// With tags a time precedes its samples, without tags it follows them.
    void take(State &state, std::span<const std::uint8_t> entry) const
    {
        const bool tagged = variant.tagged;
        const unsigned tag = tagged ? entry[0] >> 3U : state.period[state.next];
        state.next = (state.next + 1) % state.period.size();
        Sample sample{};
        std::ranges::copy(entry.last(sample.size()), sample.begin());
        if (tag == tag_time)
            state.ticks = tagged ? little_endian(std::span{sample}.first(4))
                                 : little_endian(std::array{sample[3], sample[0], sample[1]});
        for (auto &[id, stream] : state.streams) {
            if (tag == tag_of(id))
                stream.held = sample;
            if (stream.held && (tagged || tag == tag_time))
                push(id, stream.epoch_ns + std::int64_t{state.ticks} * tick_ns_,
                     *std::exchange(stream.held, {}));
        }
    }

    /// The LSM6DSO has numbers of its own in all axes while DRDY_MASK hides a sample (AN5192).
    void push(Id id, std::int64_t time_ns, const Sample &sample) const
    {
        constexpr int first_invalid = 0x7ffd;
        const auto numbers = std::bit_cast<std::array<LeS16, 3>>(sample);
        if (variant.tagged && *std::ranges::min_element(numbers) >= first_invalid)
            return;
        hosts[id]->push(time_ns, [&](Scan &scan) { scan.put(axes(id), sample); });
    }

    const Hardware hardware_;
    int tick_ns_ = 0;
    Guarded<State> state_;
};

} // namespace iio::lsm6dsx
