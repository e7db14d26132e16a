// SPDX-License-Identifier: MIT
//
// TAOS (ams) TSL2560 to TSL2563: ambient light, by a diode for visible and infrared light
// and one for infrared only. I2C at 0x29, 0x39 and 0x49. Datasheets: TAOS059N (TSL2560,
// TSL2561), TAOS066K (TSL2562, TSL2563).
//
// The part integrates all the time while it has power. The driver chooses how long and with
// which gain, by what it reads; clients get counts of the most sensitive level.
#include <iio/driver.hpp>

namespace iio::tsl2563 {
namespace {

// Registers with the bit CMD of the command register; words have their low byte first.
enum : std::uint8_t {
    TIMING = 0x81,
    THRESHLOWLOW = 0x82,
    THRESHHIGHLOW = 0x84,
    INTERRUPT = 0x86,
    DATA0LOW = 0x8c, // visible and infrared light
    DATA1LOW = 0x8e, // infrared light
    CLEAR = 0xc0,    // by itself, CMD and CLEAR: the interrupt is over
};
constexpr Field POWER{0x80, 3 << 0}; // 3: on
constexpr Field GAIN_INTEG{TIMING, 0x13};
constexpr Field LEVEL_INTERRUPT{INTERRUPT, 1 << 4}; // INTR
constexpr Field PERSIST{INTERRUPT, 0x0f};           // integrations beyond a threshold
constexpr Field ID{0x8a, 0xff};

/// A gain and an integration time.
struct Level {
    unsigned timing; ///< GAIN_INTEG
    std::chrono::milliseconds time;
    int shift; ///< to counts of the first level
    int least; ///< counts below which the level before this one is better
    int most;  ///< counts that tell of saturation
};
/// kernel: Counts of 101 ms and 13.7 ms are taken as a quarter and a 32nd of those of 402 ms; the
/// datasheet has 81/322 and 11/322.
constexpr std::array levels{
    Level{0x12, 402ms, 0, 0, 0xffff},
    Level{0x02, 402ms, 4, 2000, 0xffff},
    Level{0x01, 101ms, 6, 8000, 37177},
    Level{0x00, 14ms, 9, 2500, 5047},
};

/// The light in lux is (visible * both - infrared * ir) / 2^14 where infrared / both is at
/// most this ratio. kernel: `in_illuminance0_input` has the CS package's factors for all parts, cut
/// to four digits.
struct Segment {
    int ratio; ///< times 2^14
    int visible;
    int infrared;
};
constexpr int of_ten_thousand(int number) { return (number << 14) / 10'000; }
constexpr Segment segment(int ratio, int visible, int infrared)
{
    return {of_ten_thousand(ratio), of_ten_thousand(visible), of_ten_thousand(infrared)};
}
constexpr std::array segments{
    segment(1300, 315, 262), segment(2600, 337, 430), segment(3900, 363, 529),
    segment(5200, 392, 605), segment(6500, 229, 291), segment(8000, 157, 180),
    segment(13000, 34, 26),
};

/// A factor in units of 1/1024, from thousandths and back.
/// kernel: Any number is taken as `calibscale`, and computed in 32 bits.
constexpr std::uint32_t to_factor(int thousandths)
{
    return (static_cast<std::uint32_t>(thousandths) << 10) / 1000;
}
constexpr int to_thousandths(std::uint32_t factor)
{
    return static_cast<int>((std::uint64_t{factor} * 1000 + 512) >> 10);
}

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value, EventInfo::enable),
};
constexpr Channel diode(Modifier modifier, std::uint8_t data)
{
    return Channel::in(ChannelType::intensity)
        .modifier(modifier)
        .at(data)
        .sample(ScanType::of_unsigned(16, 16, 0, Endian::little))
        .separate(Info::raw, Info::calibscale);
}
constexpr Channel both_light = diode(Modifier::light_both, DATA0LOW).with_events(thresholds);
constexpr Channel infrared = diode(Modifier::light_ir, DATA1LOW);
constexpr std::array channel_list{
    Channel::in(ChannelType::illuminance, 0).separate(Info::processed),
    both_light,
    infrared,
};
constexpr Layout layout{
    .format = {.order = Endian::little},
    .identity = {ID, {}},
    .setup = {{POWER, 3},
              {GAIN_INTEG, levels.front().timing},
              {PERSIST, 4}, // as the kernel's driver
              {LEVEL_INTERRUPT, 0}},
    .proof = {PERSIST, 4}, // 0 after a reset
    .power = {.on = {POWER, 3}, .off = {POWER, 0}, .settles = 402ms, .idle = 5s},
};

class Tsl2563 : public RegisterDriver {
public:
    explicit Tsl2563(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        IIO_TRY(write_threshold(THRESHHIGHLOW, 0xffff));
        return write_threshold(THRESHLOWLOW, 0);
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const bool is_ir = channel.address == infrared.address;
        if (info == Info::calibscale)
            return Int{to_thousandths((*factors_.lock())[is_ir])};
        const Light light = IIO_TRY(measure());
        return Int{info == Info::processed ? lux_of(light) : is_ir ? light.ir : light.both};
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::calibscale)
            return fail(EINVAL);
        const bool is_ir = channel.address == infrared.address;
        (*factors_.lock())[is_ir] = to_factor(written.integer);
        return {};
    }

