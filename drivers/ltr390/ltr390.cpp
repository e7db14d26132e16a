// SPDX-License-Identifier: MIT
//
// Lite-On LTR-390UV: ambient light or ultraviolet light, one of them at a time, 20 bits. I2C
// at 0x53. Datasheet: LTR-390UV-01, revision 1.4.
//
// The part measures all the time. A read of the other quantity waits for its first result.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::ltr390 {
namespace {

enum : std::uint8_t {
    ALS_DATA_0 = 0x0d,
    UVS_DATA_0 = 0x10,
};
constexpr Field SW_Reset{0x00, 1 << 4};       // MAIN_CTRL
constexpr Field UVS_Mode{0x00, 1 << 3};       // 1: ultraviolet, 0: ambient
constexpr Field ALS_UVS_Enable{0x00, 1 << 1}; // 0: standby
constexpr Field Resolution{0x04, 7 << 4};     // ALS_UVS_MEAS_RATE
constexpr Field Gain{0x05, 7 << 0};           // ALS_UVS_GAIN
constexpr Field Part_Number{0x06, 0xf << 4};  // PART_ID

constexpr auto reset_time = 10ms;
constexpr auto measurement_period = 100ms; // after power-up

// us; from 20 bits to 13.
constexpr Choices times{.values = ints<400'000, 200'000, 100'000, 50'000, 25'000, 12'500>,
                        .field = Resolution,
                        .initial = 2};
constexpr Choices gains{.values = ints<1, 3, 6, 9, 18>, .field = Gain, .initial = 1};

constexpr std::int64_t counts_per_uvi = 2300; // with the highest gain and the longest time
constexpr std::int64_t highest = std::int64_t{18} * 400'000;

constexpr Channel light(ChannelType type, std::uint8_t data)
{
    return Channel::in(type)
        .at(data)
        .separate(Info::raw)
        .sample(ScanType::of_unsigned(24, 24, 0, Endian::little))
        .setting(Info::scale, gains, Shared::separate, Shared::by_all)
        .setting(Info::integration_time, times, Shared::by_all);
}
constexpr std::array channel_list{
    light(ChannelType::illuminance, ALS_DATA_0),
    light(ChannelType::uvindex, UVS_DATA_0),
};
constexpr Layout layout{
    .identity = {Part_Number, {0xb}},
    .reset = FieldValue{SW_Reset, 1},
    .start_up = reset_time,
    .proof = {ALS_UVS_Enable, 1},
    .power = {.on = {ALS_UVS_Enable, 1}, .off = {ALS_UVS_Enable, 0}, .always_on = true},
};

class Ltr390 : public RegisterDriver {
public:
    explicit Ltr390(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// kernel: The scales are a hundredth of the datasheet's: multiply values by 100. A written
    /// scale is a gain, 1 to 18. top: ltr390 illuminance * 100, ltr390 uvindex * 100
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const bool is_uv = channel.channel_type() == ChannelType::uvindex;
        if (info == Info::raw)
            return Int{IIO_TRY(measure(channel, is_uv))};
        if (info != Info::scale)
            return RegisterDriver::read_raw(channel, info);
        const std::int64_t gained_time =
            std::int64_t{std::get<Int>(value_of(gains)).value} * time_us();
        if (!is_uv) // 0.6 lx for a count of gain 1 and 100 ms
            return Fractional{600, *NonZero::make(static_cast<int>(gained_time))};
        const auto counts = (counts_per_uvi * gained_time + highest / 2) / highest;
        return Fractional{100, *NonZero::make(static_cast<int>(counts))};
    }

private:
    int time_us() const { return std::get<Int>(value_of(times)).value; }

    Result<int> measure(const Channel &channel, bool is_uv) const
    {
        const auto measures_uv = measures_uv_.lock();
        if (*measures_uv != is_uv) {
            IIO_TRY(registers().set(UVS_Mode, is_uv));
            *measures_uv = is_uv;
            const std::chrono::nanoseconds time = std::chrono::microseconds{time_us()};
            hardware().delay(2 * std::max<std::chrono::nanoseconds>(time, measurement_period));
        }
        return read_sample(channel);
    }

    Guarded<bool> measures_uv_{false}; ///< held while the part is read
};

} // namespace

IIO_MODULE(ltr390, Ltr390, Part{.name = "ltr390", .addresses = {0x53}, .recognised = layout});

} // namespace iio::ltr390
