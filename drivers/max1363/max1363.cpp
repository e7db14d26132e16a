// SPDX-License-Identifier: MIT
//
// Maxim A/D converters on I2C that sample one input or several in a row, of 8
// bits (MAX1036 to MAX1039, MAX11600 to MAX11605), 10 bits (MAX1136 to MAX1139,
// MAX11606 to MAX11611, MAX11646, MAX11647) and 12 bits (MAX1236 to MAX1239,
// MAX11612 to MAX11617, MAX11644, MAX11645); MAX1361 to MAX1364, which also
// watch their four inputs by themselves.
// Datasheets: 19-2333 (MAX1236 to MAX1239), 19-3268 (MAX1361, MAX1362), 19-4554
// (MAX11600 to MAX11605), 19-4560 (MAX11606 to MAX11611), 19-4561 (MAX11612 to
// MAX11617), 19-5225 (MAX11644, MAX11645).
#include "monitor.hpp"
#include "variants.hpp"

#include <iio/driver/bits.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/module.hpp>

namespace {

using namespace iio;
using namespace iio::max1363;

// There are no registers but a setup and a configuration byte, which their
// highest bit tells apart. A read begins the conversions that these say.
//
// BIP/UNI stays unipolar, for pairs as well, as in the kernel's driver: a chip
// gives 0 for a negative difference then ("Unipolar/Bipolar").
constexpr std::uint8_t SETUP = 1 << 7 | 2 << 4 | 1 << 1; // the REF pin is an input; no reset
constexpr std::uint8_t SETUP_MONITOR = SETUP | 1;        // monitor-setup data follow

/// Rounds per second by delay code. The second is 66500 misspelt, by the
/// kernel's driver.
constexpr std::array<unsigned, 8> monitor_rates_hz{133'000, 665'000, 33'300, 16'600,
                                                   8'300,   4'200,   2'000,  1'000};
constexpr std::uint32_t RATE = 0;
constexpr std::uint32_t RATES = 1;
constexpr std::array monitor_attributes{
    DeviceAttribute::of("sampling_frequency", ExtInfo::Access::read_write, RATE,
                        DeviceAttribute::Group::events),
    DeviceAttribute::of("sampling_frequency_available", ExtInfo::Access::read, RATES,
                        DeviceAttribute::Group::events),
};

class Max1363 {
public:
    explicit Max1363(const Hardware &hardware)
        : client_{*hardware.i2c()},
          host_{hardware.host()},
          kind_{std::ranges::find(variants, hardware.part(), &Variant::part)->kind},
          reference_mv_{hardware.supplies().microvolts("vref") / 1000}
    {
    }

    /// The parts have no identification: only that one answers.
    Result<void> probe() { return configure(kind_.all_inputs); }

    ChannelTable channels() const { return kind_.channels; }
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED; }
    std::span<const ScanMask> scan_masks() const
    {
        return std::span{kind_.sequences.masks}.first(kind_.sequences.count);
    }

