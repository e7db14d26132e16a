// SPDX-License-Identifier: MIT
//
// TI HDC2010: relative humidity and temperature, measured 5 times a second, with their
// peaks. I2C at 0x40 or 0x41, by ADDR. Datasheet: SNAS693C.
#include <iio/driver.hpp>

namespace iio::hdc2010 {
namespace {

// Words are low byte first.
enum : std::uint8_t {
    TEMP_LOW = 0x00,
    HUMIDITY_LOW = 0x02,
    TEMP_MAX = 0x05, // the upper byte of a word
    HUMIDITY_MAX = 0x06,
};
constexpr Field AMM{0x0e, 7 << 4}; // measures by itself, 7: 5 times a second
constexpr Field HEAT_EN{0x0e, 1 << 3};
constexpr Field MEAS_TRIG{0x0f, 1 << 0};
constexpr Field DEVICE_ID_LOW{0xfe, 0xff}; // of 0x07d0
constexpr auto measurement_time = 2ms;     // both quantities, 14 bits: 1.27 ms, typical

// (raw + offset) * scale: 165 raw / 65536 - 40 degrees Celsius, 100 raw / 65536 %.
constexpr Value temperature_scale = FractionalLog2{165'000, 16};
constexpr Value temperature_offset = IntPlusMicro{-15'887, 515'151};
constexpr Value humidity_scale = FractionalLog2{100'000, 16};
constexpr auto sample = ScanType::of_unsigned(16, 16, 0, Endian::little);
constexpr Choices heater{.values = ints<0, 1>, .field = HEAT_EN};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(TEMP_LOW)
        .separate(Info::raw, Info::peak)
        .constant(Info::scale, temperature_scale)
        .constant(Info::offset, temperature_offset)
        .sample(sample),
    Channel::in(ChannelType::humidityrelative)
        .at(HUMIDITY_LOW)
        .separate(Info::raw, Info::peak)
        .constant(Info::scale, humidity_scale)
        .sample(sample),
    Channel::out(ChannelType::current)
        .extend("heater")
        .setting(Info::raw, heater, Shared::separate),
};
constexpr Layout layout{
    .identity = {DEVICE_ID_LOW, {0xd0}},
    .proof = {AMM, 7},
    .power = {.on = {AMM, 7}, .off = {AMM, 0}, .always_on = true},
};

class Hdc2010 : public RegisterDriver {
public:
    explicit Hdc2010(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        IIO_TRY(registers().order({MEAS_TRIG, 1}));
        hardware().delay(measurement_time);
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::peak)
            return RegisterDriver::read_raw(channel, info);
        const auto reg = channel.address == TEMP_LOW ? TEMP_MAX : HUMIDITY_MAX;
        return Int{static_cast<int>(IIO_TRY(registers().read(reg)) << 8)};
    }
};

// MANUFACTURER_ID and DEVICE_ID in one read, as the number of DEVICE_ID_LOW resets an Si7020 at the
// same address.
constexpr Recognition identification{{.word_bytes = 4, .order = Endian::little},
                                     {{0xfc, 0xffff'0000}, {0x07d0}}};

} // namespace

IIO_MODULE(hdc2010, Hdc2010,
           Part{.name = "hdc2010", .addresses = {0x40, 0x41}, .recognised = identification});

} // namespace iio::hdc2010
