// SPDX-License-Identifier: MIT
//
// What streams: the FIFO, the triggers and the events.
#include "bmc150.hpp"
#include "registers.hpp"

#include <algorithm>
#include <utility>

namespace iio::bmc150 {

namespace {

constexpr std::size_t axis_count = 3;
constexpr std::size_t frame_size = 2 * axis_count;

/// Ids of own triggers.
enum : std::uint32_t { data_ready, any_motion };

constexpr std::array own_triggers{
    OwnTrigger::numbered("-dev", false, data_ready),
    OwnTrigger::numbered("-any-motion-dev", false, any_motion),
};

} // namespace

Result<void> Bmc150::start_buffer(const BufferSetup &setup) const
{
    const auto state = state_.lock();
    const unsigned watermark = std::min(setup.watermark, fifo_capacity);
    if (!setup.triggered) {
        IIO_TRY(bus_.write_u8(FIFO_CONFIG_0, static_cast<std::uint8_t>(watermark)));
        IIO_TRY(bus_.write_u8(FIFO_CONFIG_1, FIFO_CONFIG_1_FIFO));
        if (const auto done = enable_interrupt(INT_EN_1, INT_EN_1_FIFO_WATERMARK); !done) {
            (void)bus_.write_u8(FIFO_CONFIG_1, FIFO_CONFIG_1_BYPASS);
            return done;
        }
        state->fifo = true;
        state->flushed_ns = host_.now();
    }
    state->watermark = watermark;
    return {};
}

Result<void> Bmc150::stop_buffer() const
{
    const auto state = state_.lock();
    if (!std::exchange(state->fifo, false))
        return {};
    (void)flush(*state, fifo_capacity, host_.now());
    IIO_TRY(enable_interrupt(INT_EN_1, 0));
    return bus_.write_u8(FIFO_CONFIG_1, FIFO_CONFIG_1_BYPASS);
}

Result<unsigned> Bmc150::flush_fifo(unsigned most) const
{
    const auto state = state_.lock();
    return state->fifo ? flush(*state, most, host_.now()) : 0;
}

/// Pushes the oldest frames, spread over the time since the last flush.
Result<unsigned> Bmc150::flush(State &state, unsigned most, std::int64_t timestamp_ns) const
{
    const unsigned held = IIO_TRY(bus_.read_u8(FIFO_STATUS)) & FIFO_STATUS_COUNT;
    const unsigned count = std::min({held, most, fifo_capacity});
    if (count == 0)
        return 0;
    std::array<std::uint8_t, fifo_capacity * frame_size> bytes{};
    const auto frames = std::span{bytes}.first(count * frame_size);
    IIO_TRY(bus_.read(FIFO_DATA, frames));
    // An interrupt's time may be before that of a flush that came in between.
    const std::int64_t newest_ns = timestamp_ns > state.flushed_ns ? timestamp_ns : host_.now();
    const std::int64_t period_ns = std::max<std::int64_t>(newest_ns - state.flushed_ns, 0) / count;
    for (unsigned i = 0; i < count; ++i) {
        const auto frame = frames.subspan(i * frame_size, frame_size);
        host_.push(newest_ns - (count - 1 - i) * period_ns,
                   [&](Scan &scan) { put_axes(scan, frame); });
    }
    state.flushed_ns = newest_ns;
    return count;
}

Result<void> Bmc150::scan(Scan &scan) const
{
    put_axes(scan, IIO_TRY(bus_.read<frame_size>(ACCD_X_LSB)));
    return {};
}

void Bmc150::put_axes(Scan &scan, std::span<const std::uint8_t> frame) const
{
    for (std::size_t axis = 0; axis < axis_count; ++axis)
        scan.put(variant_->axis(axis), frame.subspan(2 * axis, 2));
}

std::span<const OwnTrigger> Bmc150::triggers() const
{
    return std::span{own_triggers}.first(interrupt_ ? own_triggers.size() : 0);
}

Result<void> Bmc150::set_trigger(std::uint32_t id, bool on) const
{
    const auto state = state_.lock();
    if (id == any_motion) {
        IIO_TRY(use_any_motion(*state, on || state->watches));
        state->any_motion_trigger = on;
    } else {
        IIO_TRY(enable_interrupt(INT_EN_1, on ? INT_EN_1_DATA : 0));
        state->data_ready_trigger = on;
    }
    return {};
}

/// New data is not latched.
void Bmc150::reenable_trigger(std::uint32_t id) const
{
    if (id == any_motion)
        (void)reset_latch();
}

void Bmc150::handle_interrupt(std::int64_t timestamp_ns) const
{
    const State state = *state_.lock();
    if (state.data_ready_trigger)
        host_.fire(data_ready, timestamp_ns);
    if (state.any_motion_trigger)
        host_.fire(any_motion, timestamp_ns);
    if (state.watches)
        (void)push_events(timestamp_ns);
    if (state.fifo)
        (void)flush(*state_.lock(), fifo_capacity, timestamp_ns);
    if (state.watches || state.fifo)
        (void)reset_latch();
}

/// Each axis that moved, and where to.
Result<void> Bmc150::push_events(std::int64_t timestamp_ns) const
{
    const unsigned status = IIO_TRY(bus_.read_u8(INT_STATUS_2));
    const auto direction =
        status & INT_STATUS_2_SLOPE_SIGN ? EventDirection::falling : EventDirection::rising;
    for (std::size_t axis = 0; axis < axis_count; ++axis) {
        if (status & 1U << axis)
            host_.push_event(event_code(variant_->axis(axis), EventType::roc, direction),
                             timestamp_ns);
    }
    return {};
}

/// All off, what is to come on INT1.
Result<void> Bmc150::set_up_interrupt() const
{
    if (!interrupt_)
        return {};
    IIO_TRY(bus_.write_u8(INT_OUT_CTRL,
                          interrupt_->edge() == Edge::rising ? INT1_ACTIVE_HIGH : INT1_ACTIVE_LOW));
    IIO_TRY(bus_.write_u8(INT_MAP_0, INT_MAP_0_SLOPE));
    IIO_TRY(bus_.write_u8(INT_MAP_1, INT_MAP_1_DATA_AND_WATERMARK));
    return reset_latch();
}

/// Sets all bits of the register: data ready and the watermark, which share
/// one, are for triggered buffers and for the FIFO.
Result<void> Bmc150::enable_interrupt(std::uint8_t reg, std::uint8_t bits) const
{
    if (!interrupt_)
        return {};
    if (bits)
        IIO_TRY(reset_latch()); // else there might be no edge
    return bus_.write_u8(reg, bits);
}

/// The events and a trigger share the interrupt.
Result<void> Bmc150::use_any_motion(const State &state, bool on) const
{
    if (on && interrupt_) {
        IIO_TRY(bus_.write_u8(INT_6, state.threshold));
        IIO_TRY(bus_.write_u8(INT_5, state.period));
    }
    return enable_interrupt(INT_EN_0, on ? INT_EN_0_SLOPE_XYZ : 0);
}

Result<void> Bmc150::reset_latch() const { return bus_.write_u8(INT_RST_LATCH, RESET_LATCHED); }

} // namespace iio::bmc150
