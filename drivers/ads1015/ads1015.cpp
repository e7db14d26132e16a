// SPDX-License-Identifier: MIT
//
// TI ADS1015 and ADS1115: four-input ADCs of 12 and 16 bits with a programmable
// gain and a comparator; TLA2024: an ADS1015 without the comparator. I2C at
// 0x48 to 0x4b.
// Datasheets: SBAS473E (ADS1015), SBAS444E (ADS1115), SBAS846 (TLA2024).
//
// The chip converts continuously while it is used. A raw read points it at the
// input, waits where that changed what is converted, and takes the last result.
#include "idle_timer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iio/guarded.hpp>
#include <iio/module.hpp>
#include <thread>

namespace {

using namespace iio;
using namespace std::chrono_literals;

// Registers of 16 bits, high byte first; samples and thresholds are two's
// complement and left-justified.
constexpr std::uint8_t CONVERSION = 0;
constexpr std::uint8_t CONFIG = 1;
constexpr std::uint8_t LO_THRESH = 2;
constexpr std::uint8_t HI_THRESH = 3;

constexpr unsigned CONFIG_MUX = 7 << 12;
constexpr unsigned CONFIG_PGA = 7 << 9;
constexpr unsigned CONFIG_MODE = 1 << 8; // single-shot: asleep unless told to convert
constexpr unsigned CONFIG_DR = 7 << 5;
constexpr unsigned CONFIG_COMP_MODE = 1 << 4; // window: alert below Lo_thresh, too
constexpr unsigned CONFIG_COMP_QUE = 3;       // all ones: the comparator is off
// What a sample depends on.
constexpr unsigned CONFIG_SAMPLE = CONFIG_MUX | CONFIG_PGA | CONFIG_MODE | CONFIG_DR;

constexpr unsigned longest_queue = 2; // COMP_QUE: 1, 2 or 4 samples in a row
constexpr auto wake_up_time = 30us;   // about 25 us
constexpr auto idle_time = 2s;        // as the kernel's driver

constexpr std::array threshold_events{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value),
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::enable, EventInfo::period),
};

