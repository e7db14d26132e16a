// SPDX-License-Identifier: MIT
//
// Bosch BMA400: three axes of 12 bits, +-2 to 16 g, the temperature, a step counter, and
// interrupts on steps, activity, taps and movement. I2C at 0x14 or 0x15, by the pin SDO, or SPI.
// Datasheet: BST-BMA400-DS000.
//
// The part measures as long as the driver lives. All interrupts are on pin INT1.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::bma400 {
namespace {

enum : std::uint8_t {
    ACC_X_LSB = 0x04, // x, y, z, low byte first
    INT_STAT0 = 0x0e,
    TEMP_DATA = 0x11, // half degrees Celsius from 23
    STEP_CNT_0 = 0x15,
};
constexpr Field chip_id{0x00, 0xff};
constexpr unsigned id = 0x90;
constexpr Field step_stat{0x18, 3 << 0}; // still, walking, running
constexpr Field power_mode{0x19, 3 << 0};
constexpr unsigned sleep_mode = 0;
constexpr unsigned normal_mode = 2;
constexpr Field acc_odr{0x1a, 15 << 0};
constexpr Field osr{0x1a, 3 << 4};
constexpr Field acc_range{0x1a, 3 << 6};
constexpr Field data_src{0x1b, 3 << 2};
constexpr Field drdy_int_en{0x1f, 1 << 7};
constexpr Field step_int_en{0x20, 1 << 0};
constexpr Field s_tap_int_en{0x20, 1 << 2};
constexpr Field d_tap_int_en{0x20, 1 << 3};
constexpr Field drdy_int1{0x21, 1 << 7};
constexpr Field step_int1{0x23, 1 << 0};
constexpr Field tap_int1{0x23, 1 << 2};
constexpr Field int1_lvl{0x24, 1 << 1}; // 1: active high
constexpr Field tap_sensitivity{0x57, 7 << 0};
constexpr Field tics_th{0x58, 3 << 0};
constexpr Field quiet{0x58, 3 << 2};
constexpr Field quiet_dt{0x58, 3 << 4};
constexpr FieldValue softreset{{0x7e, 0xff}, 0xb6};
constexpr auto start_up = 2ms;

/// A generic interrupt: what enables it, puts it on INT1, and where its settings begin.
struct Generic {
    Field enable;
    Field int1;
    std::uint16_t config0;

