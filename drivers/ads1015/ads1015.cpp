// SPDX-License-Identifier: MIT
//
// TI ADS1015 and ADS1115: four-input ADCs of 12 and 16 bits with a programmable
// gain and a comparator; TLA2024: an ADS1015 without the comparator. I2C at
// 0x48 to 0x4b.
// Datasheets: SBAS473E (ADS1015), SBAS444E (ADS1115), SBAS846 (TLA2024).
//
// The part converts continuously while it is used. A raw read selects the input,
// waits where that changed what is converted, and takes the last result.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::ads1015 {
namespace {

// Registers of 16 bits, high byte first; samples and thresholds are two's
// complement and left-justified.
enum : std::uint8_t { CONVERSION, CONFIG, LO_THRESH, HI_THRESH };
constexpr Field MUX{CONFIG, 7 << 12};
constexpr Field PGA{CONFIG, 7 << 9};
constexpr Field MODE{CONFIG, 1 << 8}; // 1: single-shot, asleep unless told to convert
constexpr Field DR{CONFIG, 7 << 5};
constexpr Field COMP_MODE{CONFIG, 1 << 4}; // 1: window, alert below Lo_thresh as well
constexpr Field COMP_POL{CONFIG, 1 << 3};  // 1: an alert is a high level
constexpr Field COMP_LAT{CONFIG, 1 << 2};  // 1: it lasts until a sample is read
constexpr Field COMP_QUE{CONFIG, 3 << 0};  // 1, 2 or 4 samples in a row; 3: off
constexpr unsigned comparator_off = 3;

constexpr unsigned initial_rate = 4; // DR after a reset
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .setup = {{MODE, 1}, {DR, initial_rate}},
    .power = {.on = {MODE, 0}, .off = {MODE, 1}, .settles = 30us, .idle = 2s},
};

/// kernel: A written scale counts in millionths, and the full scale that it makes in whole mV:
/// 0.0078125 is cut to 0.007812, which is 255.98 mV and EINVAL; 0.007813 is 256.01 mV, and taken.
Result<unsigned> find_full_scale(std::span<const Value> scales, Written written)
{
    const int steps_log2 = std::get<FractionalLog2>(scales.front()).exponent.bits();
    const std::int64_t steps = 1 << steps_log2;
    const auto full_scale_mv = std::clamp<std::int64_t>(
        written.integer * steps + written.fraction * steps / 1'000'000, 0, INT32_MAX);
    return find_value(scales, {static_cast<int>(full_scale_mv), steps_log2});
}

/// mV per step: the full scale over 2^(bits - 1) steps. The codes are those of PGA.
template <int steps_log2, int... full_scales_mv>
constexpr std::array<Value, 6> scales{FractionalLog2{full_scales_mv, steps_log2}...};
template <int steps_log2>
constexpr Choices full_scales{.values = scales<steps_log2, 256, 512, 1024, 2048, 4096, 6144>,
                              .codes = codes_down_from(5),
                              .initial = 3,
                              .find = find_full_scale};
// Samples per second; the codes are those of DR.
template <int... hz>
constexpr Choices rates{.values = ints<hz...>, .initial = initial_rate, .find = find_integer};
constexpr auto &rates_12_bit = rates<128, 250, 490, 920, 1600, 2400, 3300, 3300>;
constexpr auto &rates_16_bit = rates<8, 16, 32, 64, 128, 250, 475, 860>;

constexpr std::array thresholds{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable, EventInfo::period)};

