// SPDX-License-Identifier: MIT
//
// Microchip MCP3001/2/4/8 (10 bits), MCP3201/2/4/8 (12 bits), MCP3301 (13 bits,
// signed) and MCP3550/1/3 (22 bits, signed): A/D converters on SPI.
// Datasheets: DS21293C (MCP3001), DS21294D (MCP3002), DS21295D (MCP3004/8),
// DS21290D (MCP3201), DS21034D (MCP3202), DS21298 (MCP3204/8), DS21700E
// (MCP3301), DS21950C (MCP3550/1/3).
//
// The parts up to 13 bits sample at the beginning of a frame and clock the code
// out in the rest of it. The MCP3550 family starts a conversion at a pulse of the
// chip select and clocks the code out in a later frame.
#include <iio/driver.hpp>
#include <utility>

namespace iio::mcp320x {
namespace {

// The first byte to a part with a multiplexer: a start bit, SGL/DIFF (1: against
// ground, 0: against the neighbour) and the input's number (three bits, DS21295D
// figure 5-1; one bit, ODD/SIGN, of two inputs). They are placed so that the code
// begins with the second byte of the answer. Two inputs: the bit after the number
// is MSBF; 0 makes the part repeat the code lowest bit first, which is not read.
constexpr unsigned start_of_two = 1 << 4;
constexpr unsigned start_of_many = 1 << 6;
constexpr unsigned next_input = 1 << 2;

/// The code ends the answer but for bits that fill its last byte. Before it come 3 bits, from
/// a part with a multiplexer a byte. Codes of more than 12 bits are signed.
/// kernel: Of an MCP3001 and MCP3201, Linux shows the 3 bits before the code, too, of which the
/// part drives only the last.
constexpr ScanType place_of_code(unsigned inputs, unsigned bits)
{
    const unsigned bits_before = inputs == 1 ? 3 : 8;
    ScanType place = ScanType::of_unsigned(static_cast<std::uint8_t>(bits), 32, 0, Endian::big);
    place.sign = bits > 12 ? 's' : 'u';
    place.shift = static_cast<std::uint8_t>(-(bits_before + bits) % 8);
    return place;
}
/// A channel's address is that byte. One input is a pair, which needs no command.
template <int... N>
constexpr auto make_channels(std::integer_sequence<int, N...>, const ScanType &code)
{
    constexpr auto voltage = ChannelType::voltage;
    constexpr unsigned start = sizeof...(N) == 2 ? start_of_two : start_of_many;
    constexpr unsigned single_ended = start >> 1;
    const auto input = [&](const Channel &channel, unsigned command) {
        return channel.at(command).sample(code).separate(Info::raw).by_type(Info::scale);
    };
    if constexpr (sizeof...(N) == 1)
        return std::array{input(Channel::differential(voltage, 0, 1), 0)};
    else
        return std::array{
            input(Channel::in(voltage, N), start | single_ended | N * next_input)...,
            input(Channel::differential(voltage, N, N ^ 1), start | N * next_input)...,
        };
}
template <int inputs, int bits>
constexpr auto channel_list = make_channels(std::make_integer_sequence<int, inputs>{},
                                            place_of_code(inputs, bits));

struct Variant {
    ChannelTable channels;
    std::chrono::microseconds conversion_time; ///< 0: it converts within the frame
};
template <int inputs, int bits, int conversion_us>
constexpr Variant variant{channel_list<inputs, bits>, std::chrono::microseconds{conversion_us}};

// MCP3550: what comes before the code, after the ready bit (DS21950C section 5.1).
constexpr unsigned OVL = 1 << 30;           // the input is below the range of 22 bits
constexpr unsigned OVH = 1 << 29;           // above it
constexpr std::uint16_t start_pulse_us = 8; // as the kernel's driver

class Mcp320x : public TableDriver {
public:
    explicit Mcp320x(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels}
    {
    }

    /// No part can be recognised. The MCP3550 may be left converting continuously; two
    /// conversions end that, as in the kernel's driver.
    Result<void> probe()
    {
        for (int i = 0; i < 2 && converts_apart(); ++i)
            IIO_TRY(convert(channels().front()));
        return {};
    }

    /// There is nothing to configure.
    Result<bool> is_configured() const { return true; }

    /// kernel: A step is computed of a reference in whole mV; the MCP3301's is the reference over
    /// 2^13, after its number of codes, where DS21700E section 6.1 has 2^12.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const int bits = channel.scan_type.realbits;
        if (info == Info::scale)
            return hardware().supplies().step("vref", converts_apart() ? bits - 1 : bits);
        const auto answer = IIO_TRY(convert(channel));
        const int code = sample_of(channel.scan_type, answer);
        const std::uint32_t overflow = converts_apart() ? big_endian(answer) & (OVL | OVH) : 0;
        if (overflow == 0)
            return Int{code};
        if (overflow == (OVL | OVH)) // not ready, or missing
            return fail(EIO);
        // The input may go 12 % beyond the reference; the overflow bit then is the sign of a
        // number whose low 22 bits are the code.
        const int positive = code & ((1 << bits) - 1);
        return Int{overflow == OVH ? positive : positive - (1 << bits)};
    }

private:
    const Variant &variant() const { return hardware().data<Variant>(); }
    bool converts_apart() const { return variant().conversion_time > 0us; }

    /// The answer to the channel's command; it fills the last bytes.
    Result<std::array<std::uint8_t, 4>> convert(const Channel &channel) const
    {
        const std::lock_guard lock{mutex_}; // a conversion and the frame that fetches it
        if (converts_apart()) {
            // The chip select rises while the conversion runs: it is the only one (section 5.3).
            IIO_TRY(
                hardware().spi()->transfer(std::array{SpiTransfer{.delay_us = start_pulse_us}}));
            hardware().delay(variant().conversion_time);
        }
        const bool with_command = channel.address != 0;
        const std::size_t size = bytes_of(channel.scan_type) + with_command;
        const std::array<std::uint8_t, 4> out{static_cast<std::uint8_t>(channel.address)};
        std::array<std::uint8_t, 4> in{};
        IIO_TRY(hardware().spi()->exchange(std::span{out}.first(size), std::span{in}.last(size)));
        return in;
    }

    mutable std::mutex mutex_;
};

/// `speed_hz`: the fastest clock of the whole range of supply voltages. `conversion_us`:
/// maximum, 2 % above its typical value.
template <int inputs, int bits, int conversion_us = 0>
constexpr Part make_part(std::string_view name, std::uint32_t speed_hz)
{
    return {.name = name,
            .spi = SpiSettings{.mode = 0, .speed_hz = speed_hz},
            .supplies = {"vref"},
            .data = variant<inputs, bits, conversion_us>};
}

} // namespace

IIO_MODULE(mcp320x, Mcp320x, make_part<1, 10>("mcp3001", 1'050'000),
           make_part<2, 10>("mcp3002", 1'200'000), make_part<4, 10>("mcp3004", 1'350'000),
           make_part<8, 10>("mcp3008", 1'350'000), make_part<1, 12>("mcp3201", 800'000),
           make_part<2, 12>("mcp3202", 900'000), make_part<4, 12>("mcp3204", 1'000'000),
           make_part<8, 12>("mcp3208", 1'000'000), make_part<1, 13>("mcp3301", 1'700'000),
           make_part<1, 22, 81'600>("mcp3550-50", 5'000'000),
           make_part<1, 22, 68'003>("mcp3550-60", 5'000'000),
           make_part<1, 22, 74'562>("mcp3551", 5'000'000),
           make_part<1, 22, 17'003>("mcp3553", 5'000'000));

} // namespace iio::mcp320x
