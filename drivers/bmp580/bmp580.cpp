// SPDX-License-Identifier: MIT
//
// Bosch BMP580: pressure and temperature, compensated by the part itself, measured continuously.
// I2C at 0x46 and 0x47. Datasheet: BST-BMP580-DS004.
#include <iio/driver.hpp>
#include <mutex>

namespace iio::bmp580 {
namespace {

// Section 7. Readings are low byte first.
enum : std::uint8_t {
    TEMP_DATA_XLSB = 0x1d,
    PRESS_DATA_XLSB = 0x20,
};
constexpr Field chip_id{0x01, 0xff};
constexpr Field shdw_sel_iir_t{0x30, 1 << 3}; // DSP_CONFIG; readings are filtered
constexpr Field shdw_sel_iir_p{0x30, 1 << 5};
constexpr Field set_iir{0x31, 0x3f}; // DSP_IIR; of both
constexpr Field osr_t{0x36, 7 << 0};
constexpr Field osr_p{0x36, 7 << 3};
constexpr Field press_en{0x36, 1 << 6};
constexpr Field pwr_mode{0x37, 3 << 0}; // 0: standby, 1: normal
constexpr Field odr{0x37, 0x1f << 2};
constexpr Field deep_dis{0x37, 1 << 7};
constexpr std::uint8_t OSR_EFF = 0x38;
constexpr Field osr_t_eff{OSR_EFF, 7 << 0};
constexpr Field osr_p_eff{OSR_EFF, 7 << 3};
constexpr Field odr_is_valid{OSR_EFF, 1 << 7};
constexpr Field cmd{0x7e, 0xff};

constexpr unsigned cmd_softreset = 0xb6;
constexpr std::uint32_t no_reading = 0x7f7f7f;
constexpr auto reset_time = 2ms;
constexpr auto standby_time = 2500us;
constexpr auto first_result = 30ms;

// 1/64 Pa in kPa, and 1/65536 degree in thousandths.
constexpr Value kilopascals = Fractional{1, 64'000};
constexpr Value millidegrees = FractionalLog2{125, 13};

constexpr Choices pressure_ratios = integers(ints<1, 2, 4, 8, 16, 32, 64, 128>, osr_p, 2);
constexpr Choices temperature_ratios = integers(ints<1, 2, 4, 8, 16, 32, 64, 128>, osr_t, 0);
// kernel: The rates are whole numbers, where the datasheet has 218.537 Hz, 199.111 Hz and the like.
constexpr int million = 1'000'000;
constexpr Choices rates{
    .values = micros<240 * million, 218 * million, 199 * million, 179 * million, 160 * million,
                     149 * million, 140 * million, 129 * million, 120 * million, 110 * million,
                     100 * million, 89 * million, 80 * million, 70 * million, 60 * million,
                     50 * million, 45 * million, 40 * million, 35 * million, 30 * million,
                     25 * million, 20 * million, 15 * million, 10 * million, 5 * million,
                     4 * million, 3 * million, 2 * million, million, 500'000, 250'000, 125'000>,
    .field = odr,
    .initial = 15};
// kernel: `filter_low_pass_3db_frequency` is the filter's coefficient, no frequency, and sets that
// of both quantities.
constexpr Choices coefficients =
    integers(ints<0, 1, 3, 7, 15, 31, 63, 127>, set_iir, 2, Codes(0, 9));

constexpr Channel with_rates(const Channel &channel)
{
    return channel.separate(Info::raw, Info::processed)
        .unlisted(Info::sampling_frequency, rates, Shared::by_all)
        .unlisted(Info::low_pass_filter_3db_frequency, coefficients, Shared::by_all);
}
constexpr std::array channel_list{
    with_rates(Channel::in(ChannelType::pressure)
                   .at(PRESS_DATA_XLSB)
                   .constant(Info::scale, kilopascals)
                   .unlisted(Info::oversampling_ratio, pressure_ratios, Shared::separate)
                   .scan(0, ScanType::of_unsigned(24, 32, 0, Endian::little))),
    with_rates(Channel::in(ChannelType::temp)
                   .at(TEMP_DATA_XLSB)
                   .constant(Info::scale, millidegrees)
                   .unlisted(Info::oversampling_ratio, temperature_ratios, Shared::separate)
                   .scan(1, ScanType::of_signed(24, 32, 0, Endian::little))),
    Channel::timestamp(2),
};
constexpr Layout layout{
    .identity = {chip_id, {0x50}},
    .reset = FieldValue{cmd, cmd_softreset},
    .start_up = reset_time,
    .setup = {{deep_dis, 1}, {shdw_sel_iir_t, 1}, {shdw_sel_iir_p, 1}, {press_en, 1}},
    .proof = {pwr_mode, 1},
    .power = {.on = {pwr_mode, 1},
              .off = {pwr_mode, 0},
              .always_on = true,
              .settles = first_result},
    .burst = {.first = TEMP_DATA_XLSB, .bytes = 6},
};

class Bmp580 : public RegisterDriver {
public:
    explicit Bmp580(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// Errors: EIO, too: the part has not measured yet.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw && info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const int raw = IIO_TRY(read_sample(channel));
        if (raw == no_reading)
            return fail(EIO);
        if (info == Info::raw)
            return Int{raw};
        if (channel.address == PRESS_DATA_XLSB)
            return Fractional{raw, 64'000};
        return FractionalLog2{raw * 125, 13};
    }

protected:
    /// Settings are written in standby. Errors: EINVAL, too: the part cannot do it.
    // kernel: After an oversampling ratio that the part refused, the other quantity's is what the
    // part had fallen back to.
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        const std::lock_guard lock{choosing_};
        const unsigned before = chosen(setting);
        IIO_TRY(in_standby([&] { return RegisterDriver::choose(setting, channel, index); }));
        const auto read = registers().read(OSR_EFF);
        if (!read) // it is not known what the part does
            host().doubt();
        const unsigned effective = IIO_TRY(read);
        if (odr_is_valid.extract(effective))
            return {};
        const bool is_pressure = &setting == &pressure_ratios;
        IIO_TRY(in_standby([&]() -> Result<void> {
            IIO_TRY(RegisterDriver::choose(setting, channel, before));
            if (is_pressure)
                return RegisterDriver::choose(temperature_ratios, channel,
                                              osr_t_eff.extract(effective));
            if (&setting == &temperature_ratios)
                return RegisterDriver::choose(pressure_ratios, channel,
                                              osr_p_eff.extract(effective));
            return {};
        }));
        return fail(EINVAL);
    }

private:
    template <class Tell> Result<void> in_standby(Tell &&tell) const
    {
        IIO_TRY(registers().set(pwr_mode, 0));
        hardware().delay(standby_time);
        IIO_TRY(tell());
        return registers().set(pwr_mode, 1);
    }

    mutable std::mutex choosing_;
};

} // namespace

IIO_MODULE(bmp580, Bmp580, Part{.name = "bmp580", .addresses = {0x47, 0x46}, .recognised = layout});

} // namespace iio::bmp580