/// The inputs in the order of their MUX codes, which are their addresses.
constexpr auto make_channels(std::uint8_t bits, const Choices &gains, const Choices &rates,
                             std::span<const EventSpec> events)
{
    const auto input = [&](Channel channel, int mux) {
        return channel.at(static_cast<unsigned>(mux))
            .direct_raw()
            .direct_events()
            .setting(Info::scale, gains, Shared::separate, Shared::by_all)
            .setting(Info::sampling_frequency, rates, Shared::separate, Shared::by_all)
            .scan(mux, ScanType::of_signed(bits, 16, static_cast<std::uint8_t>(16 - bits)))
            .with_events(events);
    };
    constexpr auto voltage = ChannelType::voltage;
    return std::array{
        input(Channel::differential(voltage, 0, 1), 0),
        input(Channel::differential(voltage, 0, 3), 1),
        input(Channel::differential(voltage, 1, 3), 2),
        input(Channel::differential(voltage, 2, 3), 3),
        input(Channel::in(voltage, 0), 4),
        input(Channel::in(voltage, 1), 5),
        input(Channel::in(voltage, 2), 6),
        input(Channel::in(voltage, 3), 7),
        Channel::timestamp(8),
    };
}
constexpr std::size_t input_count = 8;
constexpr auto ads1015_channels = make_channels(12, full_scales<11>, rates_12_bit, thresholds);
constexpr auto ads1115_channels = make_channels(16, full_scales<15>, rates_16_bit, thresholds);
constexpr auto tla2024_channels = make_channels(12, full_scales<11>, rates_12_bit, {});
constexpr ChannelTable ads1015{ads1015_channels};
constexpr ChannelTable ads1115{ads1115_channels};
constexpr ChannelTable tla2024{tla2024_channels};

class Ads1015 : public RegisterDriver {
public:
    static constexpr bool one_hot_scan = true;

    explicit Ads1015(const Hardware &hardware)
        : RegisterDriver{hardware, layout, hardware.data<ChannelTable>()}
    {
        state_.lock()->inputs.fill({.rising = highest_code(), .falling = lowest_code()});
    }

    // kernel: The file `name` shows ads1015 for all parts.
    std::string_view name() const { return "ads1015"; }

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        if (channels().front().num_events == 0)
            return {};
        const auto edge = hardware().interrupt_edge();
        const std::array alert{FieldValue{COMP_POL, edge == Edge::rising},
                               FieldValue{COMP_LAT, edge.has_value()},
                               FieldValue{COMP_QUE, comparator_off}};
        return registers().set(alert);
    }

    /// Errors: EBUSY: the comparator watches another input.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return RegisterDriver::read_raw(channel, info);
        const auto state = state_.lock();
        if (state->watch && state->watch->input != &channel)
            return fail(EBUSY);
        return Int{IIO_TRY(convert(*state, channel)) >> shift()};
    }

    Result<void> scan(Scan &scan) const
    {
        const auto state = state_.lock();
        return scan.put_each(channels().first(input_count),
                             [&](const Channel &channel) { return convert(*state, channel); });
    }

    /// Errors: EBUSY: the comparator is on, which needs the one input it watches.
    Result<void> start_buffer(const BufferSetup &buffer) const
    {
        return state_.lock()->watch ? fail(EBUSY) : RegisterDriver::start_buffer(buffer);
    }

    Result<bool> read_event_config(const Channel &channel, Event event) const
    {
        return state_.lock()->watches(channel, event.direction);
    }

    /// Errors: EBUSY: the one comparator is on for something else.
    Result<void> write_event_config(const Channel &channel, Event event, bool on) const
    {
        const auto state = state_.lock();
        if (on == state->watches(channel, event.direction))
            return {};
        if (!on) {
            state->watch.reset();
            return registers().set(COMP_QUE, comparator_off);
        }
        if (state->watch)
            return fail(EBUSY);
        const Input &input = state->inputs[channel.index()];
        const bool window = event.direction == EventDirection::either;
        // Without a lower bound the alert ends one step below the upper one.
        const int low = window ? input.falling : std::max(input.rising - 1, lowest_code());
        const int step = 1 << shift();
        IIO_TRY(registers().write(LO_THRESH, static_cast<std::uint16_t>(low * step)));
        IIO_TRY(registers().write(HI_THRESH, static_cast<std::uint16_t>(input.rising * step)));
        state->watch.emplace(Watch{&channel, event.direction, IIO_TRY(power().use())});
        IIO_TRY(convert(*state, channel));
        return {};
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo info) const
    {
        const Input input = state_.lock()->inputs[channel.index()];
        if (info == EventInfo::period)
            return IntPlusMicro::of(event_period_us(channel, input.queue));
        return Int{event.direction == EventDirection::rising ? input.rising : input.falling};
    }

    /// The part gets thresholds when an event is enabled, and the period with the next raw
    /// read.
    Result<void> write_event_value(const Channel &channel, Event event, EventInfo info,
                                   Written written) const
    {
        const auto state = state_.lock();
        Input &input = state->inputs[channel.index()];
        if (info == EventInfo::period) {
            // The shortest that is not shorter than what was written, else the longest.
            input.queue = 0;
            while (input.queue < 2 && event_period_us(channel, input.queue) < written.millionths())
                ++input.queue;
            return {};
        }
        (event.direction == EventDirection::rising ? input.rising : input.falling) =
            IIO_TRY(written.within(lowest_code(), highest_code()));
        return {};
    }

    /// Reading the sample ends the alert.
    /// kernel: An event's code has the input's multiplexer code as its channel, not the number in
    /// the name of its files.
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto state = state_.lock();
        if (!registers().read(CONVERSION) || !state->watch)
            return;
        const int mux = static_cast<int>(state->watch->input->address);
        host().push_event(Channel::in(ChannelType::voltage, mux), EventType::thresh,
                          state->watch->direction, timestamp_ns);
    }

