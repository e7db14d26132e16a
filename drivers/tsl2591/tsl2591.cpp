// SPDX-License-Identifier: MIT
//
// ams TSL2591: visible and infrared light, and infrared alone, 16 bits each. I2C at 0x29.
// Datasheet: TSL2591 v2-01.
//
// The part integrates all the time.
#include <algorithm>
#include <iio/driver.hpp>
#include <utility>

namespace iio::tsl2591 {
namespace {

// Numbers of registers are commands, with the two highest bits set so.
enum : std::uint8_t {
    AILTL = 0xa4, // thresholds, low byte first
    AIHTL = 0xa6,
    C0DATAL = 0xb4,
    CLEAR_INTERRUPTS = 0xe7, // a special function
};
constexpr Field PON_AEN{0xa0, 3 << 0}; // ENABLE
constexpr Field AIEN{0xa0, 1 << 4};
constexpr Field AGAIN{0xa1, 3 << 4}; // CONTROL
constexpr Field ATIME{0xa1, 7 << 0};
constexpr Field APERS{0xac, 0xf << 0}; // PERSIST; integrations beyond a threshold
constexpr Field ID{0xb2, 0xff};
constexpr Field AVALID{0xb3, 1 << 0}; // STATUS

constexpr int time_step_ms = 100;
constexpr Polls polls{.pause = 120ms, .most = 6, .error = ETIMEDOUT};

constexpr Choices gains{.values = ints<1, 25, 428, 9876>, .field = AGAIN, .initial = 1};
constexpr Choices times{.values = ints<1, 2, 3, 4, 5, 6>, .field = ATIME, .initial = 2}; // 100 ms

/// By the code of APERS, from 1 on.
constexpr std::array persistences{1, 2, 3, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60};
constexpr unsigned initial_low = 100;
constexpr unsigned initial_high = 1500;
constexpr int lux_coefficient = 408;

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable, EventInfo::period),
};
constexpr Channel set_up(const Channel &channel)
{
    return channel.setting(Info::calibscale, gains, Shared::by_all)
        .setting(Info::integration_time, times, Shared::by_all);
}
constexpr Channel infrared =
    set_up(Channel::in(ChannelType::intensity).modifier(Modifier::light_ir)).separate(Info::raw);
constexpr Channel both =
    set_up(Channel::in(ChannelType::intensity).modifier(Modifier::light_both)).separate(Info::raw);
constexpr Channel illuminance =
    set_up(Channel::in(ChannelType::illuminance)).separate(Info::processed);
constexpr std::array channel_list{infrared, both, illuminance};
constexpr std::array channels_with_events{infrared, both.with_events(thresholds), illuminance};
constexpr std::array attribute_list{
    DeviceAttribute::of("tsl2591_in_illuminance_period_available", ExtInfo::Access::read, 0,
                        DeviceAttribute::Group::events),
};
constexpr Layout layout{
    .identity = {ID, {0x50}},
    .setup = {{APERS, 1}},
    .proof = {PON_AEN, 3}, // 0 after a reset
    .power = {.on = {PON_AEN, 3}, .off = {PON_AEN, 0}, .always_on = true},
};
struct Counts {
    LeU16 both, infrared;
};

