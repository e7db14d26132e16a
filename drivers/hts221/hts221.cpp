// SPDX-License-Identifier: MIT
//
// ST HTS221: relative humidity and temperature, each with a linear calibration
// of its own. I2C at 0x5f. Datasheet: DocID026333 Rev 4.
#include <iio/driver.hpp>

namespace iio::hts221 {
namespace {

enum : std::uint8_t { HUMIDITY_OUT_L = 0x28, TEMP_OUT_L = 0x2a, H0_rH_x2 = 0x30 };
constexpr Field WHO_AM_I{0x0f, 0xff};
constexpr Field AVGH{0x10, 7 << 0}; // AV_CONF
constexpr Field AVGT{0x10, 7 << 3};
constexpr Field PD{0x20, 1 << 7};  // CTRL_REG1; 1: active
constexpr Field BDU{0x20, 1 << 2}; // the bytes of a word are of one sample
constexpr Field ODR{0x20, 3 << 0};
constexpr Field DRDY_H_L{0x22, 1 << 7}; // CTRL_REG3; 1: active low
constexpr Field DRDY_EN{0x22, 1 << 2};
constexpr Field H_DA{0x27, 1 << 1}; // STATUS_REG: a new humidity

/// Table 17: what humidity and temperature the part gave at two points, from H0_rH_x2 on.
struct Calibration {
    std::uint8_t H0_rH_x2, H1_rH_x2, T0_degC_x8, T1_degC_x8, reserved_34, T1_T0_msb;
    LeS16 H0_T0_OUT, reserved_38, H1_T0_OUT, T0_OUT, T1_OUT;
};

constexpr auto power_up_time = 50ms; // as the kernel's driver

// How many samples the part averages.
constexpr Choices humidity_ratios = integers(ints<4, 8, 16, 32, 64, 128, 256, 512>, AVGH, 3);
constexpr Choices temperature_ratios = integers(ints<2, 4, 8, 16, 32, 64, 128, 256>, AVGT, 3);
// Hz; the last is 12.5 Hz.
constexpr Choices rates = integers(ints<1, 7, 13>, ODR, 0, codes_from(1));

constexpr Channel quantity(ChannelType type, std::uint8_t out, int index)
{
    return Channel::in(type)
        .at(out)
        .separate(Info::raw, Info::offset, Info::scale)
        .direct(Info::raw, Info::offset, Info::scale, Info::sampling_frequency,
                Info::oversampling_ratio)
        .setting(Info::sampling_frequency, rates, Shared::by_all)
        .scan(index, ScanType::of_signed(16, 16, 0, Endian::little));
}
constexpr std::array channel_list{
    quantity(ChannelType::humidityrelative, HUMIDITY_OUT_L, 0)
        .unlisted(Info::oversampling_ratio, humidity_ratios, Shared::separate),
    quantity(ChannelType::temp, TEMP_OUT_L, 1)
        .setting(Info::oversampling_ratio, temperature_ratios, Shared::separate),
    Channel::timestamp(2)};
// kernel: The list `in_humidity_oversampling_ratio_available` has humidity in its name, not
// humidityrelative.
constexpr std::array attribute_list{DeviceAttribute::constant(
    "in_humidity_oversampling_ratio_available", "4 8 16 32 64 128 256 512\n")};

constexpr Layout layout{
    .format = {.i2c_increment = 0x80},
    .identity = {WHO_AM_I, {0xbc}},
    .setup = {{PD, 0}, {BDU, 1}},
    .proof = {BDU, 1}, // off after a reset
    .power = {.on = {PD, 1}, .off = {PD, 0}, .settles = power_up_time},
    .data_ready = {.triggers = {OwnTrigger::named("-trigger", true)},
                   .enable = DRDY_EN,
                   .active_low = DRDY_H_L,
                   .status = H_DA},
    .burst = {HUMIDITY_OUT_L, 4},
};

/// Offset and scale of a quantity that is (slope raw + intercept) / 8000 parts of a unit.
/// kernel: Scale and offset are wrong for a wide calibration, which overflows the 32 bits that they
/// are computed in.
struct Line {
    Value offset = Int{0};
    Value scale = Int{1};

    /// Through two points in parts. Errors: EINVAL: they give no line that can be inverted.
    static Result<Line> through(int raw0, int part0, int raw1, int part1, int parts_of_unit)
    {
        const int width = raw1 - raw0;
        const auto slope = NonZero::make(width == 0 ? 0 : (part1 - part0) * 8000 / width);
        if (!slope)
            return fail(EINVAL);
        const auto rise = static_cast<std::int32_t>(
            (std::int64_t{raw1} * part0 - std::int64_t{raw0} * part1) * 1000);
        const auto intercept = static_cast<std::int32_t>(std::int64_t{rise} / width * 8);
        return Line{Fractional{intercept, *slope},
                    Fractional{slope->value(), *NonZero::make(8000 * parts_of_unit)}};
    }
};

constexpr RegisterPart part{layout, channel_list, attribute_list};

class Hts221 : public RegisterDriver {
public:
    static constexpr bool own_trigger_only = true;

    using RegisterDriver::RegisterDriver;

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        const auto c = IIO_TRY(registers().burst<Calibration>(H0_rH_x2));
        humidity_ = IIO_TRY(Line::through(c.H0_T0_OUT, c.H0_rH_x2, c.H1_T0_OUT, c.H1_rH_x2, 2));
        const int t0 = c.T0_degC_x8 | (c.T1_T0_msb & 3) << 8;
        const int t1 = c.T1_degC_x8 | (c.T1_T0_msb >> 2 & 3) << 8;
        temperature_ = IIO_TRY(Line::through(c.T0_OUT, t0, c.T1_OUT, t1, 8));
        return {};
    }

    // There is a buffer only where the data-ready output is wired.
    unsigned modes() const { return triggers().empty() ? 0U : RegisterDriver::modes(); }

    // kernel: Values times scale are % and degrees Celsius, where the ABI has thousandths of them.
    // top: hts221 temp * 1000, hts221 humidityrelative * 1000
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const Line &line = channel.address == HUMIDITY_OUT_L ? humidity_ : temperature_;
        if (info == Info::offset)
            return line.offset;
        if (info == Info::scale)
            return line.scale;
        return RegisterDriver::read_raw(channel, info);
    }

    /// The scan is stamped when STATUS has been read, not at the edge.
    void handle_interrupt(std::int64_t) const { RegisterDriver::handle_interrupt(host().now()); }

private:
    Line humidity_;
    Line temperature_;
};

} // namespace

IIO_MODULE(hts221, Hts221, Part{.name = "hts221", .addresses = {0x5f}, .data = part});

} // namespace iio::hts221
