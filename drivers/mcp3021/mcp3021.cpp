// SPDX-License-Identifier: MIT
//
// Microchip MCP3021 and MCP3221: one voltage, 10 or 12 bits of the supply. I2C at 0x48 to 0x4f,
// which the part comes with. Datasheets: DS21805, DS21732.
#include <iio/driver.hpp>

namespace iio::mcp3021 {
namespace {

constexpr std::array channel_list{
    Channel::in(ChannelType::voltage, 0).separate(Info::raw, Info::scale)};

/// The result ends so many bits before the end of its word.
struct Variant {
    int bits, shift;
};
constexpr Variant mcp3021{10, 2};
constexpr Variant mcp3221{12, 0};

class Mcp3021 : public TableDriver {
public:
    explicit Mcp3021(const Hardware &hardware)
        : TableDriver{hardware, channel_list},
          client_{*hardware.i2c()},
          variant_{hardware.data<Variant>()},
          millivolts_{hardware.supplies().microvolts("vdd") / 1000}
    {
    }

    Result<void> probe()
    {
        return is_configured().map([](bool) {});
    }
    /// There is nothing to configure: the part has to answer.
    Result<bool> is_configured() const
    {
        IIO_TRY(convert());
        return true;
    }

    Result<Value> read_raw(const Channel &, Info info) const
    {
        if (info == Info::scale)
            return FractionalLog2{millivolts_, Log2::make(variant_.bits).value_or(Log2{12})};
        return Int{IIO_TRY(convert())};
    }

private:
    Result<int> convert() const
    {
        std::array<std::uint8_t, 2> word{};
        IIO_TRY(client_.read(word));
        return static_cast<int>(big_endian(word) >> variant_.shift & ((1U << variant_.bits) - 1));
    }

    const I2cClient &client_;
    const Variant &variant_;
    const int millivolts_;
};

constexpr std::array<std::uint8_t, 8> addresses{0x4d, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4e, 0x4f};

} // namespace

IIO_MODULE(mcp3021, Mcp3021,
           Part{.name = "mcp3021", .addresses = addresses, .supplies = {"vdd"}, .data = mcp3021},
           Part{.name = "mcp3221", .addresses = addresses, .supplies = {"vdd"}, .data = mcp3221});

} // namespace iio::mcp3021
