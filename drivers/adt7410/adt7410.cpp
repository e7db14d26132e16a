// SPDX-License-Identifier: MIT
//
// Analog Devices ADT7410 and ADT7420: temperature, 16 bits of 1/128 degree Celsius. I2C at
// 0x48 to 0x4b, by the pins A0 and A1. Datasheets: ADT7410 Rev. C, ADT7420 Rev. A.
#include <iio/driver.hpp>

namespace iio::adt7410 {
namespace {

constexpr std::uint8_t TEMPERATURE = 0x00;
constexpr Field RESOLUTION{0x03, 1 << 7};     // 1: 16 bits, 0: 13 bits
constexpr Field OPERATION_MODE{0x03, 3 << 5}; // 0: continuous, 3: shutdown
constexpr Field ID{0x0b, 0x1f << 3};

constexpr Value millidegrees_per_step = IntPlusMicro{7, 812'500};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(TEMPERATURE)
        .separate(Info::raw)
        .constant(Info::scale, millidegrees_per_step)
        .sample(ScanType::of_signed(16, 16, 0, Endian::big)),
};
constexpr Layout layout{
    .identity = {ID, {0x19}},
    .setup = {{RESOLUTION, 1}},
    .proof = {RESOLUTION, 1}, // 0 after a reset
    .power = {.on = {OPERATION_MODE, 0}, .off = {OPERATION_MODE, 3}, .always_on = true},
};

class Adt7410 : public RegisterDriver {
public:
    explicit Adt7410(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}
};

constexpr std::array<std::uint8_t, 4> addresses{0x48, 0x49, 0x4a, 0x4b};

} // namespace

IIO_MODULE(adt7410, Adt7410, Part{.name = "adt7410", .addresses = addresses, .recognised = layout},
           Part{.name = "adt7420", .addresses = addresses, .recognised = layout});

} // namespace iio::adt7410