    [[nodiscard]] constexpr Field at(unsigned offset, std::uint32_t mask = 0xff) const
    {
        return {static_cast<std::uint16_t>(config0 + offset), mask};
    }
    [[nodiscard]] constexpr Field hysteresis() const { return at(0, 3); }
    [[nodiscard]] constexpr Field criterion() const { return at(1); }
    [[nodiscard]] constexpr Field threshold() const { return at(2); }
    [[nodiscard]] constexpr unsigned duration() const { return config0 + 3U; } // high byte first
};
constexpr Generic activity{{0x1f, 1 << 2}, {0x21, 1 << 2}, 0x3f};   // GEN1
constexpr Generic inactivity{{0x1f, 1 << 3}, {0x21, 1 << 3}, 0x4a}; // GEN2
constexpr const Generic &generic_of(const Event &event)
{
    return event.direction == EventDirection::rising ? activity : inactivity;
}
// All axes, against the sample at the last interrupt; any of them above, or all below.
constexpr unsigned all_axes = 0xf8;
constexpr unsigned any_above = 2;
constexpr unsigned all_below = 0;
constexpr unsigned default_threshold = 10;
constexpr unsigned default_duration = 15;

constexpr Choices rates{.values = micros<12'500'000, 25'000'000, 50'000'000, 100'000'000,
                                         200'000'000, 400'000'000, 800'000'000>,
                        .field = acc_odr,
                        .codes = codes_from(5),
                        .initial = 4}; // Hz
constexpr unsigned rate_of_taps = 4;   // the only one at which the part detects them
constexpr Choices oversampling{
    .values = ints<0, 1, 2, 3>, .field = osr, .format = WriteFormat::integer};
constexpr std::array oversampling_range{Value{Int{0}}, Value{Int{1}}, Value{Int{3}}};
constexpr Choices scales{
    .values = micros<9577, 19'154, 38'308, 76'616>, .field = acc_range, .initial = 1}; // m/s^2
constexpr Value temperature_rate = IntPlusMicro{6, 250'000};                           // Hz

// Of taps, in s.
constexpr auto &quiet_times = micros<300'000, 400'000, 500'000, 600'000>;
constexpr auto &double_tap_delays = micros<20'000, 40'000, 60'000, 80'000>;
constexpr std::array<std::string_view, 4> peak_times{"0.03", "0.045", "0.06", "0.09"};
constexpr std::array<std::string_view, 4> peak_times_shown{"0.030000\n", "0.045000\n", "0.060000\n",
                                                           "0.090000\n"};

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
    EventSpec::of(EventType::change, EventDirection::none, EventInfo::enable)};
constexpr std::array activity_events{
    EventSpec::by_type(EventType::change, EventDirection::none, EventInfo::enable)};

constexpr Channel activity_channel(Modifier modifier, unsigned code)
{
    return Channel::in(ChannelType::activity)
        .modifier(modifier)
        .at(code)
        .separate(Info::processed)
        .with_events(activity_events);
}
constexpr auto channel_list =
    join(axes(ChannelType::accel, ACC_X_LSB, ScanType::of_signed(12, 16, 0, Endian::little),
              [](const Channel &axis) {
                  return axis.separate(Info::raw)
                      .setting(Info::scale, scales, Shared::by_type)
                      .setting(Info::sampling_frequency, rates, Shared::by_type)
                      .setting(Info::oversampling_ratio, oversampling, Shared::by_type)
                      .with_events(accel_events)
                      .with_ext_info(mount_matrix<Shared::by_direction>);
              }),
         Channel::in(ChannelType::temp)
             .at(TEMP_DATA)
             .separate(Info::processed)
             .constant(Info::sampling_frequency, temperature_rate)
             .scan(3, ScanType::of_signed(8, 8)),
         Channel::timestamp(4),
         Channel::in(ChannelType::steps)
             .separate(Info::processed, Info::enable)
             .with_events(step_events),
         activity_channel(Modifier::still, 0), activity_channel(Modifier::walking, 1),
         activity_channel(Modifier::running, 2));
constexpr const Channel &temperature = channel_list[3];
constexpr const Channel &steps = channel_list[5];

constexpr auto of_events = DeviceAttribute::Group::events;
constexpr std::array attribute_list{
    DeviceAttribute::constant("in_accel_gesture_tap_value_available", "0 1 2 3 4 5 6 7\n",
                              of_events),
    DeviceAttribute::constant("in_accel_gesture_tap_reset_timeout_available", "0.3 0.4 0.5 0.6\n",
                              of_events),
    DeviceAttribute::constant("in_accel_gesture_doubletap_tap2_min_delay_available",
                              "0.02 0.04 0.06 0.08\n", of_events),
    DeviceAttribute::constant("in_accel_gesture_tap_maxtomin_time_available",
                              "0.03 0.045 0.06 0.09\n", of_events),
    DeviceAttribute::of("in_accel_gesture_tap_maxtomin_time", ExtInfo::Access::read_write, 0,
                        of_events),
};

constexpr Layout layout{
    .format = {.dummy_bytes = 1},
    .setup = {FieldValue{data_src, 0}, FieldValue{drdy_int1, 1}},
    .power = {.on = {power_mode, normal_mode},
              .off = {power_mode, sleep_mode},
              .always_on = true,
              .settles = 2ms},
    .data_ready = {.triggers = {OwnTrigger::numbered("-dev", true).for_own_device_only()},
                   .enable = drdy_int_en,
                   .active_high = int1_lvl},
    .burst = {ACC_X_LSB, 6},
};

class Bma400 : public RegisterDriver {
public:
    explicit Bma400(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    /// On SPI the first read after power-up and after a reset only chooses the bus.
    Result<void> probe()
    {
        IIO_TRY(registers().get(chip_id));
        if (IIO_TRY(registers().get(chip_id)) != id)
            return fail(ENODEV);
        IIO_TRY(registers().order(softreset));
        hardware().delay(start_up);
        IIO_TRY(registers().get(chip_id));
        return RegisterDriver::probe();
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::enable)
            return Int{state_.lock()->steps_enabled};
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        if (channel.type == IIO_STEPS)
            return Int{IIO_TRY(registers().burst<LeU24>(STEP_CNT_0))};
        if (channel.type == IIO_ACTIVITY)
            return Int{IIO_TRY(registers().read(step_stat.reg)) == channel.address ? 100 : 0};
        // kernel: `in_temp_input` is in degrees Celsius, where the ABI has thousandths. top: bma400
        // temp * 1000
        const int halves = IIO_TRY(read_sample(channel));
        // kernel: A temperature below 0 that has half a degree is shown one degree too low, as the
        // half is written behind the whole degrees below it.
        return IntPlusMicro{(halves >> 1) + 23, (halves & 1) * 500'000};
    }
    Result<Available> read_avail(const Channel &channel, Info info) const
    {
        return info == Info::oversampling_ratio ? Available::min_step_max(oversampling_range)
                                                : RegisterDriver::read_avail(channel, info);
    }
    WriteFormat write_format(const Channel &channel, Info info) const
    {
        return info == Info::enable ? WriteFormat::integer
                                    : RegisterDriver::write_format(channel, info);
    }
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::enable)
            return RegisterDriver::write_raw(channel, info, written);
        return enable_steps(*state_.lock(), written.integer);
    }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        text += peak_times_shown[IIO_TRY(registers().get(tics_th))];
        return {};
    }
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        auto word = text.substr(0, text.find('\n'));
        while (word.find('.') != word.npos && word.ends_with('0'))
            word.remove_suffix(1);
        const auto found = std::ranges::find(peak_times, word);
        if (found == peak_times.end())
            return fail(EINVAL);
        IIO_TRY(registers().set(tics_th, static_cast<unsigned>(found - peak_times.begin())));
        return text.size();
    }

    Result<bool> read_event_config(const Channel &channel, Event event) const
    {
        const auto state = state_.lock();
        if (channel.type == IIO_STEPS)
            return state->step_events;
        if (channel.type == IIO_ACTIVITY)
            return state->activity_events;
        if (event.type == EventType::mag)
            return IIO_TRY(registers().get(generic_of(event).enable)) != 0;
        return IIO_TRY(registers().get(tap_of(event))) != 0;
    }
    Result<void> write_event_config(const Channel &channel, Event event, bool on) const
    {
        const auto state = state_.lock();
        if (channel.type == IIO_STEPS)
            return enable_step_events(*state, on);
        if (channel.type == IIO_ACTIVITY) {
            // kernel: Writing to the enable of the activity events, even 0, turns the step events
            // on, too.
            if (!state->step_events)
                IIO_TRY(enable_step_events(*state, true));
            state->activity_events = on;
            return {};
        }
        return event.type == EventType::mag ? enable_generic(generic_of(event), on)
                                            : enable_tap(event, on);
    }

    Result<Value> read_event_value(const Channel &, Event event, EventInfo info) const
    {
        const Generic &generic = generic_of(event);
        if (event.type == EventType::mag && info == EventInfo::period)
            return Int{IIO_TRY(registers().burst<BeU16>(generic.duration()))};
        const unsigned code = IIO_TRY(registers().get(field_of(event, info)));
        if (info == EventInfo::reset_timeout)
            return quiet_times[code];
        if (info == EventInfo::tap2_min_delay)
            return double_tap_delays[code];
        return Int{static_cast<int>(code)};
    }
    Result<void> write_event_value(const Channel &, Event event, EventInfo info,
                                   Written written) const
    {
        const Field field = field_of(event, info);
        // kernel: Of a time that is written to the tap events only what stands behind the point
        // counts.
        if (info == EventInfo::reset_timeout)
            return registers().set(field, IIO_TRY(find_value(quiet_times, {0, written.fraction})));
        if (info == EventInfo::tap2_min_delay)
            return registers().set(field,
                                   IIO_TRY(find_value(double_tap_delays, {0, written.fraction})));
        const bool is_period = info == EventInfo::period;
        const int least = event.type == EventType::mag && info != EventInfo::hysteresis ? 1 : 0;
        const int most = is_period ? 0xffff : static_cast<int>(field.mask);
        const int number = IIO_TRY(written.within(least, most));
        if (!is_period)
            return registers().set(field, static_cast<unsigned>(number));
        return registers().write_burst(generic_of(event).duration(), big_endian_bytes<2>(number));
    }

    Result<void> scan(Scan &scan) const
    {
        if (scan.has(temperature))
            scan.put(temperature, IIO_TRY(read_sample(temperature)));
        return RegisterDriver::scan(scan);
    }

    /// A read of the status registers clears what has no level of its own.
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto status = registers().burst<std::array<std::uint8_t, 3>>(INT_STAT0);
        if (!status)
            return;
        const auto push = [&](const Channel &channel, EventType type, EventDirection direction,
                              Modifier modifier) {
            host().push_event(event_code(channel, type, direction, modifier), timestamp_ns);
        };
        const State state = *state_.lock();
        const auto &[generic, engine, change] = *status;
        const Channel &accel = channel_list.front();
        constexpr auto any_axis = Modifier::x_or_y_or_z;
        if (generic & activity.enable.mask)
            push(accel, EventType::mag, EventDirection::rising, any_axis);
        if (generic & inactivity.enable.mask)
            push(accel, EventType::mag, EventDirection::falling, any_axis);
        if (engine & s_tap_int_en.mask)
            push(accel, EventType::gesture, EventDirection::singletap, any_axis);
        if (engine & d_tap_int_en.mask)
            push(accel, EventType::gesture, EventDirection::doubletap, any_axis);
        if (engine & 3 && state.step_events)
            push(steps, EventType::change, EventDirection::none, Modifier::none);
        if (engine & 3 && state.activity_events) {
            const unsigned now = registers().get(step_stat).value_or(0);
            const Channel &channel = channel_list[6 + std::min(now, 2U)];
            push(channel, EventType::change, EventDirection::none, channel.channel_modifier());
        }
        if (generic & drdy_int_en.mask)
            RegisterDriver::handle_interrupt(timestamp_ns);
    }

