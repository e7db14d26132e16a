// SPDX-License-Identifier: MIT
//
// InvenSense MPU-6050 (I2C) and MPU-6000 (SPI), ICM-20602, ICM-20608-G:
// accelerometer, gyroscope and thermometer of 16 bits; MPU-9250: with an
// AK8963 magnetometer. I2C at 0x68 and 0x69, SPI.
// Datasheets: PS-MPU-6000A-00 3.4, PS-MPU-9250A-01 1.0, DS-000176 1.0,
// DS-000081 1.0.
//
// A sensor runs from its first use on; all sleep two seconds after the last use. A
// buffer is filled from the chip's FIFO, where the interrupt line is wired.
#include "magnetometer.hpp"
#include "variants.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>

namespace iio::inv_mpu6050 {
namespace {

using std::chrono::nanoseconds;

// From power-up to the first access it is 100 ms at most (PS-MPU-9250A-01 section
// 3.4.2); each of the two resets is given as much.
constexpr auto reset_time = 100ms;
// Typically 30 and 35 ms (PS-MPU-9250A-01 section 4.23).
constexpr auto accelerometer_start_up = 30ms;
constexpr auto gyroscope_start_up = 60ms;

// kernel: `in_accel_matrix` and `in_gyro_matrix` are always zero: they are what is left of the
// driver's old board data.
constexpr std::array attribute_list{
    DeviceAttribute::of("sampling_frequency", ExtInfo::Access::read_write),
    DeviceAttribute::constant("sampling_frequency_available", "10 20 50 100 200 500\n"),
    DeviceAttribute::constant("in_accel_matrix", "0, 0, 0; 0, 0, 0; 0, 0, 0\n"),
    DeviceAttribute::constant("in_gyro_matrix", "0, 0, 0; 0, 0, 0; 0, 0, 0\n"),
};

constexpr Layout layout{
    // kernel: Any part that the driver knows is taken for the one that the board names.
    .identity = {WHO_AM_I,
                 {0x12, 0x20, 0x68, 0x70, 0x71, 0x73, 0x74, 0x78, 0x98, 0xa6, 0xa9, 0xae, 0xaf}},
    .reset = FieldValue{PWR_MGMT_1, DEVICE_RESET},
    .start_up = reset_time,
    .setup = {FieldValue{PWR_MGMT_1, 0}}, // it sleeps after the reset
    .data_ready = {.triggers = {OwnTrigger::numbered("-dev", true)},
                   .enable = DATA_RDY_EN,
                   .active_low = INT_LEVEL_LOW},
};

class InvMpu6050 : public RegisterDriver {
public:
    static constexpr bool own_trigger_only = true;

    explicit InvMpu6050(const Hardware &hardware)
        : RegisterDriver{hardware, layout, hardware.data<Variant>().channels, attribute_list},
          variant_{&hardware.data<Variant>()},
          power_{hardware, [this](bool on) { return turn(on); }, 2s} // as the kernel's driver
    {
    }

