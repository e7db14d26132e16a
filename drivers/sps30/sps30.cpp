// SPDX-License-Identifier: MIT
//
// Sensirion SPS30: particulate matter, the mass of particles up to 1, 2.5, 4 and 10 um.
// I2C at 0x69. Datasheet: SPS30, version 1.0.
//
// The fan and the laser run from the first read on. A new cleaning period needs a reset, which
// comes before the next measurement.
#include <bit>
#include <cmath>
#include <iio/driver.hpp>

namespace iio::sps30 {
namespace {

enum : std::uint16_t {
    START_MEASUREMENT = 0x0010,
    STOP_MEASUREMENT = 0x0104,
    READ_DATA_READY_FLAG = 0x0202,
    READ_MEASURED_VALUES = 0x0300,
    START_FAN_CLEANING = 0x5607,
    AUTO_CLEANING_INTERVAL = 0x8004, // seconds, kept in the part's flash
    READ_SERIAL_NUMBER = 0xd033,
    RESET = 0xd304,
};
constexpr std::array<std::uint16_t, 1> big_endian_floats{0x0300};
constexpr std::size_t serial_words = 16;

constexpr auto reset_time = 300ms;
constexpr auto answer_time = 5ms;
constexpr auto poll_time = 250ms; // a measurement each second
constexpr int most_polls = 5;
constexpr unsigned longest_period = 604'800; // a week

constexpr Value scale = IntPlusMicro{0, 10'000};

/// A channel's address is the place of its number in the answer.
constexpr Channel particles(Modifier size, int index)
{
    return Channel::in(ChannelType::massconcentration)
        .modifier(size)
        .at(static_cast<std::uint64_t>(index))
        .separate(Info::processed)
        .constant(Info::scale, scale, Shared::by_type)
        .scan(index, ScanType::of_unsigned(19, 32));
}
constexpr std::array channel_list{
    particles(Modifier::pm1, 0),  particles(Modifier::pm2p5, 1), particles(Modifier::pm4, 2),
    particles(Modifier::pm10, 3), Channel::timestamp(4),
};
enum : std::uint32_t { start_cleaning, cleaning_period };
constexpr std::array attribute_list{
    DeviceAttribute::of("start_cleaning", ExtInfo::Access::order, start_cleaning),
    DeviceAttribute::of("cleaning_period", ExtInfo::Access::read_write, cleaning_period),
    DeviceAttribute::constant("cleaning_period_available", "[0 1 604800]\n"),
};

// kernel: More than 3000 is shown as 3000. A number that no part gives (below zero, infinite, none)
// shows arbitrary digits in Linux; here it shows 0, or 3000 if it is infinite.
constexpr double most_ug = 3000;

/// Hundredths of a float in two words; 0 for what is no number.
int hundredths(unsigned high, unsigned low)
{
    const double number = std::bit_cast<float>(high << 16 | low);
    return number > 0 ? static_cast<int>(std::fmin(number, most_ug) * 100) : 0;
}

class Sps30 : public TableDriver {
public:
    explicit Sps30(const Hardware &hardware)
        : TableDriver{hardware, channel_list, attribute_list}, commands_{hardware}
    {
    }
    ~Sps30() override
    {
        if (*state_.lock() == State::measures)
            (void)commands_.send(STOP_MEASUREMENT);
    }

    /// Errors: EIO: what answers does not check its words as this part does.
    Result<void> probe()
    {
        IIO_TRY(reset());
        IIO_TRY(commands_.ask<serial_words>(READ_SERIAL_NUMBER, answer_time));
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::processed)
            return TableDriver::read_raw(channel, info);
        const int value = IIO_TRY(measure())[channel.index()];
        return IntPlusMicro{value / 100, value % 100 * 10'000};
    }

    Result<void> scan(Scan &scan) const
    {
        const auto values = IIO_TRY(measure());
        scan.put_numbers(std::span{channel_list}.first(values.size()), values);
        return {};
    }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        const auto state = state_.lock();
        const auto [high, low] = IIO_TRY(commands_.ask<2>(AUTO_CLEANING_INTERVAL, answer_time));
        text.line(std::int64_t{high} << 16 | low);
        return {};
    }
    /// Errors: EINVAL: not 1 for a cleaning, no period up to a week.
    Result<std::size_t> write_attribute(const DeviceAttribute &attribute,
                                        std::string_view text) const
    {
        const unsigned number = parse_unsigned(text).value_or(~0U);
        const auto state = state_.lock();
        if (attribute.id == start_cleaning) {
            if (number != 1)
                return fail(EINVAL);
            IIO_TRY(commands_.send(START_FAN_CLEANING));
            return text.size();
        }
        if (number > longest_period)
            return fail(EINVAL);
        IIO_TRY(commands_.send(AUTO_CLEANING_INTERVAL,
                               std::array{static_cast<std::uint16_t>(number >> 16),
                                          static_cast<std::uint16_t>(number)}));
        *state = State::changed;
        return text.size();
    }

private:
    enum class State { idle, measures, changed };

    /// A part that was reset does not measure; it is told so in case that it was not reset.
    Result<void> reset() const
    {
        IIO_TRY(commands_.send(RESET));
        hardware().delay(reset_time);
        return commands_.send(STOP_MEASUREMENT);
    }

    /// Of each size, in hundredths of ug/m^3. Errors: ETIMEDOUT: the part does not measure.
    Result<std::array<int, 4>> measure() const
    {
        const auto state = state_.lock();
        if (*state == State::changed)
            IIO_TRY(reset());
        if (*state != State::measures)
            IIO_TRY(commands_.send(START_MEASUREMENT, big_endian_floats));
        *state = State::measures;
        for (int polls = 0; polls < most_polls; ++polls) {
            const auto [ready] = IIO_TRY(commands_.ask<1>(READ_DATA_READY_FLAG, answer_time));
            if (ready != 0) {
                const auto words = IIO_TRY(commands_.ask<8>(READ_MEASURED_VALUES, answer_time));
                std::array<int, 4> values{};
                for (std::size_t i = 0; i < values.size(); ++i)
                    values[i] = hundredths(words[2 * i], words[2 * i + 1]);
                return values;
            }
            hardware().delay(poll_time);
        }
        return fail(ETIMEDOUT);
    }

    const Commands commands_;
    Guarded<State> state_{State::idle}; ///< held while a command is answered
};

constexpr IdentityCommand product_type{.command = 0xd002, .words = 2, .codes = {0x3038}}; // "0008…"

} // namespace

IIO_MODULE(sps30, Sps30, Part{.name = "sps30", .addresses = {0x69}, .recognised = product_type});

} // namespace iio::sps30
