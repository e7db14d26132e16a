// SPDX-License-Identifier: MIT
//
// TI INA260: current through a shunt of its own of 2 mOhm, bus voltage and power. I2C at 0x40 to
// 0x4f, by the pins A0 and A1. Datasheet: SBOS656.
//
// The part converts all the time.
#include <iio/driver.hpp>

namespace iio::ina260 {
namespace {

constexpr std::uint8_t CURRENT = 0x01;
constexpr std::uint8_t BUS_VOLTAGE = 0x02;
constexpr std::uint8_t POWER = 0x03;
constexpr Field MODE{0x00, 7 << 0}; // Configuration; 0: power-down, 7: both, continuously
constexpr Field Die_ID{0xff, 0xfff << 4};

constexpr Value shunt_millivolts = IntPlusMicro{0, 2500}; // 1.25 mA through 2 mOhm
constexpr Value bus_millivolts = IntPlusMicro{1, 250'000};
constexpr Value milliwatts = Int{10};
constexpr Value milliamperes = IntPlusMicro{1, 250'000};

/// Numbered as the INA2xx's.
constexpr Channel quantity(ChannelType type, int number, unsigned reg, const Value &scale,
                           ScanType sample)
{
    return Channel::in(type, number)
        .at(reg)
        .sample(sample)
        .separate(Info::raw)
        .constant(Info::scale, scale);
}
constexpr auto as_signed = ScanType::of_signed(16, 16, 0, Endian::big);
constexpr auto as_unsigned = ScanType::of_unsigned(16, 16, 0, Endian::big);
constexpr std::array channel_list{
    quantity(ChannelType::voltage, 0, CURRENT, shunt_millivolts, as_signed),
    quantity(ChannelType::voltage, 1, BUS_VOLTAGE, bus_millivolts, as_unsigned),
    quantity(ChannelType::power, 2, POWER, milliwatts, as_unsigned),
    quantity(ChannelType::current, 3, CURRENT, milliamperes, as_signed),
};
// A part that was switched off and on is in no other state: it converts.
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .identity = {Die_ID, {0x227}},
    .proof = {MODE, 7},
    .power = {.on = {MODE, 7}, .off = {MODE, 0}, .always_on = true},
};

class Ina260 : public RegisterDriver {
public:
    explicit Ina260(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}
};

} // namespace

IIO_MODULE(ina260, Ina260,
           Part{.name = "ina260",
                .addresses = {0x40, 0x41, 0x44, 0x45, 0x48, 0x4a, 0x4c, 0x4f},
                .recognised = layout});

} // namespace iio::ina260
