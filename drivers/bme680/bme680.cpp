// SPDX-License-Identifier: MIT
//
// Bosch BME680: temperature, pressure, humidity, and the resistance of a heated metal oxide,
// which gases change. I2C at 0x76 or 0x77. Datasheet: BST-BME680-DS001.
//
// Each read is one measurement of all of it in forced mode, after which the part sleeps.
#include <iio/driver.hpp>
#include <iio/driver/wrapping.hpp>

namespace iio::bme680 {
namespace {

enum : std::uint8_t {
    RES_HEAT_VAL = 0x00,
    MEAS_STATUS_0 = 0x1d,
    RES_HEAT_0 = 0x5a,
    GAS_WAIT_0 = 0x64,
    CTRL_MEAS = 0x74,
    PAR_T2 = 0x8a,
    PAR_H2 = 0xe1,
};
constexpr Field RES_HEAT_RANGE{0x02, 3 << 4};
constexpr Field RANGE_SWITCHING_ERROR{0x04, 0xf << 4}; // signed
constexpr Field NEW_DATA_0{MEAS_STATUS_0, 1 << 7};
constexpr Field NB_CONV{0x71, 0xf << 0}; // which of the heater's settings
constexpr Field RUN_GAS{0x71, 1 << 4};
constexpr Field OSRS_H{0x72, 7 << 0};
constexpr Field OSRS_T{CTRL_MEAS, 7 << 5};
constexpr Field OSRS_P{CTRL_MEAS, 7 << 2};
constexpr Field MODE{CTRL_MEAS, 3 << 0}; // 0: sleep, 1: forced
constexpr Field FILTER{0x75, 7 << 2};
constexpr Field CHIP_ID{0xd0, 0xff};
constexpr FieldValue RESET{{0xe0, 0xff}, 0xb6};

using S8 = Word<1, true, true>;
/// 3.3: the calibration from PAR_T2 on, and from PAR_H2 on.
struct Calibration1 {
    LeS16 T2;
    S8 T3, reserved_8d;
    LeU16 P1;
    LeS16 P2;
    S8 P3, reserved_93;
    LeS16 P4, P5;
    S8 P7, P6, reserved_9a, reserved_9b;
    LeS16 P8, P9;
    std::uint8_t P10;
};
struct Calibration2 {
    std::uint8_t H2_msb, H1_H2_lsb, H1_msb;
    S8 H3, H4, H5;
    std::uint8_t H6;
    S8 H7;
    LeU16 T1;
    LeS16 G2;
    S8 G1, G3;
};
/// From MEAS_STATUS_0 on.
struct Sample {
    std::uint8_t meas_status_0, reserved_1e;
    BeU24 press, temp; // 20 bits from bit 4 on
    BeU16 hum;
    std::array<std::uint8_t, 3> reserved_27;
    std::uint8_t gas_msb, gas_lsb;
};
constexpr unsigned heat_stab = 1 << 4; // in gas_lsb

// Table 16: what a range of the gas sensor's converter stands for.
constexpr std::array<std::int64_t, 16> range_factors_1{
    2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2126008810, 2147483647, 2130303777,
    2147483647, 2147483647, 2143188679, 2136746228, 2147483647, 2126008810, 2147483647, 2147483647};
constexpr std::array<std::int64_t, 16> range_factors_2{
    4096000000, 2048000000, 1024000000, 512000000, 255744255, 127110228, 64000000, 32258064,
    16016016,   8000000,    4000000,    2000000,   1000000,   500000,    250000,   125000};

// The heater, as the kernel's driver sets it.
constexpr int heater_degrees = 320;
constexpr int ambient_degrees = 25;
constexpr unsigned heater_wait = 1 << 6 | 37; // 4 times 37 ms
constexpr auto heater_time = 150ms;
constexpr auto start_up = 5ms;

/// The longest measurement: 3.2.1 and the switches between the quantities.
constexpr auto cycle_time = 1963us;
constexpr auto switching_time = 9 * 477us + 1500us;

constexpr Choices ratios(Field field, unsigned initial)
{
    return {
        .values = ints<1, 2, 4, 8, 16>, .field = field, .codes = codes_from(1), .initial = initial};
}
constexpr Choices temperature_ratios = ratios(OSRS_T, 3);
constexpr Choices pressure_ratios = ratios(OSRS_P, 2);
constexpr Choices humidity_ratios = ratios(OSRS_H, 1);

constexpr Channel quantity(ChannelType type, const Choices &ratios)
{
    return Channel::in(type)
        .separate(Info::processed)
        .setting(Info::oversampling_ratio, ratios, Shared::separate, Shared::by_all);
}
constexpr std::array channel_list{
    quantity(ChannelType::temp, temperature_ratios),
    quantity(ChannelType::pressure, pressure_ratios),
    quantity(ChannelType::humidityrelative, humidity_ratios),
    Channel::in(ChannelType::resistance).separate(Info::processed),
};
constexpr Layout layout{
    .identity = {CHIP_ID, {0x61}},
    .reset = RESET,
    .start_up = start_up,
    .setup = {{FILTER, 0}, {NB_CONV, 0}, {RUN_GAS, 1}},
    .proof = {RUN_GAS, 1}, // 0 after a reset
};

class Bme680 : public RegisterDriver {
public:
    explicit Bme680(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        c1_ = IIO_TRY(registers().burst<Calibration1>(PAR_T2));
        c2_ = IIO_TRY(registers().burst<Calibration2>(PAR_H2));
        range_error_ = sign_extend(IIO_TRY(registers().get(RANGE_SWITCHING_ERROR)), 4);
        const int value = sign_extend(IIO_TRY(registers().read(RES_HEAT_VAL)), 8);
        const auto range = static_cast<int>(IIO_TRY(registers().get(RES_HEAT_RANGE)));
        IIO_TRY(registers().write(RES_HEAT_0, heater_resistance(value, range)));
        return registers().write(GAS_WAIT_0, heater_wait);
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const Sample sample = IIO_TRY(measure());
        const std::int64_t t_fine = fine_temperature(sample.temp >> 4);
        switch (channel.channel_type()) {
        case ChannelType::temp:
            return Int{static_cast<int>(centidegrees(t_fine)) * 10};
        case ChannelType::pressure:
            return Fractional{IIO_TRY(pascals(sample.press >> 4, static_cast<int>(t_fine))), 1000};
        case ChannelType::humidityrelative:
            return Fractional{millipercent(sample.hum, centidegrees(t_fine)), 1000};
        default:
            return resistance(sample);
        }
    }

private:
    /// Errors: EIO: the part has not measured.
    Result<Sample> measure() const
    {
        const std::lock_guard lock{measuring_};
        const unsigned T = chosen(temperature_ratios);
        const unsigned P = chosen(pressure_ratios);
        IIO_TRY(registers().poke(CTRL_MEAS, OSRS_T.place(temperature_ratios.code(T)) |
                                                OSRS_P.place(pressure_ratios.code(P)) |
                                                MODE.place(1)));
        const int cycles = (1 << T) + (1 << P) + (1 << chosen(humidity_ratios));
        hardware().delay(cycles * cycle_time + switching_time + heater_time);
        const auto sample = IIO_TRY(registers().burst<Sample>(MEAS_STATUS_0));
        return NEW_DATA_0.extract(sample.meas_status_0) ? Result<Sample>{sample} : fail(EIO);
    }

