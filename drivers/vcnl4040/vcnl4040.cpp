// SPDX-License-Identifier: MIT
//
// Vishay VCNL4040 and VCNL4200: proximity by a LED of its own, and ambient light. I2C at 0x60;
// VCNL4200: 0x51. Datasheets: 84274 (VCNL4040), 84430 (VCNL4200).
//
// The part sleeps two seconds after the last use, unless an event is on.
#include <algorithm>
#include <iio/driver.hpp>
#include <utility>

namespace iio::vcnl4040 {
namespace {

enum : std::uint8_t {
    ALS_THDH = 0x01, // in counts
    ALS_THDL = 0x02,
    PS_THDL = 0x06,
    PS_THDH = 0x07,
    PS_DATA = 0x08,
    ALS_DATA = 0x09,
};
constexpr Field ALS_IT{0x00, 3 << 6}; // ALS_CONF
constexpr Field ALS_PERS{0x00, 3 << 2};
constexpr Field ALS_INT_EN{0x00, 1 << 1};
constexpr Field ALS_SD{0x00, 1 << 0}; // 1: sleeps
constexpr Field PS_HD{0x03, 1 << 11}; // PS_CONF1, PS_CONF2; 1: 16 bits
constexpr Field PS_INT_closing{0x03, 1 << 8};
constexpr Field PS_INT_away{0x03, 1 << 9};
constexpr Field PS_PERS{0x03, 3 << 4};
constexpr Field PS_IT{0x03, 7 << 1};
constexpr Field PS_SD{0x03, 1 << 0};
constexpr Field LED_I{0x04, 7 << 8};  // PS_CONF3, PS_MS
constexpr Field PS_MPS{0x04, 3 << 5}; // pulses
// Of the high byte of the register with the part's flags, which a read clears:
constexpr unsigned PS_IF_AWAY = 1 << 8;
constexpr unsigned PS_IF_CLOSE = 1 << 9;
constexpr unsigned ALS_IF_H = 1 << 12;
constexpr unsigned ALS_IF_L = 1 << 13;

constexpr auto idle = 2s;
/// From waking up to the first result of both.
constexpr auto first_result = 60ms;
constexpr int als_persistences[] = {1, 2, 4, 8};
constexpr int ps_persistences[] = {1, 2, 3, 4};

constexpr Choices als_times{.values = micros<80'000, 160'000, 320'000, 640'000>, .field = ALS_IT};
constexpr Choices vcnl4200_als_times{.values = micros<50'000, 100'000, 200'000, 400'000>,
                                     .field = ALS_IT};
// kernel: The proximity's integration times are listed in units that are not the part's; the
// datasheet has 1T to 8T, of 125 us for the VCNL4040 and 24 us for the VCNL4200.
constexpr Choices ps_times{.values = micros<100, 150, 200, 250, 300, 350, 400, 800>,
                           .field = PS_IT};
constexpr Choices vcnl4200_ps_times{.values = micros<96, 144, 192, 384, 768, 864>, .field = PS_IT};
/// Of the LED, in A.
constexpr Choices currents{
    .values = micros<50'000, 75'000, 100'000, 120'000, 140'000, 160'000, 180'000, 200'000>,
    .field = LED_I,
    .initial = 3};
constexpr Choices pulses = integers(ints<1, 2, 4, 8>, PS_MPS, 3);

constexpr auto counts = ScanType::of_unsigned(16, 16, 0, Endian::little);
constexpr std::array als_events{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable, EventInfo::period),
};
constexpr std::array ps_events{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::period),
};
constexpr std::array nearlevel{ExtInfo::text("nearlevel", Shared::separate, ExtInfo::Access::read)};
constexpr Channel illuminance(const Choices &times)
{
    return Channel::in(ChannelType::illuminance)
        .at(ALS_DATA)
        .sample(counts)
        .separate(Info::raw, Info::scale)
        .setting(Info::integration_time, times, Shared::separate)
        .with_events(als_events);
}
constexpr Channel proximity(const Choices &times)
{
    return Channel::in(ChannelType::proximity)
        .at(PS_DATA)
        .sample(counts)
        .separate(Info::raw)
        .setting(Info::integration_time, times, Shared::separate)
        .setting(Info::calibbias, currents, Shared::separate)
        .setting(Info::oversampling_ratio, pulses, Shared::separate)
        .with_events(ps_events)
        .with_ext_info(nearlevel);
}

constexpr std::array vcnl4040_channels{illuminance(als_times), proximity(ps_times)};
constexpr std::array vcnl4200_channels{illuminance(vcnl4200_als_times),
                                       proximity(vcnl4200_ps_times)};

constexpr Layout layout_of(Field id, std::uint16_t code)
{
    Layout layout{.format = {.word_bytes = 2, .order = Endian::little},
                  .identity = {id, {}},
                  .setup = {{PS_HD, 1},
                            {PS_SD, 1},
                            {PS_INT_closing, 0},
                            {PS_INT_away, 0},
                            {ALS_SD, 1},
                            {ALS_INT_EN, 0}},
                  .proof = {PS_HD, 1}, // 0 after a reset
                  .power = {.on = {ALS_SD, 0},
                            .off = {ALS_SD, 1},
                            .also_on = {PS_SD, 0},
                            .also_off = {PS_SD, 1},
                            .settles = first_result,
                            .idle = idle}};
    layout.identity.codes.add(code);
    return layout;
}

