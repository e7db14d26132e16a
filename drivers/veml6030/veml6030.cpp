// SPDX-License-Identifier: MIT
//
// Vishay VEML6030: ambient light, as a human eye sees it and as the silicon does. I2C at 0x10
// or 0x48. Datasheet: 84366.
//
// The part measures all the time, about once a second: it saves power.
#include <iio/driver.hpp>

namespace iio::veml6030 {
namespace {

enum : std::uint8_t {
    ALS_CONF = 0x00,
    ALS_WH = 0x01, // thresholds in counts
    ALS_WL = 0x02,
    POWER_SAVING = 0x03,
    ALS = 0x04,
    WHITE = 0x05,
    ALS_INT = 0x06, // a read ends the interrupt
};
constexpr Field ALS_GAIN{ALS_CONF, 3 << 11};
constexpr Field ALS_IT{ALS_CONF, 0xf << 6};
constexpr Field ALS_PERS{ALS_CONF, 3 << 4}; // measurements beyond a threshold
constexpr Field ALS_INT_EN{ALS_CONF, 1 << 1};
constexpr Field ALS_SD{ALS_CONF, 1 << 0}; // 1: the part sleeps
constexpr Field PSM{POWER_SAVING, 3 << 1};
constexpr Field PSM_EN{POWER_SAVING, 1 << 0};
constexpr Field INT_TH_LOW{ALS_INT, 1 << 15};
constexpr Field INT_TH_HIGH{ALS_INT, 1 << 14};

/// From waking up to the first result: the oscillator's start and an integration of 100 ms.
constexpr auto first_result = 103ms;
constexpr int pause_us = 1'000'000; // between measurements, with PSM 1

// kernel: The gain is shown as a scale, by which counts are not to be multiplied.
constexpr Choices gains{.values = micros<125'000, 250'000, 1'000'000, 2'000'000>,
                        .field = ALS_GAIN,
                        .codes = {2, 3, 0, 1}};
constexpr Choices times{.values = micros<25'000, 50'000, 100'000, 200'000, 400'000, 800'000>,
                        .field = ALS_IT,
                        .codes = {12, 8, 0, 1, 2, 3},
                        .initial = 2};
/// 1/10000 lx for a count with the highest gain and the longest time, and how many times that
/// is with the others.
constexpr int finest_resolution = 42;
// kernel: With the gains 1 and 2 a count is twice what the datasheet has.
constexpr std::array gain_factors{16, 8, 4, 2};
constexpr std::array time_factors{32, 16, 8, 4, 2, 1};

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable, EventInfo::period),
};
constexpr auto counts = ScanType::of_unsigned(16, 16, 0, Endian::little);
constexpr Channel illuminance = Channel::in(ChannelType::illuminance)
                                    .at(ALS)
                                    .sample(counts)
                                    .separate(Info::raw, Info::processed)
                                    .unlisted(Info::integration_time, times, Shared::separate)
                                    .unlisted(Info::scale, gains, Shared::separate)
                                    .with_events(thresholds);
constexpr std::array channel_list{
    illuminance,
    Channel::in(ChannelType::intensity)
        .modifier(Modifier::light_both)
        .at(WHITE)
        .sample(counts)
        .separate(Info::raw, Info::processed),
};
constexpr std::array attribute_list{
    DeviceAttribute::constant("in_illuminance_integration_time_available",
                              "0.025 0.05 0.1 0.2 0.4 0.8\n"),
    DeviceAttribute::constant("in_illuminance_scale_available", "0.125 0.25 1.0 2.0\n"),
};
constexpr Layout layout{
    .format = {.word_bytes = 2, .order = Endian::little},
    .setup = {{ALS_SD, 1},
              {ALS_INT_EN, 0},
              {PSM, 1},
              {PSM_EN, 1},
              {{ALS_WH, 0xffff}, 0xffff},
              {{ALS_WL, 0xffff}, 0}},
    .proof = {PSM_EN, 1}, // 0 after a reset
    .power = {.on = {ALS_SD, 0}, .off = {ALS_SD, 1}, .always_on = true, .settles = first_result},
};

class Veml6030 : public RegisterDriver {
public:
    explicit Veml6030(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const int resolution =
            finest_resolution * gain_factors[chosen(gains)] * time_factors[chosen(times)];
        const int light = IIO_TRY(read_sample(channel)) * resolution;
        // kernel: What stands behind the point of `in_intensity_input` is a hundred times too
        // small.
        return IntPlusMicro{light / 10'000, light % 10'000 * (channel.address == ALS ? 100 : 1)};
    }

    // kernel: Without an interrupt line the files of the events are there, and EINVAL.
    Result<bool> read_event_config(const Channel &, Event) const
    {
        if (!hardware().interrupt())
            return fail(EINVAL);
        return IIO_TRY(registers().get(ALS_INT_EN)) != 0;
    }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        return hardware().interrupt() ? registers().set(ALS_INT_EN, on) : fail(EINVAL);
    }

    /// The period is that of so many measurements.
    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo info) const
    {
        if (!hardware().interrupt())
            return fail(EINVAL);
        if (info != EventInfo::period)
            return Int{IIO_TRY(read_sample(channel.at(threshold_of(event))))};
        const int us = period_us(IIO_TRY(registers().get(ALS_PERS)));
        return IntPlusMicro::of(us);
    }

    Result<void> write_event_value(const Channel &, Event event, EventInfo info,
                                   Written written) const
    {
        if (!hardware().interrupt() || written.integer < 0 || written.integer > 0xffff)
            return fail(EINVAL);
        if (info != EventInfo::period)
            return registers().write(threshold_of(event), static_cast<unsigned>(written.integer));
        for (unsigned code = 0; code < 4; ++code) {
            if (period_us(code) == written.millionths())
                return registers().set(ALS_PERS, code);
        }
        return fail(EINVAL);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const unsigned flags = registers().read(ALS_INT).value_or(0);
        const auto push = [&](EventDirection direction) {
            host().push_event(illuminance, EventType::thresh, direction, timestamp_ns);
        };
        if (INT_TH_HIGH.extract(flags))
            push(EventDirection::rising);
        if (INT_TH_LOW.extract(flags))
            push(EventDirection::falling);
    }

private:
    static unsigned threshold_of(Event event)
    {
        return event.direction == EventDirection::rising ? ALS_WH : ALS_WL;
    }
    /// Of 1, 2, 4 or 8 measurements.
    int period_us(unsigned persistence) const
    {
        return (std::get<IntPlusMicro>(value_of(times)).micro + pause_us) << persistence;
    }
};

} // namespace

IIO_MODULE(veml6030, Veml6030, Part{.name = "veml6030", .addresses = {0x10, 0x48}});

} // namespace iio::veml6030
