// SPDX-License-Identifier: MIT
//
// Bosch BMA222(E), BMA250E, BMA253, BMA254, BMA255 and BMA280, and the
// accelerometers of BMC150, BMC156 and BMI055: three axes of 8 to 14 bits, a
// FIFO of 32 samples, an any-motion interrupt. I2C or SPI.
// Datasheets: BST-BMA255-DS004, BST-BMA280-DS000, BST-BMC150-DS000.
//
// The chip samples as long as the driver lives. Without a trigger its FIFO fills the
// buffer. With a trigger, which must be one of its own, each interrupt takes one sample.
// All interrupts are on pin INT1.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::bmc150 {
namespace {

enum : std::uint8_t { ACCD_X_LSB = 0x02, ACCD_TEMP = 0x08, INT_STATUS_2 = 0x0b, FIFO_DATA = 0x3f };
constexpr Field chip_id{0x00, 0xff};
constexpr Field new_data_x{ACCD_X_LSB, 1 << 0};
constexpr unsigned slope_sign = 1 << 3; // in INT_STATUS_2, above the bits of x, y, z
constexpr Field fifo_frame_counter{0x0e, 0x7f};
constexpr Field range{0x0f, 0x0f};
constexpr Field bw{0x10, 0x1f};
constexpr Field suspend{0x11, 1 << 7};
constexpr Field softreset{0x14, 0xff};
constexpr Field slope_en{0x16, 7 << 0}; // x, y, z
constexpr Field data_en{0x17, 1 << 4};
constexpr Field int_fwm_en{0x17, 1 << 6};
constexpr Field int1_slope{0x19, 1 << 2};
constexpr Field int1_data{0x1a, 1 << 0};
constexpr Field int1_fwm{0x1a, 1 << 1};
constexpr Field int1_lvl{0x20, 1 << 0};
constexpr FieldValue reset_latch{{0x21, 0xff}, 0x8f}; // what comes is latched, too
constexpr Field slope_dur{0x27, 3 << 0};              // samples in a row
constexpr Field slope_th{0x28, 0xff};
constexpr Field fifo_water_mark{0x30, 0x3f};
// A write empties the FIFO.
constexpr FieldValue fifo_mode_bypass{{0x3e, 0xff}, 0};
constexpr FieldValue fifo_mode_fifo{{0x3e, 0xff}, 1 << 6}; // stops when it is full

constexpr unsigned fifo_capacity = 32;
constexpr std::size_t frame_size = 6;

// Samples per second, which are twice the bandwidths.
constexpr Choices rates{.values = micros<15'620'000, 31'260'000, 62'500'000, 125'000'000,
                                         250'000'000, 500'000'000, 1'000'000'000, 2'000'000'000>,
                        .field = bw,
                        .codes = codes_from(8),
                        .initial = 3};

/// One of 2^bits steps between -g and g, in m/s^2. kernel: A scale of 1 m/s^2 and above is printed
/// with seven digits behind the point, and cannot be chosen.
constexpr Value step_of(int bits, int g)
{
    const std::int64_t whole = std::int64_t{2} * g * 9'806'650;
    return IntPlusMicro{0, static_cast<int>((whole + (1 << (bits - 1))) >> bits)};
}
template <int bits>
constexpr std::array steps{step_of(bits, 2), step_of(bits, 4), step_of(bits, 8), step_of(bits, 16)};
template <int bits>
constexpr Choices scales{
    .values = steps<bits>, .field = range, .codes = {3, 5, 8, 12}, .initial = 1};
constexpr Value half_degree = IntPlusMicro{0, 500'000};
constexpr Value temperature_offset = Int{23}; // in half degrees, as in the kernel's driver

constexpr std::array motion_events{EventSpec::of(EventType::roc, EventDirection::either,
                                                 EventInfo::value, EventInfo::enable,
                                                 EventInfo::period)};

/// The axes come first.
template <std::uint8_t bits>
constexpr auto
    channel_list = join(axes(ChannelType::accel, ACCD_X_LSB,
                             ScanType::of_signed(bits, 16, 16 - bits, Endian::little),
                             [](const Channel &axis) {
                                 return axis.direct_raw()
                                     .unlisted(Info::scale, scales<bits>, Shared::by_type)
                                     .unlisted(Info::sampling_frequency, rates, Shared::by_type)
                                     .with_events(motion_events)
                                     .with_ext_info(mount_matrix<Shared::by_direction>);
                             }),
                        Channel::in(ChannelType::temp)
                            .at(ACCD_TEMP)
                            .sample(ScanType::of_signed(8, 8))
                            .separate(Info::raw)
                            .constant(Info::scale, half_degree)
                            .constant(Info::offset, temperature_offset),
                        Channel::timestamp(3));

struct Variant {
    std::uint8_t id;
    ChannelTable channels;
};
constexpr std::array variants{
    Variant{0x03, ChannelTable{channel_list<8>}},  // BMA222
    Variant{0xf8, ChannelTable{channel_list<8>}},  // BMA222E
    Variant{0xf9, ChannelTable{channel_list<10>}}, // BMA250E
    Variant{0xfa, ChannelTable{channel_list<12>}}, // BMA253, 254, 255, BMC150, BMC156, BMI055
    Variant{0xfb, ChannelTable{channel_list<14>}}, // BMA280
};

constexpr auto in_buffer = DeviceAttribute::Group::buffer;
enum : std::uint32_t { fifo_enabled, fifo_watermark };
constexpr std::array attribute_list{
    DeviceAttribute::constant("sampling_frequency_available",
                              "15.620000 31.260000 62.50000 125 250 500 1000 2000\n"),
    DeviceAttribute::of("hwfifo_enabled", ExtInfo::Access::read, fifo_enabled, in_buffer),
    DeviceAttribute::of("hwfifo_watermark", ExtInfo::Access::read, fifo_watermark, in_buffer),
    DeviceAttribute::constant("hwfifo_watermark_min", "1\n", in_buffer),
    DeviceAttribute::constant("hwfifo_watermark_max", "32\n", in_buffer),
};

enum : std::uint32_t { data_ready, any_motion, roc_events };
constexpr std::array trigger_list{OwnTrigger::numbered("-dev", false, data_ready),
                                  OwnTrigger::numbered("-any-motion-dev", false, any_motion)};

constexpr Layout layout{
    .reset = FieldValue{softreset, 0xb6},
    .start_up = 3ms,
    .setup = {{slope_en, 0},
              {int_fwm_en, 0},
              {int1_slope, 1},
              {int1_data, 1},
              {int1_fwm, 1},
              reset_latch,
              {slope_dur, 1},
              {slope_th, 1}},
    .power = {.on = {suspend, 0}, .off = {suspend, 1}, .always_on = true, .settles = 8ms},
    .data_ready = {.triggers = trigger_list,
                   .enable = data_en,
                   .active_high = int1_lvl,
                   // The line stays active until the next acquisition, whatever is read
                   // (BST-BMA280-DS000 sections 4.3.1 and 4.7).
                   .status = new_data_x,
                   .status_in_sample = true},
    .burst = {ACCD_X_LSB, frame_size},
};

class Bmc150 : public RegisterDriver {
public:
    static constexpr bool own_trigger_only = true;

    explicit Bmc150(const Hardware &hardware)
        : RegisterDriver{hardware, layout, variants.front().channels, attribute_list}
    {
    }

    /// The chip ID says which variant it is.
    Result<void> probe()
    {
        const auto found =
            std::ranges::find(variants, IIO_TRY(registers().get(chip_id)), &Variant::id);
        if (found == variants.end())
            return fail(ENODEV);
        variant_ = &*found;
        return RegisterDriver::probe();
    }
    ChannelTable channels() const { return variant_->channels; }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        const auto state = state_.lock();
        text.line(attribute.id == fifo_enabled ? state->fifo : state->watermark);
        return {};
    }

    // One comparator watches all axes.
    Result<bool> read_event_config(const Channel &, Event) const
    {
        return state_.lock()->needs[roc_events];
    }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        return set_trigger(roc_events, on);
    }
    Result<Value> read_event_value(const Channel &, Event, EventInfo info) const
    {
        return Int{state_.lock()->event_codes[info == EventInfo::period]};
    }
    /// kernel: Of a written event threshold or period the bits that the register does not have are
    /// dropped, where EINVAL would be right.
    Result<void> write_event_value(const Channel &, Event, EventInfo info, Written written) const
    {
        const auto state = state_.lock();
        if (state->needs[roc_events])
            return fail(EBUSY);
        const bool is_period = info == EventInfo::period;
        const Field field = is_period ? slope_dur : slope_th;
        const int code = written.integer & static_cast<int>(field.mask);
        state->event_codes[is_period] = code;
        return registers().set(field, static_cast<unsigned>(code));
    }

    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED | IIO_MODE_BUFFER_SOFTWARE; }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        const auto state = state_.lock();
        const unsigned watermark = std::min(setup.watermark, fifo_capacity);
        if (!setup.triggered) {
            IIO_TRY(registers().set(fifo_water_mark, watermark));
            IIO_TRY(registers().order(fifo_mode_fifo));
            IIO_TRY(enable(int_fwm_en, 1));
            state->fifo = true;
            state->flushed_ns = host().now();
        }
        state->watermark = watermark;
        return {};
    }
    Result<void> stop_buffer() const
    {
        const auto state = state_.lock();
        if (!std::exchange(state->fifo, false))
            return {};
        (void)flush(*state, fifo_capacity, host().now());
        IIO_TRY(enable(int_fwm_en, 0));
        return registers().order(fifo_mode_bypass);
    }
    Result<unsigned> flush_fifo(unsigned most) const
    {
        const auto state = state_.lock();
        return state->fifo ? flush(*state, most, host().now()) : 0;
    }

    /// A trigger's interrupt, or that of the events, which use any_motion's.
    Result<void> set_trigger(std::uint32_t id, bool on) const
    {
        const auto state = state_.lock();
        state->needs[id] = on;
        if (id == data_ready)
            return enable(data_en, on);
        const bool slope = state->needs[any_motion] || state->needs[roc_events];
        return enable(slope_en, slope ? 7 : 0);
    }
    /// New data is not latched.
    void reenable_trigger(std::uint32_t id) const
    {
        if (id == any_motion)
            (void)registers().order(reset_latch);
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const State state = *state_.lock();
        if (state.needs[data_ready])
            RegisterDriver::handle_interrupt(timestamp_ns);
        if (state.needs[any_motion])
            host().fire(any_motion, timestamp_ns);
        // Each axis that moved, and where to.
        const unsigned status =
            state.needs[roc_events] ? registers().read(INT_STATUS_2).value_or(0) : 0;
        const auto direction =
            status & slope_sign ? EventDirection::falling : EventDirection::rising;
        for (std::size_t axis = 0; axis < 3; ++axis) {
            if (status & 1U << axis)
                host().push_event(channels()[axis], EventType::roc, direction, timestamp_ns);
        }
        if (state.fifo)
            (void)flush(*state_.lock(), fifo_capacity, timestamp_ns);
        if (state.needs[roc_events] || state.fifo)
            (void)registers().order(reset_latch);
    }

