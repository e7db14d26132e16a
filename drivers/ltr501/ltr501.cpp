// SPDX-License-Identifier: MIT
//
// Lite-On LTR-501ALS, LTR-559ALS, LTR-301ALS and LTR-303ALS: visible and infrared light, lux,
// and of the first two proximity. I2C at 0x23, of the last two at 0x29. Datasheets:
// LTR-501ALS-01, LTR-559ALS-01, LTR-301ALS-01, LTR-303ALS-01.
//
// The part measures all the time.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::ltr501 {
namespace {

enum : std::uint8_t {
    ALS_DATA_CH1 = 0x88, // infrared; CH0, both, follows
    PS_DATA = 0x8d,
    PS_THRES_UP = 0x90,
    PS_THRES_LOW = 0x92,
    ALS_THRES_UP = 0x97,
    ALS_THRES_LOW = 0x99,
};
constexpr Field dynamic_range{0x80, 1 << 3}; // ALS_CONTR
constexpr Field PS_mode{0x81, 3 << 0};       // PS_CONTR; 2: active
constexpr Field PS_gain{0x81, 3 << 2};
constexpr Field PS_measurement_rate{0x84, 0xf << 0}; // PS_MEAS_RATE
constexpr Field ALS_measurement_rate{0x85, 7 << 0};  // ALS_MEAS_RATE
constexpr Field ALS_integration_time{0x85, 3 << 3};
constexpr Field part_number{0x86, 0xf << 4}; // PART_ID
constexpr std::uint8_t ALS_PS_STATUS = 0x8c;
constexpr FieldValue PS_new_data{{ALS_PS_STATUS, 1 << 0}, 1};
constexpr unsigned PS_interrupt = 1 << 1;
constexpr FieldValue ALS_new_data{{ALS_PS_STATUS, 1 << 2}, 1};
constexpr unsigned ALS_interrupt = 1 << 3;
constexpr Field interrupt_polarity{0x8f, 1 << 2}; // INTERRUPT; 1: active high
constexpr Field ALS_interrupt_mode{0x8f, 1 << 1};
constexpr Field PS_interrupt_mode{0x8f, 1 << 0};
constexpr Field ALS_persist{0x9e, 0xf << 0}; // INTERRUPT_PERSIST; measurements beyond, and one
constexpr Field PS_persist{0x9e, 0xf << 4};

constexpr int most_proximity = 0x7ff;
constexpr int most_light = 0xffff;
constexpr Polls polls{.pause = 25ms, .most = 25, .error = EIO};

constexpr std::array als_period_ms{50, 100, 200, 500, 1000, 2000, 2000, 2000};
constexpr std::array ps_period_ms{50, 70, 100, 200, 500, 1000, 2000, 2000, 10};

constexpr Choices rates{
    .values = micros<20'000'000, 10'000'000, 5'000'000, 2'000'000, 1'000'000, 500'000>,
    .field = ALS_measurement_rate,
    .kept = true};
constexpr Choices times{.values = micros<100'000, 50'000, 200'000, 400'000>,
                        .field = ALS_integration_time,
                        .kept = true};
/// 1 lx and 1/200 lx a step, of the LTR-501 and LTR-301.
constexpr Choices ranges{.values = micros<1'000'000, 5000>, .field = dynamic_range, .kept = true};
constexpr Choices gains{.values = micros<1'000'000, 500'000, 250'000, 125'000, 20'000, 10'000>,
                        .field = {0x80, 7 << 2},
                        .codes = {0, 1, 2, 3, 6, 7},
                        .kept = true};
constexpr Choices proximity_gains{
    .values = micros<1'000'000, 250'000, 125'000, 62'500>, .field = PS_gain, .kept = true};
// kernel: The LTR-559's last proximity scale, 0.015624, is that of a reserved code; the one before
// it is 0.015625.
constexpr Choices higher_proximity_gains{
    .values = micros<62'500, 31'250, 15'625, 15'624>, .field = PS_gain, .kept = true};

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable, EventInfo::period),
};
constexpr std::array nearlevel{ExtInfo::text("nearlevel", Shared::separate, ExtInfo::Access::read)};

