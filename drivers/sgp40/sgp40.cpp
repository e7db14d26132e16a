// SPDX-License-Identifier: MIT
//
// Sensirion SGP40: a signal of volatile organic compounds, compensated for the humidity and
// temperature that it is told. I2C at 0x59. Datasheet: SGP40, version 1.1.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::sgp40 {
namespace {

enum : std::uint16_t {
    measure_raw_signal = 0x260f,
    get_serial_number = 0x3682,
};
constexpr auto measurement_time = 30ms;
constexpr auto serial_number_time = 1ms;

/// 65535 is 100 %, and -45 to 130 degrees Celsius.
constexpr int initial_humidity = 50'000;
constexpr int initial_temperature = 25'000;
constexpr int lowest_temperature = -45'000;
constexpr int highest_temperature = 130'000;
constexpr int initial_bias = 30'000;
constexpr int lowest_bias = 20'000;
constexpr int highest_bias = 52'768;

// kernel: `in_concentration_input` is an index of the driver's own, not Sensirion's: 500 / (1 +
// e^(0.0065 * (signal - bias))).
//
// Worked out from 512 recorded values: in units of 2^-14, with 2^-12 of the product shown. The
// series of e^x has twelve terms, and the power of x in each is kept in 31 bits: of a longer one
// the low 14 bits are dropped.
constexpr int fraction_bits = 14;
constexpr std::uint32_t one = 1U << fraction_bits;
constexpr int slope = 106;
constexpr unsigned terms = 12;
constexpr unsigned highest_index = 500;

/// e^x of x above 0.
constexpr std::uint32_t exponential(std::uint32_t x)
{
    std::uint32_t sum = one;
    std::uint32_t power = 1;
    int power_bits = -fraction_bits; ///< the point of the power stands so far left of the sum's
    std::uint32_t factorial = 1;
    for (unsigned n = 1; n <= terms; ++n) {
        power *= x;
        power_bits += fraction_bits;
        factorial *= n;
        // A point further away than 31 bits: the processor shifts by the rest.
        sum += (power >> power_bits % 32) / factorial;
        if (power >= INT32_MAX / x) {
            power >>= fraction_bits;
            power_bits -= fraction_bits;
        }
    }
    return sum;
}
constexpr IntPlusMicro index_of(int signal, int bias)
{
    const int x = (signal - bias) * slope;
    const std::uint32_t power = x < 0   ? one * one / exponential(static_cast<std::uint32_t>(-x))
                                : x > 0 ? exponential(static_cast<std::uint32_t>(x))
                                        : one;
    const auto index = static_cast<int>(one * one / (one + power) * highest_index >> 2);
    return {index >> 12, (index & 0xfff) * (1'000'000 >> 12)};
}

constexpr std::array channel_list{
    Channel::in(ChannelType::concentration).separate(Info::processed),
    Channel::in(ChannelType::resistance).separate(Info::raw, Info::calibbias),
    Channel::out(ChannelType::temp).separate(Info::raw),
    Channel::out(ChannelType::humidityrelative).separate(Info::raw),
};

class Sgp40 : public TableDriver {
public:
    explicit Sgp40(const Hardware &hardware)
        : TableDriver{hardware, channel_list}, commands_{hardware}
    {
    }

    Result<void> probe()
    {
        return is_configured().map([](bool) {});
    }
    /// There is nothing to configure: the part has to answer.
    Result<bool> is_configured() const
    {
        const auto state = state_.lock();
        IIO_TRY(commands_.ask<3>(get_serial_number, serial_number_time));
        return true;
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const auto state = state_.lock();
        if (info == Info::calibbias)
            return Int{state->bias};
        if (channel.is_output())
            return Int{is_temperature(channel) ? state->temperature : state->humidity};
        const int signal = IIO_TRY(measure(*state));
        if (info == Info::processed)
            return index_of(signal, state->bias);
        return Int{signal};
    }

    // kernel: Of a written temperature or humidity what stands behind the point is cut off.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto state = state_.lock();
        if (info == Info::calibbias)
            return set(state->bias, written, lowest_bias, highest_bias);
        if (!channel.is_output())
            return fail(EINVAL);
        if (is_temperature(channel))
            return set(state->temperature, written, lowest_temperature, highest_temperature);
        return set(state->humidity, written, 0, 100'000);
    }

private:
    struct State {
        int humidity = initial_humidity;       ///< thousandths of a percent
        int temperature = initial_temperature; ///< thousandths of a degree
        int bias = initial_bias;
    };

    static bool is_temperature(const Channel &channel)
    {
        return channel.channel_type() == ChannelType::temp;
    }
    static Result<void> set(int &value, Written written, int lowest, int highest)
    {
        value = IIO_TRY(written.within(lowest, highest));
        return {};
    }
    Result<int> measure(const State &state) const
    {
        const std::int64_t range = highest_temperature - lowest_temperature;
        const std::array words{
            static_cast<std::uint16_t>(std::int64_t{state.humidity} * 0xffff / 100'000),
            static_cast<std::uint16_t>(std::int64_t{state.temperature - lowest_temperature} *
                                       0xffff / range)};
        IIO_TRY(commands_.send(measure_raw_signal, words));
        hardware().delay(measurement_time);
        std::array<std::uint16_t, 1> signal{};
        IIO_TRY(commands_.receive(signal));
        return signal[0];
    }

    const Commands commands_;
    Guarded<State> state_; ///< held during a measurement
};

constexpr IdentityCommand serial_number{.command = 0x3682, .words = 3, .answers_after = 1ms};

} // namespace

IIO_MODULE(sgp40, Sgp40, Part{.name = "sgp40", .addresses = {0x59}, .recognised = serial_number});

} // namespace iio::sgp40
