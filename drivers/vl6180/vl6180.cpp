// SPDX-License-Identifier: MIT
//
// ST VL6180X: distance by time of flight, to 20 cm, and ambient light. I2C at 0x29.
// Datasheet: DocID026171; application note AN4545.
//
// Each read is a measurement.
#include <cstdlib>
#include <iio/driver.hpp>

namespace iio::vl6180 {
namespace {

enum : std::uint16_t {
    SYSTEM_INTERRUPT_CONFIG = 0x014,
    SYSTEM_INTERRUPT_CLEAR = 0x015,
    SYSTEM_FRESH_OUT_OF_RESET = 0x016,
    SYSTEM_GROUPED_PARAMETER_HOLD = 0x017,
    SYSRANGE_START = 0x018,
    SYSALS_START = 0x038,
    SYSALS_ANALOGUE_GAIN = 0x03f,
    SYSALS_INTEGRATION_PERIOD = 0x040, // ms, less 1; two bytes
    RESULT_ALS_VAL = 0x050,
    RESULT_RANGE_VAL = 0x062,
    RESULT_RANGE_RETURN_RATE = 0x066,
};
constexpr Field IDENTIFICATION_MODEL_ID{0x000, 0xff};
constexpr Field range_ready{0x04f, 7 << 0}; // RESULT_INTERRUPT_STATUS_GPIO
constexpr Field als_ready{0x04f, 7 << 3};
constexpr unsigned new_sample = 4; // of both, and of both in SYSTEM_INTERRUPT_CONFIG
constexpr unsigned clear_all = 7;
constexpr unsigned gain_marker = 0x40; // always set in SYSALS_ANALOGUE_GAIN

constexpr Polls polls{.pause = 20ms, .most = 20, .error = ETIMEDOUT};
constexpr int initial_ms = 100;
constexpr int longest_ms = 512;

/// Thousandths, and their codes.
constexpr std::array gains{1'000, 1'250, 1'670, 2'500, 5'000, 10'000, 20'000, 40'000};
constexpr std::array<std::uint8_t, 8> gain_codes{6, 5, 4, 3, 2, 1, 0, 7};

constexpr Value metres = IntPlusMicro{0, 1'000};
constexpr Channel illuminance =
    Channel::in(ChannelType::illuminance)
        .at(RESULT_ALS_VAL)
        .separate(Info::raw, Info::scale, Info::hardwaregain, Info::integration_time)
        .sample(ScanType::of_unsigned(16, 16, 0, Endian::big));
constexpr std::array channel_list{
    illuminance,
    Channel::in(ChannelType::distance)
        .at(RESULT_RANGE_VAL)
        .separate(Info::raw)
        .constant(Info::scale, metres)
        .sample(ScanType::of_unsigned(8, 8)),
    Channel::in(ChannelType::proximity)
        .at(RESULT_RANGE_RETURN_RATE)
        .separate(Info::raw)
        .sample(ScanType::of_unsigned(16, 16, 0, Endian::big)),
};
constexpr std::array attribute_list{
    DeviceAttribute::constant("als_gain_available", "1 1.25 1.67 2.5 5 10 20 40\n"),
};
constexpr Layout layout{
    .format = {.address_bytes = 2},
    .identity = {IDENTIFICATION_MODEL_ID, {0xb4}},
};

class Vl6180 : public RegisterDriver {
public:
    explicit Vl6180(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        IIO_TRY(registers().write(SYSTEM_INTERRUPT_CONFIG, new_sample << 3 | new_sample));
        const auto state = state_.lock();
        IIO_TRY(set_gain(*state, 0));
        IIO_TRY(set_time(*state, initial_ms));
        return registers().write(SYSTEM_FRESH_OUT_OF_RESET, 0);
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const auto state = state_.lock();
        switch (info) {
        case Info::raw:
            return measure(*state, channel);
        case Info::hardwaregain:
            return Fractional{gains[state->gain], 1000};
        case Info::integration_time:
            return Fractional{state->ms, 1000};
        case Info::scale:
            if (channel.channel_type() == ChannelType::illuminance) // 0.32 lx at 1 and 100 ms
                return Fractional{32'000, *NonZero::make(gains[state->gain] * state->ms)};
            [[fallthrough]];
        default:
            return RegisterDriver::read_raw(channel, info);
        }
    }

    /// A gain becomes the nearest that the part has.
    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        const std::int64_t thousandths =
            std::int64_t{written.integer} * 1000 + (written.fraction + 500) / 1000;
        const auto state = state_.lock();
        if (info == Info::integration_time && thousandths > 0 && thousandths <= longest_ms)
            return set_time(*state, static_cast<int>(thousandths));
        if (info != Info::hardwaregain || thousandths < gains.front() || thousandths > gains.back())
            return fail(EINVAL);
        unsigned nearest = 0;
        for (unsigned i = 1; i < gains.size(); ++i) {
            if (std::abs(gains[i] - thousandths) < std::abs(gains[nearest] - thousandths))
                nearest = i;
        }
        return set_gain(*state, nearest);
    }

private:
    struct State {
        unsigned gain = 0; ///< its index
        int ms = initial_ms;
    };

    /// What is written meanwhile is in force when the part is let go.
    template <class Write> Result<void> while_held(Write &&write) const
    {
        IIO_TRY(registers().write(SYSTEM_GROUPED_PARAMETER_HOLD, 1));
        IIO_TRY(write());
        return registers().write(SYSTEM_GROUPED_PARAMETER_HOLD, 0);
    }
    Result<void> set_gain(State &state, unsigned index) const
    {
        IIO_TRY(while_held([&] {
            return registers().write(SYSALS_ANALOGUE_GAIN, gain_marker | gain_codes[index]);
        }));
        state.gain = index;
        return {};
    }
    Result<void> set_time(State &state, int ms) const
    {
        const int less_1 = ms - 1;
        IIO_TRY(while_held([&] {
            return registers().write_burst(SYSALS_INTEGRATION_PERIOD, big_endian_bytes<2>(less_1));
        }));
        state.ms = ms;
        return {};
    }

    /// Errors: ETIMEDOUT: the measurement does not end.
    Result<Value> measure(const State &state, const Channel &channel) const
    {
        const bool is_light = channel.channel_type() == ChannelType::illuminance;
        IIO_TRY(registers().poke(is_light ? SYSALS_START : SYSRANGE_START, 1));
        if (is_light)
            hardware().delay(std::chrono::milliseconds{state.ms});
        hardware().delay(polls.pause);
        IIO_TRY(wait_until({is_light ? als_ready : range_ready, new_sample}, polls));
        const int sample = IIO_TRY(read_sample(channel));
        IIO_TRY(registers().poke(SYSTEM_INTERRUPT_CLEAR, clear_all));
        return Int{sample};
    }

    Guarded<State> state_; ///< held while the part measures
};

} // namespace

IIO_MODULE(vl6180, Vl6180, Part{.name = "vl6180", .addresses = {0x29}, .recognised = layout});

} // namespace iio::vl6180
