// SPDX-License-Identifier: MIT
//
// ROHM BH1710, BH1721 and BH1750: ambient light, 16 bits. I2C at 0x23 or 0x5c, by the
// pin ADDR. Datasheets "Ambient Light Sensor IC": BH1710FVC, BH1721FVC, BH1750FVI.
#include <iio/driver.hpp>

namespace iio::bh1750 {
namespace {

constexpr unsigned POWER_DOWN = 0x00;
constexpr unsigned ONE_TIME_H_RESOLUTION = 0x20;
constexpr unsigned CHANGE_TIME_HIGH = 0x40; // the bits of the measurement time from 5 on
constexpr unsigned CHANGE_TIME_LOW = 0x60;  // the bits below

/// The measurement time register MTreg.
struct Variant {
    int lowest;
    int highest;
    int initial;
    int step;
    unsigned low_bits;
    int us_per_count;
};
constexpr Variant bh1710{140, 1022, 300, 2, 0x1f, 400};
constexpr Variant bh1721{140, 1020, 300, 2, 0x10, 400};
constexpr Variant bh1750{31, 254, 69, 1, 0x1f, 1740};

constexpr std::array channel_list{
    Channel::in(ChannelType::illuminance).separate(Info::raw, Info::scale, Info::integration_time)};
constexpr std::array attribute_list{
    DeviceAttribute::of("integration_time_available", ExtInfo::Access::read)};

class Bh1750 : public TableDriver {
public:
    explicit Bh1750(const Hardware &hardware)
        : TableDriver{hardware, channel_list, attribute_list},
          commands_{hardware, {.command_bytes = 1, .check = {}}},
          variant_{hardware.data<Variant>()},
          time_{variant_.initial}
    {
    }

    Result<void> probe() { return change_time(*time_.lock()); }

    Result<Value> read_raw(const Channel &, Info info) const
    {
        const auto time = time_.lock();
        const int us = *time * variant_.us_per_count;
        if (info == Info::integration_time)
            return IntPlusMicro{0, us};
        // 1.2 counts are a lux at the initial time.
        const int microlux = variant_.initial * 2'500'000 / 3 / *time;
        if (info == Info::scale)
            return IntPlusMicro::of(microlux);
        // Measuring takes half as long again at most: BH1750FVI, "Measurement time".
        const auto [counts] = IIO_TRY(
            commands_.ask<1>(ONE_TIME_H_RESOLUTION, std::chrono::microseconds{us + us / 2}));
        return Int{counts};
    }

    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        const int wanted = written.fraction / variant_.us_per_count;
        const bool exists = written.integer == 0 && wanted >= variant_.lowest &&
                            wanted <= variant_.highest &&
                            written.fraction % (variant_.us_per_count * variant_.step) == 0;
        if (info != Info::integration_time || !exists)
            return fail(EINVAL);
        const auto time = time_.lock();
        *time = wanted;
        return change_time(wanted);
    }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        for (int time = variant_.lowest; time <= variant_.highest; time += variant_.step) {
            text += time == variant_.lowest ? "" : " ";
            text += IntPlusMicro{0, time * variant_.us_per_count};
        }
        text += "\n";
        return {};
    }

private:
    Result<void> change_time(int time) const
    {
        const auto bits = static_cast<unsigned>(time);
        IIO_TRY(commands_.send(POWER_DOWN));
        IIO_TRY(commands_.send(CHANGE_TIME_HIGH | bits >> 5));
        return commands_.send(CHANGE_TIME_LOW | (bits & variant_.low_bits));
    }

    const Commands commands_;
    const Variant &variant_;
    Guarded<int> time_; ///< MTreg; held while measuring
};

constexpr Part make_part(std::string_view name, const Variant &variant)
{
    return {.name = name,
            .addresses = {0x23, 0x5c},
            .data = variant,
            .recognised = Untold{"a byte that is written to it is a command"}};
}

} // namespace

IIO_MODULE(bh1750, Bh1750, make_part("bh1710", bh1710), make_part("bh1721", bh1721),
           make_part("bh1750", bh1750));

} // namespace iio::bh1750
