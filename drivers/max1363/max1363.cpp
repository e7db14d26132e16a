// SPDX-License-Identifier: MIT
//
// Maxim MAX1036 to MAX1364 and MAX11600 to MAX11647: A/D converters on I2C that
// sample one input or several in a row, of 8 bits (MAX1036 to MAX1039, MAX11600
// to MAX11605), 10 bits (MAX1136 to MAX1139, MAX11606 to MAX11611, MAX11646,
// MAX11647) and 12 bits (MAX1236 to MAX1239, MAX11612 to MAX11617, MAX11644,
// MAX11645). MAX1361 to MAX1364 also watch their four inputs by themselves.
// Datasheets: 19-2333 (MAX1236 to MAX1239), 19-3268 (MAX1361, MAX1362), 19-4554
// (MAX11600 to MAX11605), 19-4560 (MAX11606 to MAX11611), 19-4561 (MAX11612 to
// MAX11617), 19-5225 (MAX11644, MAX11645).
#include "parts.hpp"

#include <algorithm>
#include <bitset>
#include <iio/driver.hpp>

namespace iio::max1363 {
namespace {

// The parts have a setup and a configuration byte and no other registers; the highest
// bit tells the two apart. A read begins the conversions that they select.
//
// kernel: Pairs are read unipolar, so that a negative difference is 0 ("Unipolar/Bipolar"); the
// parts could do bipolar.
constexpr std::uint8_t SETUP = 1 << 7 | 2 << 4 | 1 << 1; // the REF pin is an input; no reset
constexpr std::uint8_t SETUP_MONITOR = SETUP | 1;        // monitor-setup data follow

constexpr std::size_t watched_inputs = 4;
/// Rounds of the monitor per second, by delay code.
constexpr std::array<unsigned, 8> monitor_rates_hz{133'000, 665'000, 33'300, 16'600,
                                                   8'300,   4'200,   2'000,  1'000};

class Max1363 : public TableDriver {
public:
    explicit Max1363(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Kind>().channels, hardware.data<Kind>().attributes}
    {
    }

    /// The parts have no identification; the probe only shows that one answers.
    Result<void> probe() { return configure_all(); }

    std::span<const ScanMask> scan_masks() const { return hardware().data<Kind>().sequences; }

    /// Errors: EBUSY: the chip watches.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::scale)
            return hardware().supplies().step("vref", channel.scan_type.realbits);
        const auto state = state_.lock();
        if (state->watched.any())
            return fail(EBUSY);
        IIO_TRY(configure(scan_bit(channel.scan_index)));
        std::array<std::uint8_t, 2> bytes{};
        const auto sample = std::span{bytes}.first(bytes_of(channel.scan_type));
        IIO_TRY(hardware().i2c()->read(sample)); // ones above the code
        return Int{sample_of(channel.scan_type, sample)};
    }

    // kernel: The enable of an event shows the input's bit of its mask, 1, 2, 4 or 8, where the ABI
    // has 1.
    Result<unsigned> read_event_config(const Channel &channel, Event event) const
    {
        const auto bound = IIO_TRY(bound_of(channel, event));
        return state_.lock()->watched[bound] ? 1U << channel.channel : 0;
    }

    // kernel: Enabling an event of input 2 or 3 is EBUSY where any other is enabled.
    Result<void> write_event_config(const Channel &channel, Event event, bool on) const
    {
        const auto bound = IIO_TRY(bound_of(channel, event));
        const auto state = state_.lock();
        if (on && channel.channel >= 2 && state->watched.any())
            return fail(EBUSY);
        state->watched[bound] = on;
        return watch(*state);
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo) const
    {
        const auto bound = IIO_TRY(bound_of(channel, event));
        return Int{state_.lock()->bounds[bound]};
    }

    /// The chip gets the bound when an event is enabled or disabled the next time.
    Result<void> write_event_value(const Channel &channel, Event event, EventInfo,
                                   Written written) const
    {
        const auto bound = IIO_TRY(bound_of(channel, event));
        if (written.integer >= 1 << channel.scan_type.realbits)
            return fail(EINVAL);
        // kernel: Any negative event threshold is taken; its low bits count.
        state_.lock()->bounds[bound] = static_cast<std::int16_t>(written.integer);
        return {};
    }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        text.line(monitor_rates_hz[state_.lock()->delay]);
        return {};
    }

