// SPDX-License-Identifier: MIT
//
// Bosch BMI160: accelerometer (+-2 to 16 g) and gyroscope (+-125 to 2000 degrees/s) of 16 bits,
// each with a rate and a range. I2C at 0x68 or 0x69, by the pin SDO, or SPI.
// Datasheet: BST-BMI160-DS000-07.
//
// Both measure as long as the driver lives.
#include <iio/driver.hpp>

namespace iio::bmi160 {
namespace {

enum : std::uint8_t {
    GYR_X = 0x0c, // x, y, z, low byte first; the accelerometer's follow
    ACC_X = 0x12,
    SPI_COMM_TEST = 0x7f, // a read of it makes the part speak SPI
    CMD = 0x7e,
};
constexpr Field chip_id{0x00, 0xff};
constexpr Field acc_odr{0x40, 0x0f};
constexpr Field acc_range{0x41, 0x0f};
constexpr Field gyr_odr{0x42, 0x0f};
constexpr Field gyr_range{0x43, 0x07};
constexpr Field int_drdy_en{0x51, 1 << 4};
constexpr Field int1_edge_ctrl{0x53, 1 << 0};
constexpr Field int1_lvl{0x53, 1 << 1}; // 1: active high
constexpr Field int1_output_en{0x53, 1 << 3};
constexpr Field int1_drdy{0x56, 1 << 7}; // data ready is on INT1

// Commands, and how long they take.
enum : std::uint8_t {
    softreset = 0xb6,
    acc_suspend = 0x10,
    acc_normal = 0x11,
    gyr_suspend = 0x14,
    gyr_normal = 0x15,
};
constexpr auto reset_time = 1ms;
constexpr auto acc_start_up = 5ms;
constexpr auto gyr_start_up = 80ms;

constexpr Choices acc_rates{
    .values = micros<781'250, 1'562'500, 3'125'000, 6'250'000, 12'500'000, 25'000'000, 50'000'000,
                     100'000'000, 200'000'000, 400'000'000, 800'000'000, 1'600'000'000>,
    .field = acc_odr,
    .codes = codes_from(1),
    .kept = true}; // Hz
template <int... hertz> constexpr std::array whole{Value{IntPlusMicro{hertz, 0}}...};
constexpr Choices gyr_rates{.values = whole<25, 50, 100, 200, 400, 800, 1600, 3200>,
                            .field = gyr_odr,
                            .codes = codes_from(6),
                            .kept = true};
constexpr Choices acc_scales{.values = micros<598, 1197, 2394, 4788>,
                             .field = acc_range,
                             .codes = {3, 5, 8, 12},
                             .kept = true}; // m/s^2
constexpr Choices gyr_scales{
    .values = micros<1065, 532, 266, 133, 66>, .field = gyr_range, .kept = true}; // rad/s

constexpr auto three(ChannelType type, unsigned first, int scan_index, const Choices &scales,
                     const Choices &rates)
{
    auto channels =
        axes(type, first, ScanType::of_signed(16, 16, 0, Endian::little), [&](const Channel &axis) {
            return axis.separate(Info::raw)
                .setting(Info::scale, scales, Shared::by_type)
                .unlisted(Info::sampling_frequency, rates, Shared::by_type)
                .with_ext_info(mount_matrix<Shared::by_direction>);
        });
    for (Channel &axis : channels)
        axis.scan_index += scan_index;
    return channels;
}
constexpr auto channel_list =
    join(three(ChannelType::accel, ACC_X, 7, acc_scales, acc_rates),
         three(ChannelType::anglvel, GYR_X, 4, gyr_scales, gyr_rates), Channel::timestamp(10));
constexpr std::array attribute_list{
    DeviceAttribute::constant("in_accel_sampling_frequency_available",
                              "0.78125 1.5625 3.125 6.25 12.5 25 50 100 200 400 800 1600\n"),
    DeviceAttribute::constant("in_anglvel_sampling_frequency_available",
                              "25 50 100 200 400 800 1600 3200\n"),
};

// The data-ready output goes back by itself after 1/3200 s (section 2.6.10).
constexpr Layout layout{
    .identity = {chip_id, {0xd1}},
    .setup = {FieldValue{int1_edge_ctrl, 1}, FieldValue{int1_output_en, 1},
              FieldValue{int1_drdy, 1}},
    .proof = {int1_drdy, 1},
    .data_ready = {.triggers = {OwnTrigger::numbered("-dev", true)},
                   .enable = int_drdy_en,
                   .active_high = int1_lvl},
    .burst = {GYR_X, 12},
};

class Bmi160 : public RegisterDriver {
public:
    explicit Bmi160(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list},
          measuring_{hardware, [this](bool on) { return turn(on); }}
    {
    }

    /// Settings are left as the reset makes them.
    Result<void> probe()
    {
        IIO_TRY(registers().poke(CMD, softreset));
        hardware().delay(reset_time);
        if (hardware().spi())
            IIO_TRY(registers().read(SPI_COMM_TEST));
        IIO_TRY(RegisterDriver::probe());
        awake_ = IIO_TRY(measuring_.use());
        return {};
    }

private:
    Result<void> turn(bool on) const
    {
        IIO_TRY(registers().poke(CMD, on ? acc_normal : acc_suspend));
        hardware().delay(acc_start_up);
        IIO_TRY(registers().poke(CMD, on ? gyr_normal : gyr_suspend));
        if (on)
            hardware().delay(gyr_start_up);
        return {};
    }

    const Power measuring_;
    Power::Use awake_;
};

} // namespace

IIO_MODULE(bmi160, Bmi160,
           Part{.name = "bmi160",
                .addresses = {0x68, 0x69},
                .spi = SpiSettings{.mode = 0, .speed_hz = 10'000'000},
                .recognised = layout});

} // namespace iio::bmi160
