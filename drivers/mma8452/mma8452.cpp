// SPDX-License-Identifier: MIT
//
// NXP MMA8451Q (14 bits), MMA8452Q (12) and MMA8453Q (10): three axes, +-2 to 8 g, with a
// rate, a high-pass filter, an offset for each axis, and interrupts on movement and free fall.
// I2C at 0x1c or 0x1d, by the pin SA0. Datasheets: MMA8451Q, MMA8452Q, MMA8453Q.
//
// The part measures as long as the driver lives. It takes settings in standby only. All
// interrupts are on pin INT1.
#include <iio/driver.hpp>
#include <utility>

namespace iio::mma8452 {
namespace {

enum : std::uint8_t {
    OUT_X_MSB = 0x01, // x, y, z, high byte first, left-justified
    INT_SOURCE = 0x0c,
    FF_MT_SRC = 0x16,
    TRANSIENT_SRC = 0x1e,
    OFF_X = 0x2f,
};
constexpr FieldValue xyz_ready{{0x00, 7 << 0}, 7}; // STATUS
constexpr Field WHO_AM_I{0x0d, 0xff};
constexpr Field FS{0x0e, 3 << 0};      // XYZ_DATA_CFG
constexpr Field HPF_OUT{0x0e, 1 << 4}; // the samples are filtered
constexpr Field SEL{0x0f, 3 << 0};     // HP_FILTER_CUTOFF: 0 the highest
constexpr Field free_fall_axes{0x15, 7 << 3};
constexpr Field OAE{0x15, 1 << 6}; // FF_MT_CFG: 0: free fall, 1: motion
constexpr Field FF_MT_THS{0x17, 0x7f};
constexpr Field FF_MT_COUNT{0x18, 0xff};
constexpr Field HPF_BYP{0x1d, 1 << 0}; // TRANSIENT_CFG: without the filter
constexpr Field transient_axes{0x1d, 7 << 1};
constexpr Field ELE{0x1d, 1 << 4}; // TRANSIENT_SRC keeps what was
constexpr Field TRANSIENT_THS{0x1f, 0x7f};
constexpr Field TRANSIENT_COUNT{0x20, 0xff};
constexpr Field ACTIVE{0x2a, 1 << 0};
constexpr Field DR{0x2a, 7 << 3};
constexpr Field MODS{0x2b, 3 << 0}; // which mode, of power and oversampling
constexpr Field RST{0x2b, 1 << 6};
constexpr Field IPOL{0x2c, 1 << 1}; // 1: active high
// Bits of INT_SOURCE, of CTRL_REG4, which enables, and of CTRL_REG5, which chooses INT1.
constexpr unsigned DRDY = 1 << 0;
constexpr unsigned FF_MT = 1 << 2;
constexpr unsigned TRANS = 1 << 5;
constexpr Field INT_EN_DRDY{0x2d, DRDY};
constexpr Field INT_EN{0x2d, FF_MT | TRANS};
constexpr Field INT1{0x2e, 0xff};

constexpr Polls sample_polls{.pause = 20ms, .most = 150, .error = EIO};

constexpr Choices rates{.values = micros<800'000'000, 400'000'000, 200'000'000, 100'000'000,
                                         50'000'000, 12'500'000, 6'250'000, 1'560'000>,
                        .field = DR,
                        .initial = 4}; // Hz
constexpr std::size_t rate_count = 8;

/// What follows from a mode, by rate.
struct Mode {
    std::array<int, rate_count> oversampling;
    std::array<int, rate_count> cutoff_mhz; ///< for SEL 0, millihertz
    std::array<int, rate_count> step_us;    ///< of the counters of events
};
constexpr std::array mode_list{
    // normal
    Mode{{2, 4, 4, 4, 4, 16, 32, 128},
         {16'000, 16'000, 8000, 4000, 2000, 2000, 2000, 2000},
         {1250, 2500, 5000, 10'000, 20'000, 20'000, 20'000, 20'000}},
    // low noise, low power
    Mode{{2, 4, 4, 4, 4, 4, 8, 32},
         {16'000, 16'000, 8000, 4000, 2000, 500, 500, 500},
         {1250, 2500, 5000, 10'000, 20'000, 80'000, 80'000, 80'000}},
    // high resolution
    Mode{{2, 4, 8, 16, 32, 128, 256, 1024},
         {16'000, 16'000, 16'000, 16'000, 16'000, 16'000, 16'000, 16'000},
         {1250, 2500, 2500, 2500, 2500, 2500, 2500, 2500}},
    // low power
    Mode{{2, 2, 2, 2, 2, 2, 4, 16},
         {16'000, 8000, 4000, 2000, 1000, 250, 250, 250},
         {1250, 2500, 5000, 10'000, 20'000, 80'000, 80'000, 160'000}},
};

/// In millionths of a hertz; kernel: The cut-off frequencies of the high-pass filter are rounded to
/// thousandths of a hertz.
constexpr Value cutoff(int for_sel_0_mhz, int sel)
{
    const int mhz = (for_sel_0_mhz + (1 << sel) / 2) >> sel;
    return IntPlusMicro{mhz / 1000, mhz % 1000 * 1000};
}
/// The lowest first: SEL 3 to 0.
constexpr std::array<Value, 4> cutoffs_of(int for_sel_0_mhz)
{
    return {cutoff(for_sel_0_mhz, 3), cutoff(for_sel_0_mhz, 2), cutoff(for_sel_0_mhz, 1),
            cutoff(for_sel_0_mhz, 0)};
}
template <std::size_t... rate>
constexpr std::array<std::array<Value, 4>, rate_count> by_rate(const Mode &mode,
                                                               std::index_sequence<rate...>)
{
    return {cutoffs_of(mode.cutoff_mhz[rate])...};
}
template <std::size_t mode>
constexpr auto of_mode = by_rate(mode_list[mode], std::make_index_sequence<rate_count>{});
constexpr std::array cutoffs{of_mode<0>, of_mode<1>, of_mode<2>, of_mode<3>};
/// The different ratios of a rate, by mode.
constexpr std::array<std::span<const Value>, rate_count> ratios{
    ints<2>,        ints<4, 2>,          ints<4, 8, 2>,       ints<4, 16, 2>,
    ints<4, 32, 2>, ints<16, 4, 128, 2>, ints<32, 8, 256, 4>, ints<128, 32, 1024, 16>};

/// 8, 4 and 2 g over half the codes, in m/s^2.
template <int micro_at_2g, int micro_at_4g, int micro_at_8g>
constexpr Choices scales{.values = micros<micro_at_8g, micro_at_4g, micro_at_2g>,
                         .field = FS,
                         .codes = codes_down_from(2),
                         .initial = 2};

constexpr EventSpec shared_spec(EventDirection direction)
{
    EventSpec spec = EventSpec::of(EventType::mag, direction, EventInfo::enable);
    spec.mask[IIO_SHARED_BY_TYPE] = 1U << static_cast<int>(EventInfo::value) |
                                    1U << static_cast<int>(EventInfo::period) |
                                    1U << static_cast<int>(EventInfo::high_pass_filter_3db);
    return spec;
}
constexpr std::array transient_events{shared_spec(EventDirection::rising)};
constexpr std::array free_fall_events{shared_spec(EventDirection::falling)};

template <std::uint8_t bits, const Choices &scales>
constexpr auto channel_list =
    join(axes(ChannelType::accel, OUT_X_MSB, ScanType::of_signed(bits, 16, 16 - bits, Endian::big),
              [](const Channel &axis) {
                  return axis.separate(Info::raw, Info::calibbias)
                      .by_type(Info::high_pass_filter_3db_frequency, Info::oversampling_ratio)
                      .available(Shared::by_type, Info::high_pass_filter_3db_frequency,
                                 Info::oversampling_ratio)
                      .setting(Info::scale, scales, Shared::by_type)
                      .unlisted(Info::sampling_frequency, rates, Shared::by_type)
                      .direct_read(Info::raw)
                      .direct_write(Info::calibbias, Info::high_pass_filter_3db_frequency,
                                    Info::oversampling_ratio, Info::scale, Info::sampling_frequency)
                      .with_events(transient_events)
                      .with_ext_info(mount_matrix<Shared::by_type>);
              }),
         Channel::timestamp(3),
         Channel::in(ChannelType::accel)
             .modifier(Modifier::x_and_y_and_z)
             .with_events(free_fall_events));
constexpr std::array attribute_list{
    DeviceAttribute::constant("sampling_frequency_available",
                              "1.560000 6.250000 12.500000 50.000000 100.000000 200.000000 "
                              "400.000000 800.000000\n"),
    // A step of the thresholds: 8 g / 127, in m/s^2.
    DeviceAttribute::constant("in_accel_scale", "0.617742\n", DeviceAttribute::Group::events),
};

template <std::uint16_t id>
constexpr Layout layout{
    .identity = {WHO_AM_I, {id}},
    .reset = FieldValue{RST, 1},
    .start_up = 2ms,
    .setup = {FieldValue{TRANSIENT_THS, 127}, FieldValue{OAE, 1}, FieldValue{INT1, 0xff},
              FieldValue{INT_EN, INT_EN.extract(FF_MT | TRANS)}},
    .proof = {OAE, 1},
    .power = {.on = {ACTIVE, 1}, .off = {ACTIVE, 0}, .always_on = true},
    .data_ready = {.triggers = {OwnTrigger::numbered("-dev", true).for_own_device_only()},
                   .enable = INT_EN_DRDY,
                   .active_high = IPOL},
    .burst = {OUT_X_MSB, 6},
};

constexpr auto &channels_of_14_bits = channel_list<14, scales<2394, 4788, 9577>>;
constexpr auto &channels_of_12_bits = channel_list<12, scales<9577, 19'154, 38'307>>;
constexpr auto &channels_of_10_bits = channel_list<10, scales<38'307, 76'614, 153'229>>;
constexpr RegisterPart mma8451{layout<0x1a>, channels_of_14_bits, attribute_list};
constexpr RegisterPart mma8452{layout<0x2a>, channels_of_12_bits, attribute_list};
constexpr RegisterPart mma8453{layout<0x3a>, channels_of_10_bits, attribute_list};

/// The registers of a kind of event.
struct EventMap {
    Field threshold;
    Field count;
};
constexpr EventMap free_fall{FF_MT_THS, FF_MT_COUNT};
constexpr EventMap transient{TRANSIENT_THS, TRANSIENT_COUNT};
constexpr const EventMap &map_of(const Event &event)
{
    return event.direction == EventDirection::falling ? free_fall : transient;
}

class Mma8452 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        switch (info) {
        case Info::raw: {
            IIO_TRY(await_sample());
            const auto words = IIO_TRY(registers().burst<std::array<BeS16, 3>>(OUT_X_MSB));
            return Int{words[static_cast<std::size_t>(channel.scan_index)] >>
                       channel.scan_type.shift};
        }
        case Info::calibbias:
            return Int{sign_extend(IIO_TRY(registers().read(offset_of(channel))), 8)};
        case Info::oversampling_ratio:
            return Int{mode(*state_.lock()).oversampling[chosen(rates)]};
        case Info::high_pass_filter_3db_frequency: {
            const auto state = state_.lock();
            return state->filters ? cutoff_of(*state) : Value{IntPlusMicro{0, 0}};
        }
        default:
            return RegisterDriver::read_raw(channel, info);
        }
    }
    Result<Available> read_avail(const Channel &channel, Info info) const
    {
        const unsigned rate = chosen(rates);
        if (info == Info::oversampling_ratio)
            return Available::list(ratios[rate]);
        if (info == Info::high_pass_filter_3db_frequency)
            return Available::list(cutoffs[state_.lock()->mode][rate]);
        return RegisterDriver::read_avail(channel, info);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        switch (info) {
        case Info::calibbias:
            return configure(
                FieldValue{Field{offset_of(channel), 0xff},
                           static_cast<std::uint8_t>(IIO_TRY(written.within(-128, 127)))});
        case Info::oversampling_ratio:
            return choose_mode(written);
        case Info::high_pass_filter_3db_frequency:
            return choose_filter(written);
        default:
            return RegisterDriver::write_raw(channel, info, written);
        }
    }

    Result<bool> read_event_config(const Channel &channel, Event event) const
    {
        if (event.direction == EventDirection::falling)
            return IIO_TRY(registers().get(OAE)) == 0;
        return IIO_TRY(registers().get(transient_axes)) >> channel.scan_index & 1;
    }
    Result<void> write_event_config(const Channel &channel, Event event, bool on) const
    {
        const auto state = state_.lock();
        // kernel: Turning an event off when none was turned on is EINVAL.
        if (!on && state->uses == 0)
            return fail(EINVAL);
        if (event.direction == EventDirection::falling) {
            IIO_TRY(configure(FieldValue{free_fall_axes, on ? 7U : 0U}, FieldValue{OAE, !on}));
        } else {
            const unsigned bit = 1U << channel.scan_index;
            const unsigned axes = IIO_TRY(registers().get(transient_axes));
            IIO_TRY(configure(FieldValue{transient_axes, on ? axes | bit : axes & ~bit},
                              FieldValue{ELE, 1}));
        }
        state->uses += on ? 1 : -1;
        return {};
    }
    Result<Value> read_event_value(const Channel &, Event event, EventInfo info) const
    {
        const auto state = state_.lock();
        if (info == EventInfo::value)
            return Int{static_cast<int>(IIO_TRY(registers().get(map_of(event).threshold)))};
        if (info == EventInfo::high_pass_filter_3db)
            return IIO_TRY(registers().get(HPF_BYP)) ? Value{IntPlusMicro{0, 0}}
                                                     : cutoff_of(*state);
        const int us = static_cast<int>(IIO_TRY(registers().get(map_of(event).count))) *
                       mode(*state).step_us[chosen(rates)];
        return IntPlusMicro::of(us);
    }
    Result<void> write_event_value(const Channel &, Event event, EventInfo info,
                                   Written written) const
    {
        const auto state = state_.lock();
        const unsigned rate = chosen(rates);
        if (info == EventInfo::high_pass_filter_3db) {
            if (written.integer == 0 && written.fraction == 0)
                return configure(FieldValue{HPF_BYP, 1});
            const unsigned index = IIO_TRY(find_value(cutoffs[state->mode][rate], written));
            return configure(FieldValue{SEL, 3 - index}, FieldValue{HPF_BYP, 0});
        }
        const bool is_period = info == EventInfo::period;
        const std::int64_t us = written.millionths();
        const std::int64_t code = is_period ? us / mode(*state).step_us[rate] : written.integer;
        const Field field = is_period ? map_of(event).count : map_of(event).threshold;
        if (code < 0 || code > static_cast<std::int64_t>(field.mask))
            return fail(EINVAL);
        return configure(FieldValue{field, static_cast<unsigned>(code)});
    }

    Result<void> await_sample() const override { return wait_until(xyz_ready, sample_polls); }
    Result<void> set_trigger(std::uint32_t id, bool on) const
    {
        const auto state = state_.lock();
        return id == 0 ? configure(FieldValue{INT_EN_DRDY, on}) : fail(EINVAL);
    }

    /// Reading its source, or the sample, ends an interrupt.
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const unsigned source = registers().read(INT_SOURCE).value_or(0);
        const auto all = channels();
        if (source & FF_MT && registers().read(FF_MT_SRC))
            host().push_event(all.back(), EventType::mag, EventDirection::falling, timestamp_ns);
        if (source & TRANS) {
            const unsigned moved = registers().read(TRANSIENT_SRC).value_or(0);
            for (std::size_t axis = 0; axis < 3; ++axis) {
                if (moved & 2U << 2 * axis)
                    host().push_event(all[axis], EventType::mag, EventDirection::rising,
                                      timestamp_ns);
            }
        }
        if (source & DRDY)
            RegisterDriver::handle_interrupt(timestamp_ns);
    }

protected:
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        const auto state = state_.lock();
        return choose_by(setting, channel, index, [&](unsigned code) {
            return configure(FieldValue{setting.field, code});
        });
    }

private:
    struct State {
        std::size_t mode = 0;
        bool filters = false;
        int uses = 0; ///< events that were turned on, less those turned off
    };

    static std::uint16_t offset_of(const Channel &axis)
    {
        return static_cast<std::uint16_t>(OFF_X + axis.scan_index);
    }
    static const Mode &mode(const State &state) { return mode_list[state.mode]; }
    Result<Value> cutoff_of(const State &state) const
    {
        return cutoffs[state.mode][chosen(rates)][3 - IIO_TRY(registers().get(SEL))];
    }

    /// Sets fields in standby; state_ is locked. What a failure leaves half done is undone: not
    /// all that these registers hold is written by a probe.
    template <class... Values> Result<void> configure(const Values &...values) const
    {
        const std::array wanted{values...};
        auto before = wanted;
        for (FieldValue &value : before)
            value.code = IIO_TRY(registers().get(value.field));
        IIO_TRY(registers().set(ACTIVE, 0));
        auto done = registers().set(wanted);
        if (done)
            done = registers().set(ACTIVE, 1);
        if (!done) {
            (void)registers().set(before);
            (void)registers().set(ACTIVE, 1);
        }
        return done;
    }

    Result<void> choose_mode(Written written) const
    {
        const auto state = state_.lock();
        for (std::size_t i = 0; i < mode_list.size(); ++i) {
            if (written.fraction != 0 ||
                written.integer != mode_list[i].oversampling[chosen(rates)])
                continue;
            // kernel: In Linux a written oversampling ratio has no effect, as it goes to the field
            // of the mode in sleep, which the part never enters. Here it goes to the mode in use.
            IIO_TRY(configure(FieldValue{MODS, static_cast<unsigned>(i)}));
            state->mode = i;
            return {};
        }
        return fail(EINVAL);
    }

    Result<void> choose_filter(Written written) const
    {
        const auto state = state_.lock();
        const bool filters = written.integer != 0 || written.fraction != 0;
        const auto index = find_value(cutoffs[state->mode][chosen(rates)], written);
        // kernel: A written high-pass frequency that there is not turns the filter on, and is
        // EINVAL.
        if (filters && index)
            IIO_TRY(configure(FieldValue{HPF_OUT, 1}, FieldValue{SEL, 3 - *index}));
        else
            IIO_TRY(configure(FieldValue{HPF_OUT, filters}));
        state->filters = filters;
        return filters && !index ? fail(EINVAL) : Result<void>{};
    }

    Guarded<State> state_; ///< held while the part is configured
};

constexpr std::array<std::uint8_t, 2> addresses{0x1c, 0x1d};

} // namespace

IIO_MODULE(mma8452, Mma8452, Part{.name = "mma8451", .addresses = addresses, .data = mma8451},
           Part{.name = "mma8452", .addresses = addresses, .data = mma8452},
           Part{.name = "mma8453", .addresses = addresses, .data = mma8453});

} // namespace iio::mma8452
