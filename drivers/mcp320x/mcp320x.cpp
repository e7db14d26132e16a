// SPDX-License-Identifier: MIT
//
// Microchip MCP3001/2/4/8 (10 bits), MCP3201/2/4/8 (12 bits), MCP3301 (13 bits,
// signed) and MCP3550/1/3 (22 bits, signed): A/D converters on SPI.
// Datasheets: DS21293C (MCP3001), DS21294D (MCP3002), DS21295D (MCP3004/8),
// DS21290D (MCP3201), DS21034D (MCP3202), DS21298 (MCP3204/8), DS21700E
// (MCP3301), DS21950C (MCP3550/1/3).
//
// The parts up to 13 bits sample at the beginning of a frame and clock the code
// out in the rest of it. The MCP3550 family converts on its own, begun by a
// pulse of the chip select, and clocks the code out in a later frame.
#include <algorithm>
#include <array>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/module.hpp>
#include <thread>
#include <utility>

namespace {

using namespace iio;
using namespace std::chrono_literals;

// What is sent to a part with a multiplexer: a start bit, whether the input is
// measured against ground or against its neighbour, the input's number (three
// bits, DS21295D figure 5-1; one bit, ODD/SIGN, of two inputs), all placed so
// that the code begins with the second byte of the answer. Two inputs: the bit
// behind the number is MSBF; 0 sends the code a second time, lowest bit first,
// which is not read to its end.
constexpr unsigned start_of_two = 1 << 4;
constexpr unsigned start_of_many = 1 << 6;
constexpr unsigned next_input = 1 << 2;

/// A channel's address is the first byte that is sent for it.
constexpr Channel make_input(Channel channel, unsigned command)
{
    return channel.at(command).separate(Info::raw).by_type(Info::scale);
}

template <int... Number> constexpr auto make_inputs(std::integer_sequence<int, Number...>)
{
    constexpr auto voltage = ChannelType::voltage;
    constexpr unsigned start = sizeof...(Number) == 2 ? start_of_two : start_of_many;
    constexpr unsigned single_ended = start >> 1;
    // An input's neighbour: 0-1, 1-0, 2-3, 3-2, ...
    return std::array{
        make_input(Channel::in(voltage, Number), start | single_ended | Number * next_input)...,
        make_input(Channel::differential(voltage, Number, Number ^ 1),
                   start | Number * next_input)...,
    };
}
constexpr std::array one_pair{make_input(Channel::differential(ChannelType::voltage, 0, 1), 0)};
constexpr auto two_inputs = make_inputs(std::make_integer_sequence<int, 2>{});
constexpr auto four_inputs = make_inputs(std::make_integer_sequence<int, 4>{});
constexpr auto eight_inputs = make_inputs(std::make_integer_sequence<int, 8>{});
constexpr ChannelTable pair_table{one_pair};
constexpr ChannelTable two_table{two_inputs};
constexpr ChannelTable four_table{four_inputs};
constexpr ChannelTable eight_table{eight_inputs};

/// The answer to a frame, the first bit highest.
using Answer = std::uint32_t;

constexpr Answer low_bits(Answer answer, unsigned bits) { return answer & ((1U << bits) - 1); }

/// Straight binary. What is before the code is not driven and not part of it.
template <unsigned Bits, unsigned Behind> Result<int> unsigned_code(Answer answer)
{
    return static_cast<int>(low_bits(answer >> Behind, Bits));
}

Result<int> mcp3301_code(Answer answer) { return sign_extend(answer, 13); }

/// In SPI mode 0 the ready bit comes first, then OVL and OVH (bits 23 and 22 of
/// the code) and 22 bits, and ones to the frame's end (DS21950C section 5.1).
/// The input may go 12 % beyond the reference; there the 22 bits are the low
/// ones of a longer number, whose sign the overflow bit tells.
/// Errors: EIO: both overflows, which is also what a chip that is not ready or
/// not there gives, all ones.
Result<int> mcp3550_code(Answer answer)
{
    constexpr Answer OVL = 1 << 30;
    constexpr Answer OVH = 1 << 29;
    const Answer code = low_bits(answer >> 7, 22);
    switch (answer & (OVL | OVH)) {
    case OVL | OVH:
        return fail(EIO);
    case OVH:
        return static_cast<int>(code);
    case OVL:
        return static_cast<int>(code) - (1 << 22);
    default:
        return sign_extend(code, 22);
    }
}

struct Variant {
    std::string_view part;
    std::size_t frame_bytes;
    Result<int> (*code)(Answer);
    Log2 reference_steps; // the scale is the reference over 2 to this power
    ChannelTable channels;
    /// Maximum, 2 % above its typical value; 0: it converts within the frame.
    std::chrono::microseconds conversion_time = 0us;
};

// A step of the MCP3301 is the reference over 2^12 (DS21700E section 6.1), but
// the kernel's driver says 2^13, after its number of codes. So do we.
constexpr std::array variants{
    Variant{"mcp3001", 2, unsigned_code<10, 3>, 10, pair_table},
    Variant{"mcp3002", 3, unsigned_code<10, 6>, 10, two_table},
    Variant{"mcp3004", 3, unsigned_code<10, 6>, 10, four_table},
    Variant{"mcp3008", 3, unsigned_code<10, 6>, 10, eight_table},
    Variant{"mcp3201", 2, unsigned_code<12, 1>, 12, pair_table},
    Variant{"mcp3202", 3, unsigned_code<12, 4>, 12, two_table},
    Variant{"mcp3204", 3, unsigned_code<12, 4>, 12, four_table},
    Variant{"mcp3208", 3, unsigned_code<12, 4>, 12, eight_table},
    Variant{"mcp3301", 2, mcp3301_code, 13, pair_table},
    Variant{"mcp3550-50", 4, mcp3550_code, 21, pair_table, 81'600us},
    Variant{"mcp3550-60", 4, mcp3550_code, 21, pair_table, 68'003us},
    Variant{"mcp3551", 4, mcp3550_code, 21, pair_table, 74'562us},
    Variant{"mcp3553", 4, mcp3550_code, 21, pair_table, 17'003us},
};

constexpr std::uint16_t start_pulse_us = 8; // as the kernel's driver

class Mcp320x {
public:
    explicit Mcp320x(const Hardware &hardware)
        : spi_{*hardware.spi()},
          variant_{*std::ranges::find(variants, hardware.part(), &Variant::part)},
          reference_mv_{hardware.supplies().microvolts("vref") / 1000}
    {
    }

    /// No part can be recognised. The MCP3550 may still be converting, over and
    /// over, as whoever used it last left it: the conversions that it makes
    /// here end that, and two are what the kernel's driver makes.
    Result<void> probe()
    {
        if (variant_.conversion_time != 0us) {
            IIO_TRY(convert(0));
            IIO_TRY(convert(0));
        }
        return {};
    }

    /// They are told nothing but what to convert.
    Result<bool> is_configured() const { return true; }

    ChannelTable channels() const { return variant_.channels; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        switch (info) {
        case Info::raw:
            return Int{IIO_TRY(variant_.code(IIO_TRY(convert(channel.address))))};
        case Info::scale: // in mV; whole ones, as in the kernel's driver
            return FractionalLog2{reference_mv_, variant_.reference_steps};
        default:
            return fail(EINVAL);
        }
    }

private:
    struct Frame {
        std::array<std::uint8_t, 4> out{};
        std::array<std::uint8_t, 4> in{};
    };

    /// The answer to the command; the lock keeps a conversion and the frame
    /// that fetches it together.
    Result<Answer> convert(std::uint64_t command) const
    {
        const auto frame = frame_.lock();
        if (variant_.conversion_time != 0us) {
            IIO_TRY(start_conversion());
            std::this_thread::sleep_for(variant_.conversion_time);
        }
        frame->out[0] = static_cast<std::uint8_t>(command);
        const auto in = std::span{frame->in}.first(variant_.frame_bytes);
        IIO_TRY(spi_.exchange(std::span{frame->out}.first(in.size()), in));
        return big_endian(in);
    }

    /// The chip select falls, which begins the conversion, and rises while it
    /// runs, after which none follows it (DS21950C section 5.3).
    Result<void> start_conversion() const
    {
        const std::array pulse{SpiTransfer{.delay_us = start_pulse_us}};
        return spi_.transfer(pulse);
    }

    const SpiDevice &spi_;
    const Variant &variant_;
    const int reference_mv_;
    Guarded<Frame> frame_;
};

static_assert(Driver<Mcp320x>);

constexpr std::array<std::string_view, 1> supplies{"vref"};

/// The fastest clock of the whole range of supply voltages.
constexpr Part make_part(std::string_view name, std::uint32_t speed_hz)
{
    return {
        .name = name, .spi = SpiSettings{.mode = 0, .speed_hz = speed_hz}, .supplies = supplies};
}
constexpr std::array parts{
    make_part("mcp3001", 1'050'000),    make_part("mcp3002", 1'200'000),
    make_part("mcp3004", 1'350'000),    make_part("mcp3008", 1'350'000),
    make_part("mcp3201", 800'000),      make_part("mcp3202", 900'000),
    make_part("mcp3204", 1'000'000),    make_part("mcp3208", 1'000'000),
    make_part("mcp3301", 1'700'000),    make_part("mcp3550-50", 5'000'000),
    make_part("mcp3550-60", 5'000'000), make_part("mcp3551", 5'000'000),
    make_part("mcp3553", 5'000'000),
};

} // namespace

extern "C" const Module mcp320x_module;
const Module mcp320x_module = module_of<Mcp320x>("mcp320x", parts);
