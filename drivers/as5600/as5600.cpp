// SPDX-License-Identifier: MIT
//
// ams AS5600: contactless 12-bit rotary position sensor, I2C at 0x36.
// Datasheet: DS000365 v1-06 (2018-06-20).
#include <array>
#include <iio/driver/module.hpp>

namespace {

using namespace iio;

// Registers, datasheet figure 21. Words are high byte first.
constexpr std::uint8_t STATUS = 0x0b;
constexpr std::uint8_t RAW_ANGLE = 0x0c;
constexpr std::uint8_t BURN = 0xff;

constexpr std::uint8_t STATUS_MD = 1 << 5; // a magnet is detected
constexpr std::uint16_t RAW_ANGLE_MASK = 0x0fff;

// A turn has 4096 steps: 2 pi / 4096 rad = 0.001533981 rad.
constexpr IntPlusNano radians_per_step{0, 1'533'981};

constexpr std::array channels_data{
    Channel::in(ChannelType::angl).separate(Info::raw).by_type(Info::scale),
};
constexpr ChannelTable channel_table{channels_data};

class As5600 {
public:
    explicit As5600(const Hardware &hardware) : client_{*hardware.i2c()} {}

    /// Only that a chip answers: a magnet may come later.
    Result<void> probe()
    {
        IIO_TRY(client_.read_u8(STATUS));
        return {};
    }

    /// It is told nothing, and only has to be there.
    Result<bool> is_configured() const
    {
        IIO_TRY(client_.read_u8(STATUS));
        return true;
    }

    ChannelTable channels() const { return channel_table; }

    Result<Value> read_raw(const Channel &, Info info) const
    {
        switch (info) {
        case Info::raw:
            return read_angle();
        case Info::scale:
            return radians_per_step;
        default:
            return fail(EINVAL);
        }
    }

    Result<unsigned> read_register(unsigned reg) const
    {
        if (reg > 0xff)
            return fail(EINVAL);
        return IIO_TRY(client_.read_u8(static_cast<std::uint8_t>(reg)));
    }

    /// Not BURN: it programs the chip once and for all.
    Result<void> write_register(unsigned reg, unsigned value) const
    {
        if (reg >= BURN || value > 0xff)
            return fail(EINVAL);
        return client_.write_u8(static_cast<std::uint8_t>(reg), static_cast<std::uint8_t>(value));
    }

private:
    /// ENODATA without a magnet: RAW ANGLE then holds noise.
    Result<Value> read_angle() const
    {
        const auto status = IIO_TRY(client_.read_u8(STATUS));
        if (!(status & STATUS_MD))
            return fail(ENODATA);
        // One transaction for both bytes: they belong to one sample.
        const auto angle = IIO_TRY(client_.read_be16(RAW_ANGLE));
        return Int{angle & RAW_ANGLE_MASK};
    }

    const I2cClient &client_;
};

static_assert(Driver<As5600>);

constexpr std::array<std::uint8_t, 1> addresses{0x36};
constexpr std::array parts{Part{.name = "as5600", .addresses = addresses}};

} // namespace

extern "C" const Module as5600_module;
const Module as5600_module = module_of<As5600, parts>("as5600");