    ChannelTable channels() const { return variant_->channels; }
    // kernel: Linux refuses an MPU-9250 whose magnetometer does not answer, such as a copy that is
    // an MPU-6500. Here it is shown without magnetometer, and a line in the log says so.
    std::string_view note() const
    {
        return variant_ == &hardware().data<Variant>()
                   ? ""
                   : "no AK8963 answers, as in copies that are an MPU-6500: it is shown without "
                     "magnetometer";
    }

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        if (variant_->resets_paths) {
            IIO_TRY(registers().order(SIGNAL_PATH_RESET));
            hardware().delay(reset_time);
        }
        if (hardware().spi())
            IIO_TRY(registers().set(variant_->i2c_if_dis, 1));
        IIO_TRY(registers().set(I2C_BYPASS_EN, variant_->first_generation && hardware().i2c()));
        const auto awake = IIO_TRY(power_.use());
        auto state = state_.lock();
        IIO_TRY(run(*state, 0));
        IIO_TRY(set_period(*state, state->period));
        // The clock of the samples may be some percent slow.
        if (variant_->has_magnetometer) {
            const auto adjustment =
                IIO_TRY(start_magnetometer(registers(), hardware(), state->period + 5ms));
            adjustment_ = adjustment.value_or(0);
            if (!adjustment)
                variant_ = &mpu6500;
        }
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::raw)
            return read_sensor(channel);
        if (info == Info::calibbias)
            return Int{IIO_TRY(registers().burst<BeS16>(offset_register(channel)))};
        // 1500 microgauss a step, adjusted by (ASA - 128) / 256 + 1.
        // kernel: The magnetometer's scale has X's adjustment for all axes, where the part has one
        // for each.
        if (info == Info::scale && channel.channel_type() == ChannelType::magn)
            return IntPlusMicro{0, static_cast<int>(1500 * (adjustment_ + 128) / 256)};
        return RegisterDriver::read_raw(channel, info);
    }
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto awake = IIO_TRY(power_.use());
        if (info != Info::calibbias)
            return RegisterDriver::write_raw(channel, info, written);
        return registers().write_burst(offset_register(channel),
                                       big_endian_bytes<2>(written.integer));
    }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        text.line(state_.lock()->hz());
        return {};
    }
    /// The nearest higher rate that the divider gives. Errors: EINVAL.
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        const int hz = parse_int(text, 10).value_or(0);
        if (hz < 4 || hz > 1000)
            return fail(EINVAL);
        const auto awake = IIO_TRY(power_.use());
        auto state = state_.lock();
        IIO_TRY(set_period(*state, 1000 / hz * 1ms));
        return text.size();
    }

    Result<unsigned> read_register(unsigned reg) const { return registers().read(reg); }
    Result<void> write_register(unsigned reg, unsigned value) const
    {
        return registers().poke(reg, value);
    }

    // ---- wake on motion

    Result<bool> read_event_config(const Channel &, Event) const
    {
        const auto state = state_.lock();
        return static_cast<bool>(waking_);
    }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        auto awake = IIO_TRY(power_.use());
        auto state = state_.lock();
        IIO_TRY(run(*state, state->running | (on ? ACCEL : 0)));
        IIO_TRY(registers().set(ACCEL_INTEL, on ? 3 : 0));
        IIO_TRY(registers().set(WOM_EN, on ? 7 : 0));
        waking_ = on ? std::move(awake) : Power::Use{};
        return {};
    }
    Result<Value> read_event_value(const Channel &, Event, EventInfo) const
    {
        const auto state = state_.lock();
        return IntPlusMicro::of(state->wom_steps() * state->wom_step() / 10);
    }
    Result<void> write_event_value(const Channel &, Event, EventInfo, Written written) const
    {
        if (written.integer < 0 || written.fraction < 0)
            return fail(EINVAL);
        const auto awake = IIO_TRY(power_.use());
        auto state = state_.lock();
        state->roc_micro = written.millionths();
        return write_wom(*state);
    }

    // ---- streaming

    unsigned modes() const
    {
        return hardware().interrupt() ? IIO_MODE_BUFFER_TRIGGERED : IIO_MODE_DIRECT;
    }
    std::span<const ScanMask> scan_masks() const { return variant_->masks; }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        streaming_ = IIO_TRY(power_.use());
        auto state = state_.lock();
        IIO_TRY(run(*state, setup.active | (waking_ ? ACCEL : 0)));
        state->streamed = setup.active;
        state->last_ns.reset();
        state->start_ns = host().now();
        return restart_fifo(*state);
    }
    Result<void> stop_buffer() const
    {
        auto state = state_.lock();
        state->streamed = 0;
        IIO_TRY(fill_fifo_from(0));
        return streaming_.end();
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const unsigned status = registers().read(INT_STATUS).value_or(0);
        if (!variant_->wom_thresholds.empty() && status & WOM_EN.mask)
            host().push_event(motion, EventType::roc, EventDirection::rising, timestamp_ns);
        if (!(status & DATA_RDY_EN.mask))
            return;
        interrupt_ns_ = timestamp_ns;
        host().fire(layout.data_ready.triggers.front().id, timestamp_ns);
    }

    /// Pushes what the FIFO holds, and has no sample besides that.
    Result<void> scan(Scan &) const
    {
        auto state = state_.lock();
        // Two bytes a channel; slave 0 reads the magnetometer's status besides.
        const std::size_t size = 2U * static_cast<unsigned>(std::popcount(state->streamed)) +
                                 (state->streamed & MAGN ? 1 : 0);
        const auto asked_at = hardware().timing().now();
        const auto bytes = static_cast<std::size_t>(IIO_TRY(registers().burst<BeU16>(FIFO_COUNTH)));
        // Without room for another sample one may have been cut already.
        const auto room =
            size == 0 ? 0 : (variant_->fifo_bytes - std::min(bytes, variant_->fifo_bytes)) / size;
        if (room == 0) {
            IIO_TRY(restart_fifo(*state));
            return fail(EAGAIN);
        }
        // What is read after so long may have been cut meanwhile.
        const auto full_at = asked_at + static_cast<int>(room) * state->period;
        bool is_late = false;
        std::int64_t time_ns = first_time_ns(*state, bytes / size);
        IIO_TRY(registers().drain(FIFO_R_W, bytes / size, size, [&](const auto &sample) {
            is_late = is_late || hardware().timing().now() >= full_at;
            if (is_late)
                return;
            // The magnetometer measured its first sample before the start.
            if (state->last_ns || !(state->streamed & MAGN))
                host().push(time_ns, [&](Scan &scan) { scan.put_active(channels(), sample); });
            state->last_ns = time_ns;
            time_ns += state->period.count();
        }));
        if (is_late)
            IIO_TRY(restart_fifo(*state));
        return fail(EAGAIN);
    }

