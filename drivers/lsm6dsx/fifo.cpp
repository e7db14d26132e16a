// SPDX-License-Identifier: MIT
//
// The FIFO that both sensors share. In it are samples and, for each of the
// faster sensor's, the time on the chip's own clock.
#include "chip.hpp"
#include "registers.hpp"

#include <algorithm>
#include <iio/driver/bits.hpp>

namespace iio::lsm6dsx {

namespace {

constexpr std::uint8_t FIFO_CTRL5_CONTINUOUS = 6;
// LSM6DS3, LSM6DSL: no slower than the sensors. LSM6DSO: every time.
constexpr std::uint8_t FIFO_CTRL5_ALL = 0x40;
constexpr unsigned FIFO_CTRL2_TIMER_PEDO_FIFO_EN = 1 << 7; // times in the FIFO
constexpr std::uint8_t FIFO_CTRL4_ALL_TIMES = 1 << 3;
constexpr std::uint8_t TIMESTAMP2_RESET = 0xaa;

// Decimation by 1, 2, 4, ..., 32.
constexpr std::array<unsigned, 6> decimation_codes{1, 2, 4, 5, 6, 7};
constexpr unsigned words_per_entry = 3;
constexpr unsigned no_chip = 0xffff; // what an open SPI reads; full and empty at once

constexpr std::uint8_t tag_gyro = 1;
constexpr std::uint8_t tag_accel = 2;
constexpr std::uint8_t tag_time = 4;

// So that each read fits in what an SMBus adapter moves at once.
constexpr std::size_t most_bytes = 32;

/// Shortly before it wraps.
constexpr std::uint32_t last_ticks(FifoKind kind)
{
    return kind == FifoKind::tagged ? 0xffff'0000 : 0xff'0000;
}

} // namespace

/// The slower sensor has a sample whenever the faster one has had so many as
/// their rates' ratio; the first entries of a period are of both.
std::vector<std::size_t> Chip::period_of(const State &state)
{
    std::size_t slowest = rates_mhz.size();
    std::size_t fastest = 0;
    for (const Sensor &sensor : state.sensors) {
        if (sensor.watermark) {
            slowest = std::min(slowest, sensor.rate);
            fastest = std::max(fastest, sensor.rate);
        }
    }
    std::vector<std::size_t> period;
    if (slowest > fastest)
        return period;
    for (std::size_t tick = 0; tick < std::size_t{1} << (fastest - slowest); ++tick) {
        for (const Id id : {gyro, accel}) {
            const Sensor &sensor = state.sensors[id];
            if (sensor.watermark && tick % (std::size_t{1} << (fastest - sensor.rate)) == 0)
                period.push_back(id);
        }
        period.push_back(time_slot);
    }
    return period;
}

/// Where that fails this buffer is off, and the other one as it was.
Result<void> Chip::set_buffer(Id id, std::optional<unsigned> watermark) const
{
    auto state = state_.lock();
    state->sensors[id].watermark = watermark;
    const auto applied = apply_buffers(*state, id);
    if (!applied) {
        state->sensors[id].watermark.reset();
        (void)apply_buffers(*state, id);
    }
    return applied;
}

/// Empties the FIFO and starts it anew for the sensors that have buffers now.
Result<void> Chip::apply_buffers(State &state, Id changed) const
{
    (void)read_fifo(state);
    IIO_TRY(bus_.write_u8(FIFO_CTRL5, 0));
    state.period.clear();
    for (Sensor &sensor : state.sensors)
        sensor.held.reset();
    IIO_TRY(write_control(state, changed));
    auto period = period_of(state);
    if (period.empty())
        return {};
    IIO_TRY(write_batching(state));
    IIO_TRY(write_threshold(state, period.size()));
    IIO_TRY(restart_clock(state));
    IIO_TRY(bus_.write_u8(FIFO_CTRL5, FIFO_CTRL5_ALL | FIFO_CTRL5_CONTINUOUS));
    state.period = std::move(period);
    state.next_slot = 0;
    return {};
}

/// Which samples the FIFO takes.
Result<void> Chip::write_batching(const State &state) const
{
    std::size_t fastest = 0;
    for (const Sensor &sensor : state.sensors)
        fastest = std::max(fastest, sensor.watermark ? sensor.rate : 0);
    const auto code = [&](Id id) -> std::size_t {
        const Sensor &sensor = state.sensors[id];
        if (!sensor.watermark)
            return 0;
        return variant_.fifo == FifoKind::tagged ? sensor.rate + 1
                                                 : decimation_codes[fastest - sensor.rate];
    };
    if (variant_.fifo == FifoKind::tagged)
        return bus_.write_u8(DSO_FIFO_CTRL3,
                             static_cast<std::uint8_t>(code(gyro) << 4 | code(accel)));
    IIO_TRY(bus_.write_u8(FIFO_CTRL3, static_cast<std::uint8_t>(code(gyro) << 3 | code(accel))));
    return bus_.write_u8(FIFO_CTRL4, FIFO_CTRL4_ALL_TIMES);
}

/// Whole periods, one at least, of no more entries than the more eager of the
/// buffers waits for.
Result<void> Chip::write_threshold(const State &state, std::size_t period) const
{
    std::size_t entries = variant_.fifo_most;
    for (const Sensor &sensor : state.sensors)
        entries = std::min<std::size_t>(entries, sensor.watermark.value_or(variant_.fifo_most));
    entries = std::max(entries, period) / period * period;
    const bool tagged = variant_.fifo == FifoKind::tagged;
    const std::size_t threshold = tagged ? entries : entries * words_per_entry;
    const std::size_t high = threshold >> 8 | (tagged ? 0 : FIFO_CTRL2_TIMER_PEDO_FIFO_EN);
    IIO_TRY(bus_.write_u8(tagged ? DSO_FIFO_CTRL1 : FIFO_CTRL1,
                          static_cast<std::uint8_t>(threshold & 0xff)));
    return bus_.write_u8(tagged ? DSO_FIFO_CTRL2 : FIFO_CTRL2, static_cast<std::uint8_t>(high));
}

Result<void> Chip::restart_clock(State &state) const
{
    IIO_TRY(bus_.write_u8(TIMESTAMP2_REG, TIMESTAMP2_RESET));
    state.ticks = 0;
    for (Sensor &sensor : state.sensors)
        sensor.epoch_ns = sensor.host ? sensor.host->now() : 0;
    return {};
}

/// Takes all that is there. Returns how many entries.
Result<unsigned> Chip::read_fifo(State &state) const
{
    if (state.period.empty())
        return 0U;
    const bool tagged = variant_.fifo == FifoKind::tagged;
    const std::uint8_t data = tagged ? FIFO_DATA_OUT_TAG : FIFO_DATA_OUT_L;
    const std::size_t size = std::tuple_size_v<Sample> + tagged;
    const unsigned status = little_endian(IIO_TRY(bus_.read<2>(FIFO_STATUS1)));
    if (status == no_chip)
        return fail(EIO);
    const unsigned level = status & variant_.fifo_level_mask;
    const unsigned entries = tagged ? level : level / words_per_entry;

    std::array<std::uint8_t, most_bytes> buffer{};
    for (std::size_t left = entries; left > 0;) {
        const std::size_t count = std::min(left, most_bytes / size);
        const auto bytes = std::span{buffer}.first(count * size);
        IIO_TRY(bus_.read(data, bytes));
        for (std::size_t i = 0; i < count; ++i) {
            Sample sample{};
            std::ranges::copy(bytes.subspan(i * size + tagged, sample.size()), sample.begin());
            if (tagged)
                take_tagged(state, bytes[i * size] >> 3, sample);
            else
                take_next(state, sample);
        }
        left -= count;
    }
    if (state.ticks >= last_ticks(variant_.fifo))
        IIO_TRY(restart_clock(state));
    return entries;
}

/// The time follows its samples. Its bytes are 1, 2, unused, 0.
void Chip::take_next(State &state, const Sample &sample) const
{
    const std::size_t slot = state.period[state.next_slot];
    state.next_slot = (state.next_slot + 1) % state.period.size();
    if (slot != time_slot) {
        state.sensors[slot].held = sample;
        return;
    }
    state.ticks = static_cast<std::uint32_t>(sample[1] << 16 | sample[0] << 8 | sample[3]);
    for (const Id id : {gyro, accel}) {
        if (const auto held = std::exchange(state.sensors[id].held, std::nullopt))
            push(state, id, *held);
    }
}

/// The time comes before its samples.
void Chip::take_tagged(State &state, std::uint8_t tag, const Sample &sample) const
{
    if (tag == tag_time)
        state.ticks = little_endian(std::span{sample}.first<4>());
    else if (tag == tag_gyro)
        push(state, gyro, sample);
    else if (tag == tag_accel)
        push(state, accel, sample);
}

void Chip::push(const State &state, std::size_t id, const Sample &sample) const
{
    const Sensor &sensor = state.sensors[id];
    if (!sensor.host)
        return;
    const auto channels = channels_of(static_cast<Id>(id));
    sensor.host->push(sensor.epoch_ns + std::int64_t{state.ticks} * tick_ns_, [&](Scan &scan) {
        for (std::size_t axis = 0; axis < 3; ++axis)
            scan.put(channels[axis], std::span{sample}.subspan(2 * axis, 2));
    });
}

} // namespace iio::lsm6dsx