    // 3.3.1 to 3.3.4: the datasheet's integer formulas.
    std::int64_t fine_temperature(std::int64_t temp_adc) const
    {
        const auto var1 = (temp_adc >> 3) - (std::int64_t{c2_.T1} << 1);
        const auto var2 = var1 * c1_.T2 >> 11;
        const auto var3 = ((var1 >> 1) * (var1 >> 1) >> 12) * (std::int64_t{c1_.T3} << 4) >> 14;
        return var2 + var3;
    }
    static std::int64_t centidegrees(std::int64_t t_fine) { return (t_fine * 5 + 128) / 256; }

    /// In 32 bits, as in the datasheet; the quotient has no sign.
    /// Errors: EIO: the calibration gives no pressure.
    Result<int> pascals(int press_raw, int t_fine) const
    {
        using Number = Wrapping<std::int32_t>;
        auto var1 = Number{t_fine >> 1} - 64'000;
        auto var2 = ((((var1 >> 2) * (var1 >> 2)) >> 11) * c1_.P6) >> 2;
        var2 = var2 + ((var1 * c1_.P5) << 1);
        var2 = (var2 >> 2) + (Number{c1_.P4} << 16);
        var1 = (((((var1 >> 2) * (var1 >> 2)) >> 13) * (Number{c1_.P3} << 5)) >> 3) +
               ((var1 * c1_.P2) >> 1);
        var1 = (((var1 >> 18) + 32'768) * c1_.P1) >> 15;
        if (var1 == 0)
            return fail(EIO);
        const auto scaled =
            static_cast<unsigned>((Number{1'048'576 - press_raw} - (var2 >> 12)) * 3125);
        const auto divisor = static_cast<unsigned>(var1);
        const bool is_small = static_cast<int>(scaled) < 1 << 30;
        const Number coarse = is_small ? (scaled << 1) / divisor : scaled / divisor << 1;
        const auto square = (((coarse >> 3) * (coarse >> 3) >> 13) * c1_.P9) >> 12;
        const auto linear = ((coarse >> 2) * c1_.P8) >> 13;
        const auto cube = ((coarse >> 8) * (coarse >> 8) * (coarse >> 8) * c1_.P10) >> 17;
        return static_cast<int>(coarse + ((square + linear + cube + (c1_.P7 << 7)) >> 4));
    }

    int millipercent(std::int64_t hum_adc, std::int64_t temp) const
    {
        const std::int64_t H1 = c2_.H1_msb << 4 | (c2_.H1_H2_lsb & 0xf);
        const std::int64_t H2 = c2_.H2_msb << 4 | c2_.H1_H2_lsb >> 4;
        const auto var1 = hum_adc - (H1 << 4) - (temp * c2_.H3 / 100 >> 1);
        const auto var2 =
            H2 * (temp * c2_.H4 / 100 + ((temp * (temp * c2_.H5 / 100) >> 6) / 100) + (1 << 14)) >>
            10;
        const auto var3 = var1 * var2;
        const auto var4 = ((std::int64_t{c2_.H6} << 7) + temp * c2_.H7 / 100) >> 4;
        const auto var5 = (var3 >> 14) * (var3 >> 14) >> 10;
        const auto var6 = var4 * var5 >> 1;
        const auto result = ((var3 + var6) >> 10) * 1000 >> 12;
        return static_cast<int>(std::clamp<std::int64_t>(result, 0, 100'000));
    }

    /// Errors: EINVAL: the heater did not come to its temperature. kernel: Whether the gas reading
    /// is valid is not asked, only whether the heater was stable.
    Result<Value> resistance(const Sample &sample) const
    {
        if (!(sample.gas_lsb & heat_stab))
            return fail(EINVAL);
        const std::int64_t gas_adc = sample.gas_msb << 2 | sample.gas_lsb >> 6;
        const unsigned range = sample.gas_lsb & 0xf;
        const auto var1 = (1340 + 5 * range_error_) * range_factors_1[range] >> 16;
        const auto var2 = (gas_adc << 15) - (1 << 24) + var1;
        return Int{static_cast<int>(((range_factors_2[range] * var1 >> 9) + (var2 >> 1)) / var2)};
    }

    /// 3.3.5: the code of the heater's target temperature.
    unsigned heater_resistance(int res_heat_val, int res_heat_range) const
    {
        const int var1 = ambient_degrees * c2_.G3 / 1000 * 256;
        const int var2 =
            (c2_.G1 + 784) * (((c2_.G2 + 154'009) * heater_degrees * 5 / 100 + 3'276'800) / 10);
        const int var4 = (var1 + (var2 >> 1)) / (res_heat_range + 4);
        const int res_heat_x100 = (var4 / (131 * res_heat_val + 65'536) - 250) * 34;
        return static_cast<std::uint8_t>((res_heat_x100 + 50) / 100);
    }

    Calibration1 c1_{};
    Calibration2 c2_{};
    std::int64_t range_error_ = 0;
    mutable std::mutex measuring_; ///< the part holds the last measurement
};

} // namespace

IIO_MODULE(bme680, Bme680, Part{.name = "bme680", .addresses = {0x76, 0x77}, .recognised = layout});

} // namespace iio::bme680