class Tsl2591 : public RegisterDriver {
public:
    explicit Tsl2591(const Hardware &hardware)
        : RegisterDriver{hardware, layout,
                         hardware.interrupt() ? ChannelTable{channels_with_events}
                                              : ChannelTable{channel_list},
                         hardware.interrupt() ? std::span<const DeviceAttribute>{attribute_list}
                                              : std::span<const DeviceAttribute>{}}
    {
    }

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        IIO_TRY(registers().set(AIEN, 0));
        IIO_TRY(write_threshold(AILTL, initial_low));
        IIO_TRY(write_threshold(AIHTL, initial_high));
        return registers().write_burst(CLEAR_INTERRUPTS, {});
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw && info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const auto counts = IIO_TRY(measure());
        if (info == Info::processed)
            return to_lux(counts.both, counts.infrared);
        return Int{channel.channel_modifier() == Modifier::light_ir ? counts.infrared
                                                                    : counts.both};
    }

    Result<bool> read_event_config(const Channel &, Event) const
    {
        return IIO_TRY(registers().get(AIEN)) != 0;
    }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        return registers().set(AIEN, on);
    }

    Result<Value> read_event_value(const Channel &, Event event, EventInfo info) const
    {
        if (info != EventInfo::period)
            return Int{IIO_TRY(registers().burst<LeU16>(threshold_of(event)))};
        const unsigned code = IIO_TRY(registers().get(APERS));
        const int ms = code == 0 ? 0 : persistences[code - 1] * integration_ms();
        return IntPlusMicro{ms / 1000, ms % 1000 * 1000};
    }
    /// The period is cut to integrations. Errors: EINVAL: the part cannot wait for so many.
    Result<void> write_event_value(const Channel &, Event event, EventInfo info,
                                   Written written) const
    {
        if (info != EventInfo::period) {
            const int threshold = IIO_TRY(written.within(0, 0xffff));
            return write_threshold(threshold_of(event), static_cast<unsigned>(threshold));
        }
        const std::int64_t ms = std::int64_t{written.integer} * 1000 + written.fraction / 1000;
        const auto found = std::ranges::find(persistences, ms / integration_ms());
        if (found == persistences.end())
            return fail(EINVAL);
        return registers().set(APERS, static_cast<unsigned>(found - persistences.begin()) + 1);
    }

    // kernel: The period of 15 integrations can be set and is not listed.
    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        bool is_first = true;
        for (const int integrations : persistences) {
            if (integrations == 15)
                continue;
            const int ms = integrations * integration_ms();
            text += std::exchange(is_first, false) ? "" : " ";
            text += static_cast<long long>(ms / 1000);
            text += ".";
            text += static_cast<long long>(ms % 1000 / 100);
        }
        text += "\n";
        return {};
    }

    /// kernel: The code of an event does not tell which threshold was crossed.
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (registers().get(AIEN).value_or(0) != 0)
            host().push_event(both, EventType::thresh, EventDirection::either, timestamp_ns);
        (void)registers().write_burst(CLEAR_INTERRUPTS, {});
    }

private:
    int integration_ms() const { return std::get<Int>(value_of(times)).value * time_step_ms; }
    static unsigned threshold_of(Event event)
    {
        return event.direction == EventDirection::rising ? AIHTL : AILTL;
    }
    Result<void> write_threshold(unsigned reg, unsigned counts) const
    {
        return registers().write_burst(reg, little_endian_bytes<2>(counts));
    }

    /// Errors: ETIMEDOUT: the part does not end an integration.
    Result<Counts> measure() const
    {
        IIO_TRY(wait_until({AVALID, 1}, polls));
        return registers().burst<Counts>(C0DATAL);
    }

    /// kernel: The counts for a lux are cut to a whole number, so that `in_illuminance_input` is
    /// too high; where that is 0, they are not cut.
    Value to_lux(std::int64_t channel0, std::int64_t channel1) const
    {
        const std::int64_t sensitivity =
            std::int64_t{integration_ms()} * std::get<Int>(value_of(gains)).value;
        const std::int64_t counts_per_lux = sensitivity / lux_coefficient;
        if (channel0 == 0)
            return IntPlusMicro{0, 0};
        const std::int64_t visible = channel0 - channel1;
        const std::int64_t weighed = visible * (1000 - channel1 * 1000 / channel0);
        const std::int64_t millilux =
            counts_per_lux > 0 ? weighed / counts_per_lux : weighed * lux_coefficient / sensitivity;
        return IntPlusMicro{static_cast<int>(millilux / 1000),
                            static_cast<int>(millilux % 1000) * 1000};
    }
};

} // namespace

IIO_MODULE(tsl2591, Tsl2591, Part{.name = "tsl2591", .addresses = {0x29}, .recognised = layout});

} // namespace iio::tsl2591
