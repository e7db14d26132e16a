// SPDX-License-Identifier: MIT
//
// Honeywell HIH6130 and its relatives, and Renesas HS3001 and its: relative humidity and
// temperature, 14 bits each. I2C at 0x27 (HIH6130) and 0x44 (HS3001). Datasheets: Honeywell
// 009061 (HumidIcon, I2C communication), Renesas HS300x.
//
// The part sleeps between its measurements. The address alone, as a write, wakes it.
#include <iio/driver.hpp>

namespace iio::hih6130 {
namespace {

/// Of the four bytes of an answer.
constexpr Field status{0, 3U << 30}; // 0: a new measurement
constexpr Field humidity{0, 0x3fff << 16};
constexpr Field temperature{0, 0x3fff << 2};

/// 0 to 100 % and -40 to 125 degrees: what the end of the range is.
template <int steps> constexpr Value humidity_scale = Fractional{100'000, NonZero{steps}};
template <int steps> constexpr Value temperature_scale = Fractional{165'000, NonZero{steps}};
template <int steps> constexpr Value temperature_offset = Fractional{-40 * steps, 165};
template <int steps>
constexpr std::array channels_of{
    Channel::in(ChannelType::humidityrelative)
        .separate(Info::raw)
        .constant(Info::scale, humidity_scale<steps>),
    Channel::in(ChannelType::temp)
        .separate(Info::raw)
        .constant(Info::scale, temperature_scale<steps>)
        .constant(Info::offset, temperature_offset<steps>),
};

struct Variant {
    ChannelTable channels;
    std::chrono::milliseconds measurement_time;
};
constexpr Variant hih6130{channels_of<16'382>, 50ms};
constexpr Variant hs3001{channels_of<16'383>, 100ms};

class Hih6130 : public TableDriver {
public:
    explicit Hih6130(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels},
          client_{*hardware.i2c()},
          measurement_time_{hardware.data<Variant>().measurement_time}
    {
    }

    Result<void> probe()
    {
        return is_configured().map([](bool) {});
    }
    /// There is nothing to configure: the part has to answer.
    Result<bool> is_configured() const
    {
        std::array<std::uint8_t, 4> answer{};
        IIO_TRY(client_.read(answer));
        return true;
    }

    /// Errors: EIO, too: there is no new measurement.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return TableDriver::read_raw(channel, info);
        const std::lock_guard lock{mutex_};
        IIO_TRY(client_.write({}));
        hardware().delay(measurement_time_);
        std::array<std::uint8_t, 4> bytes{};
        IIO_TRY(client_.read(bytes));
        const auto answer = big_endian(bytes);
        if (status.extract(answer) != 0)
            return fail(EIO);
        const Field field = channel.channel_type() == ChannelType::temp ? temperature : humidity;
        return Int{static_cast<int>(field.extract(answer))};
    }

private:
    const I2cClient &client_;
    const std::chrono::milliseconds measurement_time_;
    mutable std::mutex mutex_; ///< a measurement and its answer
};

} // namespace

IIO_MODULE(hih6130, Hih6130, Part{.name = "hih6130", .addresses = {0x27}, .data = hih6130},
           Part{.name = "hs3001", .addresses = {0x44}, .data = hs3001});

} // namespace iio::hih6130