private:
    struct State {
        ScanMask running = 0;  ///< the sensors whose start-up is over
        ScanMask streamed = 0; ///< those that fill the FIFO
        nanoseconds period = 20ms;
        std::int64_t roc_micro = 0;            ///< asked for, millionths of m/s^3
        std::optional<std::int64_t> last_ns{}; ///< of the last sample since the start
        std::int64_t start_ns = 0;             ///< no interrupt is older

        [[nodiscard]] int hz() const { return static_cast<int>(1s / period); }
        /// 4 mg from one sample to the next, in ten millionths of m/s^3.
        [[nodiscard]] std::int64_t wom_step() const { return std::int64_t{392'266} * hz(); }
        [[nodiscard]] std::int64_t wom_steps() const
        {
            return std::clamp<std::int64_t>(roc_micro * 10 / wom_step(), roc_micro > 0, 255);
        }
    };

    // ---- power. A use is begun before the state is locked.

    Result<void> turn(bool on) const
    {
        if (!on) {
            auto state = state_.lock();
            IIO_TRY(run(*state, 0));
            return registers().set(SLEEP, 1);
        }
        IIO_TRY(registers().set(SLEEP, 0));
        hardware().delay(5ms);
        return {};
    }

    /// Makes just these run, and waits for them.
    Result<void> run(State &state, ScanMask wanted) const
    {
        const ScanMask started = wanted & ~state.running;
        const auto clock = [&](ScanMask running) -> unsigned {
            return running & GYRO || !variant_->first_generation;
        };
        // The clock must come from a gyroscope that runs, now and afterwards.
        IIO_TRY(registers().set(CLKSEL, clock(wanted & state.running)));
        IIO_TRY(set_each(&Sensor::off, ~wanted));
        IIO_TRY(registers().set(I2C_MST_EN, wanted & MAGN ? 1 : 0));
        state.running = wanted;
        if (started)
            hardware().delay(start_up_time(state, started));
        return registers().set(CLKSEL, clock(wanted));
    }
    /// Sets this field of these sensors, and clears that of the others.
    Result<void> set_each(Field Sensor::*field, ScanMask where_set) const
    {
        std::array<FieldValue, sensors.size()> values{};
        std::ranges::transform(sensors, values.begin(), [&](const Sensor &sensor) {
            return FieldValue{sensor.*field, where_set & sensor.channels ? ~0U : 0};
        });
        return registers().set(values);
    }

    /// The chip writes its result registers once a sample, those of the magnetometer at most 50
    /// times a second: slave 1 starts a measurement, which slave 0 reads the next time.
    static nanoseconds start_up_time(const State &state, ScanMask started)
    {
        const auto settling = started & GYRO    ? gyroscope_start_up
                              : started & ACCEL ? accelerometer_start_up
                                                : 0ms;
        const auto measuring = started & MAGN ? 3 * std::max<nanoseconds>(state.period, 20ms) : 0ms;
        return std::max<nanoseconds>(settling + state.period, measuring);
    }

    // ---- settings

    Result<void> set_period(State &state, nanoseconds period) const
    {
        constexpr std::array bandwidths_hz{188, 98, 42, 20, 10, 5}; // DLPF_CFG 1 and so on
        state.period = period;
        // The widest that half the sample rate allows, else the narrowest.
        unsigned filter = 1;
        while (filter < bandwidths_hz.size() && bandwidths_hz[filter - 1] > state.hz() / 2)
            ++filter;
        // The AK8963 is read at 50 Hz or somewhat above at most.
        const int delay = std::max(state.hz() / 50 - 1, 0);
        IIO_TRY(registers().set(SMPLRT_DIV, static_cast<unsigned>(period / 1ms - 1)));
        IIO_TRY(registers().set(DLPF_CFG, filter));
        if (!variant_->first_generation)
            IIO_TRY(registers().set(A_DLPF_CFG, filter));
        if (variant_->has_magnetometer)
            IIO_TRY(registers().set(I2C_MST_DLY, static_cast<unsigned>(delay)));
        return write_wom(state);
    }
    Result<void> write_wom(const State &state) const
    {
        for (const std::uint8_t reg : variant_->wom_thresholds)
            IIO_TRY(registers().write(reg, static_cast<unsigned>(state.wom_steps())));
        return {};
    }

    /// kernel: The calibbias of Y and Z of the later parts' accelerometer goes to 0x79 and 0x7b;
    /// they are at 0x7a and 0x7d (RM-MPU-9250A-00 section 4.39).
    unsigned offset_register(const Channel &channel) const
    {
        const bool is_accel = channel.channel_type() == ChannelType::accel;
        const unsigned of_accel = variant_->first_generation ? XA_OFFS_H_6000 : XA_OFFSET_H;
        const unsigned first = is_accel ? of_accel : unsigned{XG_OFFS_USRH};
        return first + 2 * static_cast<unsigned>(channel.channel2 - IIO_MOD_X);
    }

    // ---- samples

    /// Errors: EBUSY: the temperature is asked for while neither accelerometer nor gyroscope
    /// run, without which there is none; EIO: the AK8963 did not acknowledge.
    Result<Value> read_sensor(const Channel &channel) const
    {
        const auto sensor = std::ranges::find_if(sensors, [&](const Sensor &any) {
                                return any.channels & scan_bit(channel.scan_index);
                            })->channels;
        if (sensor == TEMP && !(state_.lock()->running & (ACCEL | GYRO)))
            return fail(EBUSY);
        const auto awake = IIO_TRY(power_.use());
        auto state = state_.lock();
        IIO_TRY(run(*state, state->running | sensor));
        if (sensor == MAGN && IIO_TRY(registers().get(I2C_SLV_NACK)) != 0)
            return fail(EIO);
        return RegisterDriver::read_raw(channel, Info::raw);
    }

    Result<void> restart_fifo(const State &state) const
    {
        IIO_TRY(fill_fifo_from(0));
        IIO_TRY(registers().order({FIFO_RESET, 1}));
        return fill_fifo_from(state.streamed);
    }
    /// 0: it is off.
    Result<void> fill_fifo_from(ScanMask filling) const
    {
        IIO_TRY(set_each(&Sensor::fifo_en, filling));
        return registers().set(FIFO_EN, filling ? 1 : 0);
    }

    /// One sample has the interrupt's time. Several continue from the last sample's time,
    /// unless that is too far from the interrupt's. So does one whose interrupt was that of a
    /// sample before, as it comes less than half a period after it: the FIFO had been read late.
    std::int64_t first_time_ns(const State &state, std::size_t count) const
    {
        const auto span_ns = static_cast<std::int64_t>(count) * state.period.count();
        // The interrupt may be of an earlier stream.
        const auto interrupt_ns = std::max(interrupt_ns_.load(), state.start_ns);
        const auto own_ns = interrupt_ns - span_ns + state.period.count();
        if (!state.last_ns)
            return std::max(own_ns, state.start_ns);
        const auto behind_ns = interrupt_ns - *state.last_ns;
        const bool is_near = std::abs(behind_ns) <= 2 * span_ns;
        if (is_near && (count > 1 || behind_ns < state.period.count() / 2))
            return *state.last_ns + state.period.count();
        return std::max(own_ns, *state.last_ns + 1); // time does not go back
    }

    const Variant *variant_;
    unsigned adjustment_ = 128; ///< ASAX
    mutable std::atomic<std::int64_t> interrupt_ns_{0};
    Guarded<State> state_;
    const Power power_;            ///< uses the members before it
    mutable Power::Use streaming_; ///< start_buffer and stop_buffer exclude each other
    mutable Power::Use waking_;    ///< for wake-on-motion; guarded by state_
};

constexpr std::array<std::uint8_t, 2> at_68{0x68, 0x69}; // AD0 low, high
constexpr SpiSettings spi{.mode = 0, .speed_hz = 1'000'000};

} // namespace

IIO_MODULE(inv_mpu6050, InvMpu6050, Part{.name = "mpu6050", .addresses = at_68, .data = mpu6050},
           Part{.name = "mpu6000", .spi = spi, .data = mpu6050},
           Part{.name = "mpu6500", .addresses = at_68, .spi = spi, .data = mpu6500},
           Part{.name = "mpu9250", .addresses = at_68, .spi = spi, .data = mpu9250<0x71>},
           Part{.name = "mpu9255", .addresses = at_68, .spi = spi, .data = mpu9250<0x73>},
           Part{.name = "icm20602", .addresses = at_68, .spi = spi, .data = icm20602},
           Part{.name = "icm20608", .addresses = at_68, .spi = spi, .data = icm20608<0xaf>},
           Part{.name = "icm20689", .addresses = at_68, .spi = spi, .data = icm20608<0x98>});

} // namespace iio::inv_mpu6050
