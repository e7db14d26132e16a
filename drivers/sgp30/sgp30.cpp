// SPDX-License-Identifier: MIT
//
// Sensirion SGP30: volatile organic compounds and, computed from these, carbon dioxide; and the
// signals of hydrogen and ethanol. I2C at 0x58. Datasheet: SGP30, version 1.
//
// The part is to be asked once a second, as it follows its baseline by that. It has no values in
// the first 15 seconds.
#include <iio/driver.hpp>

namespace iio::sgp30 {
namespace {

enum : std::uint16_t {
    Init_air_quality = 0x2003,
    Measure_air_quality = 0x2008, // CO2eq in ppm, TVOC in ppb
    Get_feature_set_version = 0x202f,
    Measure_raw_signals = 0x2050, // H2, ethanol
};
constexpr Field product_type{0, 0xf << 12}; // of the feature set; 0: SGP30

// Table 10, the longest.
constexpr auto init_time = 10ms;
constexpr auto measurement_time = 12ms;
constexpr auto raw_time = 25ms;
constexpr auto feature_time = 10ms;
constexpr auto start_up = 15s;
constexpr auto period = 1s;
constexpr auto longest_age = 1500ms;

/// A channel's address is the place of its word in the answer.
constexpr Channel concentration(Modifier modifier, unsigned word)
{
    return Channel::in(ChannelType::concentration).modifier(modifier).at(word);
}
constexpr std::array channel_list{
    concentration(Modifier::co2, 0).separate(Info::processed),
    concentration(Modifier::voc, 1).separate(Info::processed),
    concentration(Modifier::h2, 0).separate(Info::raw),
    concentration(Modifier::ethanol, 1).separate(Info::raw),
};

class Sgp30 : public TableDriver {
public:
    explicit Sgp30(const Hardware &hardware)
        : TableDriver{hardware, channel_list}, commands_{hardware}, asking_{hardware, [this] {
                                                                                (void)measure(
                                                                                    *state_.lock());
                                                                            }}
    {
    }

    /// Errors: ENODEV: another part.
    Result<void> probe()
    {
        const auto [version] = IIO_TRY(commands_.ask<1>(Get_feature_set_version, feature_time));
        if (product_type.extract(version) != 0)
            return fail(ENODEV);
        IIO_TRY(commands_.send(Init_air_quality));
        hardware().delay(init_time);
        ready_at_ = hardware().timing().now() + start_up;
        asking_.start(period);
        return {};
    }

    /// Waits for the first values. kernel: A read in the first 15 seconds is EBUSY in Linux; here
    /// it waits for the first values.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::raw) {
            const auto state = state_.lock();
            return Int{IIO_TRY(commands_.ask<2>(Measure_raw_signals, raw_time))[channel.index()]};
        }
        const auto left = ready_at_ - hardware().timing().now();
        if (left.count() > 0)
            hardware().delay(left);
        const auto state = state_.lock();
        if (hardware().timing().now() - state->measured_at > longest_age)
            IIO_TRY(measure(*state));
        const int value = state->words[channel.index()];
        // kernel: Concentrations are a fraction of 1, where the ABI has percent. top: sgp30
        // concentration * 100
        return channel.channel_modifier() == Modifier::co2 ? Value{IntPlusMicro{0, value}}
                                                           : Value{IntPlusNano{0, value}};
    }

private:
    struct State {
        std::array<std::uint16_t, 2> words{};
        std::chrono::nanoseconds measured_at = -longest_age;
    };

    Result<void> measure(State &state) const
    {
        state.words = IIO_TRY(commands_.ask<2>(Measure_air_quality, measurement_time));
        state.measured_at = hardware().timing().now();
        return {};
    }

    const Commands commands_;
    std::chrono::nanoseconds ready_at_{}; ///< set by probe
    Guarded<State> state_;                ///< held during a command and its answer
    Periodic asking_;
};

constexpr IdentityCommand feature_set{.command = Get_feature_set_version,
                                      .mask = product_type.mask,
                                      .codes = {0},
                                      .answers_after = feature_time};

} // namespace

IIO_MODULE(sgp30, Sgp30, Part{.name = "sgp30", .addresses = {0x58}, .recognised = feature_set});

} // namespace iio::sgp30