constexpr Channel light(Modifier modifier, int index, const Choices &scales)
{
    return Channel::in(ChannelType::intensity)
        .modifier(modifier)
        .separate(Info::raw)
        .direct(Info::raw)
        .setting(Info::scale, scales, Shared::by_type)
        .unlisted(Info::integration_time, times, Shared::by_type)
        .unlisted(Info::sampling_frequency, rates, Shared::by_type)
        .scan(index, ScanType::of_unsigned(16, 16, 0, Endian::little));
}
constexpr Channel proximity_with(const Choices &scales)
{
    return Channel::in(ChannelType::proximity)
        .separate(Info::raw)
        .direct(Info::raw)
        .setting(Info::scale, scales, Shared::separate)
        .scan(2, ScanType::of_unsigned(11, 16, 0, Endian::little))
        .with_ext_info(nearlevel);
}
constexpr Channel illuminance =
    Channel::in(ChannelType::illuminance).separate(Info::processed).direct(Info::processed);

/// With events, where the interrupt pin is wired.
template <bool wired> constexpr Channel alarmed(const Channel &channel)
{
    return wired ? channel.with_events(thresholds) : channel;
}
template <bool wired, const Choices &scales>
constexpr std::array light_channels{illuminance,
                                    alarmed<wired>(light(Modifier::light_both, 0, scales)),
                                    light(Modifier::light_ir, 1, scales)};
template <bool wired, const Choices &scales>
constexpr auto without_proximity = join(light_channels<wired, scales>, Channel::timestamp(2));
template <bool wired, const Choices &scales, const Choices &proximity_scales>
constexpr auto with_proximity = join(light_channels<wired, scales>,
                                     alarmed<wired>(proximity_with(proximity_scales)),
                                     Channel::timestamp(3));
constexpr std::array attribute_list{
    DeviceAttribute::constant("integration_time_available", "0.05 0.1 0.2 0.4\n"),
    DeviceAttribute::constant("sampling_frequency_available", "20 10 5 2 1 0.5\n"),
};

constexpr Layout layout_of(std::uint16_t number, Field ALS_mode, bool has_proximity)
{
    Layout layout{
        .identity = {part_number, {}},
        .proof = {ALS_mode, ALS_mode.extract(0xff)}, // 0 after a reset
        .power = {.on = {ALS_mode, ALS_mode.extract(0xff)},
                  .off = {ALS_mode, 0},
                  .always_on = true},
    };
    layout.identity.codes.add(number);
    if (has_proximity) {
        layout.power.also_on = {PS_mode, 2};
        layout.power.also_off = {PS_mode, 0};
    }
    return layout;
}
constexpr Field two_bits{0x80, 3 << 0};
constexpr Field one_bit{0x80, 1 << 0};

struct Variant {
    Layout layout;
    ChannelTable channels;
    ChannelTable alarmed;
};
constexpr Variant ltr501{layout_of(8, two_bits, true),
                         with_proximity<false, ranges, proximity_gains>,
                         with_proximity<true, ranges, proximity_gains>};
constexpr Variant ltr559{layout_of(9, one_bit, true),
                         with_proximity<false, gains, higher_proximity_gains>,
                         with_proximity<true, gains, higher_proximity_gains>};
constexpr Variant ltr301{layout_of(8, two_bits, false), without_proximity<false, ranges>,
                         without_proximity<true, ranges>};
constexpr Variant ltr303{layout_of(10, one_bit, false), without_proximity<false, gains>,
                         without_proximity<true, gains>};

struct Light {
    LeU16 infrared, both;
};

/// LTR-501ALS-01, appendix A, in thousandths: up to this part of infrared, in percent.
// kernel: `in_illuminance_input` takes no account of gain and time, and computes all parts by the
// LTR-501's factors; the LTR-559 and LTR-303 have others from 45 % of infrared on.
struct Segment {
    std::int64_t percent, both, infrared;
};
constexpr std::array segments{Segment{45, 1774, 1105}, Segment{64, 3772, -1336},
                              Segment{85, 1690, -169}};
