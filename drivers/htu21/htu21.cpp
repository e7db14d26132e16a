// SPDX-License-Identifier: MIT
//
// TE Connectivity HTU21D, the humidity half of the MS8607, and TSYS02D: relative humidity
// and temperature on command, each word with a check byte. I2C at 0x40.
// Datasheets: HPC199_3 (HTU21D), TSYS02D Rev 3.
#include <iio/driver.hpp>

namespace iio::htu21 {
namespace {

enum : std::uint16_t {
    MEASURE_TEMPERATURE = 0xf3, // the part does not acknowledge reads while it measures
    MEASURE_HUMIDITY = 0xf5,
    WRITE_USER_REGISTER = 0xe6,
    READ_USER_REGISTER = 0xe7,
    SOFT_RESET = 0xfe,
    READ_SERIAL_NUMBER = 0xfcc9, // its second half
};
constexpr Field RESOLUTION{READ_USER_REGISTER, 1 << 7 | 1 << 0};
constexpr Field END_OF_BATTERY{READ_USER_REGISTER, 1 << 6};
constexpr Field HEATER{READ_USER_REGISTER, 1 << 2};
constexpr Crc8 check{.initial = 0};
constexpr auto reset_time = 15ms;

// kernel: `sampling_frequency` chooses a resolution. In the order of its list they are 12, 10, 8
// and 11 bits of humidity, and 14, 13, 12 and 11 bits of temperature.
constexpr Choices rates_up_to(std::span<const Value> values)
{
    return {.values = values, .field = RESOLUTION, .codes = {0x00, 0x80, 0x01, 0x81}};
}
constexpr Choices rates = rates_up_to(ints<20, 40, 70, 120>);
constexpr Choices tsys02d_rates = rates_up_to(ints<20, 40, 70, 140>);
// The longest measurements by resolution.
constexpr std::array humidity_time{16ms, 5ms, 3ms, 8ms};
constexpr std::array temperature_time{50ms, 25ms, 13ms, 7ms};

constexpr Channel quantity(ChannelType type, std::uint16_t command, const Choices &rates_of_part)
{
    return Channel::in(type)
        .at(command)
        .separate(Info::processed)
        .setting(Info::sampling_frequency, rates_of_part, Shared::by_all);
}
constexpr Channel humidity = quantity(ChannelType::humidityrelative, MEASURE_HUMIDITY, rates);
constexpr Channel temperature = quantity(ChannelType::temp, MEASURE_TEMPERATURE, rates);
constexpr std::array htu21_channels{temperature, humidity};
constexpr std::array ms8607_channels{humidity};
constexpr std::array tsys02d_channels{
    quantity(ChannelType::temp, MEASURE_TEMPERATURE, tsys02d_rates)};

// An attribute's id is the mask of its bit.
constexpr DeviceAttribute battery_low =
    DeviceAttribute::of("battery_low", ExtInfo::Access::read, END_OF_BATTERY.mask);
constexpr std::array attribute_list{
    battery_low,
    DeviceAttribute::of("heater_enable", ExtInfo::Access::read_write, HEATER.mask),
};
constexpr std::array tsys02d_attributes{battery_low};

constexpr Layout layout{};
constexpr RegisterPart htu21{layout, htu21_channels, attribute_list};
constexpr RegisterPart ms8607{layout, ms8607_channels, attribute_list};
constexpr RegisterPart tsys02d{layout, tsys02d_channels, tsys02d_attributes};

class Htu21 : public RegisterDriver {
public:
    explicit Htu21(const Hardware &hardware)
        : RegisterDriver{hardware}, commands_{hardware, {.command_bytes = 1, .check = check}}
    {
    }

    /// Errors: EIO: what answers does not check its words as these parts do.
    Result<void> probe()
    {
        IIO_TRY(commands_.send(SOFT_RESET));
        hardware().delay(reset_time);
        IIO_TRY(Commands(hardware(), {.check = check}).ask<2>(READ_SERIAL_NUMBER));
        return {};
    }

    /// kernel: The two status bits of the result count as part of the value, and humidity is cut to
    /// two decimals of a percent.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::processed)
            return RegisterDriver::read_raw(channel, info);
        const bool is_humidity = channel.channel_type() == ChannelType::humidityrelative;
        const auto &times = is_humidity ? humidity_time : temperature_time;
        const std::lock_guard lock{mutex_};
        const auto time = times[chosen(*channel.setting_of(Info::sampling_frequency))];
        const auto [word] = IIO_TRY(commands_.ask<1>(static_cast<unsigned>(channel.address), time));
        if (is_humidity) { // % = 125 word / 65536 - 6
            // kernel: A humidity below 0 % is shown as 100 %, like one above 100 %.
            const int thousandths = (word * 12'500 / 65'536 - 600) * 10;
            return Int{thousandths < 0 || thousandths > 100'000 ? 100'000 : thousandths};
        }
        // Degrees Celsius = 175.72 word / 65536 - 46.85
        return Int{static_cast<int>(std::int64_t{word} * 175'720 / 65'536) - 46'850};
    }

    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        return choose_by(setting, channel, index,
                         [&](unsigned code) { return change(RESOLUTION, code); });
    }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        const std::lock_guard lock{mutex_};
        text += IIO_TRY(registers().read(READ_USER_REGISTER)) & attribute.id ? "1\n" : "0\n";
        return {};
    }
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        const unsigned on = IIO_TRY(parse_unsigned(text, 10));
        if (on > 1)
            return fail(EINVAL);
        IIO_TRY(change(HEATER, on));
        return text.size();
    }

private:
    /// The register is read and written at two addresses.
    Result<void> change(Field field, unsigned code) const
    {
        const std::lock_guard lock{mutex_};
        const unsigned word = IIO_TRY(registers().read(READ_USER_REGISTER));
        return registers().poke(WRITE_USER_REGISTER, (word & ~field.mask) | field.place(code));
    }

    const Commands commands_;
    mutable std::mutex mutex_; ///< a command and its answer
};

constexpr std::array<std::uint8_t, 1> addresses{0x40};

/// The serial number's second half ends with letters: "HT", or "TS" of a TSYS02D.
constexpr IdentityCommand by_letters(std::uint16_t letters)
{
    IdentityCommand asked{
        .format = {.check = check}, .command = 0xfcc9, .words = 2, .mask = 0xffff};
    asked.codes.add(letters);
    return asked;
}

} // namespace

IIO_MODULE(
    htu21, Htu21,
    Part{.name = "htu21", .addresses = addresses, .data = htu21, .recognised = by_letters(0x4854)},
    Part{.name = "ms8607-humidity",
         .addresses = addresses,
         .data = ms8607,
         .recognised = by_letters(0x4854)},
    Part{.name = "tsys02d",
         .addresses = addresses,
         .data = tsys02d,
         .recognised = by_letters(0x5453)});

} // namespace iio::htu21