struct Variant {
    Layout layout;
    ChannelTable channels;
    const Choices &als_times;
    const Choices &ps_times;
    int micro_lux_per_count; ///< at the shortest time
    std::uint8_t INT_Flag;
};
constexpr Variant vcnl4040{
    layout_of({0x0c, 0xff}, 0x86), vcnl4040_channels, als_times, ps_times, 100'000, 0x0b};
constexpr Variant vcnl4200{layout_of({0x0e, 0xff}, 0x58),
                           vcnl4200_channels,
                           vcnl4200_als_times,
                           vcnl4200_ps_times,
                           24'000,
                           0x0d};

class Vcnl4040 : public RegisterDriver {
public:
    explicit Vcnl4040(const Hardware &hardware)
        : RegisterDriver{hardware, hardware.data<Variant>().layout,
                         hardware.data<Variant>().channels},
          variant_{hardware.data<Variant>()}
    {
    }

    // kernel: The file `name` shows vcnl4000 for all parts.
    std::string_view name() const { return "vcnl4000"; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::scale)
            return IntPlusMicro{0, variant_.micro_lux_per_count >> chosen(variant_.als_times)};
        if (info != Info::raw)
            return RegisterDriver::read_raw(channel, info);
        const Value value = IIO_TRY(RegisterDriver::read_raw(channel, info));
        // kernel: `in_proximity_raw` is a sixteenth of the part's counts.
        if (is_light(channel))
            return value;
        return Fractional{std::get<Int>(value).value, 16};
    }
    /// Not set on this board.
    Result<void> read_ext(const Channel &, const ExtInfo &, Text &text) const
    {
        text += "0\n";
        return {};
    }

    Result<bool> read_event_config(const Channel &channel, Event event) const
    {
        return IIO_TRY(registers().get(enable_of(channel, event))) != 0;
    }
    Result<void> write_event_config(const Channel &channel, Event event, bool on) const
    {
        const auto events = events_.lock();
        const Field enable = enable_of(channel, event);
        const unsigned others = events->enabled & ~event_bit(enable);
        const unsigned enabled = on ? others | event_bit(enable) : others;
        Power::Use awake;
        if (on && events->enabled == 0)
            awake = IIO_TRY(power().use());
        IIO_TRY(registers().set(enable, on));
        events->enabled = enabled;
        if (awake)
            events->awake = std::move(awake);
        return enabled == 0 ? events->awake.end() : Result<void>{};
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo info) const
    {
        if (info != EventInfo::period)
            return Int{static_cast<int>(IIO_TRY(registers().read(threshold_of(channel, event))))};
        const unsigned code = IIO_TRY(registers().get(is_light(channel) ? ALS_PERS : PS_PERS));
        const std::int64_t us = period_us(channel, code);
        return IntPlusMicro::of(us);
    }
    // kernel: Written event thresholds are cut to 16 bits. A written period becomes the next longer
    // one, which for light is longer than what was written, and a negative one the longest or the
    // shortest.
    Result<void> write_event_value(const Channel &channel, Event event, EventInfo info,
                                   Written written) const
    {
        if (info != EventInfo::period)
            return registers().write(threshold_of(channel, event),
                                     static_cast<std::uint16_t>(written.integer));
        const std::int64_t us = written.millionths();
        unsigned code = 0;
        const auto is_too_short = [&](std::int64_t period) {
            return is_light(channel) ? us < 0 || period <= us : period < us;
        };
        while (code < 3 && is_too_short(period_us(channel, code)))
            ++code;
        return registers().set(is_light(channel) ? ALS_PERS : PS_PERS, code);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const unsigned flags = registers().read(variant_.INT_Flag).value_or(0);
        const auto push = [&](unsigned flag, std::size_t channel, EventDirection direction) {
            if (flags & flag)
                host().push_event(channels()[channel], EventType::thresh, direction, timestamp_ns);
        };
        push(PS_IF_AWAY, 1, EventDirection::falling);
        push(PS_IF_CLOSE, 1, EventDirection::rising);
        push(ALS_IF_H, 0, EventDirection::rising);
        push(ALS_IF_L, 0, EventDirection::falling);
    }

private:
    static bool is_light(const Channel &channel) { return channel.address == ALS_DATA; }
    static Field enable_of(const Channel &channel, Event event)
    {
        if (is_light(channel))
            return ALS_INT_EN;
        return event.direction == EventDirection::rising ? PS_INT_closing : PS_INT_away;
    }
    static unsigned threshold_of(const Channel &channel, Event event)
    {
        const bool is_upper = event.direction == EventDirection::rising;
        if (is_light(channel))
            return is_upper ? ALS_THDH : ALS_THDL;
        return is_upper ? PS_THDH : PS_THDL;
    }
    std::int64_t period_us(const Channel &channel, unsigned code) const
    {
        const auto &time = value_of(is_light(channel) ? variant_.als_times : variant_.ps_times);
        return std::int64_t{std::get<IntPlusMicro>(time).micro} *
               (is_light(channel) ? als_persistences[code] : ps_persistences[code]);
    }

    struct Events {
        unsigned enabled = 0; ///< their bits in registers of their own, which do not meet
        Power::Use awake;     ///< while there is one
    };
    static unsigned event_bit(Field enable) { return enable.mask; }

    const Variant &variant_;
    Guarded<Events> events_;
};

} // namespace

IIO_MODULE(vcnl4040, Vcnl4040, Part{.name = "vcnl4040", .addresses = {0x60}, .data = vcnl4040},
           Part{.name = "vcnl4200", .addresses = {0x51}, .data = vcnl4200});

} // namespace iio::vcnl4040
