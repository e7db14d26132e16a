// SPDX-License-Identifier: MIT
//
// TAOS (ams) TCS34721, TCS34723, TCS34725 and TCS34727: light in red, green and blue, and
// without a filter. I2C at 0x39 (TCS34721 and TCS34723) or 0x29. Datasheet: TAOS135.
//
// The part integrates all the time.
#include <iio/driver.hpp>
#include <utility>

namespace iio::tcs3472 {
namespace {

// Registers with the bit CMD of the command register; words with the one that moves on to
// the next register, too, and their low byte first.
enum : std::uint8_t {
    ENABLE = 0x80,
    AILT = 0xa4,
    AIHT = 0xa6,
    STATUS = 0x93,
    CDATA = 0xb4,
    RDATA = 0xb6,
    GDATA = 0xb8,
    BDATA = 0xba,
    CLEAR_INTERRUPT = 0xe6, // by itself: a special function
};
constexpr Field AIEN{ENABLE, 1 << 4};    // the clear light's interrupt
constexpr Field AEN_PON{ENABLE, 3 << 0}; // 3: on, and integrating
constexpr Field ATIME{0x81, 0xff};
constexpr Field APERS{0x8c, 0x0f};
constexpr Field AGAIN{0x8f, 3 << 0};
constexpr Field ID{0x92, 0xff};
constexpr Field AINT{STATUS, 1 << 4};
constexpr Field AVALID{STATUS, 1 << 0}; // an integration has ended

constexpr int us_per_step = 2400; // of ATIME
constexpr int steps = 256;
// Longer than any integration; EIO as in the kernel's driver.
constexpr Polls polls{.pause = 20ms, .most = 51, .error = EIO};

template <int... N> constexpr auto make_times(std::integer_sequence<int, N...>)
{
    return micros<(N + 1) * us_per_step...>;
}
constexpr auto times = make_times(std::make_integer_sequence<int, steps>{});
constexpr Choices integration_times{
    .values = times, .field = ATIME, .codes = codes_down_from(steps - 1)};
constexpr Choices gains{.values = ints<1, 4, 16, 60>, .field = AGAIN};
/// Integrations beyond a threshold until there is an event, by APERS.
constexpr std::array cycles{0, 1, 2, 3, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60};

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable, EventInfo::period),
};
constexpr Channel light(Modifier modifier, std::uint8_t data)
{
    return Channel::in(ChannelType::intensity)
        .modifier(modifier)
        .at(data)
        .direct_raw()
        .setting(Info::calibscale, gains, Shared::by_type, Shared::by_all)
        .unlisted(Info::integration_time, integration_times, Shared::by_type)
        .scan((data - CDATA) / 2, ScanType::of_unsigned(16, 16, 0, Endian::little));
}
constexpr Channel clear = light(Modifier::light_clear, CDATA).with_events(thresholds);
constexpr std::array channel_list{
    clear,
    light(Modifier::light_red, RDATA),
    light(Modifier::light_green, GDATA),
    light(Modifier::light_blue, BDATA),
    Channel::timestamp(4),
};
constexpr std::array attribute_list{
    DeviceAttribute::of("integration_time_available", ExtInfo::Access::read),
};
constexpr Layout layout{
    .format = {.order = Endian::little},
    .identity = {ID, {0x44, 0x4d}},
    .setup = {{APERS, 1}, {AIEN, 0}}, // as the kernel's driver
    .proof = {AEN_PON, 3},
    .power = {.on = {AEN_PON, 3}, .off = {AEN_PON, 0}, .always_on = true},
    .burst = {CDATA, 8},
};

class Tcs3472 : public RegisterDriver {
public:
    explicit Tcs3472(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    /// The part keeps its gain, integration time and thresholds.
    Result<void> probe()
    {
        remember(gains, clear, IIO_TRY(registers().get(AGAIN)));
        remember(integration_times, clear, steps - 1 - IIO_TRY(registers().get(ATIME)));
        return RegisterDriver::probe();
    }

    Result<void> await_sample() const override { return wait_until({AVALID, 1}, polls); }

    /// More values than the list of an element holds.
    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        for (int step = 1; step <= steps; ++step) {
            text += step == 1 ? "0." : " 0.";
            text += std::to_string(1'000'000 + step * us_per_step).substr(1);
        }
        text += "\n";
        return {};
    }

    Result<bool> read_event_config(const Channel &, Event) const { return bool{*watches_.lock()}; }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        const auto watches = watches_.lock();
        IIO_TRY(registers().set(AIEN, on));
        *watches = on;
        return {};
    }

    /// The period is that of so many integrations.
    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo info) const
    {
        if (info != EventInfo::period)
            return Int{IIO_TRY(read_sample(channel.at(threshold_of(event))))};
        const int us = cycles[IIO_TRY(registers().get(APERS))] * integration_us();
        return IntPlusMicro::of(us);
    }

    // kernel: Any number is taken for an event: of a threshold its low 16 bits, as a period the
    // next longer one or the longest.
    Result<void> write_event_value(const Channel &, Event event, EventInfo info,
                                   Written written) const
    {
        if (info != EventInfo::period)
            return registers().write_burst(threshold_of(event),
                                           little_endian_bytes<2>(written.integer));
        const std::int64_t us = written.millionths();
        unsigned code = 1;
        while (code + 1 < cycles.size() && std::int64_t{cycles[code]} * integration_us() < us)
            ++code;
        return registers().set(APERS, code);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (registers().get(AINT).value_or(0) == 0)
            return;
        // kernel: The code of an event tells neither the direction nor which intensity.
        if (*watches_.lock())
            host().push_event(
                event_code(clear, EventType::thresh, EventDirection::either, Modifier::none),
                timestamp_ns);
        (void)hardware().i2c()->write(std::array<std::uint8_t, 1>{CLEAR_INTERRUPT});
    }

private:
    static unsigned threshold_of(Event event)
    {
        return event.direction == EventDirection::rising ? AIHT : AILT;
    }
    int integration_us() const
    {
        return static_cast<int>(chosen(integration_times) + 1) * us_per_step;
    }

    Guarded<bool> watches_{false}; ///< the event is on
};

} // namespace

IIO_MODULE(tcs3472, Tcs3472,
           Part{.name = "tcs3472", .addresses = {0x29, 0x39}, .recognised = layout});

} // namespace iio::tcs3472
