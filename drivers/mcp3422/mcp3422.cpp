// SPDX-License-Identifier: MIT
//
// Microchip MCP3421 to MCP3424 and MCP3425 to MCP3428: voltages of 1, 2 or 4 differential
// inputs, 12 to 18 bits (the last four: 16), with a gain for each. I2C at 0x68 to 0x6f.
// Datasheets: DS22003, DS22088, DS22072, DS22226.
//
// The part converts all the time, one input at a time.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::mcp3422 {
namespace {

// The configuration byte, which is all that is written, and follows each number read.
constexpr Field RDY{0, 1 << 7}; // 1: the number was read before
constexpr Field channel_selection{0, 3 << 5};
constexpr Field continuous{0, 1 << 4};
constexpr Field sample_rate{0, 3 << 2};
constexpr Field gain{0, 3 << 0};

constexpr Choices rates{.values = ints<240, 60, 15, 3>};
constexpr Choices rates_to_16_bits{.values = std::span{rates.values}.first(3)};
constexpr std::array conversion_time{5ms, 20ms, 80ms, 320ms};
constexpr int most_polls = 3;

/// By rate and gain, in billionths of a volt: 2.048 V are 2^11 to 2^17 steps.
// kernel: Values times scale are volts, where the ABI has mV.
template <int billionths>
constexpr auto &with_gains = nanos<billionths, billionths / 2, billionths / 4, billionths / 8>;
constexpr std::array scales{std::span{with_gains<1'000'000>}, std::span{with_gains<250'000>},
                            std::span{with_gains<62'500>}, std::span{with_gains<15'625>}};

constexpr Channel input(int number, const Choices &rates_of_part)
{
    return Channel::in(ChannelType::voltage, number)
        .at(static_cast<std::uint64_t>(number))
        .separate(Info::raw, Info::scale)
        .available(Shared::by_type, Info::scale)
        .unlisted(Info::sampling_frequency, rates_of_part, Shared::by_type);
}
constexpr std::array inputs{input(0, rates), input(1, rates), input(2, rates), input(3, rates)};
constexpr std::array inputs_to_16_bits{input(0, rates_to_16_bits), input(1, rates_to_16_bits),
                                       input(2, rates_to_16_bits), input(3, rates_to_16_bits)};
constexpr std::array attribute_list{
    DeviceAttribute::constant("sampling_frequency_available", "240 60 15 3\n")};
constexpr std::array attributes_to_16_bits{
    DeviceAttribute::constant("sampling_frequency_available", "240 60 15\n")};

struct Variant {
    ChannelTable channels;
    std::span<const DeviceAttribute> attributes;
};
constexpr std::array single{inputs[0]};
constexpr std::array pair{inputs[0], inputs[1]};
constexpr std::array single_to_16_bits{inputs_to_16_bits[0]};
constexpr std::array pair_to_16_bits{inputs_to_16_bits[0], inputs_to_16_bits[1]};
constexpr Variant mcp3421{single, attribute_list};
constexpr Variant mcp3422{pair, attribute_list};
constexpr Variant mcp3424{inputs, attribute_list};
constexpr Variant mcp3425{single_to_16_bits, attributes_to_16_bits};
constexpr Variant mcp3426{pair_to_16_bits, attributes_to_16_bits};
constexpr Variant mcp3428{inputs_to_16_bits, attributes_to_16_bits};

class Mcp3422 : public TableDriver {
public:
    explicit Mcp3422(const Hardware &hardware)
        : TableDriver{hardware, hardware.data<Variant>().channels,
                      hardware.data<Variant>().attributes},
          client_{*hardware.i2c()}
    {
    }

    // kernel: The file `name` shows the chip's bus and address, such as 1-0040, not the part.
    std::string_view name() const { return hardware().location(); }

    Result<void> probe() { return configure(*state_.lock(), 0, 0, 0); }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const auto state = state_.lock();
        const auto number = static_cast<unsigned>(channel.address);
        switch (info) {
        case Info::raw:
            return convert(*state, number);
        case Info::scale:
            return scales[state->rate][state->gains[number]];
        case Info::sampling_frequency:
            return rates.values[state->rate];
        default:
            return TableDriver::read_raw(channel, info);
        }
    }

    WriteFormat write_format(const Channel &, Info info) const
    {
        return info == Info::scale ? WriteFormat::plus_nano : WriteFormat::plus_micro;
    }
    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::list(scales[state_.lock()->rate]);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto state = state_.lock();
        const auto number = static_cast<unsigned>(channel.address);
        if (info == Info::scale) {
            const unsigned code = IIO_TRY(find_value(scales[state->rate], written));
            return configure(*state, number, state->rate, code);
        }
        const Choices *const setting = channel.setting_of(info);
        if (!setting)
            return fail(EINVAL);
        const unsigned rate = IIO_TRY(setting->find(setting->values, written));
        return configure(*state, number, rate, state->gains[number]);
    }

private:
    struct State {
        std::array<unsigned, 4> gains{};
        unsigned rate = 0;
        unsigned configuration = 0; ///< what the part holds
        bool is_new = false;        ///< its first conversion was not read yet
    };