private:
    struct State {
        // kernel: `in_steps_en` shows whatever number was written, not 1.
        int steps_enabled = 0;
        bool step_events = false;
        bool activity_events = false;
    };

    static const Field &tap_of(const Event &event)
    {
        return event.direction == EventDirection::singletap ? s_tap_int_en : d_tap_int_en;
    }
    static Field field_of(const Event &event, EventInfo info)
    {
        if (info == EventInfo::reset_timeout)
            return quiet;
        if (info == EventInfo::tap2_min_delay)
            return quiet_dt;
        if (event.type == EventType::gesture)
            return tap_sensitivity;
        const Generic &generic = generic_of(event);
        return info == EventInfo::hysteresis ? generic.hysteresis() : generic.threshold();
    }

    Result<void> enable_steps(State &state, int enabled) const
    {
        IIO_TRY(registers().set(step_int_en, enabled != 0));
        state.steps_enabled = enabled;
        return {};
    }
    Result<void> enable_step_events(State &state, bool on) const
    {
        IIO_TRY(registers().set(step_int1, on));
        IIO_TRY(enable_steps(state, 1));
        state.step_events = on;
        return {};
    }
    Result<void> enable_generic(const Generic &generic, bool on) const
    {
        const bool above = &generic == &activity;
        IIO_TRY(registers().set(
            std::array{FieldValue{generic.at(0), all_axes},
                       FieldValue{generic.criterion(), above ? any_above : all_below},
                       FieldValue{generic.threshold(), default_threshold},
                       FieldValue{generic.at(4), default_duration}}));
        IIO_TRY(registers().set(generic.int1, on));
        return registers().set(generic.enable, on);
    }
    /// Errors: EINVAL, too: the part detects taps at 200 Hz only.
    Result<void> enable_tap(const Event &event, bool on) const
    {
        if (on && chosen(rates) != rate_of_taps)
            return fail(EINVAL);
        const Field &other = &tap_of(event) == &s_tap_int_en ? d_tap_int_en : s_tap_int_en;
        const bool others = IIO_TRY(registers().get(other)) != 0;
        IIO_TRY(registers().set(tap_int1, on || others));
        return registers().set(tap_of(event), on);
    }

    Guarded<State> state_;
};

} // namespace

IIO_MODULE(bma400, Bma400,
           Part{.name = "bma400",
                .addresses = {0x14, 0x15},
                .spi = SpiSettings{.mode = 0, .speed_hz = 10'000'000},
                .recognised = {layout.format, {chip_id, {id}}}});

} // namespace iio::bma400
