// SPDX-License-Identifier: MIT
//
// Analog Devices ADXL345: acceleration on three axes, 3.9 mg a step, and an offset for each
// that the part adds. I2C at 0x53 or 0x1d, by the pin SDO, or SPI. Datasheet: ADXL345 Rev. G.
#include <iio/driver.hpp>
#include <utility>

namespace iio::adxl345 {
namespace {

enum : std::uint8_t {
    OFSX = 0x1e, // four steps of the result each
    DATAX0 = 0x32,
};
constexpr Field DEVID{0x00, 0xff};
constexpr Field Rate{0x2c, 0xf << 0};  // BW_RATE
constexpr Field Measure{0x2d, 1 << 3}; // POWER_CTL
constexpr Field DATA_FORMAT{0x31, 0xff};
constexpr unsigned FULL_RES = 1 << 3; // steps stay 3.9 mg; the range is the least, +-2 g
constexpr int steps_per_offset = 4;

constexpr Value scale = IntPlusMicro{0, 38'300}; // m/s^2, rounded by the kernel's driver

/// Table 7: 3200 Hz and its halves.
constexpr std::int64_t lowest_nanohertz = 97'656'250;
constexpr Value to_hertz(std::int64_t nanohertz)
{
    return IntPlusNano{static_cast<int>(nanohertz / 1'000'000'000),
                       static_cast<int>(nanohertz % 1'000'000'000)};
}
template <std::size_t... codes>
constexpr std::array<Value, sizeof...(codes)> rates_by_code(std::index_sequence<codes...>)
{
    return {to_hertz(lowest_nanohertz << codes)...};
}
constexpr auto rate_values = rates_by_code(std::make_index_sequence<16>{});

/// The highest rate that is not above what was written, else the lowest.
/// kernel: A negative `sampling_frequency` that is written sets the highest rate, where EINVAL
/// would be right.
Result<unsigned> find_rate(std::span<const Value> values, Written written)
{
    const std::int64_t wanted = std::int64_t{written.integer} * 1'000'000'000 + written.fraction;
    const auto highest = static_cast<unsigned>(values.size() - 1);
    if (wanted < 0)
        return highest;
    unsigned code = 0;
    while (code < highest && lowest_nanohertz << (code + 1) <= wanted)
        ++code;
    return code;
}
constexpr Choices rates{.values = rate_values, .field = Rate, .kept = true, .find = find_rate};

constexpr Channel axis(Modifier modifier, std::uint8_t number)
{
    return Channel::in(ChannelType::accel)
        .modifier(modifier)
        .at(DATAX0 + 2U * number)
        .sample(ScanType::of_signed(13, 16, 0, Endian::little))
        .separate(Info::raw, Info::calibbias)
        .constant(Info::scale, scale, Shared::by_type)
        .unlisted(Info::sampling_frequency, rates, Shared::by_type);
}
constexpr std::array channel_list{axis(Modifier::x, 0), axis(Modifier::y, 1), axis(Modifier::z, 2)};
constexpr std::array attribute_list{
    DeviceAttribute::constant("sampling_frequency_available",
                              "0.09765625 0.1953125 0.390625 0.78125 1.5625 3.125 6.25 12.5 "
                              "25 50 100 200 400 800 1600 3200\n"),
};
constexpr Layout layout{
    .format = {.spi_increment = 0x40},
    .identity = {DEVID, {0xe5}},
    .setup = {{DATA_FORMAT, FULL_RES}},
    .proof = {DATA_FORMAT, FULL_RES}, // 0 after a reset
    .power = {.on = {Measure, 1}, .off = {Measure, 0}, .always_on = true},
};

class Adxl345 : public RegisterDriver {
public:
    explicit Adxl345(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::calibbias)
            return RegisterDriver::read_raw(channel, info);
        const unsigned offset = IIO_TRY(registers().read(offset_of(channel)));
        return Int{sign_extend(offset, 8) * steps_per_offset};
    }

    WriteFormat write_format(const Channel &channel, Info info) const
    {
        return info == Info::calibbias ? WriteFormat::integer
                                       : RegisterDriver::write_format(channel, info);
    }
    // kernel: A written `calibbias` that does not fit into the part's byte is cut to its low bits.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::calibbias)
            return RegisterDriver::write_raw(channel, info, written);
        return registers().write(offset_of(channel),
                                 static_cast<std::uint8_t>(written.integer / steps_per_offset));
    }

private:
    static unsigned offset_of(const Channel &axis)
    {
        return OFSX + static_cast<unsigned>(axis.address - DATAX0) / 2;
    }
};

} // namespace

IIO_MODULE(adxl345, Adxl345,
           Part{.name = "adxl345",
                .addresses = {0x53, 0x1d},
                .spi = SpiSettings{.mode = 3, .speed_hz = 5'000'000},
                .recognised = layout});

} // namespace iio::adxl345