    /// EBUSY while the chip watches.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        switch (info) {
        case Info::raw: {
            const auto state = state_.lock();
            if (state->monitor.is_on())
                return fail(EBUSY);
            return Int{IIO_TRY(sample(channel))};
        }
        case Info::scale:
            return FractionalLog2{reference_mv_, *Log2::make(kind_.bits)};
        default:
            return fail(EINVAL);
        }
    }

    /// The kernel's driver shows the input's bit of its mask, and so do we: 1, 2, 4 or 8.
    Result<unsigned> read_event_config(const Channel &channel, Event event) const
    {
        const auto bound = IIO_TRY(bound_of(channel, event));
        return state_.lock()->monitor.bounds[bound].watched ? 1U << channel.channel : 0;
    }

    /// AIN2 and AIN3 are EBUSY where anything is watched already, as in the
    /// kernel's driver.
    Result<void> write_event_config(const Channel &channel, Event event, bool on) const
    {
        const auto bound = IIO_TRY(bound_of(channel, event));
        auto state = state_.lock();
        Monitor wanted = state->monitor;
        if (on && channel.channel >= 2 && wanted.is_on())
            return fail(EBUSY);
        wanted.bounds[bound].watched = on;
        if (const auto watching = watch(wanted); !watching) {
            (void)watch(state->monitor);
            return watching;
        }
        state->monitor = wanted;
        return {};
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo) const
    {
        const auto bound = IIO_TRY(bound_of(channel, event));
        return Int{state_.lock()->monitor.bounds[bound].code};
    }

    /// The chip is told when an event is enabled or disabled the next time.
    Result<void> write_event_value(const Channel &channel, Event event, EventInfo,
                                   Written written) const
    {
        const auto bound = IIO_TRY(bound_of(channel, event));
        if (written.integer >= 1 << kind_.bits)
            return fail(EINVAL);
        // Any negative number is taken, and its low bits count.
        state_.lock()->monitor.bounds[bound].code = static_cast<std::int16_t>(written.integer);
        return {};
    }

    std::span<const DeviceAttribute> attributes() const
    {
        return kind_.has_monitor ? monitor_attributes : std::span<const DeviceAttribute>{};
    }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        if (attribute.id == RATE) {
            text += monitor_rates_hz[state_.lock()->monitor.delay];
        } else {
            for (const unsigned rate_hz : monitor_rates_hz) {
                text += rate_hz == monitor_rates_hz.front() ? "" : " ";
                text += rate_hz;
            }
        }
        text += "\n";
        return {};
    }

    /// What it takes counts as nothing, as in the kernel's driver.
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        const auto wanted_hz = parse_unsigned(text, 10);
        const auto found = std::ranges::find(monitor_rates_hz, wanted_hz.value_or(0));
        if (found == monitor_rates_hz.end())
            return fail(EINVAL);
        state_.lock()->monitor.delay = static_cast<unsigned>(found - monitor_rates_hz.begin());
        return std::size_t{0};
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto state = state_.lock();
        if (state->streaming || !state->monitor.is_on())
            return;
        // Reading in monitor mode begins with the alarm-status register.
        std::array<std::uint8_t, 1> alarms{};
        if (!client_.read(alarms))
            return;
        for (std::size_t bound = 0; bound < state->monitor.bounds.size(); ++bound) {
            const auto &channel = kind_.channels.channels()[bound % Monitor::inputs];
            const auto direction =
                bound < Monitor::inputs ? EventDirection::falling : EventDirection::rising;
            if (alarms[0] >> bound & 1)
                host_.push_event(event_code(channel, EventType::thresh, direction), timestamp_ns);
        }
        (void)client_.write(std::array{SETUP_MONITOR, state->monitor.all_alarms_end()});
    }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        auto state = state_.lock();
        const auto found = std::ranges::find(scan_masks(), setup.active);
        if (found == scan_masks().end())
            return fail(EINVAL);
        const auto n = static_cast<std::size_t>(found - scan_masks().begin());
        IIO_TRY(configure(kind_.sequences.configs[n]));
        state->streaming = true;
        return {};
    }

    /// The chip cannot watch while it streams; then it does again.
    Result<void> stop_buffer() const
    {
        auto state = state_.lock();
        state->streaming = false;
        if (!state->monitor.is_on())
            return {};
        return watch(state->monitor);
    }

    /// Each read begins the sequence anew.
    Result<void> scan(Scan &scan) const
    {
        const auto is_sampled = [&](const Channel &channel) {
            return channel.channel_type() != ChannelType::timestamp && scan.has(channel);
        };
        const auto channels = kind_.channels.channels();
        const auto count = static_cast<std::size_t>(std::ranges::count_if(channels, is_sampled));
        std::array<std::uint8_t, 24> samples{};
        IIO_TRY(client_.read(std::span{samples}.first(count * sample_bytes())));
        const std::uint8_t *next = samples.data();
        for (const Channel &channel : channels) {
            if (!is_sampled(channel))
                continue;
            scan.put(channel, {next, sample_bytes()});
            next += sample_bytes();
        }
        return {};
    }

private:
    struct State {
        Monitor monitor;
        bool streaming = false;
    };

    std::size_t sample_bytes() const { return kind_.bits > 8 ? 2 : 1; }

    Result<void> configure(std::uint8_t config) const
    {
        return client_.write(std::array{SETUP, config});
    }

    /// The bits above those of the code are ones.
    Result<int> sample(const Channel &channel) const
    {
        IIO_TRY(configure(static_cast<std::uint8_t>(channel.address)));
        std::array<std::uint8_t, 2> bytes{};
        const auto in = std::span{bytes}.first(sample_bytes());
        IIO_TRY(client_.read(in));
        const auto code = big_endian(in) & ((1U << kind_.bits) - 1);
        return channel.scan_type.sign == 's' ? sign_extend(code, kind_.bits)
                                             : static_cast<int>(code);
    }

    /// A pair has the bounds of its positive input alone, as in the kernel's
    /// driver. Errors: EINVAL: the part watches nothing.
    Result<std::size_t> bound_of(const Channel &channel, Event event) const
    {
        if (!kind_.has_monitor)
            return fail(EINVAL);
        return Monitor::place(channel.channel, event.direction);
    }

    /// Makes the chip watch the inputs, all four against ground, or end that.
    Result<void> watch(const Monitor &monitor) const
    {
        if (!monitor.is_on())
            return configure(kind_.all_inputs);
        constexpr std::uint8_t config = rows<4>[0].config(3, SCAN_MONITOR);
        const auto data = monitor.setup_data();
        std::array<std::uint8_t, 2 + std::tuple_size_v<decltype(data)>> message{config,
                                                                                SETUP_MONITOR};
        std::ranges::copy(data, message.begin() + 2);
        IIO_TRY(client_.write(message));
        return client_.write(std::array{SETUP_MONITOR, monitor.all_alarms_end()});
    }

    const I2cClient &client_;
    const Host host_;
    const Kind &kind_;
    const int reference_mv_;
    Guarded<State> state_;
};

static_assert(Driver<Max1363>);

constexpr std::array<std::string_view, 1> supplies{"vref"};
constexpr auto parts = [] {
    std::array<Part, variants.size()> all;
    std::ranges::transform(variants, all.begin(), [](const Variant &variant) {
        return Part{.name = variant.part, .addresses = variant.addresses, .supplies = supplies};
    });
    return all;
}();

} // namespace

extern "C" const Module max1363_module;
const Module max1363_module = module_of<Max1363, parts>("max1363");
