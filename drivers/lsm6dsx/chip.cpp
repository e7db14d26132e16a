// SPDX-License-Identifier: MIT
#include "chip.hpp"

#include "registers.hpp"

#include <algorithm>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <thread>

namespace iio::lsm6dsx {

namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t CTRL3_C_BDU = 1 << 6; // low and high bytes are of one sample
constexpr std::uint8_t CTRL3_C_H_LACTIVE = 1 << 5;
constexpr std::uint8_t CTRL3_C_IF_INC = 1 << 2;
constexpr std::uint8_t CTRL3_C_BOOT = 1 << 7;
constexpr std::uint8_t CTRL3_C_SW_RESET = 1 << 0;
constexpr std::uint8_t TAP_CFG2_INTERRUPTS_ENABLE = 1 << 7;
constexpr std::uint8_t MD1_CFG_INT1_WU = 1 << 5;
constexpr std::uint8_t WAKE_UP_SRC_X_WU = 1 << 2; // then Y, then Z below it

constexpr auto reset_time = 50ms; // as the kernel's driver
constexpr int most_threshold = 31;

constexpr std::string_view slow_rates = "12.500 26.000 52.000 104.000 208.000 416.000\n";
constexpr std::string_view fast_rates = "12.500 26.000 52.000 104.000 208.000 416.000 833.000\n";

constexpr std::array lsm6ds3_setup{
    RegisterValue{INT1_CTRL, 0x08},   // INT1_FTH
    RegisterValue{TAP_CFG, 0x81},     // TIMER_EN, LIR
    RegisterValue{WAKE_UP_DUR, 0x10}, // TIMER_HR: 25 us
};
constexpr std::array lsm6dsl_setup{
    RegisterValue{INT1_CTRL, 0x08},   // INT1_FTH
    RegisterValue{TAP_CFG, 0x01},     // LIR
    RegisterValue{CTRL10_C, 0x20},    // TIMER_EN
    RegisterValue{WAKE_UP_DUR, 0x10}, // TIMER_HR: 25 us
};
constexpr std::array lsm6dso_setup{
    RegisterValue{INT1_CTRL, 0x08}, // INT1_FIFO_TH
    RegisterValue{TAP_CFG0, 0x41},  // INT_CLR_ON_READ, LIR
    RegisterValue{CTRL4_C, 0x08},   // DRDY_MASK: nothing while the filters settle
    RegisterValue{CTRL10_C, 0x20},  // TIMESTAMP_EN
};

constexpr std::array variants{
    Variant{.part = "lsm6ds3",
            .names = {"lsm6ds3_gyro", "lsm6ds3_accel"},
            .who_am_i = 0x69,
            .rate_count = 6,
            .rates_text = slow_rates,
            .fifo = FifoKind::pattern,
            .fifo_level_mask = 0x0fff,
            .fifo_most = 0x0fff / 3,
            .tap_cfg2 = std::nullopt,
            .has_frequency_trim = false,
            .setup = lsm6ds3_setup},
    Variant{.part = "lsm6dsl",
            .names = {"lsm6dsl_gyro", "lsm6dsl_accel"},
            .who_am_i = 0x6a,
            .rate_count = 6,
            .rates_text = slow_rates,
            .fifo = FifoKind::pattern,
            .fifo_level_mask = 0x07ff,
            .fifo_most = 0x07ff / 3,
            .tap_cfg2 = 0x01,
            .has_frequency_trim = false,
            .setup = lsm6dsl_setup},
    Variant{.part = "lsm6dso",
            .names = {"lsm6dso_gyro", "lsm6dso_accel"},
            .who_am_i = 0x6c,
            .rate_count = 7,
            .rates_text = fast_rates,
            .fifo = FifoKind::tagged,
            .fifo_level_mask = 0x03ff,
            .fifo_most = 0x01ff,
            .tap_cfg2 = 0x00,
            .has_frequency_trim = true,
            .setup = lsm6dso_setup},
};

// FS_G and FS_XL by the table of scales, the smallest first.
constexpr std::array<std::array<unsigned, 4>, id_count> scale_codes{{{0, 1, 2, 3}, {0, 2, 3, 1}}};

constexpr std::array<std::uint8_t, id_count> control_registers{CTRL2_G, CTRL1_XL};
constexpr std::array<std::uint8_t, id_count> output_registers{OUTX_L_G, OUTX_L_XL};

} // namespace

Chip::Chip(const Hardware &hardware)
    : bus_{hardware},
      variant_{*std::ranges::find(variants, hardware.part(), &Variant::part)},
      has_interrupt_{hardware.interrupt() != nullptr},
      active_low_{has_interrupt_ && hardware.interrupt()->edge() == Edge::falling}
{
}

Result<void> Chip::probe()
{
    if (IIO_TRY(bus_.read_u8(WHO_AM_I)) != variant_.who_am_i)
        return fail(ENODEV);
    IIO_TRY(reset());
    for (const auto &[reg, value] : variant_.setup)
        IIO_TRY(bus_.write_u8(reg, value));
    if (variant_.has_frequency_trim) {
        // Steps of 0.15 %; what they do to 25 us, to the first order.
        const auto trim = static_cast<std::int8_t>(IIO_TRY(bus_.read_u8(INTERNAL_FREQ_FINE)));
        tick_ns_ -= trim * 75 / 2;
    }
    return {};
}

