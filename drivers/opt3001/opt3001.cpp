// SPDX-License-Identifier: MIT
//
// TI OPT3001: ambient light from 0.01 to 83865.6 lx, as a human eye sees it. I2C at 0x44 to
// 0x47. Datasheet: SBOS681B.
//
// A read starts a conversion. While an event is on the part converts all the time, and
// compares with the limits.
#include <iio/driver.hpp>

namespace iio::opt3001 {
namespace {

enum : std::uint8_t {
    RESULT = 0x00, // this and the limits: 0.01 lx times a number of 12 bits, times 2 to the 4 above
    CONFIGURATION = 0x01,
    LOW_LIMIT = 0x02,
    HIGH_LIMIT = 0x03,
};
constexpr Field RN{CONFIGURATION, 0xf << 12}; // the range; 12: the part finds it
constexpr Field CT{CONFIGURATION, 1 << 11};   // conversion time
constexpr Field M{CONFIGURATION, 3 << 9};     // mode
constexpr Field CRF{CONFIGURATION, 1 << 7};   // a conversion is ready
constexpr Field FH{CONFIGURATION, 1 << 6};    // the result was above the high limit
constexpr Field FL{CONFIGURATION, 1 << 5};    // the result was below the low limit
constexpr Field L{CONFIGURATION, 1 << 4};     // FH and FL stay until CONFIGURATION is read
constexpr Field POL{CONFIGURATION, 1 << 3};   // 1: the output is active high
constexpr Field DID{0x7f, 0xffff};            // Device ID
enum Mode : unsigned { shutdown, single_shot, continuous };

constexpr unsigned exponent_bits = 12;
constexpr int highest_number = 0xfff;
constexpr unsigned highest_exponent = 11;

constexpr Choices integration_times{.values = micros<100'000, 800'000>};
/// The conversion at its slowest, and 10 ms in which the part finds the range.
constexpr std::array<std::chrono::milliseconds, 2> waits{120ms, 890ms};

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value, EventInfo::enable),
};
constexpr std::array channel_list{
    Channel::in(ChannelType::illuminance)
        .separate(Info::processed)
        .unlisted(Info::integration_time, integration_times, Shared::separate)
        .with_events(thresholds),
    Channel::timestamp(1),
};
constexpr std::array attribute_list{
    DeviceAttribute::constant("integration_time_available", "0.1 0.8\n"),
};
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .identity = {DID, {0x3001}},
};

constexpr Value to_lux(unsigned word)
{
    const int hundredths = static_cast<int>((word & highest_number) << (word >> exponent_bits));
    return IntPlusMicro{hundredths / 100, hundredths % 100 * 10'000};
}

/// With the smallest exponent. Errors: EINVAL: it is negative, or more than a word holds.
Result<unsigned> to_word(Written lux)
{
    const std::int64_t micro = lux.millionths();
    unsigned exponent = 0;
    while (exponent <= highest_exponent && micro > std::int64_t{highest_number} * 10'000
                                                       << exponent)
        ++exponent;
    if (micro < 0 || exponent > highest_exponent)
        return fail(EINVAL);
    return exponent << exponent_bits | static_cast<unsigned>(micro / 10'000 >> exponent);
}

class Opt3001 : public RegisterDriver {
public:
    explicit Opt3001(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list},
          active_high_{hardware.interrupt_edge() == Edge::rising}
    {
    }

    /// The part keeps its conversion time.
    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        remember(integration_times, channel_list.front(), IIO_TRY(registers().get(CT)));
        return configure(shutdown);
    }

    /// Errors: EBUSY: an event is on, as in the kernel's driver.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const auto watches = watches_.lock();
        if (watches->any())
            return fail(EBUSY);
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        IIO_TRY(configure(single_shot));
        hardware().delay(waits[chosen(integration_times)]);
        if (IIO_TRY(registers().get(CRF)) == 0)
            return fail(ETIMEDOUT);
        return to_lux(IIO_TRY(registers().read(RESULT)));
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto watches = watches_.lock();
        if (watches->any())
            return fail(EBUSY);
        IIO_TRY(RegisterDriver::write_raw(channel, info, written));
        return configure(shutdown);
    }

    Result<bool> read_event_config(const Channel &, Event event) const
    {
        const auto watches = watches_.lock();
        return event.direction == EventDirection::rising ? watches->rising : watches->falling;
    }
    Result<void> write_event_config(const Channel &, Event event, bool on) const
    {
        const auto watches = watches_.lock();
        Watches wanted = *watches;
        (event.direction == EventDirection::rising ? wanted.rising : wanted.falling) = on;
        IIO_TRY(configure(wanted.any() ? continuous : shutdown));
        *watches = wanted;
        return {};
    }

    Result<Value> read_event_value(const Channel &, Event event, EventInfo) const
    {
        return to_lux(IIO_TRY(registers().read(limit_of(event))));
    }
    Result<void> write_event_value(const Channel &, Event event, EventInfo, Written written) const
    {
        return registers().write(limit_of(event), IIO_TRY(to_word(written)));
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto watches = watches_.lock();
        if (!watches->any()) // reading the flags would clear CRF, too
            return;
        const unsigned flags = registers().read(CONFIGURATION).value_or(0);
        const auto push = [&](EventDirection direction) {
            host().push_event(channel_list.front(), EventType::thresh, direction, timestamp_ns);
        };
        if (watches->rising && FH.extract(flags))
            push(EventDirection::rising);
        if (watches->falling && FL.extract(flags))
            push(EventDirection::falling);
    }

private:
    /// The events that are on.
    struct Watches {
        bool rising = false;
        bool falling = false;
        [[nodiscard]] bool any() const { return rising || falling; }
    };

    static unsigned limit_of(Event event)
    {
        return event.direction == EventDirection::rising ? HIGH_LIMIT : LOW_LIMIT;
    }
    /// Writes all of the register: the part changes the mode itself.
    Result<void> configure(Mode mode) const
    {
        return registers().write(CONFIGURATION, RN.place(12) | CT.place(chosen(integration_times)) |
                                                    M.place(mode) | L.place(1) |
                                                    POL.place(active_high_));
    }

    const bool active_high_;
    Guarded<Watches> watches_; ///< held while a conversion runs
};

} // namespace

IIO_MODULE(opt3001, Opt3001,
           Part{.name = "opt3001", .addresses = {0x44, 0x45, 0x46, 0x47}, .recognised = layout});

} // namespace iio::opt3001
