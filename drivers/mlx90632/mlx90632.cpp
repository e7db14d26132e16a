// SPDX-License-Identifier: MIT
//
// Melexis MLX90632 and MLX90635: temperature of the part and, by infrared, of an object. I2C at
// 0x3a or 0x3b, by the pin ADDR. Datasheets: 3901090632 (sections 9 and 11), 3901090635.
//
// The parts measure by themselves. Their formulas are computed in integers, with the kernel's
// steps and roundings, in which numbers that no sound part has wrap around.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <iio/driver.hpp>
#include <iio/driver/wrapping.hpp>

namespace iio::mlx90632 {
namespace {

using Number = Wrapping<std::int64_t>;
constexpr Number million = 1'000'000;

constexpr RegisterFormat words{.word_bytes = 2, .address_bytes = 2};
constexpr std::array<std::uint8_t, 2> addresses{0x3a, 0x3b};
constexpr int zero_celsius = 27'315; // hundredths of a kelvin
constexpr int whole_emissivity = 1000;

/// Rounded down, which that of floating point is not.
std::uint64_t square_root(std::uint64_t number)
{
    auto root = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(number)));
    root = std::min(root, std::uint64_t{0xffff'ffff});
    while (root * root > number)
        --root;
    while (root < 0xffff'ffff && (root + 1) * (root + 1) <= number)
        ++root;
    return root;
}

/// The sensor of the part's temperature and the reference, which every sample is related to.
struct Ambient {
    Number sensor;
    Number reference;

    /// 2^19 * sample / divisor / VR in thousandths, where VR is reference + gain * sensor / 12.
    /// Errors: EINVAL: VR is zero.
    [[nodiscard]] Result<Number> relate(Number sample, int divisor, Number gain) const
    {
        const Number vr = reference * million + (gain * 1000 >> 10) * (sensor * 1000 / 12);
        if (vr == 0)
            return fail(EINVAL);
        return (sample * million / divisor * million / vr << 19) / 1000;
    }
    [[nodiscard]] Result<Number> amb(Number gain) const { return relate(sensor, 12, gain); }
};

/// The calibration of the object's temperature.
struct Optics {
    Number ea, eb;      ///< of the part's temperature as the infrared sensor sees it
    Number sensitivity; ///< Fa * Ha, 10^13 times
    Number ga, fb;      ///< how it changes with the object's and the part's temperature
    Number hb;
    int slope_bits; ///< of Ga and Fb
    int to0, ta0;   ///< the temperatures at which it is Fa * Ha, in degrees
    int first;      ///< the estimate that the iteration begins with, in degrees

    /// Thousandths of a degree. Errors: EINVAL: a divisor is zero.
    [[nodiscard]] Result<int> temperature(Number signal, Number amb, int emissivity) const
    {
        const Number divisor = ea * 1000 >> 16;
        if (divisor == 0)
            return fail(EINVAL);
        const Number ta = (amb - (eb * 1000 >> 8)) * million / divisor + ta0 * million;
        const Number kelvin = ta / 10'000 + zero_celsius;
        const Number drift = fb * (ta - ta0 * million) >> slope_bits;
        int to = first * 1000;
        for (int iteration = 0; iteration < 5; ++iteration) {
            const Number correction =
                million + (ga * (to - to0 * 1000) * 1000 >> slope_bits) + drift;
            const Number alpha = sensitivity * correction / 100'000 * emissivity / whole_emissivity;
            if (alpha == 0)
                return fail(EINVAL);
            const Number to4 = signal * 10'000'000 / alpha * (million * million) +
                               kelvin * kelvin * kelvin * kelvin;
            const auto root = square_root(square_root(static_cast<std::uint64_t>(to4)));
            to = static_cast<int>(
                (Number{static_cast<int>(root)} - zero_celsius - (hb * 100 >> 10)) * 10);
        }
        return to;
    }
};

/// What both parts have.
class Thermometer : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    /// Errors: EINVAL, too: the calibration makes a divisor zero, which crashes the kernel.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const bool of_object = channel.channel_modifier() == Modifier::temp_object;
        if (info == Info::processed)
            return Int{IIO_TRY(of_object ? object(emissivity_) : ambient())};
        if (info == Info::calibambient)
            return Int{surroundings_};
        if (info == Info::calibemissivity)
            return IntPlusMicro{emissivity_ / whole_emissivity,
                                emissivity_ % whole_emissivity * 1000};
        return RegisterDriver::read_raw(channel, info);
    }
    // kernel: An emissivity of 0 is taken, and divided by.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info == Info::calibambient) {
            surroundings_ = written.integer;
            return {};
        }
        if (info != Info::calibemissivity)
            return RegisterDriver::write_raw(channel, info, written);
        if (written.integer < 0 || written.integer > 1 || written.fraction < 0 ||
            (written.integer == 1 && written.fraction > 0))
            return fail(EINVAL);
        const int emissivity = written.integer * whole_emissivity + written.fraction / 1000;
        if (emissivity == 0)
            return fail(EINVAL);
        emissivity_ = emissivity;
        return {};
    }

