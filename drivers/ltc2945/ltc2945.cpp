// SPDX-License-Identifier: MIT
//
// Analog Devices LTC2945 and LTC4151: current over a shunt, supply voltage and a voltage at the
// pin ADIN; the LTC2945 has the power, too. I2C at 0x67 to 0x6f, by the pins ADR0 and ADR1.
// Datasheets: 2945fb, 4151ff.
//
// The part converts all the time.
#include <iio/driver.hpp>

namespace iio::ltc2945 {
namespace {

constexpr Field multiplier_select{0x00, 1 << 0}; // LTC2945, CONTROL; 1: the power is of VIN
constexpr Field test_mode{0x00, 1 << 5};

constexpr Value supply_millivolts = Int{25};
constexpr Value adin_millivolts = IntPlusMicro{0, 500'000};
constexpr int initial_shunt_microohm = 1000;

constexpr auto upper_12_bits = ScanType::of_unsigned(12, 16, 4, Endian::big);
constexpr Channel voltage(int number, unsigned reg, const Value &scale)
{
    return Channel::in(ChannelType::voltage, number)
        .at(reg)
        .sample(upper_12_bits)
        .separate(Info::raw)
        .constant(Info::scale, scale);
}
constexpr Channel current(unsigned reg)
{
    return Channel::in(ChannelType::current, 3)
        .at(reg)
        .sample(upper_12_bits)
        .separate(Info::raw, Info::scale);
}
constexpr std::array ltc2945_channels{voltage(0, 0x1e, supply_millivolts),
                                      voltage(1, 0x28, adin_millivolts),
                                      Channel::in(ChannelType::power, 2)
                                          .at(0x05)
                                          .sample(ScanType::of_unsigned(24, 32, 0, Endian::big))
                                          .separate(Info::raw, Info::scale),
                                      current(0x14)};
constexpr std::array ltc4151_channels{voltage(0, 0x02, supply_millivolts),
                                      voltage(1, 0x04, adin_millivolts), current(0x00)};
constexpr std::array attribute_list{ShuntResistor::attribute()};

struct Variant {
    Layout layout;
    ChannelTable channels;
    int current_nanovolts;
    int power_nanovolts; ///< times 25 mV a step, in thousandths
};
constexpr Variant ltc2945{
    {.setup = {{test_mode, 0}, {multiplier_select, 1}}, .proof = {multiplier_select, 1}},
    ltc2945_channels,
    25'000,
    625};
constexpr Variant ltc4151{{}, ltc4151_channels, 20'000, 0};

class Ltc2945 : public RegisterDriver {
public:
    explicit Ltc2945(const Hardware &hardware)
        : RegisterDriver{hardware, hardware.data<Variant>().layout,
                         hardware.data<Variant>().channels, attribute_list},
          variant_{hardware.data<Variant>()}
    {
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::scale || channel.constant_of(info))
            return RegisterDriver::read_raw(channel, info);
        return shunt_.scale(channel.channel_type() == ChannelType::power
                                ? variant_.power_nanovolts
                                : variant_.current_nanovolts);
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
    const Variant &variant_;
    const ShuntResistor shunt_{initial_shunt_microohm};
};

constexpr std::array<std::uint8_t, 8> addresses{0x6f, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d};

} // namespace

IIO_MODULE(ltc2945, Ltc2945, Part{.name = "ltc2945", .addresses = addresses, .data = ltc2945},
           Part{.name = "ltc4151", .addresses = addresses, .data = ltc4151});

} // namespace iio::ltc2945
