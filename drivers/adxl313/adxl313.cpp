// SPDX-License-Identifier: MIT
//
// Analog Devices ADXL312, ADXL313 and ADXL314: acceleration on three axes in the widest
// range, and an offset for each that the part adds. I2C at 0x53 or 0x1d, by the pin ALT
// ADDRESS, or SPI. Datasheets: ADXL312 Rev. E, ADXL313 Rev. A, ADXL314 Rev. 0.
#include <iio/driver.hpp>

namespace iio::adxl313 {
namespace {

enum : std::uint8_t {
    OFSX = 0x1e, // four steps of the result each
    DATAX0 = 0x32,
};
constexpr Field DEVID_0{0x00, 0xff};
constexpr Field RATE{0x2c, 0xf << 0};  // BW_RATE
constexpr Field MEASURE{0x2d, 1 << 3}; // POWER_CTL
constexpr Field I2C_DISABLE{0x2d, 1 << 6};
constexpr Field FULL_RES{0x31, 1 << 3}; // DATA_FORMAT; a step is the same in all ranges
constexpr Field RANGE{0x31, 3 << 0};
constexpr FieldValue SOFT_RESET{{0x18, 0xff}, 0x52}; // ADXL313
constexpr unsigned widest = 3;
constexpr int steps_per_offset = 4;
constexpr auto reset_time = 5ms;

// Hz
constexpr std::array<Value, 10> rate_values{
    IntPlusMicro{6, 250'000}, IntPlusMicro{12, 500'000}, IntPlusMicro{25, 0},  IntPlusMicro{50, 0},
    IntPlusMicro{100, 0},     IntPlusMicro{200, 0},      IntPlusMicro{400, 0}, IntPlusMicro{800, 0},
    IntPlusMicro{1600, 0},    IntPlusMicro{3200, 0}};
constexpr Choices rates{.values = rate_values, .field = RATE, .codes = codes_from(6), .initial = 4};

// m/s^2 for a step: 1/345 g, 1/1024 g, 48.83 mg.
constexpr Value adxl312_scale = IntPlusNano{0, 28'425'072};
constexpr Value adxl313_scale = IntPlusNano{0, 9'576'806};
constexpr Value adxl314_scale = IntPlusNano{0, 478'858'719};

constexpr Channel axis(Modifier modifier, std::uint8_t number, const Value &scale)
{
    return Channel::in(ChannelType::accel)
        .modifier(modifier)
        .at(DATAX0 + 2U * number)
        .sample(ScanType::of_signed(13, 16, 0, Endian::little))
        .separate(Info::raw, Info::calibbias)
        .constant(Info::scale, scale, Shared::by_type)
        .setting(Info::sampling_frequency, rates, Shared::by_type);
}
constexpr auto make_channels(const Value &scale)
{
    return std::array{axis(Modifier::x, 0, scale), axis(Modifier::y, 1, scale),
                      axis(Modifier::z, 2, scale)};
}
constexpr auto adxl312_channels = make_channels(adxl312_scale);
constexpr auto adxl313_channels = make_channels(adxl313_scale);
constexpr auto adxl314_channels = make_channels(adxl314_scale);

consteval RegisterPart make_part(std::uint16_t id, ChannelTable channels,
                                 const Few<FieldValue, 8> &setup,
                                 std::optional<FieldValue> reset = {})
{
    return {{.format = {.spi_increment = 0x40},
             .identity = {DEVID_0, {id}},
             .reset = reset,
             .start_up = reset_time,
             .setup = setup,
             .proof = {MEASURE, 1}, // 0 after a reset
             .power = {.on = {MEASURE, 1}, .off = {MEASURE, 0}, .always_on = true}},
            channels};
}
constexpr auto adxl312 = make_part(0xe5, adxl312_channels, {{RANGE, widest}, {FULL_RES, 1}});
constexpr auto adxl313 =
    make_part(0xad, adxl313_channels, {{RANGE, widest}, {FULL_RES, 1}}, SOFT_RESET);
constexpr auto adxl314 = make_part(0xe5, adxl314_channels, {}); // it has one range

class Adxl313 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    /// On SPI the part is not to take what others on the bus are sent for I2C.
    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        return hardware().spi() ? registers().set(I2C_DISABLE, 1) : Result<void>{};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::calibbias)
            return RegisterDriver::read_raw(channel, info);
        const unsigned offset = IIO_TRY(registers().read(offset_of(channel)));
        return Int{sign_extend(offset, 8) * steps_per_offset};
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::calibbias)
            return RegisterDriver::write_raw(channel, info, written);
        const int offset = written.integer / steps_per_offset;
        if (offset < -128 || offset > 127)
            return fail(EINVAL);
        return registers().write(offset_of(channel), static_cast<std::uint8_t>(offset));
    }

private:
    static unsigned offset_of(const Channel &axis)
    {
        return OFSX + static_cast<unsigned>(axis.address - DATAX0) / 2;
    }
};

constexpr std::array<std::uint8_t, 2> addresses{0x53, 0x1d};
constexpr SpiSettings spi{.mode = 3, .speed_hz = 5'000'000};

} // namespace

IIO_MODULE(adxl313, Adxl313,
           Part{.name = "adxl312", .addresses = addresses, .spi = spi, .data = adxl312},
           Part{.name = "adxl313", .addresses = addresses, .spi = spi, .data = adxl313},
           Part{.name = "adxl314", .addresses = addresses, .spi = spi, .data = adxl314});

} // namespace iio::adxl313
