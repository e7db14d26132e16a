// SPDX-License-Identifier: MIT
//
// Analog Devices AD5593R: eight pins that convert, put out or switch, and the die's temperature.
// I2C at 0x10 or 0x11, by the pin A0.
// Datasheet: AD5593R.
//
// kernel: The device tree says what each pin is; without such entries the device has its
// temperature alone. A configuration has nothing like them, so this driver shows the temperature
// alone, and leaves the pins.
#include <algorithm>
#include <iio/driver.hpp>
#include <mutex>

namespace iio::ad5593r {
namespace {

// The pointer byte: a register that is written, or what is read.
enum : std::uint8_t { ADC_sequence = 0x02, software_reset = 0x0f, ADC_readback = 0x40 };
constexpr std::uint16_t temperature_indicator = 1 << 8;
constexpr std::uint16_t reset_code = 0x0dac;
constexpr unsigned channel_bits = 7 << 12; // of what was converted; 0: the temperature, or pin 0

constexpr std::array channel_list{
    Channel::in(ChannelType::temp).separate(Info::raw, Info::scale, Info::offset)};

class Ad5593r : public TableDriver {
public:
    explicit Ad5593r(const Hardware &hardware)
        : TableDriver{hardware, channel_list},
          millivolts_{std::max(hardware.supplies().microvolts("vref") / 1000, 1)}
    {
    }

    Result<void> probe()
    {
        IIO_TRY(hardware().i2c()->write_be16(software_reset, reset_code));
        hardware().delay(1ms); // 250 us
        return {};
    }

    /// 25 + (code - 0.5 / vref * 4095) / (2.654 * 2.5 / vref) degrees Celsius.
    /// Errors: EIO: what is read is of a pin.
    Result<Value> read_raw(const Channel &, Info info) const
    {
        if (info == Info::offset)
            return Int{-1'881'625 / millivolts_};
        if (info == Info::scale) {
            const std::int64_t nano = std::int64_t{millivolts_} * 150'715'900;
            return IntPlusNano{static_cast<int>(nano / 1'000'000'000),
                               static_cast<int>(nano % 1'000'000'000)};
        }
        const std::lock_guard lock{converting_};
        const I2cClient &client = *hardware().i2c();
        IIO_TRY(client.write_be16(ADC_sequence, temperature_indicator));
        IIO_TRY(client.write(std::array{std::uint8_t{ADC_readback}}));
        std::array<std::uint8_t, 2> word{};
        IIO_TRY(client.read(word));
        const unsigned answer = big_endian(word);
        if ((answer & channel_bits) != 0)
            return fail(EIO);
        return Int{static_cast<int>(answer & 0xfff)};
    }
    // kernel: Any number can be written to `scale`, and nothing follows from it.
    Result<void> write_raw(const Channel &, Info info, Written) const
    {
        return info == Info::scale ? Result<void>{} : fail(EINVAL);
    }

private:
    const int millivolts_;
    mutable std::mutex converting_;
};

} // namespace

IIO_MODULE(ad5593r, Ad5593r,
           Part{.name = "ad5593r", .addresses = {0x10, 0x11}, .supplies = {"vref"}});

} // namespace iio::ad5593r
