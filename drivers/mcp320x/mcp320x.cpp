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

using namespace std::chrono_literals;

// The first byte to a part with a multiplexer: a start bit, SGL/DIFF (1: against
// ground, 0: against the neighbour) and the input's number (three bits, DS21295D
// figure 5-1; one bit, ODD/SIGN, of two inputs). They are placed so that the code
// begins with the second byte of the answer. Two inputs: the bit after the number
// is MSBF; 0 makes the part repeat the code lowest bit first, which is not read.
constexpr unsigned start_of_two = 1 << 4;
constexpr unsigned start_of_many = 1 << 6;
constexpr unsigned next_input = 1 << 2;

/// A channel's address is that byte.
constexpr Channel make_input(Channel channel, unsigned command)
{
    return channel.at(command).separate(Info::raw).by_type(Info::scale);
}
template <int... N> constexpr auto make_inputs(std::integer_sequence<int, N...>)
{
    constexpr auto voltage = ChannelType::voltage;
    constexpr unsigned start = sizeof...(N) == 2 ? start_of_two : start_of_many;
    constexpr unsigned single_ended = start >> 1;
    return std::array{
        make_input(Channel::in(voltage, N), start | single_ended | N * next_input)...,
        make_input(Channel::differential(voltage, N, N ^ 1), start | N * next_input)...,
    };
}
constexpr std::array one_pair{make_input(Channel::differential(ChannelType::voltage, 0, 1), 0)};
constexpr auto two_inputs = make_inputs(std::make_integer_sequence<int, 2>{});
constexpr auto four_inputs = make_inputs(std::make_integer_sequence<int, 4>{});
constexpr auto eight_inputs = make_inputs(std::make_integer_sequence<int, 8>{});

struct Variant {
    ChannelTable channels;
    std::size_t frame_bytes;
    int code_bits;
    int bits_after_code;
    bool is_signed = false;
    /// Maximum, 2 % above its typical value; 0: it converts within the frame.
    std::chrono::microseconds conversion_time{0};

    /// kernel: the MCP3301's step is the reference over 2^13, after its number of codes;
    /// DS21700E section 6.1 has 2^12.
    [[nodiscard]] int steps_log2() const { return conversion_time > 0us ? 21 : code_bits; }
};
constexpr Variant mcp3001{one_pair, 2, 10, 3};
constexpr Variant mcp3002{two_inputs, 3, 10, 6};
constexpr Variant mcp3004{four_inputs, 3, 10, 6};
constexpr Variant mcp3008{eight_inputs, 3, 10, 6};
constexpr Variant mcp3201{one_pair, 2, 12, 1};
constexpr Variant mcp3202{two_inputs, 3, 12, 4};
constexpr Variant mcp3204{four_inputs, 3, 12, 4};
constexpr Variant mcp3208{eight_inputs, 3, 12, 4};
constexpr Variant mcp3301{one_pair, 2, 13, 0, true};
constexpr Variant mcp3550_50{one_pair, 4, 22, 7, true, 81'600us};
constexpr Variant mcp3550_60{one_pair, 4, 22, 7, true, 68'003us};
constexpr Variant mcp3551{one_pair, 4, 22, 7, true, 74'562us};
constexpr Variant mcp3553{one_pair, 4, 22, 7, true, 17'003us};

// MCP3550: what comes before the code, after the ready bit (DS21950C section 5.1).
constexpr unsigned OVL = 1 << 30;           // the input is below the range of 22 bits
constexpr unsigned OVH = 1 << 29;           // above it
constexpr std::uint16_t start_pulse_us = 8; // as the kernel's driver

class Mcp320x : public TableDriver {
public:
    explicit Mcp320x(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels},
          variant_{hardware.data<Variant>()},
          reference_mv_{hardware.supplies().microvolts("vref") / 1000}
    {
    }

    /// No part can be recognised. The MCP3550 may be left converting continuously; two
    /// conversions end that, as in the kernel's driver.
    Result<void> probe()
    {
        for (int i = 0; i < 2 && variant_.conversion_time > 0us; ++i)
            IIO_TRY(convert(0));
        return {};
    }

    /// There is nothing to configure.
    Result<bool> is_configured() const { return true; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::scale) // in mV; kernel: of a reference in whole mV
            return FractionalLog2{reference_mv_, *Log2::make(variant_.steps_log2())};
        return Int{IIO_TRY(code_of(IIO_TRY(convert(channel.address))))};
    }

private:
    /// The answer to the command, the first bit highest.
    Result<std::uint32_t> convert(std::uint64_t command) const
    {
        const std::lock_guard lock{mutex_}; // a conversion and the frame that fetches it
        if (variant_.conversion_time > 0us) {
            // The chip select rises while the conversion runs: it is the only one (section 5.3).
            IIO_TRY(
                hardware().spi()->transfer(std::array{SpiTransfer{.delay_us = start_pulse_us}}));
            hardware().delay(variant_.conversion_time);
        }
        const std::array<std::uint8_t, 4> out{static_cast<std::uint8_t>(command)};
        std::array<std::uint8_t, 4> in{};
        const auto answer = std::span{in}.first(variant_.frame_bytes);
        IIO_TRY(hardware().spi()->exchange(std::span{out}.first(answer.size()), answer));
        return big_endian(answer);
    }

    /// MCP3550: the input may go 12 % beyond the reference; the overflow bit then is the sign
    /// of a number whose low 22 bits are the code.
    /// Errors: EIO: both overflows, as from a chip that is not ready or missing (all ones).
    Result<int> code_of(std::uint32_t answer) const
    {
        const int bits = variant_.code_bits;
        const std::uint32_t word = answer >> variant_.bits_after_code;
        const int code = static_cast<int>(word & ((1U << bits) - 1));
        const std::uint32_t overflow = variant_.conversion_time > 0us ? answer & (OVL | OVH) : 0;
        if (overflow == (OVL | OVH))
            return fail(EIO);
        if (overflow != 0)
            return overflow == OVH ? code : code - (1 << bits);
        return variant_.is_signed ? sign_extend(word, bits) : code;
    }

    const Variant &variant_;
    const int reference_mv_;
    mutable std::mutex mutex_;
};

/// `speed_hz`: the fastest clock of the whole range of supply voltages.
constexpr Part make_part(std::string_view name, const Variant &variant, std::uint32_t speed_hz)
{
    return {.name = name,
            .spi = SpiSettings{.mode = 0, .speed_hz = speed_hz},
            .supplies = {"vref"},
            .data = variant};
}

} // namespace

IIO_MODULE(mcp320x, Mcp320x, make_part("mcp3001", mcp3001, 1'050'000),
           make_part("mcp3002", mcp3002, 1'200'000), make_part("mcp3004", mcp3004, 1'350'000),
           make_part("mcp3008", mcp3008, 1'350'000), make_part("mcp3201", mcp3201, 800'000),
           make_part("mcp3202", mcp3202, 900'000), make_part("mcp3204", mcp3204, 1'000'000),
           make_part("mcp3208", mcp3208, 1'000'000), make_part("mcp3301", mcp3301, 1'700'000),
           make_part("mcp3550-50", mcp3550_50, 5'000'000),
           make_part("mcp3550-60", mcp3550_60, 5'000'000), make_part("mcp3551", mcp3551, 5'000'000),
           make_part("mcp3553", mcp3553, 5'000'000));

} // namespace iio::mcp320x
