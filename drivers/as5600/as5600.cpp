// SPDX-License-Identifier: MIT
//
// ams AS5600: contactless 12-bit rotary position sensor, I2C at 0x36.
// Datasheet: DS000365 v1-06 (2018-06-20), registers: figure 21.
#include <iio/driver.hpp>

namespace iio::as5600 {
namespace {

constexpr Field MD{0x0b, 1 << 5};        // STATUS: a magnet is detected
constexpr std::uint8_t RAW_ANGLE = 0x0c; // 12 bits
constexpr std::uint8_t BURN = 0xff;

// A turn has 4096 steps: 2 pi / 4096 rad.
constexpr Value radians_per_step = IntPlusNano{0, 1'533'981};

constexpr std::array channel_list{
    Channel::in(ChannelType::angl)
        .at(RAW_ANGLE)
        .separate(Info::raw)
        .constant(Info::scale, radians_per_step, Shared::by_type)
        .sample(ScanType::of_unsigned(12, 16, 0, Endian::big)),
};
// Any chip that answers will do: a magnet may come later.
constexpr Layout layout{.identity = {.field = MD}};

class As5600 : public RegisterDriver {
public:
    explicit As5600(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// ENODATA without a magnet: RAW ANGLE then holds noise.
    Result<int> read_sample(const Channel &channel) const override
    {
        const bool has_magnet = IIO_TRY(registers().get(MD));
        return has_magnet ? RegisterDriver::read_sample(channel) : fail(ENODATA);
    }

    Result<unsigned> read_register(unsigned reg) const
    {
        return reg > 0xff ? fail(EINVAL) : registers().read(reg);
    }
    /// Not BURN: it programs the chip for good.
    Result<void> write_register(unsigned reg, unsigned value) const
    {
        return reg >= BURN || value > 0xff ? fail(EINVAL) : registers().poke(reg, value);
    }
};

} // namespace

IIO_MODULE(as5600, As5600, Part{.name = "as5600", .addresses = {0x36}});

} // namespace iio::as5600