private:
    struct State {
        std::array<int, 2> event_codes{1, 1}; // of value, of period
        unsigned watermark = 0;
        std::array<bool, 3> needs{}; // who has an interrupt on: triggers, events
        bool fifo = false;
        std::int64_t flushed_ns = 0; // when the FIFO was read last
    };

    /// A latched interrupt would make no edge: it is reset first.
    Result<void> enable(Field interrupt, unsigned code) const
    {
        if (!hardware().interrupt())
            return {};
        if (code)
            IIO_TRY(registers().order(reset_latch));
        return registers().set(interrupt, code);
    }

    /// Pushes the oldest frames, spread over the time since the last flush.
    Result<unsigned> flush(State &state, unsigned most, std::int64_t timestamp_ns) const
    {
        const unsigned held = IIO_TRY(registers().get(fifo_frame_counter));
        const unsigned count = std::min({held, most, fifo_capacity});
        if (count == 0)
            return 0;
        // An edge may be older than a flush that came in between.
        const std::int64_t newest_ns =
            timestamp_ns > state.flushed_ns ? timestamp_ns : host().now();
        const auto period_ns = std::max<std::int64_t>(newest_ns - state.flushed_ns, 0) / count;
        std::int64_t time_ns = newest_ns - (count - 1) * period_ns;
        state.flushed_ns = newest_ns;
        IIO_TRY(registers().drain(FIFO_DATA, count, frame_size, [&](const auto &frame) {
            host().push(time_ns, [&](Scan &scan) { scan.put(channels().first(3), frame); });
            time_ns += period_ns;
        }));
        return count;
    }

    const Variant *variant_ = &variants.front();
    Guarded<State> state_;
};

