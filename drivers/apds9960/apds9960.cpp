// SPDX-License-Identifier: MIT
//
// Avago (Broadcom) APDS-9960: proximity, ambient light, colour and gestures.
// I2C at 0x39. Datasheet: AV02-4191EN (2015-11-13).
//
// Light and proximity are measured all the time while the part is used. The
// buffer is of gestures: datasets of four photodiodes, which the part collects in
// a FIFO while something is near.
#include <algorithm>
#include <atomic>
#include <iio/driver.hpp>

namespace iio::apds9960 {
namespace {

enum : std::uint8_t { ENABLE = 0x80, STATUS = 0x93 };
// Light: thresholds and data, words with the low byte first.
enum : std::uint8_t { AILTL = 0x84, AIHTL = 0x86 };
enum : std::uint8_t { CDATAL = 0x94, RDATAL = 0x96, GDATAL = 0x98, BDATAL = 0x9a };
// Proximity: thresholds, data, offsets (POFFSET_UR, then POFFSET_DL).
enum : std::uint8_t { PILT = 0x89, PIHT = 0x8b, PDATA = 0x9c, POFFSET_UR = 0x9d };
// Gestures: offsets and the FIFO. GFIFO_U is followed by _D, _L and _R, and by the next dataset in
// the same read.
enum : std::uint8_t { GOFFSET_U = 0xa4, GOFFSET_D = 0xa5, GOFFSET_L = 0xa7, GOFFSET_R = 0xa9 };
enum : std::uint8_t { GFLVL = 0xae, GFIFO_U = 0xfc };
constexpr Field ATIME{0x81, 0xff};
constexpr Field PON{ENABLE, 1 << 0};
constexpr Field AIEN{ENABLE, 1 << 4}; // interrupt of light, PIEN: of proximity
constexpr Field PIEN{ENABLE, 1 << 5};
constexpr Field GEN{ENABLE, 1 << 6}; // gestures
constexpr Field ID{0x92, 0xff};
constexpr Field PERS{0x8c, 0xff};
constexpr Field AGAIN{0x8f, 3 << 0}; // CONTROL
constexpr Field PGAIN{0x8f, 3 << 2};
constexpr Field GINT{STATUS, 1 << 2};
constexpr Field AINT{STATUS, 1 << 4};
constexpr Field PINT{STATUS, 1 << 5};
constexpr Field GPENTH{0xa0, 0xff};
constexpr Field GEXTH{0xa1, 0xff};
constexpr Field GCONF1{0xa2, 0xff};
constexpr Field GGAIN{0xa3, 3 << 5};
constexpr Field GIEN{0xab, 1 << 1};
constexpr Field PICLEAR{0xe5, 0xff};
constexpr Field CICLEAR{0xe6, 0xff};

constexpr unsigned fifo_datasets = 32;
/// From PON to the first integration: 5.7 ms of start-up and a proximity cycle.
constexpr auto start_up_time = 10ms;

// Light is measured for (256 - ATIME) * 2.78 ms, which clients see rounded.
constexpr Choices integration_times{.values = micros<28'000, 100'000, 200'000, 700'000>,
                                    .field = ATIME,
                                    .codes = {0xf6, 0xdb, 0xb6, 0x00}};
constexpr Choices intensity_gains{.values = ints<1, 4, 16, 64>, .field = AGAIN};
constexpr Choices proximity_gains{.values = ints<1, 2, 4, 8>, .field = PGAIN};

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable)};
// The address of a channel of proximity is that of its offset, of the others that of their data.
constexpr Channel proximity = Channel::in(ChannelType::proximity)
                                  .at(POFFSET_UR)
                                  .sample(ScanType::of_unsigned(8, 8))
                                  .separate(Info::raw, Info::calibbias)
                                  .unlisted(Info::scale, proximity_gains, Shared::separate)
                                  .with_events(thresholds);
