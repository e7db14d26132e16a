// SPDX-License-Identifier: MIT
//
// ST accelerometers (LIS3DH and its relatives), gyroscopes (L3GD20, L3G4200D) and magnetometers
// (LIS3MDL, LIS2MDL and theirs): three axes, a range and a rate; and barometers (LPS25H and its
// relatives). All are on I2C, and most on SPI.
// Datasheets: DocID17530 (LIS3DH), DocID025056 (LIS2DH12), DocID018594 (LIS3DE), DocID027765
// (LSM303AGR), DocID15094 (LIS331DLH), DS11812 (LIS2DW12), DocID026885 (LIS2HH12), DocID024975
// (LSM303C), DocID022116 (L3GD20), DocID17116 (L3G4200D), DocID024204 (LIS3MDL), DocID029036
// (LIS2MDL), DocID025715 (LSM9DS1), DocID018771 (LSM303DLHC), DocID023722, DocID022112,
// DocID027083, DS12503, DS12055, DS11911, DS13316 (LPS25H to LPS22DF).
//
// A raw read wakes the part for one sample. A buffer keeps it awake, sampling the
// axes that are wanted.
#include "accelerometers.hpp"
#include "magnetometers.hpp"
#include "pressure.hpp"

namespace iio::st_sensors {
namespace {

constexpr int settling_samples = 2; // after waking up, as the kernel's driver

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

    // kernel: Writing a scale of z takes the scales of x only, also where z has others.
    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        return RegisterDriver::write_raw(channels().front(), info, written);
    }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        IIO_TRY(registers().set(axes().field, static_cast<unsigned>(setup.active)));
        return RegisterDriver::start_buffer(setup);
    }
    Result<void> stop_buffer() const
    {
        IIO_TRY(RegisterDriver::stop_buffer());
        return registers().set(axes());
    }

    // Numbers are cut to a byte.
    Result<unsigned> read_register(unsigned reg) const { return registers().read(reg); }
    Result<void> write_register(unsigned reg, unsigned value) const
    {
        return registers().poke(reg, value);
    }

private:
    /// All axes enabled; no field where the part always measures all of them.
    FieldValue axes() const { return hardware().data<RegisterPart>().layout.setup.begin()[1]; }
};

constexpr SpiSettings spi{.mode = 3, .speed_hz = 10'000'000};
// The pin SDO or SA1 chooses.
constexpr std::array<std::uint8_t, 2> at_18{0x18, 0x19};
constexpr std::array<std::uint8_t, 2> at_1c{0x1c, 0x1e};
constexpr std::array<std::uint8_t, 2> at_5c{0x5c, 0x5d};

} // namespace

IIO_MODULE(st_sensors, StSensor,
           Part{.name = "lis3dh", .addresses = at_18, .spi = spi, .data = lis3dh::part},
           Part{.name = "lis2dh12_accel", .addresses = at_18, .spi = spi, .data = lis3dh::part},
           Part{.name = "lis3de", .addresses = {0x28, 0x29}, .spi = spi, .data = lis3dh::part},
           Part{.name = "lsm303agr_accel", .addresses = {0x19}, .data = lis3dh::part},
           Part{.name = "lis331dlh", .addresses = at_18, .spi = spi, .data = lis331dlh::part},
           Part{.name = "lis2dw12", .addresses = at_18, .spi = spi, .data = lis2dw12::part},
           Part{.name = "lis2hh12", .addresses = {0x1d, 0x1e}, .spi = spi, .data = lis2hh12::part},
           Part{.name = "lsm303c_accel", .addresses = {0x1d}, .data = lis2hh12::part},
           Part{.name = "l3gd20", .addresses = {0x6a, 0x6b}, .spi = spi, .data = gyro::l3gd20},
           Part{.name = "l3g4200d", .addresses = {0x68, 0x69}, .spi = spi, .data = gyro::l3g4200d},
           Part{.name = "lis3mdl", .addresses = at_1c, .spi = spi, .data = lis3mdl::part},
           Part{.name = "lsm9ds1_magn", .addresses = at_1c, .spi = spi, .data = lis3mdl::part},
           Part{.name = "lsm303c_magn", .addresses = {0x1e}, .data = lis3mdl::part},
           Part{.name = "lis2mdl", .addresses = {0x1e}, .data = lis2mdl::part},
           Part{.name = "iis2mdc", .addresses = {0x1e}, .data = lis2mdl::part},
           Part{.name = "lsm303agr_magn", .addresses = {0x1e}, .data = lis2mdl::part},
           Part{.name = "lsm303dlhc_magn",
                .addresses = {0x1e},
                .data = lsm303dlhc::part,
                .recognised = lsm303dlhc::identification},
           Part{.name = "lps25h", .addresses = at_5c, .spi = spi, .data = lps25h::part},
           Part{.name = "lps331ap", .addresses = at_5c, .spi = spi, .data = lps25h::lps331ap},
           Part{.name = "lps22hb", .addresses = at_5c, .spi = spi, .data = lps22hb::part},
           Part{.name = "lps22hh", .addresses = at_5c, .spi = spi, .data = lps22hb::lps22hh},
           Part{.name = "lps33hw", .addresses = at_5c, .spi = spi, .data = lps22hb::part},
           Part{.name = "lps35hw", .addresses = at_5c, .spi = spi, .data = lps22hb::part},
           Part{.name = "lps22df", .addresses = at_5c, .spi = spi, .data = lps22df::part});

} // namespace iio::st_sensors