    /// Both directions are one interrupt.
    Result<bool> read_event_config(const Channel &, Event) const { return bool{*watch_.lock()}; }

    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        const auto watch = watch_.lock();
        if (on == bool{*watch})
            return {};
        Power::Use use;
        if (on)
            use = IIO_TRY(power().use());
        IIO_TRY(registers().set(LEVEL_INTERRUPT, on));
        std::swap(*watch, use);
        return use ? use.end() : Result<void>{};
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo) const
    {
        return Int{IIO_TRY(read_sample(channel.at(threshold_of(event))))};
    }
    // kernel: Of a written event threshold the low 16 bits are taken, and compared with counts of
    // the level in use, not with what is shown.
    Result<void> write_event_value(const Channel &, Event event, EventInfo, Written written) const
    {
        return write_threshold(threshold_of(event), written.integer);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (!*watch_.lock())
            return;
        // kernel: The code of an event tells neither the direction nor which intensity.
        host().push_event(
            event_code(both_light, EventType::thresh, EventDirection::either, Modifier::none),
            timestamp_ns);
        (void)hardware().i2c()->write(std::array<std::uint8_t, 1>{CLEAR});
    }

private:
    /// Counts of the first level.
    struct Light {
        int both;
        int ir;
    };

    /// Changes the level as often as there are levels, at most.
    Result<Light> measure() const
    {
        const auto level = level_.lock();
        const auto awake = IIO_TRY(power().use());
        for (std::size_t changes = 0;; ++changes) {
            const auto &[timing, time, shift, least, most] = levels[*level];
            const int both = IIO_TRY(read_sample(both_light));
            const int ir = IIO_TRY(read_sample(infrared));
            const bool saturated = both >= most && *level + 1 < levels.size();
            const bool weak = both < least;
            if (changes == levels.size() || (!saturated && !weak))
                return Light{both << shift, ir << shift};
            const std::size_t better = saturated ? *level + 1 : *level - 1;
            IIO_TRY(registers().set(GAIN_INTEG, levels[better].timing));
            *level = better;
            hardware().delay(levels[better].time);
        }
    }

    int lux_of(const Light &light) const
    {
        const auto factors = factors_.lock();
        const std::int64_t both = std::int64_t{light.both} * (*factors)[0] >> 10;
        const std::int64_t ir = std::int64_t{light.ir} * (*factors)[1] >> 10;
        for (const auto &[ratio, visible, infrared_part] : segments) {
            if (ir << 14 <= both * ratio)
                return static_cast<int>((both * visible - ir * infrared_part) >> 14);
        }
        return 0;
    }

    static unsigned threshold_of(Event event)
    {
        return event.direction == EventDirection::rising ? THRESHHIGHLOW : THRESHLOWLOW;
    }
    Result<void> write_threshold(unsigned reg, int counts) const
    {
        return registers().write_burst(reg, little_endian_bytes<2>(counts));
    }

    Guarded<std::size_t> level_{0U}; ///< held while measuring
    Guarded<std::array<std::uint32_t, 2>> factors_{
        std::array<std::uint32_t, 2>{to_factor(1000), to_factor(1000)}};
    Guarded<Power::Use> watch_; ///< keeps the part awake for events
};

constexpr Part make_part(std::string_view name)
{
    // The four bits of PARTNO are too few: parts that have no such register hold them by chance.
    return {.name = name, .addresses = {0x29, 0x39, 0x49}};
}

} // namespace

IIO_MODULE(tsl2563, Tsl2563, make_part("tsl2560"), make_part("tsl2561"), make_part("tsl2562"),
           make_part("tsl2563"));

} // namespace iio::tsl2563