int lux_of(const Light &light)
{
    const std::int64_t both = light.both;
    const std::int64_t infrared = light.infrared;
    for (const Segment &segment : segments) {
        if (100 * infrared < segment.percent * (both + infrared))
            return static_cast<int>((both * segment.both + infrared * segment.infrared) / 1000);
    }
    return 0;
}

class Ltr501 : public RegisterDriver {
public:
    explicit Ltr501(const Hardware &hardware)
        : RegisterDriver{hardware, hardware.data<Variant>().layout,
                         hardware.interrupt() ? hardware.data<Variant>().alarmed
                                              : hardware.data<Variant>().channels,
                         attribute_list}
    {
    }

    /// The part keeps its settings.
    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        if (const auto edge = hardware().interrupt_edge())
            IIO_TRY(registers().set(interrupt_polarity, *edge == Edge::rising));
        const unsigned ps_rate = IIO_TRY(registers().get(PS_measurement_rate));
        const auto state = state_.lock();
        state->ps_period_us =
            ps_period_ms[std::min<std::size_t>(ps_rate, ps_period_ms.size() - 1)] * 1000;
        state->als.period_us =
            period_of(ALS_persist, IIO_TRY(registers().get(ALS_persist)), *state);
        state->ps.period_us = period_of(PS_persist, IIO_TRY(registers().get(PS_persist)), *state);
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw && info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        if (channel.channel_type() == ChannelType::proximity)
            return Int{IIO_TRY(read_proximity())};
        IIO_TRY(wait_until(ALS_new_data, polls));
        const auto light = IIO_TRY(registers().burst<Light>(ALS_DATA_CH1));
        if (info == Info::processed)
            return Int{lux_of(light)};
        return Int{channel.channel_modifier() == Modifier::light_ir ? light.infrared : light.both};
    }

    Result<void> scan(Scan &scan) const
    {
        constexpr ScanMask both_lights = 3;
        constexpr ScanMask proximity_too = 4;
        const bool has_proximity = channels().size() > 4;
        if (scan.mask() & both_lights) {
            IIO_TRY(wait_until(ALS_new_data, polls));
            const auto light = IIO_TRY(registers().burst<Light>(ALS_DATA_CH1));
            scan.put(channels()[1], std::int64_t{light.both});
            scan.put(channels()[2], std::int64_t{light.infrared});
        }
        if (has_proximity && scan.mask() & proximity_too)
            scan.put(channels()[3], std::int64_t{IIO_TRY(read_proximity())});
        return {};
    }

    /// Not set on this board.
    Result<void> read_ext(const Channel &, const ExtInfo &, Text &text) const
    {
        text += "0\n";
        return {};
    }

    Result<bool> read_event_config(const Channel &channel, Event) const
    {
        return IIO_TRY(registers().get(mode_of(channel))) != 0;
    }
    Result<void> write_event_config(const Channel &channel, Event, bool on) const
    {
        return registers().set(mode_of(channel), on);
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo info) const
    {
        if (info == EventInfo::period) {
            const auto state = state_.lock();
            const int us = is_proximity(channel) ? state->ps.period_us : state->als.period_us;
            return IntPlusMicro::of(us);
        }
        return Int{IIO_TRY(registers().burst<LeU16>(threshold_of(channel, event)))};
    }
    Result<void> write_event_value(const Channel &channel, Event event, EventInfo info,
                                   Written written) const
    {
        if (info == EventInfo::period)
            return set_period(channel, written);
        const int most = is_proximity(channel) ? most_proximity : most_light;
        if (written.fraction != 0 || written.integer < 0 || written.integer > most)
            return fail(EINVAL);
        return registers().write_burst(threshold_of(channel, event),
                                       little_endian_bytes<2>(written.integer));
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const unsigned status = registers().read(ALS_PS_STATUS).value_or(0);
        const auto push = [&](const Channel &channel) {
            host().push_event(channel, EventType::thresh, EventDirection::either, timestamp_ns);
        };
        if (status & ALS_interrupt)
            push(channels()[1]);
        if (status & PS_interrupt && channels().size() > 4)
            push(channels()[3]);
    }

