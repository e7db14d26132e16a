// SPDX-License-Identifier: MIT
//
// TI ADS7950 to ADS7961: 4, 8, 12 or 16 inputs of 12 (ADS7950 to 53), 10 (54 to 57) or 8 bits
// (58 to 61), up to twice the reference. SPI. Datasheet: SLAS605.
//
// Each frame of 16 bits orders a conversion, and gives the code of the one that was ordered two
// frames earlier, with its input's number above it.
#include <iio/driver.hpp>
#include <utility>

namespace iio::ads7950 {
namespace {

// Orders.
constexpr Field mode{0, 0xf << 12};
constexpr unsigned manual = 1; // the input stands in the frame
constexpr unsigned program_GPIO = 4;
constexpr Field programs{0, 1 << 11}; // 1: the range counts
constexpr Field input{0, 0xf << 7};
constexpr Field range{0, 1 << 6}; // 1: twice the reference
// What comes back.
constexpr Field of_input{0, 0xf << 12};
constexpr Field code{0, 0xfff}; // left-justified

constexpr std::size_t pipeline = 2; // frames from an order to its code
constexpr std::size_t most_inputs = 16;

template <std::uint8_t bits, int... N> constexpr auto inputs_of(std::integer_sequence<int, N...>)
{
    const auto channel = [](int number) {
        return Channel::in(ChannelType::voltage, number)
            .at(static_cast<unsigned>(number))
            .separate(Info::raw)
            .by_type(Info::scale)
            .scan(number, ScanType::of_unsigned(bits, 16, 12 - bits));
    };
    return std::array{channel(N)..., Channel::timestamp(sizeof...(N))};
}
template <int inputs, std::uint8_t bits>
constexpr auto channel_list = inputs_of<bits>(std::make_integer_sequence<int, inputs>{});

struct Variant {
    ChannelTable channels;
};
template <int inputs, std::uint8_t bits> constexpr Variant variant{channel_list<inputs, bits>};

class Ads7950 : public TableDriver {
public:
    explicit Ads7950(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels}
    {
    }

    /// Chooses the range, and makes all GPIO pins inputs.
    Result<void> probe()
    {
        const unsigned order = mode.place(manual) | programs.place(1) | range.place(1);
        IIO_TRY(run(std::array{order, order}));
        IIO_TRY(run(std::array{mode.place(program_GPIO), mode.place(program_GPIO)}));
        return {};
    }

    /// Errors: EIO: it is another input's code; the part is missing.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::scale)
            return Fractional{2 * (hardware().supplies().microvolts("vref") / 1000),
                              *NonZero::make((1 << channel.scan_type.realbits) - 1)};
        const unsigned word = IIO_TRY(run(std::array{order_of(channel)}))[pipeline];
        if (of_input.extract(word) != channel.address)
            return fail(EIO);
        return Int{static_cast<int>(code.extract(word) >> channel.scan_type.shift)};
    }

    Result<void> scan(Scan &scan) const
    {
        std::array<unsigned, most_inputs> orders{};
        std::size_t count = 0;
        for (const Channel &channel : channels()) {
            if (channel.type != IIO_TIMESTAMP && scan.has(channel))
                orders[count++] = order_of(channel);
        }
        const auto words = IIO_TRY(run(std::span{orders}.first(count)));
        std::size_t at = pipeline;
        for (const Channel &channel : channels()) {
            if (channel.type != IIO_TIMESTAMP && scan.has(channel))
                scan.put(channel, words[at++]);
        }
        return {};
    }

private:
    static unsigned order_of(const Channel &channel)
    {
        return mode.place(manual) | input.place(static_cast<unsigned>(channel.address));
    }

    /// Frames with these orders, and what came back in them and in as many as the pipeline has.
    Result<std::array<unsigned, most_inputs + pipeline>> run(std::span<const unsigned> orders) const
    {
        using Frame = std::array<std::uint8_t, 2>;
        std::array<Frame, most_inputs + pipeline> sent{};
        std::array<Frame, most_inputs + pipeline> received{};
        std::array<SpiTransfer, most_inputs + pipeline> frames{};
        const std::size_t count = orders.size() + pipeline;
        for (std::size_t i = 0; i < count; ++i) {
            const unsigned order = i < orders.size() ? orders[i] : 0;
            sent[i] = {static_cast<std::uint8_t>(order >> 8), static_cast<std::uint8_t>(order)};
            frames[i] = {.out = sent[i], .in = received[i], .cs_change = i + 1 < count};
        }
        IIO_TRY(hardware().spi()->transfer(std::span{frames}.first(count)));
        std::array<unsigned, most_inputs + pipeline> words{};
        for (std::size_t i = 0; i < count; ++i)
            words[i] = big_endian(received[i]);
        return words;
    }
};

template <int inputs, std::uint8_t bits> constexpr Part part(std::string_view name)
{
    return {.name = name,
            .spi = SpiSettings{.mode = 0, .speed_hz = 10'000'000},
            .supplies = {"vref"},
            .data = variant<inputs, bits>};
}

} // namespace

IIO_MODULE(ads7950, Ads7950, part<4, 12>("ads7950"), part<8, 12>("ads7951"),
           part<12, 12>("ads7952"), part<16, 12>("ads7953"), part<4, 10>("ads7954"),
           part<8, 10>("ads7955"), part<12, 10>("ads7956"), part<16, 10>("ads7957"),
           part<4, 8>("ads7958"), part<8, 8>("ads7959"), part<12, 8>("ads7960"),
           part<16, 8>("ads7961"));

} // namespace iio::ads7950
