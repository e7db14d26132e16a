// SPDX-License-Identifier: MIT
//
// ST's accelerometers LIS3DH, LIS2DH12 and LIS331DLH, gyroscopes L3GD20 and
// L3G4200D, magnetometers LIS3MDL and that of the LSM303DLHC: three axes, a range
// and a rate. All are on I2C, and all but the last on SPI.
//
// A raw read wakes the part for one sample. A buffer keeps it awake, sampling the
// axes that are wanted.
#include <iio/driver.hpp>

namespace iio::st_sensors {
namespace {

using namespace std::chrono_literals;

// The registers that most of the parts have in common.
enum : std::uint8_t {
    CTRL_REG1 = 0x20,
    CTRL_REG2 = 0x21,
    CTRL_REG3 = 0x22,
    CTRL_REG4 = 0x23,
    CTRL_REG5 = 0x24,
    CTRL_REG6 = 0x25,
    STATUS_REG = 0x27,
    OUT_X_L = 0x28,
};
constexpr Field axes_enabled{CTRL_REG1, 7 << 0}; // bit n: the axis of scan index n
constexpr Field FS{CTRL_REG4, 3 << 4};
constexpr Field BDU{CTRL_REG4, 1 << 7};         // the bytes of a word are of one sample
constexpr Field new_sample{STATUS_REG, 7 << 0}; // of any axis
constexpr RegisterFormat format{.i2c_increment = 0x80, .spi_increment = 0x40};
constexpr Identity anyone{.field = {0x0f, 0xff}}; // kernel: takes any WHO_AM_I

constexpr int settling_samples = 2; // after waking up, as the kernel's driver
constexpr unsigned all_axes = 7;

constexpr std::array matrix{ExtInfo::mount_matrix(Shared::by_all)};

/// kernel: takes what was written in millionths in 32 bits, which overflow: 4294.977102
/// is 0.009806.
Result<unsigned> find_scale(std::span<const Value> scales, Written written)
{
    const auto millionths = static_cast<unsigned>(written.integer) * 1'000'000U +
                            static_cast<unsigned>(written.fraction);
    return find_value(scales, {0, static_cast<int>(millionths)});
}

constexpr auto make_channels(ChannelType type, ScanType sample, const Choices &scales,
                             const Choices &rates, std::uint8_t out = OUT_X_L)
{
    return join(axes(type, out, sample,
                     [&](const Channel &axis) {
                         return axis.separate(Info::raw)
                             .direct_read(Info::raw)
                             .setting(Info::scale, scales, Shared::separate, Shared::by_type)
                             .setting(Info::sampling_frequency, rates, Shared::by_all)
                             .with_ext_info(matrix);
                     }),
                Channel::timestamp(3));
}

/// A part with the common registers. The LIS3MDL has its BDU elsewhere and no axes to enable.
consteval RegisterPart make_part(ChannelTable channels, const PowerPlan &power, DataReady output,
                                 FieldValue axes = {axes_enabled, all_axes},
                                 FieldValue block_update = {BDU, 1})
{
    output.triggers = {OwnTrigger::named("-trigger", true)};
    output.status = new_sample;
    return {{.format = format,
             .identity = anyone,
             .setup = {power.off, axes, block_update},
             .proof = block_update,
             .power = power,
             .data_ready = output,
             .burst = {OUT_X_L, 6}},
            channels};
}

// ------------------------------------------------------------ LIS3DH and LIS2DH12
// DocID17530, DocID025056. +-2 to 16 g.

/// m/s^2 for a step of 12 bits, cut to millionths.
template <int... tenths_mg> constexpr auto &accel_scales = micros<(tenths_mg * 980'665 / 1000)...>;
// kernel: has no high-resolution mode for them, so that 10 of the bits are significant.
constexpr auto accel_sample = ScanType::of_signed(12, 16, 4, Endian::little);

namespace lis3dh {

constexpr Field ODR{CTRL_REG1, 0x0f << 4};   // 0: power down
constexpr Field I1_DRDY1{CTRL_REG3, 1 << 4}; // new data on INT1
constexpr Field INT_POLARITY{CTRL_REG6, 1 << 1};

constexpr Choices rates{
    .values = ints<1, 10, 25, 50, 100, 200, 400, 1600>, .field = ODR, .codes = codes_from(1)};
constexpr Choices scales{.values = accel_scales<10, 20, 40, 120>, .field = FS, .find = find_scale};
constexpr auto channels = make_channels(ChannelType::accel, accel_sample, scales, rates);

constexpr RegisterPart part = make_part(channels, {.off = {ODR, 0}, .on_by = &rates},
                                        {.enable = I1_DRDY1, .active_low = INT_POLARITY});

} // namespace lis3dh

// ------------------------------------------------------------ LIS331DLH
// DocID15094. +-2 to 8 g.

namespace lis331dlh {

constexpr Field PM{CTRL_REG1, 7 << 5}; // 0: power down, 1: normal
constexpr Field DR{CTRL_REG1, 3 << 3};
constexpr Field data_ready_on_INT1{CTRL_REG3, 1 << 1}; // of I1_CFG
constexpr Field IHL{CTRL_REG3, 1 << 7};

constexpr Choices rates{.values = ints<50, 100, 400, 1000>, .field = DR};
constexpr Choices scales{
    .values = accel_scales<10, 20, 39>, .field = FS, .codes = {0, 1, 3}, .find = find_scale};
constexpr auto channels = make_channels(ChannelType::accel, accel_sample, scales, rates);

constexpr RegisterPart part = make_part(channels, {.on = {PM, 1}, .off = {PM, 0}},
                                        {.enable = data_ready_on_INT1, .active_low = IHL});

} // namespace lis331dlh

// ------------------------------------------------------------ L3GD20 and L3G4200D
// DocID022116, DocID17116. +-250, 500 and 2000 degrees/s.

namespace gyroscope {

constexpr Field PD{CTRL_REG1, 1 << 3}; // 1: normal
constexpr Field DR{CTRL_REG1, 3 << 6};
constexpr Field I2_DRDY{CTRL_REG3, 1 << 3}; // new data on INT2, which has no polarity

constexpr Choices l3gd20_rates{.values = ints<95, 190, 380, 760>, .field = DR};
constexpr Choices l3g4200d_rates{.values = ints<100, 200, 400, 800>, .field = DR};
// rad/s for a step: 8.75, 17.5 and 70 thousandths of a degree/s, rounded to millionths.
constexpr Choices scales{.values = micros<153, 305, 1222>, .field = FS, .find = find_scale};
constexpr auto sample = ScanType::of_signed(16, 16, 0, Endian::little);
constexpr auto l3gd20_channels = make_channels(ChannelType::anglvel, sample, scales, l3gd20_rates);
constexpr auto l3g4200d_channels =
    make_channels(ChannelType::anglvel, sample, scales, l3g4200d_rates);

constexpr PowerPlan power{.on = {PD, 1}, .off = {PD, 0}};
constexpr RegisterPart l3gd20 = make_part(l3gd20_channels, power, {.enable = I2_DRDY});
constexpr RegisterPart l3g4200d = make_part(l3g4200d_channels, power, {.enable = I2_DRDY});

} // namespace gyroscope

// ------------------------------------------------------------ LIS3MDL
// DocID024204. +-4 to 16 gauss.

/// Gauss for a step, cut to millionths.
template <int... steps_per_gauss>
constexpr auto &magn_scales = micros<(1'000'000 / steps_per_gauss)...>;

namespace lis3mdl {

constexpr Field DO{CTRL_REG1, 7 << 2};
constexpr Field FS{CTRL_REG2, 3 << 5};
constexpr Field MD{CTRL_REG3, 3 << 0}; // 0: continuous, 3: power down
constexpr Field BDU{CTRL_REG5, 1 << 6};

// Hz, rounded; the first is 0.625 Hz.
constexpr Choices rates{.values = ints<1, 2, 3, 5, 10, 20, 40, 80>, .field = DO};
constexpr Choices scales{
    .values = magn_scales<6842, 3421, 2281, 1711>, .field = FS, .find = find_scale};
constexpr auto channels =
    make_channels(ChannelType::magn, ScanType::of_signed(16, 16, 0, Endian::little), scales, rates);

// The output DRDY always tells.
constexpr RegisterPart part =
    make_part(channels, {.on = {MD, 0}, .off = {MD, 3}}, {}, {}, {BDU, 1});

} // namespace lis3mdl

// ------------------------------------------------------------ LSM303DLHC's magnetometer
// DocID018771. +-1.3 to 8.1 gauss, less sensitive in z; a map of its own, high bytes
// first, z before y.

namespace lsm303dlhc {

constexpr Field DO{0x00, 7 << 2}; // CRA_REG_M
constexpr Field GN{0x01, 7 << 5}; // CRB_REG_M
constexpr Field MD{0x02, 3 << 0}; // MR_REG_M; 0: continuous, 3: sleep
enum : std::uint8_t { OUT_X_H_M = 0x03, OUT_Z_H_M = 0x05, OUT_Y_H_M = 0x07 };

// Hz, rounded; the first is 0.75 Hz.
constexpr Choices rates{.values = ints<1, 2, 3, 8, 15, 30, 75, 220>, .field = DO};
constexpr Choices scales{.values = magn_scales<1100, 855, 670, 450, 400, 330, 230>,
                         .field = GN,
                         .codes = codes_from(1),
                         .find = find_scale};
constexpr Choices z_scales{
    .values = magn_scales<980, 760, 600, 400, 355, 295, 205>, .field = GN, .codes = codes_from(1)};
constexpr auto sample = ScanType::of_signed(16, 16, 0, Endian::big);
constexpr auto xyz = make_channels(ChannelType::magn, sample, scales, rates, OUT_X_H_M);
constexpr auto of_z = make_channels(ChannelType::magn, sample, z_scales, rates, OUT_X_H_M);
constexpr std::array channels{xyz[0], xyz[1].at(OUT_Y_H_M), of_z[2].at(OUT_Z_H_M), xyz[3]};

constexpr RegisterPart part{{.identity = anyone,
                             .setup = {{MD, 3}},
                             .power = {.on = {MD, 0}, .off = {MD, 3}},
                             .burst = {OUT_X_H_M, 6}},
                            channels};

} // namespace lsm303dlhc

class StSensor : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    /// Errors: EINVAL, too: an interrupt line is wired and the part has no data-ready output.
    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        return hardware().interrupt() && triggers().empty() ? fail(EINVAL) : Result<void>{};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return RegisterDriver::read_raw(channel, info);
        const Value &hz = value_of(*channel.setting_of(Info::sampling_frequency));
        return read_settled(channel, settling_samples * std::chrono::nanoseconds{1s} /
                                         std::get<Int>(hz).value);
    }

