// SPDX-License-Identifier: MIT
//
// Microchip MCP45xx and MCP46xx: one or two digital potentiometers or rheostats of 129 or 257
// positions, 5 to 100 kohm. I2C at 0x28 to 0x2f. Datasheets: DS22096B, DS22107A.
//
// The last two digits say of a part: 3, 4: 129 positions, 5, 6: 257; 4, 6: they are kept in an
// EEPROM; 1: a potentiometer, 2: a rheostat. MCP46xx has two.
#include <iio/driver.hpp>

namespace iio::mcp4531 {
namespace {

// The first byte of a message (section 7): the address in bits 4 to 7, the command in bits 2
// and 3, and the highest bits of what is written.
constexpr unsigned read_data = 3 << 2;
constexpr unsigned write_data = 0 << 2;

constexpr Channel wiper(int number)
{
    return Channel::out(ChannelType::resistance, number)
        .at(static_cast<unsigned>(number) << 4)
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
};
template <int wipers, int largest, int ohms>
constexpr Variant variant{wipers == 1 ? ChannelTable{one} : ChannelTable{both}, largest, ohms};

class Mcp4531 : public TableDriver {
public:
    explicit Mcp4531(const Hardware &hardware)
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
        const auto command = static_cast<std::uint8_t>(channel.address | read_data);
        return Int{IIO_TRY(hardware().i2c()->read_be16(command))};
    }
    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::min_step_max(variant_.largest == 128 ? positions<128> : positions<256>);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::raw || written.integer < 0 || written.integer > variant_.largest)
            return fail(EINVAL);
        const auto position = static_cast<unsigned>(written.integer);
        return hardware().i2c()->write_u8(
            static_cast<std::uint8_t>(channel.address | write_data | position >> 8),
            static_cast<std::uint8_t>(position));
    }

private:
    const Variant &variant_;
};

constexpr std::array<std::uint8_t, 8> addresses{0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f};

template <int wipers, int largest, int ohms> constexpr Part part(std::string_view name)
{
    return {.name = name, .addresses = addresses, .data = variant<wipers, largest, ohms>};
}
constexpr std::array parts{
    part<1, 128, 5000>("mcp4531-502"),  part<1, 128, 10000>("mcp4531-103"),
    part<1, 128, 50000>("mcp4531-503"), part<1, 128, 100000>("mcp4531-104"),
    part<1, 128, 5000>("mcp4532-502"),  part<1, 128, 10000>("mcp4532-103"),
    part<1, 128, 50000>("mcp4532-503"), part<1, 128, 100000>("mcp4532-104"),
    part<1, 128, 5000>("mcp4541-502"),  part<1, 128, 10000>("mcp4541-103"),
    part<1, 128, 50000>("mcp4541-503"), part<1, 128, 100000>("mcp4541-104"),
    part<1, 128, 5000>("mcp4542-502"),  part<1, 128, 10000>("mcp4542-103"),
    part<1, 128, 50000>("mcp4542-503"), part<1, 128, 100000>("mcp4542-104"),
    part<1, 256, 5000>("mcp4551-502"),  part<1, 256, 10000>("mcp4551-103"),
    part<1, 256, 50000>("mcp4551-503"), part<1, 256, 100000>("mcp4551-104"),
    part<1, 256, 5000>("mcp4552-502"),  part<1, 256, 10000>("mcp4552-103"),
    part<1, 256, 50000>("mcp4552-503"), part<1, 256, 100000>("mcp4552-104"),
    part<1, 256, 5000>("mcp4561-502"),  part<1, 256, 10000>("mcp4561-103"),
    part<1, 256, 50000>("mcp4561-503"), part<1, 256, 100000>("mcp4561-104"),
    part<1, 256, 5000>("mcp4562-502"),  part<1, 256, 10000>("mcp4562-103"),
    part<1, 256, 50000>("mcp4562-503"), part<1, 256, 100000>("mcp4562-104"),
    part<2, 128, 5000>("mcp4631-502"),  part<2, 128, 10000>("mcp4631-103"),
    part<2, 128, 50000>("mcp4631-503"), part<2, 128, 100000>("mcp4631-104"),
    part<2, 128, 5000>("mcp4632-502"),  part<2, 128, 10000>("mcp4632-103"),
    part<2, 128, 50000>("mcp4632-503"), part<2, 128, 100000>("mcp4632-104"),
    part<2, 128, 5000>("mcp4641-502"),  part<2, 128, 10000>("mcp4641-103"),
    part<2, 128, 50000>("mcp4641-503"), part<2, 128, 100000>("mcp4641-104"),
    part<2, 128, 5000>("mcp4642-502"),  part<2, 128, 10000>("mcp4642-103"),
    part<2, 128, 50000>("mcp4642-503"), part<2, 128, 100000>("mcp4642-104"),
    part<2, 256, 5000>("mcp4651-502"),  part<2, 256, 10000>("mcp4651-103"),
    part<2, 256, 50000>("mcp4651-503"), part<2, 256, 100000>("mcp4651-104"),
    part<2, 256, 5000>("mcp4652-502"),  part<2, 256, 10000>("mcp4652-103"),
    part<2, 256, 50000>("mcp4652-503"), part<2, 256, 100000>("mcp4652-104"),
    part<2, 256, 5000>("mcp4661-502"),  part<2, 256, 10000>("mcp4661-103"),
    part<2, 256, 50000>("mcp4661-503"), part<2, 256, 100000>("mcp4661-104"),
    part<2, 256, 5000>("mcp4662-502"),  part<2, 256, 10000>("mcp4662-103"),
    part<2, 256, 50000>("mcp4662-503"), part<2, 256, 100000>("mcp4662-104"),
};

} // namespace

IIO_MODULE(mcp4531, Mcp4531, parts);

} // namespace iio::mcp4531
