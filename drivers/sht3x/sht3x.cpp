// SPDX-License-Identifier: MIT
//
// Sensirion SHT30, SHT31 and SHT35: temperature and relative humidity on command, each word
// with a check byte. I2C at 0x44 or 0x45, by the pin ADDR. STS30, STS31 and STS35: temperature
// alone, at 0x4a or 0x4b. Datasheets: SHT3x-DIS, version 6; STS3x-DIS.
#include <iio/driver.hpp>

namespace iio::sht3x {
namespace {

enum : std::uint16_t {
    MEASURE_HIGH_REPEATABILITY = 0x2400, // without clock stretching
    SOFT_RESET = 0x30a2,
    STOP_PERIODIC = 0x3093, // Break
    READ_STATUS = 0xf32d,
};
constexpr auto stop_time = 1ms;
constexpr auto reset_time = 2ms;        // table 4: 1.5 ms
constexpr auto measurement_time = 16ms; // 15.5 ms

// -45 to 130 degrees Celsius: (raw + offset) * scale; 0 to 100 %.
constexpr Value temperature_scale = Fractional{175'000, 65'535};
constexpr Value temperature_offset = Fractional{-45 * 65'535, 175};
constexpr Value humidity_scale = Fractional{100'000, 65'535};

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
        .constant(Info::scale, humidity_scale),
};
constexpr std::array temperature_alone{channel_list[0]};
constexpr ChannelTable sht3x{channel_list};
constexpr ChannelTable sts3x{temperature_alone};

class Sht3x : public TableDriver {
public:
    explicit Sht3x(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<ChannelTable>()}, commands_{hardware}
    {
    }

    /// It may measure periodically from earlier on. Errors: EIO: what answers does not check
    /// its words as these parts do.
    Result<void> probe()
    {
        IIO_TRY(commands_.send(STOP_PERIODIC));
        hardware().delay(stop_time);
        IIO_TRY(commands_.send(SOFT_RESET));
        hardware().delay(reset_time);
        IIO_TRY(commands_.ask<1>(READ_STATUS));
        return {};
    }

    /// There is nothing to configure: the part has to answer.
    Result<bool> is_configured() const
    {
        const std::lock_guard lock{mutex_};
        IIO_TRY(commands_.ask<1>(READ_STATUS));
        return true;
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return TableDriver::read_raw(channel, info);
        const std::lock_guard lock{mutex_};
        std::array<std::uint16_t, 2> words{};
        IIO_TRY(commands_.send(MEASURE_HIGH_REPEATABILITY));
        hardware().delay(measurement_time);
        IIO_TRY(commands_.receive(std::span{words}.first(channels().size())));
        return Int{words[channel.index()]};
    }

private:
    const Commands commands_;
    mutable std::mutex mutex_; ///< a command and its answer
};

constexpr IdentityCommand status{.command = 0xf32d}; // reading it clears nothing

} // namespace

IIO_MODULE(sht3x, Sht3x,
           Part{.name = "sht3x", .addresses = {0x44, 0x45}, .data = sht3x, .recognised = status},
           Part{.name = "sts3x", .addresses = {0x4a, 0x4b}, .data = sts3x, .recognised = status});

} // namespace iio::sht3x