protected:
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        if (&setting == &rates)
            return choose_rate(channel, index);
        // kernel: Integration times that go together with one range of the LTR-501 are refused for
        // all parts: 50 ms go with the second range alone, 200 ms and 400 ms with the first.
        const bool is_second = &setting == &times && IIO_TRY(registers().get(dynamic_range)) != 0;
        if (&setting == &times && (is_second ? index > 1 : index == 1))
            return fail(EINVAL);
        return RegisterDriver::choose(setting, channel, index);
    }

private:
    struct Alarm {
        int period_us = 0; ///< as it was written
    };
    struct State {
        int ps_period_us = 0; ///< of a measurement
        Alarm als, ps;
    };

    static bool is_proximity(const Channel &channel)
    {
        return channel.channel_type() == ChannelType::proximity;
    }
    static Field mode_of(const Channel &channel)
    {
        return is_proximity(channel) ? PS_interrupt_mode : ALS_interrupt_mode;
    }
    static unsigned threshold_of(const Channel &channel, Event event)
    {
        const bool is_upper = event.direction == EventDirection::rising;
        if (is_proximity(channel))
            return is_upper ? PS_THRES_UP : PS_THRES_LOW;
        return is_upper ? ALS_THRES_UP : ALS_THRES_LOW;
    }

    Result<int> read_proximity() const
    {
        IIO_TRY(wait_until(PS_new_data, polls));
        return IIO_TRY(registers().burst<LeU16>(PS_DATA)) & most_proximity;
    }

    /// Of a measurement.
    int measurement_us(Field persist, const State &state, unsigned rate) const
    {
        return persist == PS_persist ? state.ps_period_us : als_period_ms[rate] * 1000;
    }
    int period_of(Field persist, unsigned code, const State &state) const
    {
        return static_cast<int>(code) * measurement_us(persist, state, chosen(rates));
    }
    /// Errors: EINVAL: less than a measurement, or more than the part counts.
    static Result<unsigned> persist_for(std::int64_t period_us, int measurement_us)
    {
        const std::int64_t count = (period_us + measurement_us - 1) / measurement_us;
        if (period_us < measurement_us || count > 0xf)
            return fail(EINVAL);
        return static_cast<unsigned>(count);
    }

    Result<void> set_period(const Channel &channel, Written written) const
    {
        const std::int64_t us = written.millionths();
        const Field persist = is_proximity(channel) ? PS_persist : ALS_persist;
        const auto state = state_.lock();
        const unsigned code =
            IIO_TRY(persist_for(us, measurement_us(persist, *state, chosen(rates))));
        IIO_TRY(registers().set(persist, code));
        (is_proximity(channel) ? state->ps : state->als).period_us = static_cast<int>(us);
        return {};
    }

    /// The event's period stays what it was.
    // kernel: A written light rate at which the event's period cannot be counted is not taken, and
    // the write succeeds.
    Result<void> choose_rate(const Channel &channel, unsigned index) const
    {
        const auto state = state_.lock();
        const auto code = persist_for(state->als.period_us, als_period_ms[index] * 1000);
        if (!code)
            return {};
        const unsigned before = chosen(rates);
        IIO_TRY(RegisterDriver::choose(rates, channel, index));
        const auto told = registers().set(ALS_persist, *code);
        if (!told) // what the part keeps, no probe sets right
            (void)RegisterDriver::choose(rates, channel, before);
        return told;
    }

    Guarded<State> state_;
};

constexpr std::array<std::uint8_t, 1> with_proximity_at{0x23};
constexpr std::array<std::uint8_t, 2> light_at{0x29, 0x23};

} // namespace

IIO_MODULE(ltr501, Ltr501, Part{.name = "ltr501", .addresses = with_proximity_at, .data = ltr501},
           Part{.name = "ltr559", .addresses = with_proximity_at, .data = ltr559},
           Part{.name = "ltr301", .addresses = light_at, .data = ltr301},
           Part{.name = "ltr303", .addresses = light_at, .data = ltr303});

} // namespace iio::ltr501
