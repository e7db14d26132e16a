// SPDX-License-Identifier: MIT
#include "bmp180.hpp"

#include "settings.hpp"
#include "wrapping.hpp"

#include <array>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <thread>

namespace iio::bmp {

namespace {

// Registers, figure 6. Words are high byte first.
constexpr std::uint8_t AC1 = 0xaa; // the first of 11 calibration words
constexpr std::uint8_t ID = 0xd0;
constexpr std::uint8_t CTRL_MEAS = 0xf4;
constexpr std::uint8_t OUT_MSB = 0xf6;

constexpr std::uint8_t id_bmp180 = 0x55;
constexpr unsigned CTRL_MEAS_SCO = 1 << 5; // a conversion runs
constexpr unsigned start_temperature = 0x2e;
constexpr unsigned start_pressure = 0x34; // OSS in the two bits above

// Table 3, the longest conversion of each OSS; a temperature takes that of 0.
constexpr std::array<unsigned, 4> conversion_time_us{4'500, 7'500, 13'500, 25'500};

constexpr std::array channels_data{
    Channel::in(ChannelType::pressure).separate(Info::processed, Info::oversampling_ratio),
    Channel::in(ChannelType::temp).separate(Info::processed, Info::oversampling_ratio),
};
constexpr ChannelTable channel_table{channels_data};

using Number = Wrapping<std::int32_t>;

} // namespace

bool Bmp180::drives(std::string_view part)
{
    return part == "bmp085" || part == "bmp180" || part == "bmp181";
}

ChannelTable Bmp180::channels() const { return channel_table; }

Result<void> Bmp180::probe()
{
    if (IIO_TRY(bus_.read_u8(ID)) != id_bmp180)
        return fail(ENODEV);
    const auto bytes = IIO_TRY(bus_.read<22>(AC1));
    std::array<std::uint32_t, 11> words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = big_endian(std::span{bytes}.subspan(2 * i, 2));
        // Section 3.4: no word is 0 or 0xffff on a sound bus.
        if (words[i] == 0 || words[i] == 0xffff)
            return fail(EIO);
    }
    const auto u16 = [&](std::size_t i) { return static_cast<std::int32_t>(words[i]); };
    const auto s16 = [&](std::size_t i) { return sign_extend(words[i], 16); };
    calibration_ = {.ac1 = s16(0),
                    .ac2 = s16(1),
                    .ac3 = s16(2),
                    .ac4 = words[3],
                    .ac5 = u16(4),
                    .ac6 = u16(5),
                    .b1 = s16(6),
                    .b2 = s16(7),
                    .mb = s16(8),
                    .mc = s16(9),
                    .md = s16(10)};
    return {};
}

Result<bool> Bmp180::is_configured() const { return IIO_TRY(bus_.read_u8(ID)) == id_bmp180; }

Result<Value> Bmp180::read_raw(const Channel &channel, Info info) const
{
    // One conversion at a time: the result register belongs to the last one.
    const auto state = state_.lock();
    const bool pressure = channel.channel_type() == ChannelType::pressure;
    switch (info) {
    case Info::processed:
        if (pressure)
            return Fractional{IIO_TRY(read_pressure(state->oss)), 1000};
        return Int{IIO_TRY(read_temperature()) * 100};
    case Info::oversampling_ratio:
        return Int{pressure ? 1 << state->oss : 1};
    default:
        return fail(EINVAL);
    }
}

/// The chip is told of OSS with each conversion.
Result<void> Bmp180::write_raw(const Channel &channel, Info info, Written written) const
{
    if (info != Info::oversampling_ratio)
        return fail(EINVAL);
    const bool pressure = channel.channel_type() == ChannelType::pressure;
    const auto oss = IIO_TRY(find_ratio(written, pressure ? conversion_time_us.size() : 1U));
    if (pressure)
        state_.lock()->oss = oss;
    return {};
}

/// Errors: EIO: the conversion runs longer than its maximum.
Result<void> Bmp180::convert(unsigned command, unsigned time_us) const
{
    IIO_TRY(bus_.write_u8(CTRL_MEAS, static_cast<std::uint8_t>(command)));
    std::this_thread::sleep_for(std::chrono::microseconds{time_us});
    if (IIO_TRY(bus_.read_u8(CTRL_MEAS)) & CTRL_MEAS_SCO)
        return fail(EIO);
    return {};
}

// Figure 4, with the variables' names.

/// What both compensations start from. Errors: EIO: the calibration cannot be.
Result<std::int32_t> Bmp180::read_b5() const
{
    IIO_TRY(convert(start_temperature, conversion_time_us[0]));
    const Number ut = big_endian(IIO_TRY(bus_.read<2>(OUT_MSB)));
    const auto &c = calibration_;
    const auto x1 = ((ut - c.ac6) * c.ac5) >> 15;
    const auto divisor = x1 + c.md;
    if (divisor == 0)
        return fail(EIO);
    return static_cast<std::int32_t>(x1 + (Number{c.mc} << 11) / divisor);
}

/// In 0.1 degrees Celsius.
Result<std::int32_t> Bmp180::read_temperature() const
{
    return static_cast<std::int32_t>((Number{IIO_TRY(read_b5())} + 8) >> 4);
}

/// In Pa. Errors: EIO: the calibration cannot be.
Result<std::int32_t> Bmp180::read_pressure(unsigned oss) const
{
    const auto &c = calibration_;
    const Number b6 = Number{IIO_TRY(read_b5())} - 4000;
    IIO_TRY(convert(start_pressure | oss << 6, conversion_time_us[oss]));
    const auto up = big_endian(IIO_TRY(bus_.read<3>(OUT_MSB))) >> (8 - oss);

    const auto b6_square = (b6 * b6) >> 12;
    Number x1 = (b6_square * c.b2) >> 11;
    Number x2 = (b6 * c.ac2) >> 11;
    Number x3 = x1 + x2;
    const auto b3 = (((Number{c.ac1} * 4 + x3) << static_cast<int>(oss)) + 2) / 4;
    x1 = (b6 * c.ac3) >> 13;
    x2 = (b6_square * c.b1) >> 16;
    x3 = (x1 + x2 + 2) >> 2;
    const auto b4 = (c.ac4 * static_cast<std::uint32_t>(x3 + 32'768)) >> 15;
    if (b4 == 0)
        return fail(EIO);
    const auto b7 = (up - static_cast<std::uint32_t>(b3)) * (50'000U >> oss);
    const Number p = b7 < 0x8000'0000 ? b7 * 2 / b4 : b7 / b4 * 2;
    x1 = (p >> 8) * (p >> 8);
    x1 = (x1 * 3038) >> 16;
    x2 = (p * -7357) >> 16;
    return static_cast<std::int32_t>(p + ((x1 + x2 + 3791) >> 4));
}

} // namespace iio::bmp