/// The inputs in the order of their MUX codes, which their address is.
constexpr auto make_channels(ScanType sample, std::span<const EventSpec> events)
{
    const auto input = [&](Channel channel, int mux) {
        return channel.at(static_cast<unsigned>(mux))
            .separate(Info::raw, Info::scale, Info::sampling_frequency)
            .available(Shared::by_all, Info::scale, Info::sampling_frequency)
            .scan(mux, sample)
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
constexpr auto ads1015_channels = make_channels(ScanType::of_signed(12, 16, 4), threshold_events);
constexpr auto ads1115_channels = make_channels(ScanType::of_signed(16, 16), threshold_events);
constexpr auto tla2024_channels = make_channels(ScanType::of_signed(12, 16, 4), {});
constexpr std::size_t input_count = 8;

/// mV per step: the full scale over 2^(bits - 1) steps. Smallest first, which
/// is PGA code 5.
using Scales = std::array<Value, 6>;
constexpr Scales make_scales(Log2 steps)
{
    return {FractionalLog2{256, steps},  FractionalLog2{512, steps},  FractionalLog2{1024, steps},
            FractionalLog2{2048, steps}, FractionalLog2{4096, steps}, FractionalLog2{6144, steps}};
}
constexpr int full_scale_mv(const Value &scale)
{
    return std::get<FractionalLog2>(scale).numerator;
}

/// Samples per second by DR code.
using Rates = std::array<Value, 8>;
constexpr Rates rates_12_bit{Int{128},  Int{250},  Int{490},  Int{920},
                             Int{1600}, Int{2400}, Int{3300}, Int{3300}};
constexpr Rates rates_16_bit{Int{8},   Int{16},  Int{32},  Int{64},
                             Int{128}, Int{250}, Int{475}, Int{860}};
constexpr int hz(const Value &rate) { return std::get<Int>(rate).value; }

struct Variant {
    std::string_view part;
    int shift; // unused low bits of samples and thresholds
    Scales scales;
    Rates rates;
    ChannelTable channels;

    [[nodiscard]] constexpr int highest_code() const { return INT16_MAX >> shift; }
    [[nodiscard]] constexpr int lowest_code() const { return INT16_MIN >> shift; }
};
constexpr std::array variants{
    Variant{"ads1015", 4, make_scales(11), rates_12_bit, ChannelTable{ads1015_channels}},
    Variant{"ads1115", 0, make_scales(15), rates_16_bit, ChannelTable{ads1115_channels}},
    Variant{"tla2024", 4, make_scales(11), rates_12_bit, ChannelTable{tla2024_channels}},
};

class Ads1015 {
public:
    static constexpr unsigned modes = IIO_MODE_DIRECT | IIO_MODE_BUFFER_TRIGGERED;
    static constexpr bool one_hot_scan = true;

    explicit Ads1015(const Hardware &hardware)
        : client_{*hardware.i2c()},
          variant_{*std::ranges::find(variants, hardware.part(), &Variant::part)},
          state_{State{variant_}},
          idle_{idle_time, [this] { sleep_unless_watching(); }}
    {
    }
    Ads1015(const Ads1015 &) = delete;
    Ads1015 &operator=(const Ads1015 &) = delete;
    ~Ads1015()
    {
        const auto state = state_.lock();
        if (probed_)
            (void)update_config(CONFIG_MODE, CONFIG_MODE);
    }

    /// The kernel's driver has one name for all of them.
    std::string_view name() const { return "ads1015"; }

    /// The parts have no identification: only that one answers.
    Result<void> probe()
    {
        IIO_TRY(update_config(CONFIG_MODE, 0));
        probed_ = true;
        idle_.touch();
        return {};
    }

    ChannelTable channels() const { return variant_.channels; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        auto state = state_.lock();
        const Input &input = state->input(channel);
        switch (info) {
        case Info::raw:
            if (state->watch && state->watch->mux != channel.address)
                return fail(EBUSY);
            return Int{IIO_TRY(convert(*state, channel.address))};
        case Info::scale:
            return variant_.scales[input.scale];
        case Info::sampling_frequency:
            return variant_.rates[input.rate];
        default:
            return fail(EINVAL);
        }
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        auto state = state_.lock();
        Input &input = state->input(channel);
        switch (info) {
        case Info::scale:
            input.scale = IIO_TRY(find_scale(written));
            return {};
        case Info::sampling_frequency:
            input.rate = IIO_TRY(find_rate(written.integer));
            return {};
        default:
            return fail(EINVAL);
        }
    }

    Result<Available> read_avail(const Channel &, Info info) const
    {
        if (info == Info::scale)
            return Available::list(variant_.scales);
        return Available::list(variant_.rates);
    }

    Result<bool> read_event_config(const Channel &channel, Event event) const
    {
        return state_.lock()->watches(channel, event.direction);
    }

    Result<void> write_event_config(const Channel &channel, Event event, bool on) const
    {
        auto state = state_.lock();
        if (on == state->watches(channel, event.direction))
            return {};
        return on ? start_watch(*state,
                                {channel.address, event.direction == EventDirection::either})
                  : end_watch(*state);
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo info) const
    {
        const Input input = state_.lock()->input(channel);
        if (info == EventInfo::period) {
            const int period_us = event_period_us(input, input.queue);
            return IntPlusMicro{period_us / 1'000'000, period_us % 1'000'000};
        }
        return Int{event.direction == EventDirection::rising ? input.rising : input.falling};
    }

    /// The chip is told of thresholds when an event is enabled, of the period
    /// with the next raw read.
    Result<void> write_event_value(const Channel &channel, Event event, EventInfo info,
                                   Written written) const
    {
        auto state = state_.lock();
        Input &input = state->input(channel);
        if (info == EventInfo::period) {
            input.queue = find_queue(input, written);
            return {};
        }
        if (written.integer < variant_.lowest_code() || written.integer > variant_.highest_code())
            return fail(EINVAL);
        (event.direction == EventDirection::rising ? input.rising : input.falling) =
            written.integer;
        return {};
    }

private:
    struct Input {
        int rising; // thresholds, as codes
        int falling;
        std::size_t scale = 3; // in Variant::scales
        unsigned rate = 4;     // DR code
        unsigned queue = 0;    // COMP_QUE code
    };

    /// What the comparator is on for.
    struct Watch {
        std::uint64_t mux;
        bool window; // either direction, else rising only
    };

    struct State {
        explicit State(const Variant &variant)
        {
            inputs.fill({.rising = variant.highest_code(), .falling = variant.lowest_code()});
        }
        [[nodiscard]] Input &input(const Channel &channel) { return inputs[channel.address]; }
        /// The window sees rising values as well.
        [[nodiscard]] bool watches(const Channel &channel, EventDirection direction) const
        {
            return watch && watch->mux == channel.address &&
                   (watch->window || direction == EventDirection::rising);
        }

        std::array<Input, input_count> inputs;
        std::optional<Watch> watch;
        /// The CONFIG_SAMPLE that the conversion register is known to hold a sample of.
        std::optional<unsigned> settled;
    };

    /// How long 2^queue samples take.
    int event_period_us(const Input &input, unsigned queue) const
    {
        return (1'000'000 << queue) / hz(variant_.rates[input.rate]);
    }

    /// What is written counts in millionths, and the full scale that it makes in
    /// whole mV, as in the kernel's driver: 0.0078125 is cut to 0.007812, which
    /// would be 255.98 mV, and fails; 0.007813 is 256.01 mV.
    Result<std::size_t> find_scale(Written written) const
    {
        const std::int64_t steps = variant_.highest_code() + 1;
        const std::int64_t full_scale =
            written.integer * steps + written.fraction * steps / 1'000'000;
        const auto found = std::ranges::find(variant_.scales, full_scale, full_scale_mv);
        if (found == variant_.scales.end())
            return fail(EINVAL);
        return static_cast<std::size_t>(found - variant_.scales.begin());
    }

    Result<unsigned> find_rate(int wanted_hz) const
    {
        const auto found = std::ranges::find(variant_.rates, wanted_hz, hz);
        if (found == variant_.rates.end())
            return fail(EINVAL);
        return static_cast<unsigned>(found - variant_.rates.begin());
    }

    /// The shortest that is not shorter than what was written, else the longest.
    unsigned find_queue(const Input &input, Written written) const
    {
        const std::int64_t period_us = written.integer * std::int64_t{1'000'000} + written.fraction;
        unsigned queue = 0;
        while (queue < longest_queue && event_period_us(input, queue) < period_us)
            ++queue;
        return queue;
    }

    /// Errors: EBUSY: the one comparator is on for something else.
    Result<void> start_watch(State &state, Watch watch) const
    {
        if (state.watch)
            return fail(EBUSY);
        const Input &input = state.inputs[watch.mux];
        // Without a lower bound the alert ends one step below the upper one.
        const int low =
            watch.window ? input.falling : std::max(input.rising - 1, variant_.lowest_code());
        IIO_TRY(write_threshold(LO_THRESH, low));
        IIO_TRY(write_threshold(HI_THRESH, input.rising));
        state.watch = watch;
        if (const auto sample = convert(state, watch.mux); !sample) {
            state.watch.reset();
            (void)update_config(CONFIG_COMP_QUE, CONFIG_COMP_QUE);
            return fail(sample.error());
        }
        return {};
    }

    Result<void> end_watch(State &state) const
    {
        IIO_TRY(update_config(CONFIG_COMP_QUE, CONFIG_COMP_QUE));
        state.watch.reset();
        idle_.touch();
        return {};
    }

    Result<void> write_threshold(std::uint8_t reg, int code) const
    {
        return client_.write_be16(reg, static_cast<std::uint16_t>(code * (1 << variant_.shift)));
    }

    /// A sample of the input that began after it was chosen, as a code.
    Result<int> convert(State &state, std::uint64_t mux) const
    {
        idle_.touch();
        const unsigned before = IIO_TRY(client_.read_be16(CONFIG));
        const unsigned config = config_for(state, mux, before);
        if (config != before) {
            state.settled.reset(); // also where the write fails: it may have arrived
            IIO_TRY(client_.write_be16(CONFIG, static_cast<std::uint16_t>(config)));
        }
        if (state.settled != (config & CONFIG_SAMPLE)) {
            // A conversion that runs ends with the old settings; the next has the new ones.
            std::this_thread::sleep_for(wake_up_time + conversion_time(before) +
                                        conversion_time(config));
            state.settled = config & CONFIG_SAMPLE;
        }
        const auto sample = static_cast<std::int16_t>(IIO_TRY(client_.read_be16(CONVERSION)));
        return sample >> variant_.shift;
    }

    /// `before` with the settings of this input. The comparator's are touched
    /// only while it is used: the TLA2024 has reserved bits there.
    unsigned config_for(const State &state, std::uint64_t mux, unsigned before) const
    {
        const Input &input = state.inputs[mux];
        const auto pga = static_cast<unsigned>(variant_.scales.size() - 1 - input.scale);
        unsigned config = (before & ~CONFIG_SAMPLE) | static_cast<unsigned>(mux) << 12 | pga << 9 |
                          input.rate << 5;
        if (state.watch) {
            config &= ~(CONFIG_COMP_MODE | CONFIG_COMP_QUE);
            config |= (state.watch->window ? CONFIG_COMP_MODE : 0) | input.queue;
        }
        return config;
    }

    /// The rate may be 10 % below its nominal value.
    std::chrono::nanoseconds conversion_time(unsigned config) const
    {
        const Value &rate = variant_.rates[(config & CONFIG_DR) >> 5];
        return std::chrono::nanoseconds{
            std::int64_t{10'000'000'000} / (std::int64_t{9} * hz(rate)) + 1};
    }

    Result<void> update_config(unsigned mask, unsigned bits) const
    {
        const unsigned before = IIO_TRY(client_.read_be16(CONFIG));
        const unsigned config = (before & ~mask) | bits;
        if (config == before)
            return {};
        return client_.write_be16(CONFIG, static_cast<std::uint16_t>(config));
    }

    /// The comparator needs conversions; its end starts the idle time anew.
    void sleep_unless_watching() const
    {
        auto state = state_.lock();
        if (state->watch)
            return;
        state->settled.reset();
        (void)update_config(CONFIG_MODE, CONFIG_MODE);
    }

    const I2cClient &client_;
    const Variant &variant_;
    Guarded<State> state_;
    bool probed_ = false;
    IdleTimer idle_; // last: its thread uses the others
};

static_assert(Driver<Ads1015>);

constexpr std::array<std::uint8_t, 4> addresses{0x48, 0x49, 0x4a, 0x4b};
constexpr std::array parts{
    Part{.name = "ads1015", .addresses = addresses},
    Part{.name = "ads1115", .addresses = addresses},
    Part{.name = "tla2024", .addresses = addresses},
};

} // namespace

extern const Module ads1015_module;
const Module ads1015_module = module_of<Ads1015>("ads1015", parts);
