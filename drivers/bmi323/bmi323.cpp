// SPDX-License-Identifier: MIT
//
// Bosch BMI323: accelerometer (+-2 to 16 g), gyroscope (+-125 to 2000 degrees/s) and thermometer
// of 16 bits, a FIFO, a step counter, and events of movement and taps. I2C at 0x68 or 0x69, by the
// pin SDO, or SPI. Datasheet: BST-BMI323-DS000.
//
// Both sensors measure as long as the driver lives, below 50 Hz in low-power mode. Without a
// trigger the FIFO fills the buffer. All interrupts are on pin INT1.
#include "features.hpp"

namespace iio::bmi323 {
namespace {

// Above the rate the power mode, low power up to 25 Hz, then normal.
constexpr Codes rate_codes{0x3001, 0x3002, 0x3003, 0x3004, 0x3005, 0x3006,
                           0x4007, 0x4008, 0x4009, 0x400a, 0x400b};
constexpr auto &rate_list = micros<781'250, 1'562'500, 3'125'000, 6'250'000, 12'500'000, 25'000'000,
                                   50'000'000, 100'000'000, 200'000'000, 400'000'000, 800'000'000>;
enum : unsigned { rate_of_50_hz = 6, rate_of_200_hz = 8 };
template <std::uint16_t conf>
constexpr Choices rates{.values = rate_list,
                        .field = {conf, 7 << 12 | 15 << 0},
                        .codes = rate_codes,
                        .initial = 5}; // Hz
template <std::uint16_t conf>
constexpr Choices ratios = integers(ints<0, 2, 4, 8, 16, 32, 64>, {conf, 7 << 8});
constexpr Choices accel_scales{
    .values = micros<598, 1197, 2394, 4788>, .field = {ACC_CONF, 7 << 4}, .initial = 2}; // m/s^2
constexpr Choices gyro_scales{
    .values = micros<66, 133, 266, 532, 1065>, .field = {GYR_CONF, 7 << 4}, .initial = 4}; // rad/s

constexpr std::array accel_events{
    EventSpec::by_type(EventType::mag, EventDirection::rising, EventInfo::enable, EventInfo::value,
                       EventInfo::period, EventInfo::hysteresis),
    EventSpec::by_type(EventType::mag, EventDirection::falling, EventInfo::enable, EventInfo::value,
                       EventInfo::period, EventInfo::hysteresis),
    EventSpec::by_type(EventType::gesture, EventDirection::singletap, EventInfo::enable,
                       EventInfo::value, EventInfo::reset_timeout),
    EventSpec::by_type(EventType::gesture, EventDirection::doubletap, EventInfo::enable,
                       EventInfo::value, EventInfo::reset_timeout, EventInfo::tap2_min_delay),
};
constexpr std::array step_events{
    EventSpec::of(EventType::change, EventDirection::none, EventInfo::enable, EventInfo::value)};
constexpr Field switch_of(Event event)
{
    if (event.type == EventType::change)
        return STEPS_TO_INT1;
    if (event.type == EventType::gesture)
        return event.direction == EventDirection::singletap ? S_TAP_EN : D_TAP_EN;
    return event.direction == EventDirection::rising ? ANY_MOTION_EN : NO_MOTION_EN;
}

// By the registers' numbers in the engine (section 6.2).
constexpr std::array settings{
    Setting{EventType::mag, EventInfo::value, {0x05, 0x0fff}, 512},
    Setting{EventType::mag, EventInfo::hysteresis, {0x06, 0x03ff}, 512},
    Setting{EventType::mag, EventInfo::period, {0x07, 0x1fff}, 50},
    Setting{EventType::gesture, EventInfo::value, {0x1f, 0x03ff}, 512},
    Setting{EventType::gesture, EventInfo::tap2_min_delay, {0x20, 0x0f00}, 200, 1, 1},
    Setting{EventType::gesture, EventInfo::reset_timeout, {0x20, 0xf000}, 25, 1, 1},
    Setting{EventType::change, EventInfo::value, {0x10, 0x03ff}, 1, 20},
};
constexpr Setting tap_wait{EventType::gesture, EventInfo::timeout, {0x1f, 0xfc00}, 25};
constexpr Setting setting_of(Event event, EventInfo info)
{
    Setting setting = *std::ranges::find_if(
        settings, [&](const auto &one) { return one.type == event.type && one.info == info; });
    if (event.type == EventType::mag && event.direction == EventDirection::falling)
        setting.field.reg += 3; // no motion's follow any motion's
    return setting;
}
constexpr Field tap_waits{0x1e, 1 << 2};
constexpr Field step_reset{0x10, 1 << 10};

constexpr Value temperature_scale = IntPlusMicro{1, 953'125}; // 512 a degree
constexpr Value temperature_offset = Int{23 * 512};
constexpr auto sample_type = ScanType::of_signed(16, 16, 0, Endian::little);
template <std::uint16_t conf>
constexpr auto three =
    axes(conf == ACC_CONF ? ChannelType::accel : ChannelType::anglvel, ACC_DATA_X, sample_type,
         [](const Channel &axis) {
             constexpr bool is_accel = conf == ACC_CONF;
             const int index = axis.scan_index + (is_accel ? 0 : 3);
             const auto channel =
                 axis.at(static_cast<unsigned>(ACC_DATA_X + index))
                     .separate(Info::raw)
                     .direct(Info::raw)
                     .setting(Info::sampling_frequency, rates<conf>, Shared::by_type)
                     .setting(Info::scale, is_accel ? accel_scales : gyro_scales, Shared::by_type)
                     .setting(Info::oversampling_ratio, ratios<conf>, Shared::by_type)
                     .with_ext_info(mount_matrix<Shared::by_type>)
                     .scan(index, sample_type);
             return is_accel ? channel.with_events(accel_events) : channel;
         });
constexpr auto channel_list = join(three<ACC_CONF>, three<GYR_CONF>, Channel::timestamp(6),
                                   Channel::in(ChannelType::temp)
                                       .at(TEMP_DATA)
                                       .separate(Info::raw)
                                       .constant(Info::scale, temperature_scale)
                                       .constant(Info::offset, temperature_offset)
                                       .sample(sample_type),
                                   Channel::in(ChannelType::steps)
                                       .separate(Info::processed, Info::enable)
                                       .with_events(step_events));

using Own = DeviceAttribute;
enum : std::uint32_t { tap_wait_dur, tap_wait_timeout, hwfifo_enabled, hwfifo_watermark };
constexpr auto in_events = Own::Group::events;
constexpr auto in_buffer = Own::Group::buffer;
constexpr auto read_write = ExtInfo::Access::read_write;
constexpr std::array attribute_list{
    Own::constant("in_accel_gesture_tap_value_available", "[0.0 0.002 1.99]\n", in_events),
    Own::constant("in_accel_gesture_tap_reset_timeout_available", "[0.04 0.04 0.6]\n", in_events),
    Own::constant("in_accel_gesture_doubletap_tap2_min_delay_available", "[0.005 0.005 0.075]\n",
                  in_events),
    Own::constant("in_accel_gesture_tap_wait_dur_available", "[0.0 0.04 2.52]\n", in_events),
    Own::of("in_accel_gesture_tap_wait_dur", read_write, tap_wait_dur, in_events),
    Own::of("in_accel_gesture_tap_wait_timeout", read_write, tap_wait_timeout, in_events),
    Own::constant("in_accel_mag_value_available", "[0.0 0.002 7.99]\n", in_events),
    Own::constant("in_accel_mag_period_available", "[0.0 0.02 162.0]\n", in_events),
    Own::constant("in_accel_mag_hysteresis_available", "[0.0 0.002 1.99]\n", in_events),
    Own::of("hwfifo_enabled", ExtInfo::Access::read, hwfifo_enabled, in_buffer),
    Own::of("hwfifo_watermark", ExtInfo::Access::read, hwfifo_watermark, in_buffer),
};

// Of the FIFO. A sample that the accelerometer does not have begins with the last; one of the
// gyroscope with 1 more.
enum : unsigned { frame_words = 6, most_frames = 170, no_accel_data = 0x7f01 };

constexpr Layout layout{
    .format = {.word_bytes = 2, .order = Endian::little, .dummy_bytes = 1, .i2c_dummy_bytes = 2},
    .identity = {CHIP_ID, {0x43}},
    .reset = SOFT_RESET,
    .start_up = 2ms,
    // On SPI the first access after a reset only chooses the bus: it reads FEATURE_IO2, of which
    // nothing is kept.
    .setup = {FieldValue{FEATURE_IO2, FEATURE_START}, FEATURE_IO_TELL, FEATURE_ENGINE_EN,
              INT1_PUSH_PULL, INT_LATCHED, MOTIONS_TO_INT1, TAPS_TO_INT1},
    .proof = FEATURE_ENGINE_EN,
    .power = {.off = {rates<ACC_CONF>.field, 0},
              .also_off = {rates<GYR_CONF>.field, 0},
              .on_by = &rates<ACC_CONF>,
              .always_on = true,
              .settles = 50ms},
    .data_ready = {.triggers = {OwnTrigger::numbered("-trig-", false)},
                   .enable = ACC_DRDY_TO_INT1,
                   .active_high = INT1_ACTIVE_HIGH},
};

class Bmi323 : public RegisterDriver {
public:
    explicit Bmi323(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}, features_{registers()}
    {
    }

    std::string_view name() const { return "bmi323-imu"; }
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED | IIO_MODE_BUFFER_SOFTWARE; }
    /// Errors: EIO, too: the feature engine does not start.
    Result<void> probe()
    {
        IIO_TRY(registers().get(CHIP_ID)); // on SPI the first access only chooses the bus
        IIO_TRY(RegisterDriver::probe());
        return IIO_TRY(registers().get(FEATURE_STATE)) == 1 ? Result<void>{} : fail(EIO);
    }

    /// Errors: EINVAL, too: the steps are not counted.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (channel.type != IIO_STEPS)
            return RegisterDriver::read_raw(channel, info);
        const unsigned counts = IIO_TRY(registers().get(STEP_COUNTER_EN));
        if (info == Info::enable)
            return Int{static_cast<int>(counts)};
        if (!counts)
            return fail(EINVAL);
        return Int{IIO_TRY((registers().burst<Word<4, false, false>>(FEATURE_IO2.reg)))};
    }
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info == Info::enable)
            return enable_at(rate_of_50_hz, STEP_COUNTER_EN, written.integer != 0);
        if (info != Info::processed)
            return RegisterDriver::write_raw(channel, info, written);
        if (written.integer != 0 || !IIO_TRY(registers().get(STEP_COUNTER_EN)))
            return fail(EINVAL);
        return features_.set(step_reset, 1);
    }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        if (attribute.id == tap_wait_dur)
            text.line(IIO_TRY(features_.value(tap_wait)));
        else if (attribute.id == tap_wait_timeout)
            text.line(IIO_TRY(features_.get(tap_waits)));
        else
            text.line(
                std::min(state_.lock()->watermark, attribute.id == hwfifo_enabled ? 1U : ~0U));
        return {};
    }
    Result<std::size_t> write_attribute(const DeviceAttribute &attribute,
                                        std::string_view text) const
    {
        if (attribute.id == tap_wait_timeout)
            IIO_TRY(features_.set(tap_waits, IIO_TRY(parse_bool(text))));
        else
            IIO_TRY(features_.set_value(tap_wait, IIO_TRY(parse_written(text))));
        return text.size();
    }

    Result<bool> read_event_config(const Channel &, Event event) const
    {
        return IIO_TRY(registers().get(switch_of(event))) != 0;
    }
    // kernel: Switching an event of movement on or off sets its threshold, to 1 g or 0, and loses
    // what was written there. Here it keeps it.
    Result<void> write_event_config(const Channel &, Event event, bool on) const
    {
        const Field field = switch_of(event);
        if (event.type == EventType::gesture)
            return enable_at(rate_of_200_hz, field, on);
        if (event.type == EventType::change) {
            IIO_TRY(enable_at(rate_of_50_hz, STEP_COUNTER_EN, true));
            return registers().set(field, on);
        }
        return features_.enable(field, on ? 7 : 0);
    }
    Result<Value> read_event_value(const Channel &, Event event, EventInfo info) const
    {
        return features_.value(setting_of(event, info));
    }
    Result<void> write_event_value(const Channel &, Event event, EventInfo info,
                                   Written written) const
    {
        return features_.set_value(setting_of(event, info), written);
    }

    Result<void> scan(Scan &scan) const
    {
        scan.put(channels().first(6), IIO_TRY(registers().burst<Frame>(ACC_DATA_X)));
        return {};
    }
    Result<void> start_buffer(const BufferSetup &setup) const
    {
        if (setup.triggered)
            return {};
        const auto state = state_.lock();
        const unsigned watermark = std::clamp<unsigned>(setup.watermark, 1, most_frames);
        IIO_TRY(registers().set(FIFO_WATERMARK, watermark * frame_words));
        IIO_TRY(registers().set(FIFO_WATERMARK_TO_INT1, 1));
        IIO_TRY(registers().order(FIFO_FLUSH));
        IIO_TRY(registers().set(FIFO_SENSORS, 3));
        state->watermark = watermark;
        state->flushed_ns = host().now();
        return {};
    }
    Result<void> stop_buffer() const
    {
        const auto state = state_.lock();
        state->watermark = 0;
        IIO_TRY(registers().set(FIFO_WATERMARK_TO_INT1, 0));
        return registers().set(FIFO_SENSORS, 0);
    }
    Result<unsigned> flush_fifo(unsigned most) const
    {
        return flush(*state_.lock(), most, host().now());
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const unsigned status = registers().read(INT_STATUS_INT1).value_or(0);
        const unsigned tap = status & TAP ? registers().read(FEATURE_EVENT_EXT).value_or(0) : 0;
        const auto push = [&](bool happened, EventType type, EventDirection direction) {
            if (happened)
                host().push_event(
                    event_code(channel_list.front(), type, direction, Modifier::x_or_y_or_z),
                    timestamp_ns);
        };
        push(status & ANY_MOTION, EventType::mag, EventDirection::rising);
        push(status & NO_MOTION, EventType::mag, EventDirection::falling);
        push(tap & S_TAP, EventType::gesture, EventDirection::singletap);
        push(tap & D_TAP, EventType::gesture, EventDirection::doubletap);
        if (status & STEPS)
            host().push_event(channel_list.back(), EventType::change, EventDirection::none,
                              timestamp_ns);
        if (status & FIFO_FULL_ENOUGH)
            (void)flush(*state_.lock(), most_frames, timestamp_ns);
        if (status & ACC_DRDY)
            RegisterDriver::handle_interrupt(timestamp_ns);
    }

