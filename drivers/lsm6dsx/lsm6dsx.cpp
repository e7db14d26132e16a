// SPDX-License-Identifier: MIT
//
// ST LSM6DS3, LSM6DSL, LSM6DSO, LSM6DSV16X and LSM9DS1: a gyroscope and an accelerometer in
// one chip, each of them a device, with a FIFO and a clock. I2C at 0x6a and 0x6b, SPI.
// Datasheets: DocID026899 Rev 8 (LSM6DS3), DocID028475 Rev 7 (LSM6DSL), DS12140
// (LSM6DSO), DS13510 (LSM6DSV16X), DocID025715 Rev 3 (LSM9DS1).
//
// Sensors on the chip's own I2C bus and the LSM9DS1's FIFO are not driven. The LSM9DS1's
// magnetometer is st_sensors' lsm9ds1_magn.
//
// A sensor is on while it is used. With the interrupt line a buffer is filled
// from the FIFO, without it from the data registers when a trigger fires.
#include "chip.hpp"

namespace iio::lsm6dsx {
namespace {

constexpr std::array<ScanMask, 1> all_axes{0b111}; // as the FIFO has them

template <Id id> class Sensor : public RegisterDriver {
public:
    Sensor(const Hardware &hardware, Chip &chip)
        : RegisterDriver{hardware.with_data(chip.variant.devices[id])}, chip_{chip}
    {
        chip.hosts[id] = &host();
    }
    ~Sensor() override { *chip_.wake.lock() = {}; } // it keeps a sensor awake

    std::string name() const
    {
        return std::string{hardware().part()} + (id == gyro ? "_gyro" : "_accel");
    }

    /// The first of the chip's devices has its interrupt line.
    void handle_interrupt(std::int64_t) const { chip_.handle_interrupt(); }
    unsigned modes() const
    {
        return chip_.has_fifo() ? IIO_MODE_BUFFER_SOFTWARE : IIO_MODE_BUFFER_TRIGGERED;
    }
    std::span<const ScanMask> scan_masks() const { return all_axes; }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        IIO_TRY(RegisterDriver::start_buffer(setup));
        const Choices &rates = *chip_.variant.devices[id].layout.power.on_by;
        return chip_.set_stream(id, Chip::Stream{chosen(rates), setup.watermark});
    }
    Result<void> stop_buffer() const
    {
        IIO_TRY(chip_.set_stream(id, {}));
        return RegisterDriver::stop_buffer();
    }

    // ---- wake-ups, which the accelerometer's channels have

    Result<bool> read_event_config(const Channel &channel, Event) const
    {
        return chip_.wake.lock()->axes >> channel.scan_index & 1;
    }
    Result<void> write_event_config(const Channel &channel, Event, bool on) const
    {
        auto awake = on ? IIO_TRY(power().use()) : Power::Use{};
        const auto wake = chip_.wake.lock();
        const unsigned bit = 1U << channel.scan_index;
        const unsigned wanted = on ? wake->axes | bit : wake->axes & ~bit;
        IIO_TRY(chip_.registers.set(chip_.variant.wake_enable, wanted != 0));
        IIO_TRY(chip_.registers.set(INT1_WU, wanted != 0));
        wake->axes = wanted;
        if (on)
            wake->awake = std::move(awake);
        return wanted ? Result<void>{} : wake->awake.end();
    }
    // One threshold for all axes.
    Result<Value> read_event_value(const Channel &, Event, EventInfo) const
    {
        return Int{chip_.wake.lock()->threshold};
    }
    Result<void> write_event_value(const Channel &, Event, EventInfo, Written written) const
    {
        // kernel: The wake-up threshold can be set to 31 at most, half of what its register holds.
        const int threshold = IIO_TRY(written.within(0, 31));
        const auto wake = chip_.wake.lock();
        IIO_TRY(chip_.registers.set(WK_THS, static_cast<unsigned>(threshold)));
        wake->threshold = threshold;
        return {};
    }

private:
    const Chip &chip_;
};

using Lsm6dsx = SharedChip<Chip, Sensor<gyro>, Sensor<accel>>;

constexpr Part make_part(std::string_view name, const Variant &variant)
{
    return {.name = name,
            .addresses = {0x6a, 0x6b}, // SDO/SA0 low, high
            .spi = SpiSettings{.mode = 3, .speed_hz = 10'000'000},
            .data = variant,
            .devices = 2};
}

} // namespace

IIO_MODULE(lsm6dsx, Lsm6dsx, make_part("lsm6ds3", lsm6ds3), make_part("lsm6dsl", lsm6dsl),
           make_part("lsm6dso", lsm6dso), make_part("lsm6dsox", lsm6dso),
           make_part("lsm6dsr", lsm6dsr), make_part("ism330dhcx", lsm6dsr),
           make_part("asm330lhh", lsm6dsr), make_part("lsm6dsv16x", lsm6dsv16x),
           make_part("lsm9ds1-imu", lsm9ds1_imu));

} // namespace iio::lsm6dsx
