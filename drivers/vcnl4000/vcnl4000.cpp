// SPDX-License-Identifier: MIT
//
// Vishay VCNL4000, VCNL4010 and VCNL4020: proximity by a LED of its own, and ambient light, each
// measured on demand. I2C at 0x13. Datasheets: 81832 (VCNL4000), 83462 (VCNL4010), 83476
// (VCNL4020).
//
// The VCNL4010 measures proximity by itself for its events and its buffer; meanwhile nothing
// is measured on demand.
#include <iio/driver.hpp>

namespace iio::vcnl4000 {
namespace {

enum : std::uint8_t {
    COMMAND = 0x80,
    AMBIENT_LIGHT_RESULT = 0x85,
    PROXIMITY_RESULT = 0x87,
    INTERRUPT_CONTROL = 0x89,
    LOW_THRESHOLD = 0x8a, // in counts, high byte first
    HIGH_THRESHOLD = 0x8c,
    INTERRUPT_STATUS = 0x8e, // ones clear
};
constexpr unsigned als_data_rdy = 1 << 6; // of COMMAND
constexpr unsigned prox_data_rdy = 1 << 5;
constexpr unsigned als_od = 1 << 4; // on demand
constexpr unsigned prox_od = 1 << 3;
constexpr unsigned prox_en_selftimed_en = 3 << 0;
constexpr Field product_id{0x81, 0xf << 4};
constexpr Field proximity_rate{0x82, 7 << 0};
constexpr Field INT_THRES_EN{INTERRUPT_CONTROL, 1 << 1};
constexpr unsigned INT_PROX_ready_EN = 1 << 3;
constexpr unsigned int_th_hi = 1 << 0; // of INTERRUPT_STATUS
constexpr unsigned int_th_low = 1 << 1;
constexpr unsigned int_prox_ready = 1 << 3;

constexpr Polls polls{.pause = 20ms, .most = 20, .error = EIO};
constexpr Value lux_per_count = IntPlusMicro{0, 250'000};

// kernel: The first rates are 1.95, 3.90625, 7.8125 and 16.625 Hz, where the datasheet has 1.95 and
// its doubles.
constexpr Choices rates{.values = micros<1'950'000, 3'906'250, 7'812'500, 16'625'000, 31'250'000,
                                         62'500'000, 125'000'000, 250'000'000>,
                        .field = proximity_rate,
                        .kept = true};

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable),
};
constexpr std::array nearlevel{ExtInfo::text("nearlevel", Shared::separate, ExtInfo::Access::read)};
constexpr Channel illuminance =
    Channel::in(ChannelType::illuminance).separate(Info::raw, Info::scale).direct(Info::raw);
constexpr Channel simple_proximity = Channel::in(ChannelType::proximity)
                                         .separate(Info::raw)
                                         .direct(Info::raw)
                                         .with_ext_info(nearlevel);
constexpr Channel proximity =
    simple_proximity.setting(Info::sampling_frequency, rates, Shared::separate)
        .direct_write(Info::sampling_frequency)
        .direct_events()
        .with_events(thresholds)
        .scan(0, ScanType::of_unsigned(16, 16, 0, Endian::little));
constexpr std::array simple_channels{illuminance, simple_proximity};
constexpr std::array channel_list{illuminance, proximity, Channel::timestamp(1)};
constexpr std::array data_ready{OwnTrigger::numbered("-dev", false).for_own_device_only()};

struct Variant {
    Layout layout;
    ChannelTable channels;
    bool measures_by_itself;
};
constexpr Variant vcnl4000{{.identity = {product_id, {1}}}, simple_channels, false};
constexpr Variant vcnl4010{
    {.identity = {product_id, {2}},
     .setup = {{{COMMAND, prox_en_selftimed_en}, 0}, {{INTERRUPT_CONTROL, 0xff}, 0}}},
    channel_list,
    true};

class Vcnl4000 : public RegisterDriver {
public:
    explicit Vcnl4000(const Hardware &hardware)
        : RegisterDriver{hardware, hardware.data<Variant>().layout,
                         hardware.data<Variant>().channels},
          is_vcnl4010_{hardware.data<Variant>().measures_by_itself}
    {
    }

    // kernel: The file `name` shows vcnl4000 for all parts.
    std::string_view name() const { return "vcnl4000"; }
    /// A VCNL4000 has nothing to lose but it has to answer; the events and the buffer of the
    /// others are those that were asked for.
    Result<bool> is_configured() const
    {
        const unsigned measures = IIO_TRY(registers().read(COMMAND)) & prox_en_selftimed_en;
        return (measures != 0) == *measuring_.lock();
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::sampling_frequency)
            return RegisterDriver::read_raw(channel, info);
        const auto measuring = measuring_.lock();
        // kernel: Reading the scale is EBUSY, too, while the part measures proximity by itself.
        if (*measuring)
            return fail(EBUSY);
        if (info == Info::scale)
            return lux_per_count;
        if (channel.channel_type() == ChannelType::illuminance)
            return measure(als_od, als_data_rdy, AMBIENT_LIGHT_RESULT);
        return measure(prox_od, prox_data_rdy, PROXIMITY_RESULT);
    }
    /// Not set on this board.
    Result<void> read_ext(const Channel &, const ExtInfo &, Text &text) const
    {
        text += "0\n";
        return {};
    }