private:
    using Frame = std::array<std::uint8_t, std::size_t{2} * frame_words>;
    struct State {
        unsigned watermark = 0;      ///< 0: the FIFO does not run
        std::int64_t flushed_ns = 0; ///< when the FIFO was read last
        Frame frame{};               ///< the latest of it
    };

    /// Errors: EINVAL, too: the accelerometer is too slow for that.
    Result<void> enable_at(unsigned least_rate, Field feature, bool on) const
    {
        return chosen(rates<ACC_CONF>) < least_rate ? fail(EINVAL) : features_.enable(feature, on);
    }
    /// Pushes the oldest frames, spread over the time since the last flush. Where the slower
    /// sensor has no sample, its latest one is taken.
    Result<unsigned> flush(State &state, unsigned most, std::int64_t timestamp_ns) const
    {
        if (state.watermark == 0)
            return 0;
        const unsigned held = IIO_TRY(registers().get(FIFO_FILL_LEVEL)) / frame_words;
        const unsigned count = std::min(held, most);
        // An edge may be older than a flush that came in between.
        const std::int64_t since_ns = std::max<std::int64_t>(timestamp_ns - state.flushed_ns, 0);
        const std::int64_t period_ns = since_ns / std::max(count, 1U);
        IIO_TRY(registers().drain(FIFO_DATA, count, state.frame.size(), [&](const auto &frame) {
            for (std::size_t sensor = 0; sensor < 2; ++sensor) {
                const auto sample = frame.subspan(sensor * 6, 6);
                if (little_endian(sample.first(2)) != no_accel_data + sensor)
                    std::ranges::copy(sample, &state.frame[sensor * 6]);
            }
            state.flushed_ns += period_ns;
            host().push(state.flushed_ns,
                        [&](Scan &scan) { scan.put(channels().first(6), state.frame); });
        }));
        return count;
    }

    const Features features_;
    Guarded<State> state_;
};

} // namespace

IIO_MODULE(bmi323, Bmi323,
           Part{.name = "bmi323",
                .addresses = {0x68, 0x69},
                .spi = SpiSettings{.mode = 0, .speed_hz = 10'000'000},
                .recognised = layout});

} // namespace iio::bmi323
