// SPDX-License-Identifier: MIT
//
// Microchip MCP41xx and MCP42xx: one or two digital potentiometers or rheostats of 129 or 257
// positions, 5 to 100 kohm. SPI. Datasheets: DS22060B, DS22059B.
//
// The last two digits say of a part: 3, 4: 129 positions, 5, 6: 257; 4, 6: they are kept in an
// EEPROM; 1: a potentiometer, 2: a rheostat. MCP42xx has two.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::mcp4131 {
namespace {

// The first byte of a frame (section 7): the address in bits 4 to 7, the command in bits 2 and
// 3, and the highest bits of what is written.
constexpr unsigned read_data = 3 << 2;
constexpr unsigned write_data = 0 << 2;
// What comes back.
constexpr Field CMDERR{0, 1 << 9}; // 0: the part does not know the command
constexpr Field data{0, 0x1ff};
constexpr unsigned full_scale = 0x100; // what is above is reserved, and full scale, too

constexpr Channel wiper(int number)
{
    return Channel::out(ChannelType::resistance, number)
        .at(static_cast<unsigned>(number) << 4)
        .separate(Info::raw)
        .by_type(Info::scale);
}
constexpr std::array both{wiper(0), wiper(1)};
constexpr std::array one{both[0]};

struct Variant {
    ChannelTable channels;
    int largest;
    int ohms;
};
template <int wipers, int largest, int ohms>
constexpr Variant variant{wipers == 1 ? ChannelTable{one} : ChannelTable{both}, largest, ohms};

class Mcp4131 : public TableDriver {
public:
    explicit Mcp4131(const Hardware &hardware)
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
        const unsigned answer = IIO_TRY(exchange((unsigned(channel.address) | read_data) << 8));
        return Int{static_cast<int>(std::min(data.extract(answer), full_scale))};
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::raw || written.integer < 0 || written.integer > variant_.largest)
            return fail(EINVAL);
        const unsigned command = (unsigned(channel.address) | write_data) << 8;
        IIO_TRY(exchange(command | static_cast<unsigned>(written.integer)));
        return {};
    }

private:
    /// Errors: EIO, too: the part refuses the command, or is missing.
    Result<unsigned> exchange(unsigned word) const
    {
        std::array<std::uint8_t, 2> answer{};
        IIO_TRY(hardware().spi()->exchange(big_endian_bytes<2>(word), answer));
        const unsigned answered = big_endian(answer);
        return CMDERR.extract(answered) ? Result<unsigned>{answered} : fail(EIO);
    }

    const Variant &variant_;
};

template <int wipers, int largest, int ohms> constexpr Part part(std::string_view name)
{
    return {.name = name,
            .spi = SpiSettings{.mode = 0, .speed_hz = 5'000'000},
            .data = variant<wipers, largest, ohms>};
}
constexpr std::array parts{
    part<1, 128, 5000>("mcp4131-502"),  part<1, 128, 10000>("mcp4131-103"),
    part<1, 128, 50000>("mcp4131-503"), part<1, 128, 100000>("mcp4131-104"),
    part<1, 128, 5000>("mcp4132-502"),  part<1, 128, 10000>("mcp4132-103"),
    part<1, 128, 50000>("mcp4132-503"), part<1, 128, 100000>("mcp4132-104"),
    part<1, 128, 5000>("mcp4141-502"),  part<1, 128, 10000>("mcp4141-103"),
    part<1, 128, 50000>("mcp4141-503"), part<1, 128, 100000>("mcp4141-104"),
    part<1, 128, 5000>("mcp4142-502"),  part<1, 128, 10000>("mcp4142-103"),
    part<1, 128, 50000>("mcp4142-503"), part<1, 128, 100000>("mcp4142-104"),
    part<1, 256, 5000>("mcp4151-502"),  part<1, 256, 10000>("mcp4151-103"),
    part<1, 256, 50000>("mcp4151-503"), part<1, 256, 100000>("mcp4151-104"),
    part<1, 256, 5000>("mcp4152-502"),  part<1, 256, 10000>("mcp4152-103"),
    part<1, 256, 50000>("mcp4152-503"), part<1, 256, 100000>("mcp4152-104"),
    part<1, 256, 5000>("mcp4161-502"),  part<1, 256, 10000>("mcp4161-103"),
    part<1, 256, 50000>("mcp4161-503"), part<1, 256, 100000>("mcp4161-104"),
    part<1, 256, 5000>("mcp4162-502"),  part<1, 256, 10000>("mcp4162-103"),
    part<1, 256, 50000>("mcp4162-503"), part<1, 256, 100000>("mcp4162-104"),
    part<2, 128, 5000>("mcp4231-502"),  part<2, 128, 10000>("mcp4231-103"),
    part<2, 128, 50000>("mcp4231-503"), part<2, 128, 100000>("mcp4231-104"),
    part<2, 128, 5000>("mcp4232-502"),  part<2, 128, 10000>("mcp4232-103"),
    part<2, 128, 50000>("mcp4232-503"), part<2, 128, 100000>("mcp4232-104"),
    part<2, 128, 5000>("mcp4241-502"),  part<2, 128, 10000>("mcp4241-103"),
    part<2, 128, 50000>("mcp4241-503"), part<2, 128, 100000>("mcp4241-104"),
    part<2, 128, 5000>("mcp4242-502"),  part<2, 128, 10000>("mcp4242-103"),
    part<2, 128, 50000>("mcp4242-503"), part<2, 128, 100000>("mcp4242-104"),
    part<2, 256, 5000>("mcp4251-502"),  part<2, 256, 10000>("mcp4251-103"),
    part<2, 256, 50000>("mcp4251-503"), part<2, 256, 100000>("mcp4251-104"),
    part<2, 256, 5000>("mcp4252-502"),  part<2, 256, 10000>("mcp4252-103"),
    part<2, 256, 50000>("mcp4252-503"), part<2, 256, 100000>("mcp4252-104"),
    part<2, 256, 5000>("mcp4261-502"),  part<2, 256, 10000>("mcp4261-103"),
    part<2, 256, 50000>("mcp4261-503"), part<2, 256, 100000>("mcp4261-104"),
    part<2, 256, 5000>("mcp4262-502"),  part<2, 256, 10000>("mcp4262-103"),
    part<2, 256, 50000>("mcp4262-503"), part<2, 256, 100000>("mcp4262-104"),
};

} // namespace

IIO_MODULE(mcp4131, Mcp4131, parts);

} // namespace iio::mcp4131
