// SPDX-License-Identifier: MIT
//
// TI INA219 and INA226, and their relatives: the voltage over a shunt, bus voltage, power and
// current. I2C at 0x40 to 0x4f, by the pins A0 and A1. Datasheets: SBOS448 (INA219), SBOS547
// (INA226).
//
// The part converts all the time. While the buffer runs, the driver samples by itself.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::ina2xx {
namespace {

enum : std::uint8_t {
    SHUNT_VOLTAGE = 0x01,
    BUS_VOLTAGE = 0x02,
    POWER = 0x03,
    CURRENT = 0x04,
    CALIBRATION = 0x05,
};
constexpr Field BADC{0x00, 0xf << 7}; // INA219; averages from 9 on
constexpr Field SADC{0x00, 0xf << 3};
constexpr Field PG{0x00, 3 << 11};
constexpr Field BRNG{0x00, 1 << 13};
constexpr Field CNVR{BUS_VOLTAGE, 1 << 1}; // converted
constexpr Field AVG{0x00, 7 << 9};         // INA226
constexpr Field VBUSCT{0x00, 7 << 6};
constexpr Field VSHCT{0x00, 7 << 3};
constexpr Field CVRF{0x06, 1 << 3};
constexpr Field MODE{0x00, 7 << 0}; // 0: power-down, 7: both, continuously

constexpr int initial_shunt_microohm = 10'000;
constexpr int polls_per_sample = 5;

/// The value that is nearest. Errors: EINVAL: beyond the first or last of them.
Result<unsigned> find_nearest(std::span<const Value> values, Written written)
{
    const auto micro = [](const Value &value) {
        const auto raw = detail::to_raw(value);
        return std::int64_t{raw.vals[0]} * 1'000'000 + raw.vals[1];
    };
    const auto wanted = written.millionths();
    if (wanted < micro(values.front()) || wanted > micro(values.back()))
        return fail(EINVAL);
    const auto nearest = std::ranges::min_element(
        values, {}, [&](const Value &value) { return std::abs(micro(value) - wanted); });
    return static_cast<unsigned>(nearest - values.begin());
}
Result<unsigned> find_nearest_integer(std::span<const Value> values, Written written)
{
    return find_nearest(values, {written.integer, 0});
}
/// Of gains in thousandths.
Result<unsigned> find_gain(std::span<const Value> values, Written written)
{
    const auto milli = std::int64_t{written.integer} * 1000 + written.fraction / 1000;
    for (unsigned i = 0; i < values.size(); ++i) {
        if (std::get<Fractional>(values[i]).numerator == milli && written.fraction % 1000 == 0)
            return i;
    }
    return fail(EINVAL);
}

constexpr auto &ina219_times =
    micros<84, 148, 276, 532, 1060, 2130, 4260, 8510, 17'020, 34'050, 68'100>;
constexpr Choices ina219_shunt_times{.values = ina219_times,
                                     .field = SADC,
                                     .codes = {0, 1, 2, 3, 9, 10, 11, 12, 13, 14, 15},
                                     .initial = 3,
                                     .find = find_nearest};
constexpr Choices ina219_bus_times{.values = ina219_times,
                                   .field = BADC,
                                   .codes = {0, 1, 2, 3, 9, 10, 11, 12, 13, 14, 15},
                                   .initial = 3,
                                   .find = find_nearest};
constexpr std::array<Value, 4> gain_values{Fractional{125, 1000}, Fractional{250, 1000},
                                           Fractional{500, 1000}, Fractional{1000, 1000}};
constexpr Choices shunt_gains{
    .values = gain_values, .field = PG, .codes = codes_down_from(3), .find = find_gain};
constexpr Choices bus_gains = integers(ints<1, 2>, BRNG, 0, codes_down_from(1)); // 32 V, 16 V

constexpr auto &ina226_times = micros<140, 204, 332, 588, 1100, 2116, 4156, 8244>;
constexpr Choices ina226_shunt_times{
    .values = ina226_times, .field = VSHCT, .initial = 4, .find = find_nearest};
constexpr Choices ina226_bus_times{
    .values = ina226_times, .field = VBUSCT, .initial = 4, .find = find_nearest};
constexpr auto &ratio_values = ints<1, 4, 16, 64, 128, 256, 512, 1024>;
constexpr Choices ratios{
    .values = ratio_values, .field = AVG, .initial = 1, .find = find_nearest_integer};

// In mV a step.
constexpr Value ina219_shunt_scale = Fractional{10, 1000};
constexpr Value ina219_bus_scale = Fractional{4000, 1000};
constexpr Value ina226_shunt_scale = Fractional{2500, 1'000'000};
constexpr Value ina226_bus_scale = Fractional{1250, 1000};

enum Attributes : std::uint32_t { shunt_resistor, allow_async_readout };

constexpr Channel quantity(ChannelType type, int number, unsigned reg, std::uint8_t shift = 0)
{
    // kernel: The scan elements of current, power and shunt voltage are unsigned, also where they
    // can be negative.
    return Channel::in(type, number)
        .at(reg)
        .separate(Info::raw)
        .by_direction(Info::sampling_frequency)
        .scan(number, ScanType::of_unsigned(16 - shift, 16, shift, Endian::little));
}
constexpr Channel timed(const Channel &channel, const Choices &times, const Value &scale)
{
    return channel.constant(Info::scale, scale)
        .unlisted(Info::integration_time, times, Shared::separate)
        .direct_write(Info::integration_time);
}
constexpr Channel ina219_quantity(const Channel &channel) { return channel; }
constexpr Channel ina226_quantity(const Channel &channel)
{
    return channel.unlisted(Info::oversampling_ratio, ratios, Shared::by_direction)
        .direct_write(Info::oversampling_ratio);
}
constexpr std::array ina219_channels{
    timed(quantity(ChannelType::voltage, 0, SHUNT_VOLTAGE), ina219_shunt_times, ina219_shunt_scale)
        .setting(Info::hardwaregain, shunt_gains, Shared::separate)
        .direct_write(Info::hardwaregain),
    timed(quantity(ChannelType::voltage, 1, BUS_VOLTAGE, 3), ina219_bus_times, ina219_bus_scale)
        .setting(Info::hardwaregain, bus_gains, Shared::separate)
        .direct_write(Info::hardwaregain),
    quantity(ChannelType::power, 2, POWER).separate(Info::scale),
    quantity(ChannelType::current, 3, CURRENT).separate(Info::scale),
    Channel::timestamp(4),
};
constexpr std::array ina226_channels{
    ina226_quantity(timed(quantity(ChannelType::voltage, 0, SHUNT_VOLTAGE), ina226_shunt_times,
                          ina226_shunt_scale)),
    ina226_quantity(
        timed(quantity(ChannelType::voltage, 1, BUS_VOLTAGE), ina226_bus_times, ina226_bus_scale)),
    ina226_quantity(quantity(ChannelType::power, 2, POWER).separate(Info::scale)),
    ina226_quantity(quantity(ChannelType::current, 3, CURRENT).separate(Info::scale)),
    Channel::timestamp(4),
};
constexpr std::array ina219_attributes{
    ShuntResistor::attribute(shunt_resistor),
    DeviceAttribute::of("in_allow_async_readout", ExtInfo::Access::read_write, allow_async_readout),
    DeviceAttribute::constant("integration_time_available",
                              "0.000084 0.000148 0.000276 0.000532 0.001060 0.002130 0.004260 "
                              "0.008510 0.017020 0.034050 0.068100\n"),
};
constexpr std::array ina226_attributes{
    ina219_attributes[0],
    ina219_attributes[1],
    DeviceAttribute::constant("integration_time_available",
                              "0.000140 0.000204 0.000332 0.000588 0.001100 0.002116 0.004156 "
                              "0.008244\n"),
};

struct Variant {
    ChannelTable channels;
    std::span<const DeviceAttribute> attributes;
    const Choices &shunt_times;
    const Choices &bus_times;
    bool averages;
    Field ready;
    /// With it the current's step is that of the shunt voltage over the shunt.
    std::uint16_t calibration;
    int current_scale; ///< nanovolts over the shunt
    int power_factor;  ///< the power's step, in V times the current's
};
constexpr Variant ina219{ina219_channels,
                         ina219_attributes,
                         ina219_shunt_times,
                         ina219_bus_times,
                         false,
                         CNVR,
                         4096,
                         10'000,
                         20};
constexpr Variant ina226{ina226_channels,
                         ina226_attributes,
                         ina226_shunt_times,
                         ina226_bus_times,
                         true,
                         CVRF,
                         2048,
                         2500,
                         25};
constexpr Layout layout{
    .format = {.word_bytes = 2},
    .power = {.on = {MODE, 7}, .off = {MODE, 0}, .always_on = true},
};

class Ina2xx : public RegisterDriver {
public:
    explicit Ina2xx(const Hardware &hardware)
        : RegisterDriver{hardware, layout, hardware.data<Variant>().channels,
                         hardware.data<Variant>().attributes},
          variant_{hardware.data<Variant>()},
          sampling_{hardware, [this] { sample(); }}
    {
    }

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        return registers().write(CALIBRATION, variant_.calibration);
    }
    /// 0 after a reset.
    Result<bool> is_configured() const
    {
        return IIO_TRY(registers().read(CALIBRATION)) == variant_.calibration;
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::sampling_frequency)
            return Int{static_cast<int>((1'000'000 + sample_us() / 2) / sample_us())};
        if (info == Info::scale && !channel.constant_of(info)) {
            const int factor = channel.address == POWER ? variant_.power_factor : 1;
            return shunt_.scale(variant_.current_scale * factor);
        }
        if (info != Info::raw)
            return RegisterDriver::read_raw(channel, info);
        const unsigned word = IIO_TRY(registers().read(static_cast<unsigned>(channel.address)));
        if (channel.address == SHUNT_VOLTAGE || channel.address == CURRENT)
            return Int{sign_extend(word, 16)};
        return Int{static_cast<int>(word >> channel.scan_type.shift)};
    }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        if (attribute.id == shunt_resistor)
            shunt_.read(text);
        else
            text += is_async_ ? "1\n" : "0\n";
        return {};
    }
    Result<std::size_t> write_attribute(const DeviceAttribute &attribute,
                                        std::string_view text) const
    {
        if (attribute.id == shunt_resistor)
            return shunt_.write(text);
        is_async_ = IIO_TRY(parse_bool(text));
        return text.size();
    }

    unsigned modes() const { return IIO_MODE_BUFFER_SOFTWARE; }
    Result<void> start_buffer(const BufferSetup &setup) const
    {
        sampled_ = setup.active;
        sampling_.start(std::chrono::microseconds{sample_us()});
        return {};
    }
    Result<void> stop_buffer() const
    {
        sampling_.stop();
        return {};
    }

