// SPDX-License-Identifier: MIT
//
// Maxim DS1803: two digital potentiometers of 256 positions, 10, 50 or 100 kohm. DS3502: one
// of 128 positions, 10 kohm. I2C at 0x28 to 0x2f, by the pins A.
// Datasheets: DS1803, DS3502.
#include <iio/driver.hpp>

namespace iio::ds1803 {
namespace {

// A DS1803 is read without a register number, and written by these.
constexpr std::uint8_t write_potentiometer_0 = 0xa9;
constexpr std::uint8_t WR = 0x00; // the DS3502's wiper

constexpr Channel wiper(int number)
{
    return Channel::out(ChannelType::resistance, number)
        .separate(Info::raw)
        .available(Shared::by_type, Info::raw)
        .by_type(Info::scale);
}
constexpr std::array both{wiper(0), wiper(1)};
constexpr std::array one{both[0]};

template <int largest>
constexpr std::array positions{Value{Int{0}}, Value{Int{1}}, Value{Int{largest}}};

struct Variant {
    ChannelTable channels;
    int largest;
    int ohms;
    std::uint8_t first; ///< what begins a write of the first wiper
    bool is_plain;      ///< it is read without a register number
};
constexpr Variant ds1803_010{both, 255, 10'000, write_potentiometer_0, true};
constexpr Variant ds1803_050{both, 255, 50'000, write_potentiometer_0, true};
constexpr Variant ds1803_100{both, 255, 100'000, write_potentiometer_0, true};
constexpr Variant ds3502{one, 127, 10'000, WR, false};

class Ds1803 : public TableDriver {
public:
    explicit Ds1803(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels},
          variant_{hardware.data<Variant>()}
    {
    }

    /// It has no identification. The wipers stay where they are.
    Result<void> probe() { return {}; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::scale)
            return Fractional{variant_.ohms, *NonZero::make(variant_.largest)};
        if (!variant_.is_plain)
            return Int{IIO_TRY(hardware().i2c()->read_u8(variant_.first))};
        std::array<std::uint8_t, 2> wipers{};
        IIO_TRY(hardware().i2c()->read(wipers));
        return Int{wipers[static_cast<std::size_t>(channel.channel)]};
    }
    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::min_step_max(variant_.largest == 255 ? positions<255> : positions<127>);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::raw || written.fraction != 0 || written.integer < 0 ||
            written.integer > variant_.largest)
            return fail(EINVAL);
        return hardware().i2c()->write_u8(
            static_cast<std::uint8_t>(variant_.first + channel.channel),
            static_cast<std::uint8_t>(written.integer));
    }

private:
    const Variant &variant_;
};

constexpr std::array<std::uint8_t, 8> addresses{0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f};

} // namespace

IIO_MODULE(ds1803, Ds1803, Part{.name = "ds1803-010", .addresses = addresses, .data = ds1803_010},
           Part{.name = "ds1803-050", .addresses = addresses, .data = ds1803_050},
           Part{.name = "ds1803-100", .addresses = addresses, .data = ds1803_100},
           Part{.name = "ds3502", .addresses = {0x28, 0x29, 0x2a, 0x2b}, .data = ds3502});

} // namespace iio::ds1803