private:
    struct Input {
        int rising = 0; // thresholds, as codes
        int falling = 0;
        unsigned queue = 0; // COMP_QUE
    };
    /// What the comparator is on for.
    struct Watch {
        const Channel *input;
        EventDirection direction; // either: a window; or rising
        Power::Use awake;
    };
    using Sampling = std::array<unsigned, 3>; ///< codes of MUX, PGA and DR
    struct State {
        /// The window sees rising values as well.
        [[nodiscard]] bool watches(const Channel &channel, EventDirection direction) const
        {
            return watch && watch->input == &channel &&
                   (direction == watch->direction || direction == EventDirection::rising);
        }
        std::array<Input, input_count> inputs;
        std::optional<Watch> watch;
        Sampling sampled{0, 0, initial_rate}; // of the conversions that run
    };

    /// Unused low bits of samples and thresholds.
    int shift() const { return channels().front().scan_type.shift; }
    int highest_code() const { return INT16_MAX >> shift(); }
    int lowest_code() const { return INT16_MIN >> shift(); }
    static int hz(const Value &rate) { return std::get<Int>(rate).value; }

    /// How long 2^queue samples take.
    int event_period_us(const Channel &channel, unsigned queue) const
    {
        const Choices &rates = *channel.setting_of(Info::sampling_frequency);
        return (1'000'000 << queue) / hz(rates.values[chosen(rates, &channel)]);
    }

    /// A sample of the input that began after it was selected.
    Result<std::int16_t> convert(State &state, const Channel &channel) const
    {
        const Choices &gains = *channel.setting_of(Info::scale);
        const Choices &rates = *channel.setting_of(Info::sampling_frequency);
        const Sampling wanted{static_cast<unsigned>(channel.address),
                              gains.code(chosen(gains, &channel)), chosen(rates, &channel)};
        const auto [mux, pga, dr] = wanted;
        const auto awake = IIO_TRY(power().use());
        const std::array config{
            FieldValue{MUX, mux}, FieldValue{PGA, pga}, FieldValue{DR, dr},
            FieldValue{COMP_MODE, state.watch && state.watch->direction == EventDirection::either},
            FieldValue{COMP_QUE, state.inputs[mux].queue}};
        // The comparator's bits are for its use alone: they are reserved in the TLA2024.
        IIO_TRY(registers().set(std::span{config}.first(state.watch ? 5 : 3)));
        if (awake.woke() || wanted != state.sampled) {
            // A conversion that runs ends with the old settings; the next has the new ones.
            hardware().delay(longest_conversion(rates.values[state.sampled.back()]) +
                             longest_conversion(rates.values[dr]));
            state.sampled = wanted;
        }
        return static_cast<std::int16_t>(IIO_TRY(registers().read(CONVERSION)));
    }
    /// The rate may be 10 % below its nominal value.
    static std::chrono::nanoseconds longest_conversion(const Value &rate)
    {
        return std::chrono::nanoseconds{
            std::int64_t{10'000'000'000} / (std::int64_t{9} * hz(rate)) + 1};
    }

    Guarded<State> state_;
};

} // namespace

IIO_MODULE(ads1015, Ads1015,
           Part{.name = "ads1015", .addresses = {0x48, 0x49, 0x4a, 0x4b}, .data = ads1015},
           Part{.name = "ads1115", .addresses = {0x48, 0x49, 0x4a, 0x4b}, .data = ads1115},
           Part{.name = "tla2024", .addresses = {0x48, 0x49, 0x4a, 0x4b}, .data = tla2024});

} // namespace iio::ads1015
