// SPDX-License-Identifier: MIT
//
// Analog Devices LTC2990: supply voltage, the voltages at its four pins, and its own temperature.
// I2C at 0x4c to 0x4f, by the pins ADR0 and ADR1. Datasheet: 2990fe.
//
// The part converts all the time. What its pins can do besides (currents, diodes as
// thermometers) is not used.
#include <iio/driver.hpp>

namespace iio::ltc2990 {
namespace {

enum : std::uint8_t { TINT = 0x04, V1 = 0x06, VCC = 0x0e };
constexpr Field mode{0x01, 0x1f << 0}; // CONTROL; all measurements, V1 to V4 single-ended
constexpr Field repeat{0x01, 1 << 6};  // 0: all the time
constexpr Field trigger{0x02, 0xff};
constexpr unsigned all_single_ended = 0x1f;
constexpr auto cycle_time = 250ms; // table 2: 167 ms and tolerance

// 305.18 uV; the supply counts from 2.5 V on.
constexpr Value millivolts = FractionalLog2{5000, 14};
constexpr Value supply_offset = Int{2500 * (1 << 14) / 5000};
constexpr Value millidegrees = IntPlusMicro{62, 500'000};

constexpr Channel voltage(int number, unsigned reg, std::uint8_t bits)
{
    return Channel::in(ChannelType::voltage, number)
        .at(reg)
        .sample(ScanType::of_signed(bits, 16, 0, Endian::big))
        .separate(Info::raw)
        .constant(Info::scale, millivolts, Shared::by_type);
}
constexpr std::array channel_list{
    voltage(0, VCC, 15).constant(Info::offset, supply_offset),
    voltage(1, V1, 15),
    voltage(2, V1 + 2, 15),
    voltage(3, V1 + 4, 15),
    voltage(4, V1 + 6, 15),
    Channel::in(ChannelType::temp)
        .at(TINT)
        .sample(ScanType::of_signed(13, 16, 0, Endian::big))
        .separate(Info::raw)
        .constant(Info::scale, millidegrees),
};
constexpr Layout layout{
    .setup = {{repeat, 0}, {mode, all_single_ended}},
    .proof = {mode, all_single_ended}, // 0 after a reset
};

class Ltc2990 : public RegisterDriver {
public:
    explicit Ltc2990(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        IIO_TRY(registers().order({trigger, 1}));
        hardware().delay(cycle_time);
        return {};
    }
};

} // namespace

IIO_MODULE(ltc2990, Ltc2990, Part{.name = "ltc2990", .addresses = {0x4c, 0x4d, 0x4e, 0x4f}});

} // namespace iio::ltc2990