    Result<void> configure(State &state, unsigned channel, unsigned rate, unsigned gain_code) const
    {
        const unsigned byte = channel_selection.place(channel) | continuous.place(1) |
                              sample_rate.place(rate) | gain.place(gain_code);
        IIO_TRY(client_.write(std::array{static_cast<std::uint8_t>(byte)}));
        state.configuration = byte;
        state.is_new = true;
        state.rate = rate;
        state.gains[channel] = gain_code;
        return {};
    }

    /// Errors: ETIMEDOUT: the part does not convert.
    Result<Value> convert(State &state, unsigned channel) const
    {
        if (channel_selection.extract(state.configuration) != channel ||
            gain.extract(state.configuration) != state.gains[channel])
            IIO_TRY(configure(state, channel, state.rate, state.gains[channel]));
        const std::size_t bytes = state.rate == 3 ? 3 : 2;
        for (int polls = 0; polls < most_polls; ++polls) {
            if (state.is_new)
                hardware().delay(conversion_time[state.rate]);
            std::array<std::uint8_t, 4> answer{};
            IIO_TRY(client_.read(std::span{answer}.first(bytes + 1)));
            if (state.is_new && RDY.extract(answer[bytes]))
                continue;
            state.is_new = false;
            const auto number = big_endian(std::span{answer}.first(bytes));
            return Int{sign_extend(number, static_cast<int>(12 + 2 * state.rate))};
        }
        return fail(ETIMEDOUT);
    }

    const I2cClient &client_;
    Guarded<State> state_; ///< held while the part converts
};

constexpr std::array<std::uint8_t, 8> addresses{0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f};

constexpr Untold written_is_configuration{"a byte that is written to it is its configuration"};

} // namespace

IIO_MODULE(mcp3422, Mcp3422,
           Part{.name = "mcp3421",
                .addresses = addresses,
                .data = mcp3421,
                .recognised = written_is_configuration},
           Part{.name = "mcp3422",
                .addresses = addresses,
                .data = mcp3422,
                .recognised = written_is_configuration},
           Part{.name = "mcp3423",
                .addresses = addresses,
                .data = mcp3422,
                .recognised = written_is_configuration},
           Part{.name = "mcp3424",
                .addresses = addresses,
                .data = mcp3424,
                .recognised = written_is_configuration},
           Part{.name = "mcp3425",
                .addresses = addresses,
                .data = mcp3425,
                .recognised = written_is_configuration},
           Part{.name = "mcp3426",
                .addresses = addresses,
                .data = mcp3426,
                .recognised = written_is_configuration},
           Part{.name = "mcp3427",
                .addresses = addresses,
                .data = mcp3426,
                .recognised = written_is_configuration},
           Part{.name = "mcp3428",
                .addresses = addresses,
                .data = mcp3428,
                .recognised = written_is_configuration});

} // namespace iio::mcp3422