    Result<bool> read_event_config(const Channel &, Event) const
    {
        return IIO_TRY(registers().get(INT_THRES_EN)) != 0;
    }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        const auto measuring = measuring_.lock();
        if (on == (IIO_TRY(registers().get(INT_THRES_EN)) != 0))
            return {};
        return turn(*measuring, on, INT_THRES_EN.place(1));
    }
    Result<Value> read_event_value(const Channel &, Event event, EventInfo) const
    {
        return Int{IIO_TRY(registers().burst<BeU16>(threshold_of(event)))};
    }
    // kernel: Of a written event threshold a fraction is cut off, and a negative number wraps.
    Result<void> write_event_value(const Channel &, Event event, EventInfo, Written written) const
    {
        if (written.integer > 0xffff)
            return fail(ERANGE);
        return registers().write_burst(threshold_of(event), big_endian_bytes<2>(written.integer));
    }

    /// Errors: EBUSY: the part measures for its events.
    Result<void> start_buffer(const BufferSetup &) const
    {
        const auto measuring = measuring_.lock();
        if (*measuring)
            return fail(EBUSY);
        return turn(*measuring, true, INT_PROX_ready_EN);
    }
    Result<void> stop_buffer() const
    {
        const auto measuring = measuring_.lock();
        return turn(*measuring, false, INT_PROX_ready_EN);
    }
    std::span<const OwnTrigger> triggers() const
    {
        return is_vcnl4010_ && hardware().interrupt() ? std::span{data_ready}
                                                      : std::span<const OwnTrigger>{};
    }
    /// The buffer switches its source on.
    Result<void> set_trigger(std::uint32_t, bool) const { return {}; }
    /// Errors: EAGAIN: there is no new measurement.
    Result<void> scan(Scan &scan) const
    {
        if (!(IIO_TRY(registers().read(INTERRUPT_STATUS)) & int_prox_ready))
            return fail(EAGAIN);
        const int counts = IIO_TRY(registers().burst<BeU16>(PROXIMITY_RESULT));
        scan.put(proximity, std::int64_t{counts});
        return registers().poke(INTERRUPT_STATUS, int_prox_ready);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const unsigned status = registers().read(INTERRUPT_STATUS).value_or(0);
        const auto push = [&](EventDirection direction) {
            host().push_event(proximity, EventType::thresh, direction, timestamp_ns);
        };
        if (status & int_th_low)
            push(EventDirection::falling);
        if (status & int_th_hi)
            push(EventDirection::rising);
        if (const unsigned told = status & (int_th_low | int_th_hi))
            (void)registers().poke(INTERRUPT_STATUS, told);
        if (status & int_prox_ready)
            host().fire(data_ready.front().id, timestamp_ns);
    }

protected:
    /// Errors: EBUSY: the part measures by itself.
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        const auto measuring = measuring_.lock();
        return *measuring ? fail(EBUSY) : RegisterDriver::choose(setting, channel, index);
    }

private:
    static unsigned threshold_of(Event event)
    {
        return event.direction == EventDirection::rising ? HIGH_THRESHOLD : LOW_THRESHOLD;
    }
    Result<void> turn(bool &measuring, bool on, unsigned interrupt) const
    {
        if (on)
            IIO_TRY(registers().poke(INTERRUPT_CONTROL, interrupt));
        IIO_TRY(registers().poke(COMMAND, on ? prox_en_selftimed_en : 0));
        if (!on)
            IIO_TRY(registers().poke(INTERRUPT_CONTROL, 0));
        measuring = on;
        return {};
    }
    /// Errors: EIO: the part does not measure.
    Result<Value> measure(unsigned on_demand, unsigned ready, unsigned result) const
    {
        IIO_TRY(registers().poke(COMMAND, on_demand));
        IIO_TRY(wait_until({{COMMAND, ready}, 1}, polls));
        return Int{IIO_TRY(registers().burst<BeU16>(result))};
    }

    const bool is_vcnl4010_;
    Guarded<bool> measuring_{false}; ///< by itself; held during a measurement on demand
};

} // namespace

IIO_MODULE(vcnl4000, Vcnl4000, Part{.name = "vcnl4000", .addresses = {0x13}, .data = vcnl4000},
           Part{.name = "vcnl4010", .addresses = {0x13}, .data = vcnl4010},
           Part{.name = "vcnl4020", .addresses = {0x13}, .data = vcnl4010});

} // namespace iio::vcnl4000