constexpr Channel color(Modifier modifier, std::uint8_t data)
{
    return Channel::in(ChannelType::intensity)
        .modifier(modifier)
        .at(data)
        .sample(ScanType::of_unsigned(16, 16, 0, Endian::little))
        .separate(Info::raw)
        .unlisted(Info::scale, intensity_gains, Shared::by_type)
        .unlisted(Info::integration_time, integration_times, Shared::by_type);
}
constexpr Channel clear = color(Modifier::light_clear, CDATAL).with_events(thresholds);
constexpr Channel photodiode(int index, std::uint8_t offset)
{
    return Channel::in(ChannelType::proximity, index + 1)
        .at(offset)
        .separate(Info::calibbias)
        .scan(index, ScanType::of_unsigned(8, 8));
}
/// In the FIFO's order: up, down, left, right.
constexpr std::array photodiodes{photodiode(0, GOFFSET_U), photodiode(1, GOFFSET_D),
                                 photodiode(2, GOFFSET_L), photodiode(3, GOFFSET_R)};
constexpr auto channel_list =
    join(proximity, clear, color(Modifier::light_red, RDATAL), color(Modifier::light_green, GDATAL),
         color(Modifier::light_blue, BDATAL), photodiodes);
constexpr std::array attribute_list{
    DeviceAttribute::constant("integration_time_available", "0.028 0.1 0.2 0.7\n"),
    DeviceAttribute::constant("intensity_scale_available", "1 4 16 64\n"),
    DeviceAttribute::constant("proximity_scale_available", "1 2 4 8\n")};

/// The registers of a channel's thresholds and interrupt.
struct Watch {
    const Channel &channel;
    unsigned low, high; // thresholds
    Field enable, status, clear;

    [[nodiscard]] constexpr unsigned threshold(Event event) const
    {
        return event.direction == EventDirection::rising ? high : low;
    }
};
constexpr std::array watches{Watch{clear, AILTL, AIHTL, AIEN, AINT, CICLEAR},
                             Watch{proximity, PILT, PIHT, PIEN, PINT, PICLEAR}};

// The numbers are those of the kernel's driver.
constexpr Layout layout{
    // kernel: A part with any ID is taken.
    .identity = {.field = ID, .codes = {0xab}, .takes_any = true},
    .setup = {{{ENABLE, 0xff}, 1 << 1 | 1 << 2}, // AEN, PEN: light and proximity are measured
              {PERS, 0x33},                      // an event after 3 values beyond a threshold
              {GPENTH, 0x50},                    // proximity at which a gesture begins
              {GEXTH, 0x40},                     // and value at which it ends
              {GCONF1, 0x40},                    // GFIFOTH: an interrupt after 4 datasets
              {GGAIN, 0},
              {GIEN, 0}},
    .proof = {PERS, 0x33}, // 0 after a reset
    .power = {.on = {PON, 1}, .off = {PON, 0}, .idle = 5s},
};

constexpr RegisterPart part{layout, channel_list, attribute_list};