protected:
    [[nodiscard]] virtual Result<int> ambient() const = 0;
    [[nodiscard]] virtual Result<int> object(int emissivity) const = 0;

    [[nodiscard]] Result<Number> word(unsigned reg) const
    {
        return sign_extend(IIO_TRY(registers().read(reg)), 16);
    }
    /// The words of a calibration number of 32 bits.
    [[nodiscard]] Result<Number> number(unsigned low, unsigned high) const
    {
        const std::uint32_t low_word = IIO_TRY(registers().read(low));
        return static_cast<std::int32_t>(IIO_TRY(registers().read(high)) << 16 | low_word);
    }
    [[nodiscard]] Result<Ambient> read_ambient(unsigned sensor, unsigned reference) const
    {
        const Number sample = IIO_TRY(word(sensor));
        return Ambient{sample, IIO_TRY(word(reference))};
    }

private:
    mutable std::atomic<int> emissivity_ = whole_emissivity; ///< thousandths
    mutable std::atomic<int> surroundings_ = 25'000;         ///< thousandths of a degree
};

constexpr Channel ambient_channel =
    Channel::in(ChannelType::temp).modifier(Modifier::temp_ambient).separate(Info::processed);
constexpr Channel object_channel = Channel::in(ChannelType::temp)
                                       .modifier(Modifier::temp_object)
                                       .separate(Info::processed, Info::calibemissivity);

namespace mlx90632 {

enum : std::uint16_t {
    EE_P_R = 0x240c, // the low words of numbers of 32 bits
    EE_P_G = 0x240e,
    EE_P_T = 0x2410,
    EE_P_O = 0x2412,
    EE_Ea = 0x2424,
    EE_Eb = 0x2426,
    EE_Fa = 0x2428,
    EE_Fb = 0x242a,
    EE_Ga = 0x242c,
    EE_Gb = 0x242e, // 16 bits
    EE_Ka = 0x242f,
    EE_Ha = 0x2481,
    EE_Hb = 0x2482,
    RAM_4 = 0x4003,
    RAM_5 = 0x4004,
    RAM_6 = 0x4005,
    RAM_7 = 0x4006,
    RAM_8 = 0x4007,
    RAM_9 = 0x4008,
};
constexpr Field dsp_version{0x240b, 0xff};
constexpr Field refresh_rate{0x24e1, 7 << 8}; // EE_MEAS_1
constexpr Field mode{0x3001, 3 << 1};
constexpr unsigned sleeping_step = 1;
constexpr unsigned continuous = 3;
constexpr Field cycle_position{0x3fff, 31 << 2};

constexpr Choices rates{.values = micros<500'000, 1'000'000, 2'000'000, 4'000'000, 8'000'000,
                                         16'000'000, 32'000'000, 64'000'000>,
                        .field = refresh_rate,
                        .kept = true}; // Hz
constexpr std::array channel_list{
    ambient_channel.setting(Info::sampling_frequency, rates, Shared::by_all),
    object_channel.separate(Info::calibambient)
        .setting(Info::sampling_frequency, rates, Shared::by_all),
};
constexpr Layout layout{
    .format = words,
    .identity = {dsp_version, {5}},
    .proof = {mode, continuous},
    .power = {.on = {mode, continuous}, .off = {mode, sleeping_step}, .always_on = true}};

class Mlx90632 : public Thermometer {
public:
    static constexpr bool drives(std::string_view part) { return part == "mlx90632"; }

