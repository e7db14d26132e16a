// SPDX-License-Identifier: MIT
//
// Microchip MCP4902, MCP4912, MCP4922 (two DACs of 8, 10, 12 bits) and MCP4921 (one), which
// have a reference input; MCP4801, MCP4811, MCP4821 and MCP4802, MCP4812, MCP4822, which have
// a reference of 2.048 V. SPI. Datasheets: DS22250A, DS21897B; DS22244B, DS20002249B.
//
// The parts are written only.
#include <iio/driver.hpp>

namespace iio::mcp4922 {
namespace {

// A word: this, and the code, left-justified in 12 bits.
constexpr Field second_DAC{0, 1 << 15};
constexpr Field GA{0, 1 << 13};   // 0: twice the reference
constexpr Field SHDN{0, 1 << 12}; // 1: the output is on
constexpr unsigned widest = 12;

constexpr Channel output(int number)
{
    return Channel::out(ChannelType::voltage, number).separate(Info::raw).by_type(Info::scale);
}
constexpr std::array both{output(0), output(1)};
constexpr std::array one{both[0]};

struct Variant {
    ChannelTable channels;
    unsigned bits;
    bool has_reference;
};
constexpr Variant mcp4902{both, 8, false};
constexpr Variant mcp4912{both, 10, false};
constexpr Variant mcp4921{one, 12, false};
constexpr Variant mcp4922{both, 12, false};
constexpr Variant mcp4801{one, 8, true};
constexpr Variant mcp4811{one, 10, true};
constexpr Variant mcp4821{one, 12, true};
constexpr Variant mcp4802{both, 8, true};
constexpr Variant mcp4812{both, 10, true};
constexpr Variant mcp4822{both, 12, true};

constexpr int twice_the_reference_mv = 4096;

class Mcp4922 : public TableDriver {
public:
    explicit Mcp4922(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels},
          variant_{hardware.data<Variant>()}
    {
    }

    /// Nothing can be read: the outputs stay as they are, and are shown as 0.
    Result<void> probe() { return {}; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::raw)
            return Int{outputs_.lock()->shown[number_of(channel)]};
        const int millivolts = variant_.has_reference
                                   ? twice_the_reference_mv
                                   : hardware().supplies().microvolts("vref") / 1000;
        return FractionalLog2{millivolts, *Log2::make(static_cast<int>(variant_.bits))};
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const int limit = 1 << variant_.bits;
        if (info != Info::raw || written.fraction != 0 || written.integer < 0 ||
            written.integer >= limit)
            return fail(EINVAL);
        const auto outputs = outputs_.lock();
        const auto code = static_cast<unsigned>(written.integer) << (widest - variant_.bits);
        const std::size_t number = number_of(channel);
        const unsigned word = second_DAC.place(static_cast<unsigned>(number)) |
                              GA.place(!variant_.has_reference) | SHDN.place(1) | code;
        IIO_TRY(hardware().spi()->write(big_endian_bytes<2>(word)));
        // kernel: `out_voltage_raw` of the parts with a reference input, MCP4902 to MCP4922, shows
        // the code left-justified in 12 bits, not as it was written.
        outputs->shown[number] = variant_.has_reference ? written.integer : static_cast<int>(code);
        return {};
    }

private:
    struct Outputs {
        std::array<int, 2> shown{};
    };
    static std::size_t number_of(const Channel &channel)
    {
        return static_cast<std::size_t>(channel.channel);
    }

    const Variant &variant_;
    Guarded<Outputs> outputs_;
};

constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};
constexpr Part with_input(std::string_view name, const Variant &variant)
{
    return {.name = name, .spi = spi, .supplies = {"vref"}, .data = variant};
}
constexpr Part with_reference(std::string_view name, const Variant &variant)
{
    return {.name = name, .spi = spi, .data = variant};
}

} // namespace

IIO_MODULE(mcp4922, Mcp4922, with_reference("mcp4801", mcp4801), with_reference("mcp4802", mcp4802),
           with_reference("mcp4811", mcp4811), with_reference("mcp4812", mcp4812),
           with_reference("mcp4821", mcp4821), with_reference("mcp4822", mcp4822),
           with_input("mcp4902", mcp4902), with_input("mcp4912", mcp4912),
           with_input("mcp4921", mcp4921), with_input("mcp4922", mcp4922));

} // namespace iio::mcp4922
