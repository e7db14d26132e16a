// SPDX-License-Identifier: MIT
//
// TI INA237 and INA238: the voltage over a shunt, bus voltage, power, current and the die's
// temperature. I2C at 0x40 to 0x4f, by the pins A0 and A1. Datasheets: SBOSA20, SLYS021.
//
// The part converts all the time.
#include <iio/driver.hpp>

namespace iio::ina238 {
namespace {

enum : std::uint8_t {
    VSHUNT = 0x04,
    VBUS = 0x05,
    DIETEMP = 0x06,
    CURRENT = 0x07,
    POWER = 0x08,
};
constexpr Field ADCRANGE{0x00, 1 << 4}; // CONFIG; 0: +-163.84 mV over the shunt
constexpr Field MODE{0x01, 0xf << 12};  // ADC_CONFIG; 0: power-down, 15: all, continuously
constexpr Field SHUNT_CAL{0x02, 0x7fff};
constexpr Field MANUFACTURER_ID{0x3e, 0xffff};

// With it the current's step is 20 uV over the shunt: 819.2e6 * 20 uV; four steps of VSHUNT.
constexpr unsigned calibration = 16'384;
constexpr int current_nanovolts = 20'000;
constexpr int power_nanovolts = current_nanovolts / 5; // 0.2 V times that of the current
constexpr int initial_shunt_microohm = 10'000;

constexpr Value shunt_millivolts = IntPlusMicro{0, 5000};
constexpr Value bus_millivolts = IntPlusMicro{3, 125'000};
constexpr Value millidegrees = Int{125};

constexpr auto signed_word = ScanType::of_signed(16, 16, 0, Endian::big);
constexpr Channel quantity(const Channel &channel, unsigned reg, ScanType sample)
{
    return channel.at(reg).sample(sample).separate(Info::raw);
}
constexpr std::array channel_list{
    quantity(Channel::in(ChannelType::voltage, 0), VSHUNT, signed_word)
        .constant(Info::scale, shunt_millivolts),
    quantity(Channel::in(ChannelType::voltage, 1), VBUS, signed_word)
        .constant(Info::scale, bus_millivolts),
    quantity(Channel::in(ChannelType::power, 2), POWER,
             ScanType::of_unsigned(24, 32, 0, Endian::big))
        .separate(Info::scale),
    quantity(Channel::in(ChannelType::current, 3), CURRENT, signed_word).separate(Info::scale),
    quantity(Channel::in(ChannelType::temp), DIETEMP, ScanType::of_signed(12, 16, 4, Endian::big))
        .constant(Info::scale, millidegrees),
};
constexpr std::array attribute_list{ShuntResistor::attribute()};
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .identity = {MANUFACTURER_ID, {0x5449}},
    .setup = {{ADCRANGE, 0}, {SHUNT_CAL, calibration}},
    .proof = {SHUNT_CAL, calibration}, // 4096 after a reset
    .power = {.on = {MODE, 15}, .off = {MODE, 0}, .always_on = true},
};

class Ina238 : public RegisterDriver {
public:
    explicit Ina238(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::scale && channel.address == CURRENT)
            return shunt_.scale(current_nanovolts);
        if (info == Info::scale && channel.address == POWER)
            return shunt_.scale(power_nanovolts);
        return RegisterDriver::read_raw(channel, info);
    }
    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        shunt_.read(text);
        return {};
    }
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        return shunt_.write(text);
    }

private:
    const ShuntResistor shunt_{initial_shunt_microohm};
};

constexpr std::array<std::uint8_t, 8> addresses{0x40, 0x41, 0x44, 0x45, 0x48, 0x4a, 0x4c, 0x4f};

} // namespace

IIO_MODULE(ina238, Ina238, Part{.name = "ina237", .addresses = addresses, .recognised = layout},
           Part{.name = "ina238", .addresses = addresses, .recognised = layout});

} // namespace iio::ina238