    explicit Mlx90632(const Hardware &hardware) : Thermometer{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        p_r_ = IIO_TRY(number(EE_P_R, EE_P_R + 1));
        p_g_ = IIO_TRY(number(EE_P_G, EE_P_G + 1));
        p_t_ = IIO_TRY(number(EE_P_T, EE_P_T + 1));
        p_o_ = IIO_TRY(number(EE_P_O, EE_P_O + 1));
        optics_.ea = IIO_TRY(number(EE_Ea, EE_Ea + 1));
        optics_.eb = IIO_TRY(number(EE_Eb, EE_Eb + 1));
        optics_.fb = IIO_TRY(number(EE_Fb, EE_Fb + 1));
        optics_.ga = IIO_TRY(number(EE_Ga, EE_Ga + 1));
        optics_.hb = IIO_TRY(word(EE_Hb));
        gb_ = IIO_TRY(word(EE_Gb));
        ka_ = IIO_TRY(word(EE_Ka));
        const Number fa = IIO_TRY(number(EE_Fa, EE_Fa + 1));
        const Number ha = IIO_TRY(word(EE_Ha));
        optics_.sensitivity = (fa * 10'000'000'000 >> 46) * (ha * million >> 14) / 1000;
        return {};
    }

protected:
    Result<int> ambient() const override
    {
        const Number amb = IIO_TRY(IIO_TRY(read_ambient(RAM_6, RAM_9)).amb(gb_));
        if (p_g_ == 0)
            return fail(EINVAL);
        const Number difference = amb - (p_r_ * 1000 >> 8);
        const Number square = (p_t_ * 10'000'000'000 >> 44) * (difference * difference) / million;
        const Number slope = difference * 10'000'000 / p_g_ << 20;
        const Number offset = p_o_ * 10'000'000'000 >> 8;
        return static_cast<int>((square + slope + offset) / 10'000'000);
    }

    /// The two halves of the sensor, and each of them in two directions.
    /// Errors: ECHRNG, too: the part has not measured yet, or in another mode.
    Result<int> object(int emissivity) const override
    {
        const unsigned position = IIO_TRY(registers().get(cycle_position));
        if (position != 1 && position != 2)
            return fail(ECHRNG);
        const Ambient ambient = IIO_TRY(read_ambient(RAM_6, RAM_9));
        const Number first = (IIO_TRY(word(RAM_4)) + IIO_TRY(word(RAM_5))) / 2;
        const Number second = (IIO_TRY(word(RAM_7)) + IIO_TRY(word(RAM_8))) / 2;
        const Number signal = IIO_TRY(ambient.relate((first + second) / 2, 12, ka_));
        return optics_.temperature(signal, IIO_TRY(ambient.amb(gb_)), emissivity);
    }

    // kernel: The rate `sampling_frequency` is listed and shown, and cannot be written.
    Result<void> choose(const Choices &, const Channel &, unsigned) const override
    {
        return fail(EINVAL);
    }

private:
    Number p_r_ = 0, p_g_ = 0, p_t_ = 0, p_o_ = 0, gb_ = 0, ka_ = 0;
    Optics optics_{.ea = 0,
                   .eb = 0,
                   .sensitivity = 0,
                   .ga = 0,
                   .fb = 0,
                   .hb = 0,
                   .slope_bits = 36,
                   .to0 = 25,
                   .ta0 = 25,
                   .first = 25};
};

} // namespace mlx90632

namespace mlx90635 {

enum : std::uint16_t {
    RAM_IR1 = 0x02,
    RAM_TA = 0x04,
    RAM_REF = 0x06,
    RAM_IR2 = 0x08,
    EE_Ha = 0x1e,
    EE_Hb = 0x20,
    EE_Fa_high = 0x26,
    EE_Fa_low = 0x28,
    EE_Fa_bits = 0x2a, // of Fa, behind the point
    EE_Ga = 0x2c,
    EE_Fb = 0x2e,
    EE_Ea_high = 0x30,
    EE_Ea_low = 0x32,
    EE_Eb_high = 0x34,
    EE_Eb_low = 0x36,
    EE_P_G = 0x38,
    EE_P_O = 0x3a,
    EE_Gb = 0x40,
};
constexpr Field measures{0x0c, 1 << 4};
constexpr Field refresh_rate{0x14, 7 << 0};
constexpr Field version{0x3e, 0xffff};

constexpr Choices rates{
    .values =
        micros<200'000, 500'000, 900'000, 1'700'000, 3'000'000, 4'800'000, 6'900'000, 8'900'000>,
    .field = refresh_rate,
    .kept = true}; // Hz
constexpr std::array channel_list{
    ambient_channel.setting(Info::sampling_frequency, rates, Shared::by_all),
    object_channel.setting(Info::sampling_frequency, rates, Shared::by_all),
};
constexpr Layout layout{.format = words,
                        .identity = {version, {}},
                        .setup = {FieldValue{measures, 1}},
                        .proof = {measures, 1}};

class Mlx90635 : public Thermometer {
public:
    explicit Mlx90635(const Hardware &hardware) : Thermometer{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        optics_.ea = IIO_TRY(number(EE_Ea_low, EE_Ea_high));
        optics_.eb = IIO_TRY(number(EE_Eb_low, EE_Eb_high));
        optics_.ga = IIO_TRY(word(EE_Ga));
        optics_.fb = IIO_TRY(word(EE_Fb));
        optics_.hb = IIO_TRY(word(EE_Hb));
        p_g_ = static_cast<int>(IIO_TRY(registers().read(EE_P_G)));
        p_o_ = static_cast<int>(IIO_TRY(registers().read(EE_P_O)));
        gb_ = IIO_TRY(word(EE_Gb));
        const Number fa = IIO_TRY(number(EE_Fa_low, EE_Fa_high));
        const Number fa_ha = fa * IIO_TRY(word(EE_Ha)) >> 14;
        const unsigned bits = IIO_TRY(registers().get({EE_Fa_bits, 0x3f}));
        optics_.sensitivity = (fa_ha * 10'000'000'000 >> static_cast<int>(bits)) * 1000;
        return {};
    }

protected:
    Result<int> ambient() const override
    {
        const Number amb = IIO_TRY(IIO_TRY(read_ambient(RAM_TA, RAM_REF)).amb(gb_));
        if (p_g_ == 0)
            return fail(EINVAL);
        return static_cast<int>((amb - (p_o_ * 1000 >> 1) << 9) / p_g_ + 30'000);
    }
    Result<int> object(int emissivity) const override
    {
        const Ambient ambient = IIO_TRY(read_ambient(RAM_TA, RAM_REF));
        const Number sample = IIO_TRY(word(RAM_IR1));
        const Number signal =
            IIO_TRY(ambient.relate((sample - IIO_TRY(word(RAM_IR2))) / 2, 24, gb_));
        return optics_.temperature(signal, IIO_TRY(ambient.amb(gb_)), emissivity);
    }

private:
    Number p_g_ = 0, p_o_ = 0, gb_ = 0;
    Optics optics_{.ea = 0,
                   .eb = 0,
                   .sensitivity = 0,
                   .ga = 0,
                   .fb = 0,
                   .hb = 0,
                   .slope_bits = 24,
                   .to0 = 35,
                   .ta0 = 30,
                   .first = 35};
};

} // namespace mlx90635

using Parts = ByPart<mlx90632::Mlx90632, mlx90635::Mlx90635>;

} // namespace

IIO_MODULE(mlx90632, Parts,
           Part{.name = "mlx90632", .addresses = addresses, .recognised = mlx90632::layout},
           Part{.name = "mlx90635",
                .addresses = addresses,
                .recognised = Untold{"no identification of it is known"}});

} // namespace iio::mlx90632