    // kernel: A write to the monitor's rate that is taken counts as 0 bytes written.
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        const auto found =
            std::ranges::find(monitor_rates_hz, parse_unsigned(text, 10).value_or(0));
        if (found == monitor_rates_hz.end())
            return fail(EINVAL);
        state_.lock()->delay = static_cast<unsigned>(found - monitor_rates_hz.begin());
        return std::size_t{0};
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto state = state_.lock();
        // Reading in monitor mode begins with the alarm-status register.
        std::array<std::uint8_t, 1> alarms{};
        if (state->streaming || !state->watched.any() || !hardware().i2c()->read(alarms))
            return;
        for (std::size_t bound = 0; bound < 2 * watched_inputs; ++bound) {
            const Channel &channel = channels()[bound % watched_inputs];
            const auto direction =
                bound < watched_inputs ? EventDirection::falling : EventDirection::rising;
            if (alarms[0] >> bound & 1)
                host().push_event(channel, EventType::thresh, direction, timestamp_ns);
        }
        (void)end_alarms(*state);
    }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        const auto state = state_.lock();
        IIO_TRY(configure(setup.active));
        state->streaming = true;
        return {};
    }

    /// The chip cannot watch while it streams. It watches again once the buffer has stopped.
    Result<void> stop_buffer() const
    {
        const auto state = state_.lock();
        state->streaming = false;
        return state->watched.any() ? watch(*state) : Result<void>{};
    }

    /// Each read begins the sequence at its first channel.
    Result<void> scan(Scan &scan) const
    {
        const std::size_t sample_bytes = channels().front().scan_type.storagebits / 8U;
        const auto count = static_cast<std::size_t>(std::popcount(scan.mask()));
        std::array<std::uint8_t, 24> bytes{};
        IIO_TRY(hardware().i2c()->read(std::span{bytes}.first(count * sample_bytes)));
        scan.put_active(channels(), bytes);
        return {};
    }

private:
    /// The bounds are in the order of the alarm-status register's bits: the lower ones of
    /// AIN0 to AIN3, then the upper ones.
    struct State {
        std::array<std::int16_t, 2 * watched_inputs> bounds{}; // codes
        std::bitset<2 * watched_inputs> watched;
        unsigned delay = 0; // code of the time between two rounds
        bool streaming = false;
    };

    /// Selects channels that follow each other, by the first and the last of them.
    Result<void> configure(ScanMask mask) const
    {
        const auto all = channels();
        const auto first = std::ranges::find(all, std::countr_zero(mask), &Channel::scan_index);
        const auto last = std::ranges::find(all, std::bit_width(mask) - 1, &Channel::scan_index);
        // kernel: In a buffer of the upper pairs of a part with eight inputs or more, the samples
        // are those of input 6 and the inputs after it, as the driver asks for single inputs.
        const unsigned row = first->channel < 2 ? SCAN_FROM_FIRST : SCAN_UPPER | CONFIG_SGL;
        const auto alone = static_cast<unsigned>(last->address);
        const unsigned config = first == last ? alone : (alone ^ SCAN_ONE) | row;
        return hardware().i2c()->write(std::array{SETUP, static_cast<std::uint8_t>(config)});
    }
    /// Samples all inputs in a row.
    Result<void> configure_all() const
    {
        const auto inputs = channels().size() / 2;
        return configure((ScanMask{1} << inputs) - 1);
    }

    /// kernel: A pair has the thresholds of its positive input.
    /// Errors: EINVAL: the part watches nothing.
    Result<std::size_t> bound_of(const Channel &channel, Event event) const
    {
        if (attributes().empty())
            return fail(EINVAL);
        const bool rising = event.direction == EventDirection::rising;
        return static_cast<std::size_t>(channel.channel) + (rising ? watched_inputs : 0);
    }

    /// Makes the chip watch all four inputs against ground, or stop watching. It gets a byte of
    /// monitor-setup data and a lower and an upper bound of each (19-3268, "Monitor Mode").
    Result<void> watch(const State &state) const
    {
        if (!state.watched.any())
            return configure_all();
        std::array<std::uint8_t, 3 + 3 * watched_inputs> message{
            SCAN_MONITOR | CS.place(3) | CONFIG_SGL, SETUP_MONITOR,
            static_cast<std::uint8_t>(state.delay << 1)};
        // 12 bits. A bound that is not watched is one that no code exceeds.
        const auto bits = [&](std::size_t bound, unsigned otherwise) {
            return state.watched[bound] ? static_cast<unsigned>(state.bounds[bound]) & 0xfff
                                        : otherwise;
        };
        std::uint8_t *next = message.data() + 3;
        for (std::size_t input = 0; input < watched_inputs; ++input) {
            const unsigned both = bits(input, 0) << 12 | bits(watched_inputs + input, 0xfff);
            next = std::ranges::copy(big_endian_bytes<3>(both), next).out;
        }
        IIO_TRY(hardware().i2c()->write(message));
        return end_alarms(state);
    }
    /// The first byte of the monitor-setup data: the alarms that are to end (bits 7 to 4),
    /// the delay and whether the INT output works.
    Result<void> end_alarms(const State &state) const
    {
        const auto data = static_cast<std::uint8_t>(0xf0 | state.delay << 1 | 1);
        return hardware().i2c()->write(std::array{SETUP_MONITOR, data});
    }

    Guarded<State> state_;
};

} // namespace

IIO_MODULE(max1363, Max1363, parts);

} // namespace iio::max1363
