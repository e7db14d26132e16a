// SPDX-License-Identifier: MIT
//
// Maxim MAX44009: ambient light from 0.045 to 188,000 lx. I2C at 0x4a or 0x4b, by the pin A0.
// Datasheet: 19-5719.
//
// The part measures all the time, and finds its range by itself.
#include <iio/driver.hpp>

namespace iio::max44009 {
namespace {

enum : std::uint8_t {
    LUX_HIGH_BYTE = 0x03,   // exponent, and the mantissa's high 4 bits
    LUX_LOW_BYTE = 0x04,    // its low 4 bits
    UPPER_THRESHOLD = 0x05, // as the high byte; the low bits count as 15
    LOWER_THRESHOLD = 0x06, // the same; as 0
    THRESHOLD_TIMER = 0x07, // in 100 ms
};
constexpr Field INTS{0x00, 1 << 0};   // a threshold was crossed; a read clears it
constexpr Field INTE{0x01, 1 << 0};   // the interrupt output
constexpr Field MANUAL{0x02, 1 << 6}; // the integration time is set, not found
constexpr Field TIM{0x02, 7 << 0};    // 800 ms, and its halves

constexpr std::int64_t nanolux_per_step = 45'000'000;
constexpr int most_lux = 188'006;
constexpr int longest_nanoseconds = 800'000'000;

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value, EventInfo::enable),
};
constexpr Channel illuminance = Channel::in(ChannelType::illuminance)
                                    .separate(Info::processed, Info::integration_time)
                                    .with_events(thresholds);
constexpr std::array channel_list{illuminance};
constexpr std::array attribute_list{
    // kernel: The name of the list `illuminance_integration_time_available` lacks `in_`.
    DeviceAttribute::constant("illuminance_integration_time_available",
                              "0.8 0.4 0.2 0.1 0.05 0.025 0.0125 0.00625\n"),
};
constexpr Layout layout{};

constexpr Value to_lux(unsigned exponent, unsigned mantissa)
{
    constexpr std::int64_t billion = 1'000'000'000;
    const auto nanolux = (std::int64_t{mantissa} << exponent) * nanolux_per_step;
    return IntPlusNano{static_cast<int>(nanolux / billion), static_cast<int>(nanolux % billion)};
}

class Max44009 : public RegisterDriver {
public:
    explicit Max44009(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    /// It keeps what it holds; it has to answer.
    Result<void> probe()
    {
        IIO_TRY(registers().get(TIM));
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::processed)
            return read_lux();
        if (info != Info::integration_time)
            return RegisterDriver::read_raw(channel, info);
        return IntPlusNano{0, longest_nanoseconds >> IIO_TRY(registers().get(TIM))};
    }

    WriteFormat write_format(const Channel &, Info) const { return WriteFormat::plus_nano; }
    /// kernel: Any integration time that is written becomes the longest.
    Result<void> write_raw(const Channel &, Info info, Written) const
    {
        if (info != Info::integration_time)
            return fail(EINVAL);
        return registers().set(std::array{FieldValue{MANUAL, 1}, FieldValue{TIM, 0}});
    }

    // Both thresholds have one interrupt.
    Result<bool> read_event_config(const Channel &, Event) const
    {
        return IIO_TRY(registers().get(INTE)) != 0;
    }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        IIO_TRY(registers().write(THRESHOLD_TIMER, 0));
        return registers().poke(INTE.reg, INTE.place(on));
    }

    Result<Value> read_event_value(const Channel &, Event event, EventInfo) const
    {
        const unsigned byte = IIO_TRY(registers().read(threshold_of(event)));
        const unsigned low_bits = event.direction == EventDirection::rising ? 0xf : 0;
        return to_lux(byte >> 4, (byte & 0xf) << 4 | low_bits);
    }
    /// kernel: What stands behind the point of a written threshold does not count.
    Result<void> write_event_value(const Channel &, Event event, EventInfo, Written written) const
    {
        const bool is_zero = written.integer == 0 && written.fraction <= 0;
        if (written.integer < 0 || is_zero || written.integer > most_lux)
            return fail(EINVAL);
        auto mantissa = static_cast<unsigned>(written.integer) * 1000U / 45U;
        unsigned exponent = 0;
        for (; mantissa > 0xff; mantissa >>= 1)
            ++exponent;
        return registers().write(threshold_of(event), exponent << 4 | mantissa >> 4);
    }

    /// kernel: The code of an event does not tell which threshold was crossed.
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (registers().get(INTS).value_or(0) != 0)
            host().push_event(illuminance, EventType::thresh, EventDirection::either, timestamp_ns);
    }

private:
    static unsigned threshold_of(Event event)
    {
        return event.direction == EventDirection::rising ? UPPER_THRESHOLD : LOWER_THRESHOLD;
    }
    /// The part does not change the bytes between: one transaction ("Register and bit
    /// descriptions"). It does not move on to the next register by itself.
    Result<Value> read_lux() const
    {
        constexpr std::array<std::uint8_t, 1> high_byte{LUX_HIGH_BYTE};
        constexpr std::array<std::uint8_t, 1> low_byte{LUX_LOW_BYTE};
        std::array<std::uint8_t, 1> high{};
        std::array<std::uint8_t, 1> low{};
        IIO_TRY(hardware().i2c()->transfer(
            std::array{I2cMessage::write(high_byte), I2cMessage::read(high),
                       I2cMessage::write(low_byte), I2cMessage::read(low)}));
        return to_lux(high.front() >> 4, (high.front() & 0xfU) << 4 | (low.front() & 0xfU));
    }
};

} // namespace

IIO_MODULE(max44009, Max44009, Part{.name = "max44009", .addresses = {0x4a, 0x4b}});

} // namespace iio::max44009
