// SPDX-License-Identifier: MIT
//
// Infineon DPS310: pressure and temperature, 24 bits each, measured continuously. I2C at
// 0x77 or 0x76, by SDO. Datasheet: DPS310.
#include <algorithm>
#include <bit>
#include <climits>
#include <iio/driver.hpp>
#include <iio/driver/wrapping.hpp>

namespace iio::dps310 {
namespace {

enum : std::uint8_t { PSR_B2 = 0x00, TMP_B2 = 0x03, COEF = 0x10 };
constexpr Field PM_RATE{0x06, 7 << 4};
constexpr Field PM_PRC{0x06, 0x0f};
constexpr Field TMP_EXT{0x07, 1 << 7}; // the sensor that the coefficients are for
constexpr Field TMP_RATE{0x07, 7 << 4};
constexpr Field TMP_PRC{0x07, 0x0f};
constexpr Field COEF_RDY{0x08, 1 << 7};
constexpr Field TMP_RDY{0x08, 1 << 5}; // reading the result clears it
constexpr Field PRS_RDY{0x08, 1 << 4};
constexpr Field MEAS_CTRL{0x08, 7 << 0}; // 0: standby, 7: both, continuously
constexpr Field T_SHIFT{0x09, 1 << 3};   // needed above 8 times oversampling
// kernel: Pressure is wrong with an oversampling of more than 8: the driver sets bit 4 of CFG_REG,
// which enables an interrupt, where the datasheet has bit 2 for the shifted result.
constexpr Field P_SHIFT{0x09, 1 << 2};
constexpr Field SOFT_RST{0x0c, 0x0f};
constexpr Field Prod_ID_Rev{0x0d, 0xff};
constexpr Field TMP_COEF_SRCE{0x28, 1 << 7};

// Not in the datasheet: without bit 1 of 0x32 the part shows some 60 degrees, until this is
// written, as Infineon's own library does.
constexpr Field IS_CORRECT{0x32, 1 << 1};
constexpr std::array<std::array<unsigned, 2>, 5> correction{
    {{0x0e, 0xa5}, {0x0f, 0x96}, {0x62, 0x02}, {0x0e, 0x00}, {0x0f, 0x00}}};

constexpr auto start_up_time = 40ms; // until the coefficients are there
// Longer than the longest period and a measurement.
constexpr Polls polls{.pause = 10ms, .most = 150, .error = ETIMEDOUT};

/// By oversampling.
constexpr std::array<int, 8> scale_factors{524288, 1572864, 3670016, 7864320,
                                           253952, 516096,  1040384, 2088960};

// kernel: A written oversampling ratio is taken as the power of two below it, and 0 as 128.
constexpr Result<unsigned> find_power(std::span<const Value>, Written written)
{
    const auto ratio = static_cast<unsigned>(IIO_TRY(written.within(0, 128)));
    return ratio == 0 ? 7 : std::bit_width(ratio) - 1;
}
constexpr Choices powers(Field field)
{
    return {.values = ints<1, 2, 4, 8, 16, 32, 64, 128>, .field = field, .find = find_power};
}
constexpr Choices pressure_rates = powers(PM_RATE);
constexpr Choices pressure_ratios = powers(PM_PRC);
constexpr Choices temperature_rates = powers(TMP_RATE);
constexpr Choices temperature_ratios = powers(TMP_PRC);

constexpr std::array channel_list{
    Channel::in(ChannelType::pressure)
        .separate(Info::processed)
        .unlisted(Info::sampling_frequency, pressure_rates, Shared::separate)
        .unlisted(Info::oversampling_ratio, pressure_ratios, Shared::separate),
    Channel::in(ChannelType::temp)
        .separate(Info::processed)
        .unlisted(Info::sampling_frequency, temperature_rates, Shared::separate)
        .unlisted(Info::oversampling_ratio, temperature_ratios, Shared::separate),
};
constexpr Layout layout{
    .identity = {Prod_ID_Rev, {0x10}},
    .reset = FieldValue{SOFT_RST, 9},
    .start_up = start_up_time,
    .proof = {MEAS_CTRL, 7},
    .power = {.on = {MEAS_CTRL, 7}, .off = {MEAS_CTRL, 0}, .always_on = true},
};

/// From COEF on. The first four are numbers of 12, 12, 20 and 20 bits.
struct Coefficients {
    BeU24 c0_c1;
    BeU16 c00_msb;
    std::uint8_t c00_c10;
    BeU16 c10_lsb;
    BeS16 c01, c11, c20, c21, c30;
};
using Reading = Word<3, true, true>;
/// From PSR_B2 on.
struct Readings {
    Reading pressure, temperature;
};

class Dps310 : public RegisterDriver {
public:
    explicit Dps310(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        if (!IIO_TRY(registers().get(COEF_RDY)))
            return fail(EIO);
        IIO_TRY(registers().set(TMP_EXT, IIO_TRY(registers().get(TMP_COEF_SRCE))));
        if (!IIO_TRY(registers().get(IS_CORRECT))) {
            for (const auto [reg, word] : correction)
                IIO_TRY(registers().poke(reg, word));
        }
        c_ = IIO_TRY(registers().burst<Coefficients>(COEF));
        IIO_TRY(stop());
        return start();
    }

    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        const std::lock_guard lock{measuring_};
        return choose_by(setting, channel, index, [&](unsigned code) -> Result<void> {
            IIO_TRY(stop());
            if (setting.field == PM_PRC)
                IIO_TRY(registers().set(P_SHIFT, code > 3));
            if (setting.field == TMP_PRC)
                IIO_TRY(registers().set(T_SHIFT, code > 3));
            IIO_TRY(registers().set(setting.field, code));
            return start();
        });
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const std::lock_guard lock{measuring_};
        IIO_TRY(wait_for(TMP_RDY));
        if (channel.channel_type() == ChannelType::temp)
            return Int{millidegrees(IIO_TRY(registers().burst<Reading>(TMP_B2)))};
        IIO_TRY(wait_for(PRS_RDY));
        const auto [p, t] = IIO_TRY(registers().burst<Readings>(PSR_B2));
        return Fractional{IIO_TRY(pascals(p, t)), 1000};
    }

private:
    /// Drops what was measured with other settings.
    Result<void> stop() const
    {
        IIO_TRY(registers().poke(MEAS_CTRL.reg, 0));
        IIO_TRY(registers().burst<Readings>(PSR_B2));
        return {};
    }
    Result<void> start() const { return registers().poke(MEAS_CTRL.reg, 7); }