    // kernel: takes only scales of x, also for z.
    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        return RegisterDriver::write_raw(channels().channels().front(), info, written);
    }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        IIO_TRY(enable_axes(static_cast<unsigned>(setup.active)));
        return RegisterDriver::start_buffer(setup);
    }
    Result<void> stop_buffer() const
    {
        IIO_TRY(RegisterDriver::stop_buffer());
        return enable_axes(all_axes);
    }

    // Numbers are cut to a byte.
    Result<unsigned> read_register(unsigned reg) const { return registers().read(reg); }
    Result<void> write_register(unsigned reg, unsigned value) const
    {
        return registers().poke(reg, value);
    }

private:
    /// Magnetometers always measure all axes.
    Result<void> enable_axes(unsigned axes) const
    {
        const bool can = channels().channels().front().channel_type() != ChannelType::magn;
        return can ? registers().set(axes_enabled, axes) : Result<void>{};
    }
};

constexpr SpiSettings spi{.mode = 3, .speed_hz = 10'000'000};

} // namespace

// The pin SDO or SA1 chooses the address.
IIO_MODULE(
    st_sensors, StSensor,
    Part{.name = "lis3dh", .addresses = {0x18, 0x19}, .spi = spi, .data = lis3dh::part},
    Part{.name = "lis2dh12_accel", .addresses = {0x18, 0x19}, .spi = spi, .data = lis3dh::part},
    Part{.name = "lis331dlh", .addresses = {0x18, 0x19}, .spi = spi, .data = lis331dlh::part},
    Part{.name = "l3gd20", .addresses = {0x6a, 0x6b}, .spi = spi, .data = gyroscope::l3gd20},
    Part{.name = "l3g4200d", .addresses = {0x68, 0x69}, .spi = spi, .data = gyroscope::l3g4200d},
    Part{.name = "lis3mdl", .addresses = {0x1c, 0x1e}, .spi = spi, .data = lis3mdl::part},
    Part{.name = "lsm303dlhc_magn", .addresses = {0x1e}, .data = lsm303dlhc::part});

} // namespace iio::st_sensors
