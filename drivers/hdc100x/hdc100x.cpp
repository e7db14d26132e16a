// SPDX-License-Identifier: MIT
//
// TI HDC1000, HDC1008, HDC1010, HDC1050 and HDC1080: relative humidity and temperature,
// measured when the register of the result is pointed at. I2C at 0x40 to 0x43, the
// HDC1050 and HDC1080 at 0x40 alone.
// Datasheets: SNAS672A (HDC1080), SNAS685A (HDC1010).
#include <iio/driver.hpp>

namespace iio::hdc100x {
namespace {

enum : std::uint8_t { Temperature = 0x00, Humidity = 0x01, Configuration = 0x02 };
constexpr Field HEAT{Configuration, 1 << 13};
constexpr Field MODE{Configuration, 1 << 12}; // 1: temperature and humidity in sequence
constexpr Field TRES{Configuration, 1 << 10};
constexpr Field HRES{Configuration, 3 << 8};
constexpr Field Manufacturer_ID{0xfe, 0xffff};

// (raw + offset) * scale: 165 raw / 65536 - 40 degrees Celsius, 100 raw / 65536 %.
constexpr Value temperature_scale = FractionalLog2{165'000, 16};
constexpr Value temperature_offset = IntPlusMicro{-15'887, 515'151};
constexpr Value humidity_scale = FractionalLog2{100'000, 16};

/// Conversion times are resolutions of 8 (humidity), 11 and 14 bits.
constexpr Choices humidity_times{
    .values = micros<2'500, 3'850, 6'500>, .field = HRES, .codes = {2, 1, 0}, .initial = 2};
constexpr Choices temperature_times{
    .values = micros<3'650, 6'350>, .field = TRES, .codes = {1, 0}, .initial = 1};
constexpr auto margin = 1ms; // the datasheets give typical times

// kernel: Any whole number but 0 turns the heater on.
constexpr Result<unsigned> find_not_0(std::span<const Value>, Written written)
{
    return written.fraction != 0 ? Result<unsigned>{fail(EINVAL)} : written.integer != 0;
}
constexpr Choices heater{.values = ints<0, 1>, .field = HEAT, .find = find_not_0};

// kernel: A scan's temperature is signed, so that one above 42.5 degrees Celsius is negative in the
// buffer.
constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(Temperature)
        .separate(Info::raw)
        .constant(Info::scale, temperature_scale)
        .constant(Info::offset, temperature_offset)
        .unlisted(Info::integration_time, temperature_times, Shared::separate)
        .direct(Info::raw)
        .scan(0, ScanType::of_signed(16, 16, 0, Endian::big)),
    Channel::in(ChannelType::humidityrelative)
        .at(Humidity)
        .separate(Info::raw)
        .constant(Info::scale, humidity_scale)
        .unlisted(Info::integration_time, humidity_times, Shared::separate)
        .direct(Info::raw)
        .scan(1, ScanType::of_unsigned(16, 16, 0, Endian::big)),
    Channel::out(ChannelType::current)
        .extend("heater")
        .setting(Info::raw, heater, Shared::separate),
    Channel::timestamp(2),
};
// kernel: The names of the lists of integration times do not begin with `in_`.
constexpr std::array attribute_list{
    DeviceAttribute::constant("temp_integration_time_available", "0.00365 0.00635\n"),
    DeviceAttribute::constant("humidityrelative_integration_time_available",
                              "0.0025 0.00385 0.0065\n"),
};
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .identity = {Manufacturer_ID, {0x5449}},
    .setup = {{MODE, 0}},
    .proof = {MODE, 0}, // 1 after a reset
};

class Hdc100x : public RegisterDriver {
public:
    explicit Hdc100x(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list},
          results_{hardware, {.command_bytes = 1, .check = {}}}
    {
    }

    // kernel: The file `name` shows the chip's bus and address, such as 1-0040, not the part.
    std::string_view name() const { return hardware().location(); }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw || channel.setting_of(info))
            return RegisterDriver::read_raw(channel, info);
        const std::lock_guard lock{measuring_};
        const auto [raw] =
            IIO_TRY(results_.ask<1>(static_cast<unsigned>(channel.address),
                                    time_of(*channel.setting_of(Info::integration_time)) + margin));
        return Int{raw};
    }

    /// What is written to the part ends a measurement.
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        const std::lock_guard lock{measuring_};
        return RegisterDriver::choose(setting, channel, index);
    }

    Result<void> start_buffer(const BufferSetup &) const { return registers().set(MODE, 1); }
    Result<void> stop_buffer() const { return registers().set(MODE, 0); }
    Result<void> scan(Scan &scan) const
    {
        const std::lock_guard lock{measuring_};
        const auto [temperature, humidity] = IIO_TRY(results_.ask<2>(
            Temperature, time_of(temperature_times) + time_of(humidity_times) + margin));
        scan.put(channel_list[0], temperature);
        scan.put(channel_list[1], humidity);
        return {};
    }

private:
    std::chrono::microseconds time_of(const Choices &times) const
    {
        return std::chrono::microseconds{std::get<IntPlusMicro>(value_of(times)).micro};
    }

    const Commands results_;
    mutable std::mutex measuring_;
};

constexpr std::array<std::uint8_t, 4> addresses{0x40, 0x41, 0x42, 0x43}; // by ADR0, ADR1

// A read of Manufacturer_ID, whose number resets an Si7020 at the same address, is the driver's.
constexpr Field Device_ID{0xff, 0xffff};
constexpr Recognition hdc1000{layout.format, {Device_ID, {0x1000}}};
constexpr Recognition hdc1050{layout.format, {Device_ID, {0x1050}}};

} // namespace

IIO_MODULE(hdc100x, Hdc100x, Part{.name = "hdc1000", .addresses = addresses, .recognised = hdc1000},
           Part{.name = "hdc1008", .addresses = addresses, .recognised = hdc1000},
           Part{.name = "hdc1010", .addresses = addresses, .recognised = hdc1000},
           Part{.name = "hdc1050", .addresses = {0x40}, .recognised = hdc1050},
           Part{.name = "hdc1080", .addresses = {0x40}, .recognised = hdc1050});

} // namespace iio::hdc100x