constexpr std::array<std::uint8_t, 2> at_18{0x18, 0x19}; // SDO low, high
constexpr std::array<std::uint8_t, 2> at_10{0x10, 0x11};
constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};

template <std::uint16_t code> constexpr Recognition by_chip_id{layout.format, {chip_id, {code}}};

} // namespace

IIO_MODULE(
    bmc150, Bmc150,
    Part{.name = "bma222", .addresses = {0x08, 0x09}, .spi = spi, .recognised = by_chip_id<0x03>},
    Part{.name = "bma222e", .addresses = at_18, .spi = spi, .recognised = by_chip_id<0xf8>},
    Part{.name = "bma250e", .addresses = at_18, .spi = spi, .recognised = by_chip_id<0xf9>},
    Part{.name = "bma253", .addresses = at_18, .spi = spi, .recognised = by_chip_id<0xfa>},
    Part{.name = "bma254", .addresses = at_18, .spi = spi, .recognised = by_chip_id<0xfa>},
    Part{.name = "bma255", .addresses = at_18, .spi = spi, .recognised = by_chip_id<0xfa>},
    Part{.name = "bma280", .addresses = at_18, .spi = spi, .recognised = by_chip_id<0xfb>},
    Part{.name = "bmc150_accel", .addresses = at_10, .spi = spi, .recognised = by_chip_id<0xfa>},
    Part{.name = "bmc156_accel", .addresses = at_10, .spi = spi, .recognised = by_chip_id<0xfa>},
    Part{.name = "bmi055_accel", .addresses = at_18, .spi = spi, .recognised = by_chip_id<0xfa>});

} // namespace iio::bmc150