class Apds9960 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    /// The part is awake then, until it has been idle for long enough.
    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        return IIO_TRY(power().use()).end();
    }

    // kernel: Linux refuses an APDS-9960 whose interrupt output is not wired. Here it measures, and
    // has no events and no buffer.
    unsigned modes() const { return hardware().interrupt() ? IIO_MODE_BUFFER_SOFTWARE : 0U; }

    /// Errors: EBUSY: the FIFO is being read, as in the kernel's driver.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (draining_)
            return fail(EBUSY);
        if (info == Info::calibbias)
            return Int{IIO_TRY(read_sample(channel.sample(ScanType::of_signed(8, 8))))};
        if (info != Info::raw)
            return RegisterDriver::read_raw(channel, info);
        // Values that the part measured before it slept are stale.
        const unsigned steps = 256 - integration_times.code(chosen(integration_times));
        return read_settled(is_proximity(channel) ? channel.at(PDATA) : channel,
                            start_up_time + steps * 2780us);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info == Info::calibbias) {
            if (written.fraction != 0 || written.integer < INT8_MIN || written.integer > INT8_MAX)
                return fail(EINVAL);
            // Proximity has two offsets, up and right, down and left; a photodiode has one.
            const int offset = static_cast<std::uint8_t>(written.integer);
            return write_number(static_cast<unsigned>(channel.address), offset << 8 | offset,
                                channel.address == POFFSET_UR ? 2 : 1);
        }
        IIO_TRY(RegisterDriver::write_raw(channel, info, written));
        return registers().set(GGAIN, proximity_gains.code(chosen(proximity_gains)));
    }

    Result<bool> read_event_config(const Channel &channel, Event) const
    {
        return bool{(*enabled_.lock())[is_proximity(channel)]};
    }

    /// Errors: EINVAL: the event is on or off already, as in the kernel's driver; no interrupt
    /// line.
    Result<void> write_event_config(const Channel &channel, Event, bool on) const
    {
        const auto enabled = enabled_.lock();
        Power::Use &awake = (*enabled)[is_proximity(channel)];
        if (on == bool{awake} || !hardware().interrupt())
            return fail(EINVAL);
        if (on)
            awake = IIO_TRY(power().use());
        IIO_TRY(registers().set(watch_of(channel).enable, on));
        return on ? Result<void>{} : awake.end();
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo) const
    {
        return Int{IIO_TRY(read_sample(channel.at(watch_of(channel).threshold(event))))};
    }

    Result<void> write_event_value(const Channel &channel, Event event, EventInfo,
                                   Written written) const
    {
        const unsigned bytes = is_proximity(channel) ? 1 : 2;
        const int threshold = IIO_TRY(written.within(0, (1 << 8 * bytes) - 1));
        return write_number(watch_of(channel).threshold(event), threshold, bytes);
    }

    Result<void> start_buffer(const BufferSetup &buffer) const
    {
        IIO_TRY(RegisterDriver::start_buffer(buffer));
        IIO_TRY(registers().set(std::array{FieldValue{GIEN, 1}, FieldValue{GEN, 1}}));
        streaming_ = true;
        return {};
    }

    Result<void> stop_buffer() const
    {
        streaming_ = false;
        IIO_TRY(registers().set(std::array{FieldValue{GEN, 0}, FieldValue{GIEN, 0}}));
        return RegisterDriver::stop_buffer();
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const unsigned status = registers().read(STATUS).value_or(0);
        for (const Watch &watch : watches) {
            if (!watch.status.extract(status) || !*read_event_config(watch.channel, {}))
                continue;
            // kernel: The code of an intensity event tells neither the direction nor which
            // intensity.
            host().push_event(event_code(watch.channel, EventType::thresh, EventDirection::either,
                                         Modifier::none),
                              timestamp_ns);
            (void)registers().order({watch.clear, 1});
        }
        if (!GINT.extract(status) || !streaming_)
            return;
        // What the FIFO holds now. It fills meanwhile; while the line is active the core calls
        // again.
        draining_ = true;
        const unsigned level = std::min(registers().read(GFLVL).value_or(0), fifo_datasets);
        (void)registers().drain(GFIFO_U, level, photodiodes.size(), [&](const auto &dataset) {
            host().push(timestamp_ns, [&](Scan &scan) { scan.put(photodiodes, dataset); });
        });
        draining_ = false;
    }

private:
    static bool is_proximity(const Channel &channel) { return channel.type == IIO_PROXIMITY; }
    static const Watch &watch_of(const Channel &channel) { return watches[is_proximity(channel)]; }

    /// The low byte comes first.
    Result<void> write_number(unsigned reg, int number, std::size_t bytes) const
    {
        const auto both = little_endian_bytes<2>(number);
        return registers().write_burst(reg, std::span{both}.first(bytes));
    }

    mutable std::atomic<bool> streaming_{false}; ///< the buffer runs
    mutable std::atomic<bool> draining_{false};  ///< the FIFO is being read
    /// Keep the part awake for the events of light and of proximity.
    Guarded<std::array<Power::Use, 2>> enabled_;
};

} // namespace

IIO_MODULE(apds9960, Apds9960, Part{.name = "apds9960", .addresses = {0x39}, .data = part});

} // namespace iio::apds9960
