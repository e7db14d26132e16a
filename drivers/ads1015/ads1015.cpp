// SPDX-License-Identifier: MIT
//
// TI ADS1015 and ADS1115: four-input ADCs of 12 and 16 bits with a programmable
// gain and a comparator; TLA2024: an ADS1015 without the comparator. I2C at
// 0x48 to 0x4b.
// Datasheets: SBAS473E (ADS1015), SBAS444E (ADS1115), SBAS846 (TLA2024).
//
// The chip converts continuously while it is used. A raw read points it at the
// input, waits where that changed what is converted, and takes the last result.
#include "variants.hpp"

#include <algorithm>
#include <chrono>
#include <iio/driver/guarded.hpp>
#include <iio/driver/idle_timer.hpp>
#include <iio/driver/module.hpp>
#include <thread>

namespace {

using namespace iio;
using namespace iio::ads1015;
using namespace std::chrono_literals;

constexpr unsigned longest_queue = 2; // COMP_QUE: 1, 2 or 4 samples in a row
constexpr auto wake_up_time = 30us;   // about 25 us
constexpr auto idle_time = 2s;        // as the kernel's driver

class Ads1015 {
public:
    static constexpr bool one_hot_scan = true;

    explicit Ads1015(const Hardware &hardware)
        : client_{*hardware.i2c()},
          host_{hardware.host()},
          alert_{hardware.interrupt()},
          variant_{*std::ranges::find(variants, hardware.part(), &Variant::part)},
          state_{State{variant_}},
          idle_{idle_time, [this] { sleep_unless_used(); }}
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
        if (alert_ && variant_.has_comparator)
            IIO_TRY(update_config(CONFIG_COMP_POL | CONFIG_COMP_LAT | CONFIG_COMP_QUE,
                                  (alert_->edge() == Edge::rising ? CONFIG_COMP_POL : 0) |
                                      CONFIG_COMP_LAT | CONFIG_COMP_QUE));
        idle_.touch();
        return {};
    }

    ChannelTable channels() const { return variant_.channels; }
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::raw)
            return read_code(channel.address);
        const Input input = state_.lock()->input(channel);
        switch (info) {
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
            input.rate = IIO_TRY(find_integer(variant_.rates, written));
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

    /// Errors: EBUSY: the comparator is on, which needs the one input it watches.
    Result<void> start_buffer(const BufferSetup &) const
    {
        const auto state = state_.lock();
        if (state->watch)
            return fail(EBUSY);
        state->streaming = true;
        return {};
    }

    Result<void> stop_buffer() const
    {
        state_.lock()->streaming = false;
        idle_.touch();
        return {};
    }

    Result<void> scan(Scan &scan) const
    {
        const auto state = state_.lock();
        for (const Channel &channel : variant_.channels.channels().first(input_count)) {
            if (scan.has(channel))
                scan.put(channel, IIO_TRY(convert(*state, channel.address)));
        }
        return {};
    }

    /// The read ends the alert. An event has the input's MUX code as its
    /// channel, as with the kernel's driver, not the number in its name.
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto sample = client_.read_be16(CONVERSION);
        const auto watch = state_.lock()->watch;
        if (!sample || !watch)
            return;
        const auto channel = Channel::in(ChannelType::voltage, static_cast<int>(watch->mux));
        host_.push_event(
            event_code(channel, EventType::thresh,
                       watch->window ? EventDirection::either : EventDirection::rising),
            timestamp_ns);
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
        bool streaming = false;
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

    /// Errors: EBUSY: the comparator watches another input.
    Result<Value> read_code(std::uint64_t mux) const
    {
        const auto state = state_.lock();
        if (state->watch && state->watch->mux != mux)
            return fail(EBUSY);
        return Int{IIO_TRY(convert(*state, mux)) >> variant_.shift};
    }

    /// A sample of the input that began after it was chosen.
    Result<std::int16_t> convert(State &state, std::uint64_t mux) const
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
        return static_cast<std::int16_t>(IIO_TRY(client_.read_be16(CONVERSION)));
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

    /// The comparator and the buffer need conversions; their end starts the idle
    /// time anew.
    void sleep_unless_used() const
    {
        auto state = state_.lock();
        if (state->watch || state->streaming)
            return;
        state->settled.reset();
        (void)update_config(CONFIG_MODE, CONFIG_MODE);
    }

    const I2cClient &client_;
    const Host host_;
    const InterruptLine *const alert_;
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

extern "C" const Module ads1015_module;
const Module ads1015_module = module_of<Ads1015>("ads1015", parts);
