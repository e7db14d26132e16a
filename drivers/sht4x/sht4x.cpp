// SPDX-License-Identifier: MIT
//
// Sensirion SHT40, SHT41, SHT43 and SHT45: relative humidity and temperature, 16 bits
// each. I2C at 0x44 (SHT4x-A), 0x45 (-B) and 0x46 (-C). Datasheet: SHT4x.
//
// A command starts a measurement of both quantities; the part does not acknowledge a read
// before it has ended. The heater is not used.
#include <iio/driver.hpp>

namespace iio::sht4x {
namespace {

enum : std::uint8_t {
    SERIAL_NUMBER = 0x89,
    SOFT_RESET = 0x94,
    MEASURE_HIGH_PRECISION = 0xfd,
};
constexpr auto reset_time = 1ms;
constexpr auto measurement_time = 8300us; // high precision, maximum
constexpr auto answer_time = 1ms;

// -45 to 130 degrees Celsius in 65535 steps, as thousandths: (raw + offset) * scale.
constexpr Value temperature_scale = Fractional{175'000, 65'535};
constexpr Value temperature_offset = Fractional{-45 * 65'535, 175};
// -6 to 119 %. What is outside of 0 to 100 % is due to the part's tolerance.
constexpr Value humidity_scale = Fractional{125'000, 65'535};
constexpr Value humidity_offset = Fractional{-6 * 65'535, 125};

/// A channel's address is the place of its word in the answer.
constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(0)
        .separate(Info::raw)
        .constant(Info::scale, temperature_scale)
        .constant(Info::offset, temperature_offset),
    Channel::in(ChannelType::humidityrelative)
        .at(1)
        .separate(Info::raw)
        .constant(Info::scale, humidity_scale)
        .constant(Info::offset, humidity_offset),
};

class Sht4x : public TableDriver {
public:
    explicit Sht4x(const Hardware &hardware)
        : TableDriver{hardware, channel_list}, commands_{hardware, {.command_bytes = 1}}
    {
    }

    /// Errors: EIO: what answers does not check its words as these parts do.
    Result<void> probe()
    {
        IIO_TRY(commands_.send(SOFT_RESET));
        hardware().delay(reset_time);
        IIO_TRY(commands_.ask<2>(SERIAL_NUMBER, answer_time));
        return {};
    }

    /// There is nothing to configure: the part has to answer.
    Result<bool> is_configured() const
    {
        const std::lock_guard lock{mutex_};
        IIO_TRY(commands_.ask<2>(SERIAL_NUMBER, answer_time));
        return true;
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return TableDriver::read_raw(channel, info);
        const std::lock_guard lock{mutex_};
        const auto words = IIO_TRY(commands_.ask<2>(MEASURE_HIGH_PRECISION, measurement_time));
        return Int{words[channel.index()]};
    }

private:
    const Commands commands_;
    mutable std::mutex mutex_; ///< a command and its answer
};

constexpr IdentityCommand serial_number{.format = {.command_bytes = 1},
                                        .command = SERIAL_NUMBER,
                                        .words = 2,
                                        .answers_after = answer_time};

} // namespace

IIO_MODULE(sht4x, Sht4x,
           Part{.name = "sht4x", .addresses = {0x44, 0x45, 0x46}, .recognised = serial_number});

} // namespace iio::sht4x
