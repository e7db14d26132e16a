// SPDX-License-Identifier: MIT
//
// Microchip TC74: temperature, 8 bits of 1 degree Celsius. I2C at 0x48 to 0x4f.
// Datasheet: DS21462D, registers: table 4-1.
#include <iio/driver.hpp>

namespace iio::tc74 {
namespace {

constexpr std::uint8_t TEMP = 0x00;
constexpr Field SHDN{0x01, 1 << 7};     // CONFIG: standby
constexpr Field DATA_RDY{0x01, 1 << 6}; // CONFIG: TEMP has been measured since the part woke up

constexpr Value millidegrees_per_step = Int{1000};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(TEMP)
        .separate(Info::raw)
        .constant(Info::scale, millidegrees_per_step)
        .sample(ScanType::of_signed(8, 8)),
};
// The part has no identification register: any chip that answers will do.
constexpr Layout layout{.identity = {.field = SHDN}, .setup = {{SHDN, 0}}};

class Tc74 : public RegisterDriver {
public:
    explicit Tc74(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// ENODATA: the part has not measured yet.
    Result<int> read_sample(const Channel &channel) const override
    {
        const bool has_measured = IIO_TRY(registers().get(DATA_RDY));
        return has_measured ? RegisterDriver::read_sample(channel) : fail(ENODATA);
    }
};

constexpr std::array<std::uint8_t, 8> addresses{0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f};

} // namespace

IIO_MODULE(tc74, Tc74, Part{.name = "tc74", .addresses = addresses});
IIO_PLUGIN(tc74);

} // namespace iio::tc74