    /// Errors: ETIMEDOUT: no new result.
    Result<void> wait_for(Field ready) const
    {
        const auto waited = wait_until({ready, 1}, polls);
        // If it was reset, the core probes it again.
        if (waited == fail(polls.error) && !IIO_TRY(is_configured()))
            host().doubt();
        return waited;
    }

    int scale_factor(const Choices &ratios) const { return scale_factors[chosen(ratios)]; }

    int millidegrees(std::int64_t t) const
    {
        const auto c0_c1 = static_cast<unsigned>(c_.c0_c1);
        const std::int64_t c0 = sign_extend(c0_c1 >> 12, 12);
        const std::int64_t c1 = sign_extend(c0_c1, 12);
        const std::int64_t kT = scale_factor(temperature_ratios);
        return static_cast<int>((500 * c0 * kT + 1000 * c1 * t) / kT);
    }

    // kernel: Pressure is up to 60 Pa off at some ratios, as numerators wrap in 64 bits, and what
    // the terms have behind the point is added in billionths, which wrap, too. A pressure below 0
    // is ERANGE.
    Result<int> pascals(int raw_p, int raw_t) const
    {
        using Number = Wrapping<std::int64_t>;
        constexpr int billion = 1'000'000'000;
        const auto middle = unsigned{c_.c00_c10};
        const int c10 = sign_extend(middle << 16 | static_cast<unsigned>(c_.c10_lsb), 20);
        const Number kP = scale_factor(pressure_ratios);
        const Number kT = scale_factor(temperature_ratios);
        const Number p = raw_p;
        const Number t = raw_t;
        Number whole = sign_extend(static_cast<unsigned>(c_.c00_msb) << 4 | middle >> 4, 20); // c00
        Number billionths = 0;
        const auto add = [&](Number numerator, Number denominator) {
            const Number quotient = numerator / denominator;
            whole = whole + quotient;
            billionths = billionths + (numerator - quotient * denominator) * billion / denominator;
        };
        add(p * c10, kP);
        add(p * p * c_.c20, kP * kP);
        add(p * p * p * c_.c30, kP * kP * kP);
        add(t * c_.c01, kT);
        add(t * p * c_.c11, kT * kP);
        add(t * p * p * c_.c21, kT * kP * kP);
        const auto pressure = static_cast<std::int64_t>(whole + billionths / billion);
        if (pressure < 0)
            return fail(ERANGE);
        return static_cast<int>(std::min<std::int64_t>(pressure, INT_MAX));
    }

    Coefficients c_{};
    mutable std::mutex measuring_; ///< results and the settings that they were made with
};

} // namespace

IIO_MODULE(dps310, Dps310, Part{.name = "dps310", .addresses = {0x76, 0x77}, .recognised = layout});

} // namespace iio::dps310
