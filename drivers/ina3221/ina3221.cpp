// SPDX-License-Identifier: MIT
//
// TI INA3221: voltage and current of three buses. I2C at 0x40 to 0x43, by the pin A0. Datasheet:
// SBOS576.
//
// The part converts all the time. The three shunts are alike.
#include <iio/driver.hpp>

namespace iio::ina3221 {
namespace {

constexpr Field MODE{0x00, 7 << 0}; // Configuration; 0: power-down, 7: both, continuously
constexpr Field Manufacturer_ID{0xfe, 0xffff};

constexpr Value millivolts_per_step = Int{8};
constexpr int shunt_nanovolts_per_step = 40'000;
constexpr int initial_shunt_microohm = 10'000;

/// Of both 13 bits and three that read as 0. Shunt and bus are by turns from 0x01 on.
constexpr auto sample = ScanType::of_signed(13, 16, 3, Endian::big);
constexpr Channel voltage(unsigned number)
{
    return Channel::in(ChannelType::voltage, static_cast<int>(number))
        .at(std::uint64_t{2} * number)
        .sample(sample)
        .separate(Info::raw)
        .constant(Info::scale, millivolts_per_step, Shared::by_type);
}
constexpr Channel current(unsigned number)
{
    return Channel::in(ChannelType::current, static_cast<int>(number))
        .at(std::uint64_t{2} * number - 1)
        .sample(sample)
        .separate(Info::raw)
        .by_type(Info::scale);
}
constexpr std::array channel_list{voltage(1), voltage(2), voltage(3),
                                  current(1), current(2), current(3)};
constexpr std::array attribute_list{ShuntResistor::attribute()};
// A part that was switched off and on is in no other state: it converts.
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .identity = {Manufacturer_ID, {0x5449}},
    .proof = {MODE, 7},
    .power = {.on = {MODE, 7}, .off = {MODE, 0}, .always_on = true},
};

class Ina3221 : public RegisterDriver {
public:
    explicit Ina3221(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::scale && channel.channel_type() == ChannelType::current)
            return shunt_.scale(shunt_nanovolts_per_step);
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

// The number of the driver's Manufacturer_ID resets an Si7020 at the same address.
constexpr Recognition die_id{layout.format, {{0xff, 0xffff}, {0x3220}}};

} // namespace

IIO_MODULE(ina3221, Ina3221,
           Part{.name = "ina3221", .addresses = {0x40, 0x41, 0x42, 0x43}, .recognised = die_id});

} // namespace iio::ina3221
