// SPDX-License-Identifier: MIT
//
// Maxim MAX31856: thermocouple to digital converter with linearization for eight types. SPI.
// Datasheet: 19-7534.
//
// The part converts all the time. It is told a type, a filter or an average while it does not.
#include <iio/driver.hpp>

namespace iio::max31856 {
namespace {

enum : std::uint8_t {
    CR0 = 0x00,
    CR1 = 0x01,
    CJTH = 0x0a,
    LTCBH = 0x0c,
    SR = 0x0f,
};
constexpr Field CMODE{CR0, 1 << 7};   // 1: converts all the time
constexpr Field OCFAULT{CR0, 3 << 4}; // 1: looks for an open thermocouple below 5 kOhm
constexpr Field FILTER{CR0, 1 << 0};  // of the mains: 0: 60 Hz, 1: 50 Hz
constexpr Field AVGSEL{CR1, 7 << 4};
constexpr Field TC_TYPE{CR1, 0xf << 0};
constexpr Field OVUV{SR, 1 << 1}; // a voltage out of range
constexpr Field OPEN{SR, 1 << 0}; // no thermocouple
/// From the start to the first result with the filter for 50 Hz, maximum.
constexpr auto conversion_time = 185ms;

constexpr Value thermocouple_scale = IntPlusMicro{7, 812'500};
constexpr Value cold_junction_scale = IntPlusMicro{15, 625'000};

/// The value or the next larger one.
Result<unsigned> find_at_least(std::span<const Value> values, Written written)
{
    for (unsigned i = 0; written.integer > 0 && i < values.size(); ++i) {
        if (std::get<Int>(values[i]).value >= written.integer)
            return i;
    }
    return fail(EINVAL);
}
/// In either case.
Result<unsigned> find_letter(std::span<const Value> values, Written written)
{
    const bool lower = written.integer >= 'a' && written.integer <= 'z';
    return find_integer(values, {lower ? written.integer - 'a' + 'A' : written.integer, 0});
}
constexpr Choices ratios{.values = ints<1, 2, 4, 8, 16>,
                         .field = AVGSEL,
                         .find = find_at_least,
                         .format = WriteFormat::integer};
constexpr std::array<Value, 8> letters{Char{'B'}, Char{'E'}, Char{'J'}, Char{'K'},
                                       Char{'N'}, Char{'R'}, Char{'S'}, Char{'T'}};
constexpr Choices types{.values = letters,
                        .field = TC_TYPE,
                        .initial = 3,
                        .find = find_letter,
                        .format = WriteFormat::character};

// kernel: Linux adds the cold junction's offset (CJTO, 0 after a reset) to `in_temp_ambient_raw`,
// although the part has added it.
constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(LTCBH)
        .separate(Info::raw)
        .constant(Info::scale, thermocouple_scale)
        .unlisted(Info::oversampling_ratio, ratios, Shared::separate)
        .unlisted(Info::thermocouple_type, types, Shared::separate)
        .sample(ScanType::of_signed(19, 32, 5, Endian::big)),
    Channel::in(ChannelType::temp)
        .modifier(Modifier::temp_ambient)
        .at(CJTH)
        .separate(Info::raw)
        .constant(Info::scale, cold_junction_scale)
        .sample(ScanType::of_signed(14, 16, 2, Endian::big)),
};
enum : std::uint32_t { fault_oc, fault_ovuv, notch };
constexpr std::array attribute_list{
    DeviceAttribute::of("fault_oc", ExtInfo::Access::read, fault_oc),
    DeviceAttribute::of("fault_ovuv", ExtInfo::Access::read, fault_ovuv),
    DeviceAttribute::of("in_temp_filter_notch_center_frequency", ExtInfo::Access::read_write,
                        notch),
};
constexpr Layout layout{
    .format = {.read_flag = 0, .write_flag = 0x80},
    .setup = {{CMODE, 0}, {OCFAULT, 1}, {FILTER, 0}},
    .proof = {CMODE, 1},
    .power = {.on = {CMODE, 1}, .off = {CMODE, 0}, .always_on = true, .settles = conversion_time},
};

class Max31856 : public RegisterDriver {
public:
    explicit Max31856(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    WriteFormat write_format(const Channel &channel, Info info) const
    {
        return channel.setting_of(info) ? RegisterDriver::write_format(channel, info)
                                        : WriteFormat::integer;
    }

    /// Errors: EIO: no thermocouple, or a voltage out of range.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const Value value = IIO_TRY(RegisterDriver::read_raw(channel, info));
        if (info == Info::raw) {
            const unsigned faults = IIO_TRY(registers().read(SR));
            if (OPEN.extract(faults) || OVUV.extract(faults))
                return fail(EIO);
        }
        return value;
    }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        if (attribute.id == notch)
            text += *filters_50hz_.lock() ? "50\n" : "60\n";
        else
            text +=
                IIO_TRY(registers().get(attribute.id == fault_oc ? OPEN : OVUV)) ? "1\n" : "0\n";
        return {};
    }

    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        const unsigned hertz = IIO_TRY(parse_unsigned(text, 10));
        if (hertz != 50 && hertz != 60)
            return fail(EINVAL);
        const auto filters_50hz = filters_50hz_.lock();
        IIO_TRY(set_while_stopped({FILTER, hertz == 50}));
        *filters_50hz = hertz == 50;
        return text.size();
    }

protected:
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        return choose_by(setting, channel, index, [&](unsigned code) {
            return set_while_stopped({setting.field, code});
        });
    }

private:
    Result<void> set_while_stopped(FieldValue value) const
    {
        IIO_TRY(registers().set(CMODE, 0));
        IIO_TRY(registers().set(value));
        return registers().set(CMODE, 1);
    }

    Guarded<bool> filters_50hz_{false};
};

} // namespace

IIO_MODULE(max31856, Max31856,
           Part{.name = "max31856", .spi = SpiSettings{.mode = 1, .speed_hz = 5'000'000}});

} // namespace iio::max31856
