// SPDX-License-Identifier: MIT
//
// Silicon Labs Si7020 and its like (Si7021, Si7013, HTU21, TH06): relative humidity and
// temperature, with a heater. I2C at 0x40. Datasheet: Si7020-A20 Rev 1.2, section 5.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::si7020 {
namespace {

enum : std::uint8_t {
    MEASURE_HUMIDITY = 0xe5, // the part holds the clock until it has measured
    MEASURE_TEMPERATURE = 0xe3,
    RESET = 0xfe,
    WRITE_USER_REGISTER = 0xe6,
    WRITE_HEATER_CONTROL = 0x51,
};
constexpr Field HTRE{WRITE_USER_REGISTER, 1 << 2}; // the heater is on
constexpr Field HEATER{WRITE_HEATER_CONTROL, 0x0f};
constexpr unsigned user_register_reset = 0x3a;
constexpr auto power_up_time = 15ms;

// Degrees Celsius: 175.72 word / 65536 - 46.85; %: 125 word / 65536 - 6. The lowest two
// of the word's bits are a status.
constexpr Value millidegrees_per_step = FractionalLog2{175'720, 14};
constexpr Value temperature_offset = Int{-4368};
constexpr Value millipercent_per_step = FractionalLog2{125'000, 14};
constexpr int code_of_0 = 786;
constexpr int code_of_100 = 13'893;
constexpr Value humidity_offset = Int{-code_of_0};
constexpr auto sample = ScanType::of_unsigned(14, 16, 2, Endian::big);
// 3 to 94 mA.
constexpr Choices heater_currents{
    .values = ints<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15>, .field = HEATER};
constexpr std::array<Value, 3> heater_range{Int{0}, Int{1}, Int{15}};

constexpr std::array channel_list{
    Channel::in(ChannelType::humidityrelative)
        .at(MEASURE_HUMIDITY)
        .separate(Info::raw)
        .constant(Info::scale, millipercent_per_step)
        .constant(Info::offset, humidity_offset)
        .sample(sample),
    Channel::in(ChannelType::temp)
        .at(MEASURE_TEMPERATURE)
        .separate(Info::raw)
        .constant(Info::scale, millidegrees_per_step)
        .constant(Info::offset, temperature_offset)
        .sample(sample),
    Channel::in(ChannelType::current)
        .extend("heater")
        .setting(Info::raw, heater_currents, Shared::separate),
};
constexpr std::array attribute_list{
    DeviceAttribute::of("heater_enable", ExtInfo::Access::read_write)};
constexpr RegisterPart part{{}, channel_list, attribute_list};

class Si7020 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    // kernel: The file `name` shows the chip's bus and address, such as 1-0040, not the part.
    std::string_view name() const { return hardware().location(); }

    /// The registers that are written cannot be read at the same address.
    Result<void> probe()
    {
        IIO_TRY(hardware().i2c()->write(std::array<std::uint8_t, 1>{RESET}));
        hardware().delay(power_up_time);
        IIO_TRY(registers().write(WRITE_USER_REGISTER, user_register_reset));
        return registers().write(WRITE_HEATER_CONTROL, 0);
    }

    // kernel: Humidity beyond 0 and 100 % is shown as these.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw || channel.address != MEASURE_HUMIDITY)
            return RegisterDriver::read_raw(channel, info);
        return Int{std::clamp(IIO_TRY(read_sample(channel)), code_of_0, code_of_100)};
    }

    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::min_step_max(heater_range);
    }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        text += *heats_.lock() ? "1\n" : "0\n";
        return {};
    }
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        const bool on = IIO_TRY(parse_bool(text));
        const auto heats = heats_.lock();
        IIO_TRY(registers().set(HTRE, on));
        *heats = on;
        return text.size();
    }

private:
    Guarded<bool> heats_{false};
};

// Electronic ID, 2nd access: SNB_3 of an Si7013, Si7020, Si7021.
constexpr IdentityCommand electronic_id{.format = {.check = Crc8{.initial = 0}},
                                        .command = 0xfcc9,
                                        .mask = 0xff00,
                                        .codes = {0x0d, 0x14, 0x15}};

} // namespace

IIO_MODULE(si7020, Si7020,
           Part{.name = "si7020", .addresses = {0x40}, .data = part, .recognised = electronic_id});

} // namespace iio::si7020