/// BDU is off after a reset.
Result<bool> Chip::is_configured() const
{
    if (!state_.lock()->period.empty())
        return false;
    return (IIO_TRY(bus_.read_u8(CTRL3_C)) & CTRL3_C_BDU) != 0;
}

/// With an empty FIFO first: a line that is active during a reset can make the
/// LSM6DSO leave I2C.
Result<void> Chip::reset() const
{
    IIO_TRY(bus_.write_u8(FIFO_CTRL5, 0));
    for (const std::uint8_t bit : {CTRL3_C_SW_RESET, CTRL3_C_BOOT}) {
        IIO_TRY(bus_.write_u8(CTRL3_C, CTRL3_C_IF_INC | bit));
        std::this_thread::sleep_for(reset_time);
    }
    const unsigned polarity = active_low_ ? CTRL3_C_H_LACTIVE : 0;
    return bus_.write_u8(CTRL3_C,
                         static_cast<std::uint8_t>(CTRL3_C_BDU | CTRL3_C_IF_INC | polarity));
}

/// Its rate, 0 if nobody needs the sensor, and its scale.
Result<void> Chip::write_control(const State &state, Id id) const
{
    const Sensor &sensor = state.sensors[id];
    const bool on = sensor.readers > 0 || sensor.watermark || (id == accel && state.wake);
    const auto rate_code = static_cast<unsigned>(on ? sensor.rate + 1 : 0);
    const unsigned scale_code = scale_codes[id][sensor.scale];
    return bus_.write_u8(control_registers[id],
                         static_cast<std::uint8_t>(rate_code << 4 | scale_code << 2));
}

Result<Value> Chip::read_axis(Id id, std::size_t axis) const
{
    std::chrono::microseconds period{};
    {
        auto state = state_.lock();
        Sensor &sensor = state->sensors[id];
        ++sensor.readers;
        if (const auto on = write_control(*state, id); !on) {
            --sensor.readers;
            return fail(on.error());
        }
        period = std::chrono::microseconds{1'000'000'000 / rates_mhz[sensor.rate]};
    }
    // The first sample is there after one period, which may be longer than its
    // nominal value.
    std::this_thread::sleep_for(period * 5 / 4);
    const auto sample = bus_.read<2>(static_cast<std::uint8_t>(output_registers[id] + 2 * axis));

    auto state = state_.lock();
    --state->sensors[id].readers;
    IIO_TRY(write_control(*state, id));
    return Int{static_cast<std::int16_t>(little_endian(IIO_TRY(sample)))};
}

Result<void> Chip::set_scale(Id id, std::size_t scale) const
{
    auto state = state_.lock();
    const auto before = std::exchange(state->sensors[id].scale, scale);
    const auto written = write_control(*state, id);
    if (!written)
        state->sensors[id].scale = before;
    return written;
}

Result<void> Chip::set_wake(std::size_t axis, bool on) const
{
    auto state = state_.lock();
    const unsigned bit = 1U << axis;
    const unsigned before = state->wake;
    state->wake = on ? before | bit : before & ~bit;
    if (!state->wake == !before)
        return {};
    const auto applied = apply_wake(*state);
    if (!applied) {
        state->wake = before;
        (void)apply_wake(*state);
    }
    return applied;
}

/// The chip watches all axes together; which of them matter is told apart when
/// it reports.
Result<void> Chip::apply_wake(const State &state) const
{
    if (variant_.tap_cfg2) {
        const unsigned enable = state.wake ? TAP_CFG2_INTERRUPTS_ENABLE : 0;
        IIO_TRY(bus_.write_u8(TAP_CFG2, static_cast<std::uint8_t>(*variant_.tap_cfg2 | enable)));
    }
    IIO_TRY(bus_.write_u8(MD1_CFG, state.wake ? MD1_CFG_INT1_WU : 0));
    return write_control(state, accel);
}

/// In units of 1/64 of the full scale; the register would take 63.
Result<void> Chip::set_wake_threshold(int threshold) const
{
    if (threshold < 0 || threshold > most_threshold)
        return fail(EINVAL);
    auto state = state_.lock();
    IIO_TRY(bus_.write_u8(WAKE_UP_THS, static_cast<std::uint8_t>(threshold)));
    state->wake_threshold = threshold;
    return {};
}

void Chip::handle_interrupt() const
{
    if (const auto state = state_.lock(); state->wake)
        report_wake(*state);
    // Until it is empty: the line gives no other edge while the FIFO stays
    // above its threshold.
    unsigned entries = 0;
    do {
        auto state = state_.lock();
        entries = read_fifo(*state).value_or(0);
    } while (entries > 0);
}

/// Reading the source ends the latched interrupt.
void Chip::report_wake(const State &state) const
{
    const auto source = bus_.read_u8(WAKE_UP_SRC);
    const auto &host = state.sensors[accel].host;
    if (!source || !host)
        return;
    const auto now = host->now();
    for (const std::size_t axis : {2U, 1U, 0U}) {
        if (*source & WAKE_UP_SRC_X_WU >> axis && state.wake >> axis & 1)
            host->push_event(
                event_code(channels_of(accel)[axis], EventType::thresh, EventDirection::either),
                now);
    }
}

} // namespace iio::lsm6dsx
