// SPDX-License-Identifier: MIT
//
// Silicon Labs Si1145: proximity by a LED of its own, visible and infrared light, UV index,
// temperature and supply voltage. I2C at 0x60. Datasheet: Si1145/46/47 Rev. 1.41.
//
// The part measures on command. Its settings are parameters behind a mailbox.
#include <algorithm>
#include <bit>
#include <iio/driver.hpp>

namespace iio::si1145 {
namespace {

enum : std::uint8_t {
    HW_KEY = 0x07,
    MEAS_RATE0 = 0x08,
    UCOEF0 = 0x13,
    PARAM_WR = 0x17,
    COMMAND = 0x18,
    RESPONSE = 0x20,
    ALS_VIS_DATA = 0x22,
    ALS_IR_DATA = 0x24,
    PS1_DATA = 0x26,
    AUX_DATA = 0x2c,
    PARAM_RD = 0x2e,
};
constexpr Field PART_ID{0x00, 0xff};
constexpr Field LED1_I{0x0f, 0xf << 0}; // PS_LED21
constexpr unsigned key = 0x17;

enum : std::uint8_t {
    NOP = 0x00,
    RESET = 0x01,
    PS_FORCE = 0x05,
    ALS_FORCE = 0x06,
    PSALS_FORCE = 0x07,
    PARAM_QUERY = 0x80, // and the parameter's number
    PARAM_SET = 0xa0,
};
/// Parameters.
enum : std::uint8_t {
    CHLIST = 0x01,
    PS_ADC_COUNTER = 0x0a,
    PS_ADC_GAIN = 0x0b,
    PS_ADC_MISC = 0x0c,
    AUX_ADCMUX = 0x0f,
    ALS_VIS_ADC_COUNTER = 0x10,
    ALS_VIS_ADC_GAIN = 0x11,
    ALS_VIS_ADC_MISC = 0x12,
    ADC_OFFSET = 0x1a,
    ALS_IR_ADC_COUNTER = 0x1d,
    ALS_IR_ADC_GAIN = 0x1e,
    ALS_IR_ADC_MISC = 0x1f,
};
/// Of CHLIST.
enum : std::uint8_t {
    EN_PS1 = 0x01,
    EN_ALS_VIS = 0x10,
    EN_ALS_IR = 0x20,
    EN_AUX = 0x40,
    EN_UV = 0x80
};
constexpr unsigned temperature_mux = 0x65;
constexpr unsigned supply_mux = 0x75;
constexpr unsigned high_range = 0x20; // of ALS_*_ADC_MISC
constexpr unsigned normal_proximity = 0x04;
constexpr unsigned initial_current = 4; // of the LED: 45 mA
/// For the UV index, section 3.6.
constexpr std::array<std::uint8_t, 4> uv_coefficients{0x7b, 0x6b, 0x01, 0x00};
constexpr unsigned response_error = 0x80;
constexpr unsigned response_count = 0x0f;

constexpr auto reset_time = 10ms;
constexpr auto poll_time = 2ms;
constexpr int most_polls = 50;
constexpr int clock_hz = 32'000; // of MEAS_RATE
constexpr int initial_hz = 10;

// 35 steps a degree, 11136 at 25 degrees, and the offset of 256.
constexpr Value temperature_scale = IntPlusMicro{28, 571'429};
constexpr Value temperature_offset = Int{-11136 + 25 * 35 - 256};
constexpr Value uv_scale = IntPlusMicro{0, 10'000};

/// 128 / 2^gain: the nearest that is not below; a whole number. The gain takes the same
/// exponent as the time.
Result<unsigned> find_scale(std::span<const Value> values, Written written)
{
    if (written.fraction != 0)
        return fail(EINVAL);
    const auto wanted = static_cast<unsigned>(std::clamp(written.integer, 1, 128));
    const unsigned gain = static_cast<unsigned>(std::bit_width(128 / wanted)) - 1;
    return std::min(gain, static_cast<unsigned>(values.size()) - 1);
}
constexpr Choices visible_scales{
    .values = ints<128, 64, 32, 16, 8, 4, 2, 1>, .initial = 3, .find = find_scale};
constexpr Choices infrared_scales{
    .values = ints<128, 64, 32, 16, 8, 4, 2, 1>, .initial = 1, .find = find_scale};
constexpr Choices proximity_scales{
    .values = ints<128, 64, 32, 16, 8, 4>, .initial = 1, .find = find_scale};

/// A channel's address is its result's register.
constexpr Channel measured(const Channel &channel, unsigned reg, int index)
{
    return channel.at(reg)
        .separate(Info::raw)
        .direct(Info::raw)
        .scan(index, ScanType::of_unsigned(16, 16, 0, Endian::little))
        .by_all(Info::sampling_frequency);
}
constexpr std::array channel_list{
    measured(Channel::in(ChannelType::intensity), ALS_VIS_DATA, 0)
        .separate(Info::offset)
        .setting(Info::scale, visible_scales, Shared::separate),
    measured(Channel::in(ChannelType::intensity).modifier(Modifier::light_ir), ALS_IR_DATA, 1)
        .separate(Info::offset)
        .setting(Info::scale, infrared_scales, Shared::separate),
    measured(Channel::in(ChannelType::proximity, 0), PS1_DATA, 2)
        .by_type(Info::offset)
        .setting(Info::scale, proximity_scales, Shared::by_type),
    measured(Channel::in(ChannelType::temp), AUX_DATA, 3)
        .constant(Info::scale, temperature_scale)
        .constant(Info::offset, temperature_offset),
    measured(Channel::in(ChannelType::voltage), AUX_DATA, 4),
    measured(Channel::in(ChannelType::uvindex), AUX_DATA, 5).constant(Info::scale, uv_scale),
    Channel::timestamp(6),
    Channel::out(ChannelType::current, 0)
        .separate(Info::raw)
        .direct_write(Info::raw)
        .by_all(Info::sampling_frequency),
};
/// Temperature, voltage and UV index have one register.
constexpr std::array<ScanMask, 4> mask_list{0b000111, 0b001111, 0b010111, 0b100111};

constexpr Layout layout{
    .identity = {PART_ID, {0x45}},
    .reset = FieldValue{{COMMAND, 0xff}, RESET},
    .start_up = reset_time,
};

class Si1145 : public RegisterDriver {
public:
    explicit Si1145(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        const auto state = state_.lock();
        IIO_TRY(registers().poke(HW_KEY, key));
        IIO_TRY(registers().write_burst(MEAS_RATE0, std::array<std::uint8_t, 2>{}));
        IIO_TRY(registers().poke(LED1_I.reg, initial_current));
        IIO_TRY(set(*state, PS_ADC_MISC, normal_proximity));
        IIO_TRY(set(*state, ALS_VIS_ADC_MISC, high_range));
        IIO_TRY(set(*state, ALS_IR_ADC_MISC, high_range));
        for (const Channel &channel : channels().first(3))
            IIO_TRY(set_gain(*state, channel, channel.setting_of(Info::scale)->initial));
        return registers().write_burst(UCOEF0, uv_coefficients);
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::sampling_frequency)
            return Fractional{clock_hz, *NonZero::make(state_.lock()->rate_divider)};
        if (info == Info::raw && channel.is_output())
            return Int{static_cast<int>(IIO_TRY(registers().get(LED1_I)))};
        if (info == Info::raw)
            return measure(channel);
        if (info == Info::offset && !channel.constant_of(info))
            return Int{-uncompressed(IIO_TRY(query(*state_.lock(), ADC_OFFSET)))};
        return RegisterDriver::read_raw(channel, info);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info == Info::sampling_frequency) {
            if (written.integer <= 0 || written.integer > clock_hz || written.fraction != 0)
                return fail(EINVAL);
            state_.lock()->rate_divider = clock_hz / written.integer;
            return {};
        }
        if (info != Info::raw || !channel.is_output())
            return RegisterDriver::write_raw(channel, info, written);
        if (written.integer < 0 || written.integer > 15 || written.fraction != 0)
            return fail(EINVAL);
        return registers().set(LED1_I, static_cast<unsigned>(written.integer));
    }

    std::span<const ScanMask> scan_masks() const { return mask_list; }
    Result<void> start_buffer(const BufferSetup &setup) const
    {
        const auto state = state_.lock();
        unsigned enabled = 0;
        for (const Channel &channel : channels()) {
            if (channel.type == IIO_TIMESTAMP || channel.is_output() || !setup.has(channel))
                continue;
            enabled |= enable_bit(channel);
            IIO_TRY(choose_input(*state, channel));
        }
        return set(*state, CHLIST, enabled);
    }
    Result<void> stop_buffer() const { return {}; }

    Result<void> scan(Scan &scan) const
    {
        const auto state = state_.lock();
        IIO_TRY(order(*state, PSALS_FORCE));
        struct Results {
            LeU16 visible, infrared, proximity;
        };
        const auto results = IIO_TRY(registers().burst<Results>(ALS_VIS_DATA));
        scan.put(channel_list[0], std::int64_t{results.visible});
        scan.put(channel_list[1], std::int64_t{results.infrared});
        scan.put(channel_list[2], std::int64_t{results.proximity});
        return scan.put_each(std::span{channel_list}.subspan(3, 3),
                             [&](const Channel &) { return registers().burst<LeU16>(AUX_DATA); });
    }

protected:
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        const auto state = state_.lock();
        return choose_by(setting, channel, index,
                         [&](unsigned gain) { return set_gain(*state, channel, gain); });
    }

private:
    struct State {
        unsigned responses = 0; ///< the part counts its commands
        int rate_divider = clock_hz / initial_hz;
    };