private:
    int sample_us() const
    {
        const auto us = [this](const Choices &times) {
            return std::get<IntPlusMicro>(value_of(times)).micro;
        };
        const int ratio = variant_.averages ? std::get<Int>(value_of(ratios)).value : 1;
        return ratio * (us(variant_.shunt_times) + us(variant_.bus_times));
    }

    /// Reading the flag clears it; the INA219's is cleared by reading the power.
    /// Errors: ETIMEDOUT: no new sample.
    Result<void> wait_for_sample() const
    {
        const std::chrono::microseconds pause{sample_us() / polls_per_sample};
        return wait_until({variant_.ready, 1}, {pause, polls_per_sample, ETIMEDOUT});
    }

    /// A sample that fails is lost; the core sees the failure.
    void sample() const
    {
        if (!is_async_ && !wait_for_sample())
            return;
        std::array<unsigned, 4> words{};
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (!(sampled_ & scan_bit(static_cast<int>(i))))
                continue;
            const auto word = registers().read(SHUNT_VOLTAGE + static_cast<unsigned>(i));
            if (!word)
                return;
            words[i] = *word;
        }
        host().push(host().now(),
                    [&](Scan &scan) { scan.put_numbers(channels().first(words.size()), words); });
    }

    const Variant &variant_;
    const ShuntResistor shunt_{initial_shunt_microohm};
    mutable std::atomic<bool> is_async_ = false;
    mutable std::atomic<ScanMask> sampled_ = 0;
    mutable Periodic sampling_; ///< start_buffer and stop_buffer exclude each other
};

constexpr std::array<std::uint8_t, 8> addresses{0x40, 0x41, 0x44, 0x45, 0x48, 0x4a, 0x4c, 0x4f};

constexpr Recognition die_id{RegisterFormat{.word_bytes = 2}, {{0xff, 0xfff << 4}, {0x226}}};

} // namespace

IIO_MODULE(ina2xx, Ina2xx, Part{.name = "ina219", .addresses = addresses, .data = ina219},
           Part{.name = "ina220", .addresses = addresses, .data = ina219},
           Part{.name = "ina226", .addresses = addresses, .data = ina226, .recognised = die_id},
           Part{.name = "ina230", .addresses = addresses, .data = ina226, .recognised = die_id},
           Part{.name = "ina231", .addresses = addresses, .data = ina226, .recognised = die_id});

} // namespace iio::ina2xx
