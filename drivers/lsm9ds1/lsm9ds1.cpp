// SPDX-License-Identifier: MIT
//
// ST LSM9DS1: a gyroscope and an accelerometer of 16 bits, each of them a device. Its
// magnetometer is st_sensors' lsm9ds1_magn. I2C at 0x6a or 0x6b, SPI.
// Datasheet: DocID025715 Rev 3.
//
// A sensor is on while it is used.
#include <iio/driver.hpp>

namespace iio::lsm9ds1 {
namespace {

enum Id : std::size_t { gyro, accel };
enum : std::uint8_t { OUT_X_L_G = 0x18, OUT_X_L_XL = 0x28 };
constexpr Field WHO_AM_I{0x0f, 0xff};
constexpr Field FS_G{0x10, 3 << 3};
constexpr Field ODR_G{0x10, 7 << 5}; // 0: off
constexpr Field FS_XL{0x20, 3 << 3};
constexpr Field ODR_XL{0x20, 7 << 5};
constexpr Field SW_RESET{0x22, 1 << 0};
constexpr Field BDU{0x22, 1 << 6}; // low and high bytes are of one sample
constexpr Field BOOT{0x22, 1 << 7};

/// kernel: The integer part of a written scale does not count.
Result<unsigned> find_by_fraction(std::span<const Value> scales, Written written)
{
    return find_value(scales, {0, written.fraction});
}
/// The slowest that is not slower. kernel: A written rate is computed in 32 bits without a sign, so
/// that a negative one is a high one.
Result<unsigned> find_rate(std::span<const Value> rates, Written written)
{
    const auto millihertz = [](int hz, int micro) {
        return static_cast<unsigned>(hz) * 1000 + static_cast<unsigned>(micro / 1000);
    };
    for (unsigned i = 0; i < rates.size(); ++i) {
        const auto &[hz, micro] = std::get<IntPlusMicro>(rates[i]);
        if (millihertz(hz, micro) >= millihertz(written.integer, written.fraction))
            return i;
    }
    return fail(EINVAL);
}

struct SensorMap {
    Choices scales;
    Choices rates; // Hz
    std::uint8_t out;
    const char *listed;
    /// A period and a quarter, by rate.
    std::chrono::microseconds (*first_sample_time)(unsigned rate);
};
constexpr std::array<SensorMap, 2> maps{{
    // 8.75, 17.5 and 70 mdps a step, in rad/s. kernel: The gyroscope's scales are computed with pi
    // as 3.14159.
    {{.values = nanos<152'716, 305'432, 1'221'729>,
      .field = FS_G,
      .codes = {0, 1, 3},
      .find = find_by_fraction},
     {.values = micros<14'900'000, 59'500'000, 119'000'000, 238'000'000, 476'000'000, 952'000'000>,
      .field = ODR_G,
      .codes = codes_from(1),
      .find = find_rate},
     OUT_X_L_G,
     "14.900 59.500 119.000 238.000 476.000 952.000\n",
     [](unsigned rate) { return rate == 0 ? 84ms + 0us : 42'000us / (1 << rate); }},
    // 61, 122, 244 and, at +-16 g, 732 ug a step, in m/s^2.
    {{.values = nanos<598'205, 1'196'411, 2'392'822, 7'178'467>,
      .field = FS_XL,
      .codes = {0, 2, 3, 1},
      .find = find_by_fraction},
     {.values = micros<10'000'000, 50'000'000, 119'000'000, 238'000'000, 476'000'000, 952'000'000>,
      .field = ODR_XL,
      .codes = codes_from(1),
      .find = find_rate},
     OUT_X_L_XL,
     "10.000 50.000 119.000 238.000 476.000 952.000\n",
     [](unsigned rate) { return rate == 0 ? 125ms + 0us : 50'000us / (1 << rate); }},
}};

constexpr std::array matrix{ExtInfo::mount_matrix(Shared::by_all)};
template <Id id>
constexpr auto channel_list =
    join(axes(id == gyro ? ChannelType::anglvel : ChannelType::accel, maps[id].out,
              ScanType::of_signed(16, 16, 0, Endian::little),
              [](const Channel &axis) {
                  return axis.separate(Info::raw)
                      .direct(Info::raw)
                      .setting(Info::scale, maps[id].scales, Shared::by_type)
                      .unlisted(Info::sampling_frequency, maps[id].rates, Shared::by_all)
                      .direct_write(Info::scale, Info::sampling_frequency)
                      .with_ext_info(matrix);
              }),
         Channel::timestamp(3));
template <Id id>
constexpr std::array attribute_list{
    DeviceAttribute::constant("sampling_frequency_available", maps[id].listed)};
constexpr std::array<ScanMask, 1> all_axes{0b111};

template <Id id>
constexpr Layout layout{.power = {.off = {maps[id].rates.field, 0},
                                  .on_by = &maps[id].rates,
                                  .settles_at = maps[id].first_sample_time},
                        .burst = {maps[id].out, 6}};

class Chip {
public:
    explicit Chip(const Hardware &hardware) : hardware_{hardware}, registers_{hardware} {}

    Result<void> probe()
    {
        if (IIO_TRY(registers_.get(WHO_AM_I)) != 0x68)
            return fail(ENODEV);
        for (const Field start : {SW_RESET, BOOT}) {
            IIO_TRY(registers_.order({start, 1}));
            hardware_.delay(50ms); // as the kernel's driver
        }
        return registers_.set(BDU, 1);
    }
    /// BDU is off after a reset.
    Result<bool> is_configured() const { return IIO_TRY(registers_.get(BDU)) == 1; }

private:
    const Hardware hardware_;
    const Registers registers_;
};

template <Id id> class Sensor : public RegisterDriver {
public:
    Sensor(const Hardware &hardware, const Chip &)
        : RegisterDriver{hardware, layout<id>, channel_list<id>, attribute_list<id>}
    {
    }
    std::string name() const
    {
        return std::string{hardware().part()} + (id == gyro ? "_gyro" : "_accel");
    }
    std::span<const ScanMask> scan_masks() const { return all_axes; }
};

using Lsm9ds1 = SharedChip<Chip, Sensor<gyro>, Sensor<accel>>;

} // namespace

IIO_MODULE(lsm9ds1, Lsm9ds1,
           Part{.name = "lsm9ds1-imu",
                .addresses = {0x6a, 0x6b},
                .spi = SpiSettings{.mode = 3, .speed_hz = 10'000'000},
                .devices = 2,
                .recognised = {RegisterFormat{}, {WHO_AM_I, {0x68}}}});

} // namespace iio::lsm9ds1