    /// Sections 4.2 and 4.5: four bits are the exponent, four what follows the binary point.
    static int uncompressed(unsigned code)
    {
        const unsigned exponent = code >> 4;
        return static_cast<int>((1U << exponent) + ((code & 0xf) << exponent >> 4));
    }
    static unsigned enable_bit(const Channel &channel)
    {
        switch (channel.address) {
        case ALS_VIS_DATA:
            return EN_ALS_VIS;
        case ALS_IR_DATA:
            return EN_ALS_IR;
        case PS1_DATA:
            return EN_PS1;
        default:
            return channel.channel_type() == ChannelType::uvindex ? EN_UV : EN_AUX;
        }
    }

    /// Errors: EINVAL: the part does not take it; ERANGE: a result is out of range; ETIMEDOUT.
    Result<void> order(State &state, unsigned command) const
    {
        IIO_TRY(registers().poke(COMMAND, command));
        const unsigned expected = (state.responses + 1) & response_count;
        for (int polls = 0; polls < most_polls; ++polls) {
            const unsigned response = IIO_TRY(registers().read(RESPONSE));
            if (response & response_error) {
                IIO_TRY(registers().poke(COMMAND, NOP)); // the count is 0
                state.responses = 0;
                return fail(response == response_error ? EINVAL : ERANGE);
            }
            if (response == expected) {
                state.responses = expected;
                return {};
            }
            hardware().delay(poll_time);
        }
        return fail(ETIMEDOUT);
    }
    Result<void> set(State &state, unsigned parameter, unsigned value) const
    {
        IIO_TRY(registers().poke(PARAM_WR, value));
        return order(state, PARAM_SET | parameter);
    }
    Result<unsigned> query(State &state, unsigned parameter) const
    {
        IIO_TRY(order(state, PARAM_QUERY | parameter));
        return registers().read(PARAM_RD);
    }
    /// The pause of the converter is to go with the gain: its complement.
    Result<void> set_gain(State &state, const Channel &channel, unsigned gain) const
    {
        const unsigned parameter = channel.address == ALS_VIS_DATA  ? ALS_VIS_ADC_GAIN
                                   : channel.address == ALS_IR_DATA ? ALS_IR_ADC_GAIN
                                                                    : PS_ADC_GAIN;
        IIO_TRY(set(state, parameter, gain));
        return set(state, parameter - 1, (~gain & 7) << 4);
    }
    Result<void> choose_input(State &state, const Channel &channel) const
    {
        if (channel.channel_type() == ChannelType::temp)
            return set(state, AUX_ADCMUX, temperature_mux);
        if (channel.channel_type() == ChannelType::voltage)
            return set(state, AUX_ADCMUX, supply_mux);
        return {};
    }
    Result<Value> measure(const Channel &channel) const
    {
        const auto state = state_.lock();
        IIO_TRY(choose_input(*state, channel));
        IIO_TRY(set(*state, CHLIST, enable_bit(channel)));
        IIO_TRY(order(*state, channel.address == PS1_DATA ? PS_FORCE : ALS_FORCE));
        return Int{IIO_TRY(registers().burst<LeU16>(static_cast<unsigned>(channel.address)))};
    }

    Guarded<State> state_; ///< held during a command and what belongs to it
};

} // namespace

IIO_MODULE(si1145, Si1145, Part{.name = "si1145", .addresses = {0x60}, .recognised = layout});

} // namespace iio::si1145
