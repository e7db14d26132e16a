// SPDX-License-Identifier: MIT
//
// Sensirion SCD30: CO2, temperature and relative humidity, measured each 2 to 1800 s. I2C at
// 0x61. Datasheet: SCD30 Interface Description, version 1.0.
#include <bit>
#include <cmath>
#include <iio/driver.hpp>

namespace iio::scd30 {
namespace {

enum : std::uint16_t {
    START_CONTINUOUS_MEASUREMENT = 0x0010, // with the ambient pressure in hPa
    DATA_READY = 0x0202,
    READ_MEASUREMENT = 0x0300,
    MEASUREMENT_INTERVAL = 0x4600,
    FORCED_RECALIBRATION = 0x5204,
    AUTOMATIC_SELF_CALIBRATION = 0x5306,
    TEMPERATURE_OFFSET = 0x5403,
    FIRMWARE_VERSION = 0xd100,
    SOFT_RESET = 0xd304,
};
constexpr auto answer_time = 4ms;
constexpr auto reset_time = 2s; // the part's start, at most
constexpr int shortest_interval = 2;
constexpr int longest_interval = 1800;
constexpr int most_polls = 5; // a quarter of an interval each

constexpr int standard_pressure = 1013; // hPa
constexpr std::array<Value, 3> pressures{Int{700}, Int{1}, Int{1400}};
constexpr std::array<Value, 3> offsets{Int{0}, Int{10}, Int{655'360}};
constexpr unsigned least_ppm = 400; // that the part can be told it is in
constexpr unsigned most_ppm = 2000;

constexpr Value hundredths_of_ppm = IntPlusMicro{0, 1}; // as percent

/// A channel's address is the place of its number in the answer.
constexpr Channel quantity(const Channel &channel, int index)
{
    return channel.at(static_cast<std::uint64_t>(index))
        .by_all(Info::sampling_frequency)
        .direct_read(Info::raw, Info::processed);
}
constexpr std::array channel_list{
    Channel::out(ChannelType::pressure)
        .separate(Info::raw)
        .available(Shared::separate, Info::raw)
        .by_all(Info::sampling_frequency),
    quantity(Channel::in(ChannelType::concentration).modifier(Modifier::co2), 0)
        .separate(Info::raw)
        .constant(Info::scale, hundredths_of_ppm)
        .scan(0, ScanType::of_unsigned(20, 32)),
    quantity(Channel::in(ChannelType::temp), 1)
        .separate(Info::processed, Info::calibbias)
        .available(Shared::separate, Info::calibbias)
        .scan(1, ScanType::of_signed(18, 32)),
    quantity(Channel::in(ChannelType::humidityrelative), 2)
        .separate(Info::processed)
        .scan(2, ScanType::of_unsigned(17, 32)),
    Channel::timestamp(3),
};
enum : std::uint32_t { frequencies, self_calibration, forced_value };
constexpr std::array attribute_list{
    DeviceAttribute::of("sampling_frequency_available", ExtInfo::Access::read, frequencies),
    DeviceAttribute::of("calibration_auto_enable", ExtInfo::Access::read_write, self_calibration),
    DeviceAttribute::of("calibration_forced_value", ExtInfo::Access::read_write, forced_value),
};

/// Hundredths of a float in two words; 0 for what is no number.
int hundredths(unsigned high, unsigned low)
{
    constexpr double most = 10'000'000;
    const double number = double{std::bit_cast<float>(high << 16 | low)} * 100;
    return std::isnan(number) ? 0 : static_cast<int>(std::fmax(-most, std::fmin(number, most)));
}

class Scd30 : public TableDriver {
public:
    explicit Scd30(const Hardware &hardware)
        : TableDriver{hardware, channel_list, attribute_list}, commands_{hardware}
    {
    }

    /// Errors: EIO: what answers does not check its words as this part does.
    Result<void> probe()
    {
        IIO_TRY(commands_.send(SOFT_RESET));
        hardware().delay(reset_time);
        IIO_TRY(commands_.ask<1>(FIRMWARE_VERSION, answer_time));
        const auto state = state_.lock();
        IIO_TRY(commands_.send(MEASUREMENT_INTERVAL, word(state->interval_s)));
        return commands_.send(START_CONTINUOUS_MEASUREMENT, word(state->pressure));
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (channel.is_output() && info == Info::raw)
            return Int{state_.lock()->pressure};
        if (info == Info::sampling_frequency) {
            const auto state = state_.lock();
            const int interval = IIO_TRY(ask(MEASUREMENT_INTERVAL));
            return IntPlusNano{0, 1'000'000'000 / std::max(interval, shortest_interval)};
        }
        if (info == Info::calibbias) {
            const auto state = state_.lock();
            return Int{IIO_TRY(ask(TEMPERATURE_OFFSET)) * 10};
        }
        if (info != Info::raw && info != Info::processed)
            return TableDriver::read_raw(channel, info);
        const int value = IIO_TRY(measure())[channel.index()];
        return Int{value};
    }

    WriteFormat write_format(const Channel &, Info info) const
    {
        if (info == Info::raw || info == Info::calibbias)
            return WriteFormat::integer;
        return WriteFormat::plus_nano;
    }
    Result<Available> read_avail(const Channel &channel, Info) const
    {
        return Available::min_step_max(channel.is_output() ? pressures : offsets);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto state = state_.lock();
        const int number = written.integer;
        if (info == Info::sampling_frequency) {
            const std::int64_t nanohertz = std::int64_t{number} * 1'000'000'000 + written.fraction;
            const auto interval = nanohertz > 0 ? 1'000'000'000 / nanohertz : 0;
            if (interval < shortest_interval || interval > longest_interval)
                return fail(EINVAL);
            IIO_TRY(commands_.send(MEASUREMENT_INTERVAL, word(static_cast<int>(interval))));
            state->interval_s = static_cast<int>(interval);
            return {};
        }
        if (channel.is_output() && info == Info::raw && number >= 700 && number <= 1400) {
            IIO_TRY(commands_.send(START_CONTINUOUS_MEASUREMENT, word(number)));
            state->pressure = number;
            return {};
        }
        // kernel: What is written to `calibbias`, the temperature's offset, goes out as an ambient
        // pressure, and not in hundredths of a degree.
        if (info == Info::calibbias && number >= 0 && number <= 655'360)
            return commands_.send(START_CONTINUOUS_MEASUREMENT, word(number));
        return fail(EINVAL);
    }

    Result<void> scan(Scan &scan) const
    {
        const auto values = IIO_TRY(measure());
        scan.put_numbers(std::span{channel_list}.subspan(1, values.size()), values);
        return {};
    }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        if (attribute.id == frequencies)
            return list_frequencies(text);
        const auto state = state_.lock();
        text.line(IIO_TRY(
            ask(attribute.id == forced_value ? FORCED_RECALIBRATION : AUTOMATIC_SELF_CALIBRATION)));
        return {};
    }
    Result<std::size_t> write_attribute(const DeviceAttribute &attribute,
                                        std::string_view text) const
    {
        const auto state = state_.lock();
        if (attribute.id == self_calibration) {
            IIO_TRY(commands_.send(AUTOMATIC_SELF_CALIBRATION, word(IIO_TRY(parse_bool(text)))));
            return text.size();
        }
        const unsigned ppm = IIO_TRY(parse_unsigned(text));
        if (ppm < least_ppm || ppm > most_ppm)
            return fail(EINVAL);
        IIO_TRY(commands_.send(FORCED_RECALIBRATION, word(static_cast<int>(ppm))));
        return text.size();
    }

private:
    struct State {
        int interval_s = shortest_interval;
        int pressure = standard_pressure;
    };

    static std::array<std::uint16_t, 1> word(int number)
    {
        return {static_cast<std::uint16_t>(number)};
    }
    Result<int> ask(unsigned command) const
    {
        const auto [answer] = IIO_TRY(commands_.ask<1>(command, answer_time));
        return int{answer};
    }
    static Result<void> list_frequencies(Text &text)
    {
        for (int interval = shortest_interval; interval <= longest_interval; interval += 6) {
            const auto nano = std::to_string(2'000'000'000 / interval / 2);
            text += interval == shortest_interval ? "0." : " 0.";
            text += std::string(9 - nano.size(), '0') + nano;
        }
        text += "\n";
        return {};
    }

    /// CO2 in hundredths of ppm, temperature and humidity in thousandths, of which the part's
    /// hundredths count. Errors: ETIMEDOUT: the part does not measure.
    Result<std::array<int, 3>> measure() const
    {
        const auto state = state_.lock();
        for (int polls = 0; polls < most_polls; ++polls) {
            if (IIO_TRY(ask(DATA_READY)) != 0) {
                const auto words = IIO_TRY(commands_.ask<6>(READ_MEASUREMENT, answer_time));
                return std::array{hundredths(words[0], words[1]),
                                  hundredths(words[2], words[3]) * 10,
                                  hundredths(words[4], words[5]) * 10};
            }
            hardware().delay(std::chrono::milliseconds{state->interval_s * 250});
        }
        return fail(ETIMEDOUT);
    }

    const Commands commands_;
    Guarded<State> state_; ///< held while a command is answered
};

constexpr IdentityCommand firmware{.command = FIRMWARE_VERSION,
                                   .answers_after = answer_time}; // any version

} // namespace

IIO_MODULE(scd30, Scd30, Part{.name = "scd30", .addresses = {0x61}, .recognised = firmware});

} // namespace iio::scd30
