// SPDX-License-Identifier: MIT
#include "bmp380.hpp"

#include "wrapping.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <thread>

namespace iio::bmp {

namespace {

using namespace std::chrono_literals;
using Number = Wrapping<std::int64_t>;

// Registers, section 4.2. Words and readings are low byte first.
constexpr std::uint8_t CHIP_ID = 0x00;
constexpr std::uint8_t ERR_REG = 0x02;
constexpr std::uint8_t STATUS = 0x03;
constexpr std::uint8_t DATA = 0x04; // pressure, temperature
constexpr std::uint8_t PWR_CTRL = 0x1b;
constexpr std::uint8_t OSR = 0x1c;
constexpr std::uint8_t ODR = 0x1d;
constexpr std::uint8_t CONFIG = 0x1f;
constexpr std::uint8_t NVM_PAR_T1 = 0x31;
constexpr std::uint8_t CMD = 0x7e;

constexpr std::uint8_t id_bmp388 = 0x50;
constexpr unsigned ERR_REG_CMD = 1 << 1;
constexpr unsigned ERR_REG_CONF = 1 << 2;
constexpr unsigned STATUS_CMD_RDY = 1 << 4;
constexpr unsigned PWR_CTRL_SENSORS = 3; // pressure and temperature
constexpr unsigned PWR_CTRL_SLEEP = PWR_CTRL_SENSORS;
constexpr unsigned PWR_CTRL_NORMAL = PWR_CTRL_SENSORS | 3 << 4;
constexpr std::uint8_t CMD_SOFTRESET = 0xb6;

constexpr auto start_up_time = 2ms; // table 2
constexpr auto mode_change_time = 5ms;

constexpr unsigned ratio_codes = 6; // 1 to 32
constexpr unsigned rate_codes = 18;
constexpr unsigned filter_codes = 8;
constexpr std::uint32_t no_reading = 0x800000;

// The operating range, table 2, in 0.01 degrees Celsius and 0.01 Pa. What is
// beyond is shown as its end, as by the kernel's driver.
constexpr Number coldest = -4000;
constexpr Number hottest = 8500;
constexpr std::uint64_t lowest = 3'000'000;
constexpr std::uint64_t highest = 12'500'000;

/// 200 Hz / 2^code, in millionths and rounded.
constexpr int rate_uhz(unsigned code) { return ((400'000'000 >> code) + 1) / 2; }
static_assert(rate_uhz(4) == 12'500'000 && rate_uhz(10) == 195'313 && rate_uhz(17) == 1526);

constexpr Channel make_channel(ChannelType type)
{
    return Channel::in(type)
        .separate(Info::processed, Info::oversampling_ratio)
        .by_all(Info::sampling_frequency, Info::low_pass_filter_3db_frequency);
}
constexpr std::array channels_data{
    make_channel(ChannelType::pressure),
    make_channel(ChannelType::temp),
};
constexpr ChannelTable channel_table{channels_data};

/// Section 3.9.2, the longest.
constexpr auto measurement_time(unsigned osr_p, unsigned osr_t)
{
    return std::chrono::microseconds{234 + 392 + (2020 << osr_p) + 163 + (2020 << osr_t)};
}

} // namespace

Bmp380::Bmp380(const Hardware &hardware) : bus_{hardware, {.dummy_bytes = 1}} {}

bool Bmp380::drives(std::string_view part) { return part == "bmp380"; }

ChannelTable Bmp380::channels() const { return channel_table; }

Result<void> Bmp380::probe()
{
    if (IIO_TRY(bus_.read_u8(CHIP_ID)) != id_bmp388)
        return fail(ENODEV);
    IIO_TRY(reset());
    IIO_TRY(settings_.lock()->ensure(applying()));
    return read_calibration();
}

/// Errors: EBUSY: it still executes a command; EINVAL: it refuses this one.
Result<void> Bmp380::reset() const
{
    if (!(IIO_TRY(bus_.read_u8(STATUS)) & STATUS_CMD_RDY))
        return fail(EBUSY);
    IIO_TRY(bus_.write_u8(CMD, CMD_SOFTRESET));
    std::this_thread::sleep_for(start_up_time);
    if (IIO_TRY(bus_.read_u8(ERR_REG)) & ERR_REG_CMD)
        return fail(EINVAL);
    return {};
}

Result<void> Bmp380::read_calibration()
{
    const auto bytes = IIO_TRY(bus_.read<21>(NVM_PAR_T1));
    const auto u16 = [&](std::size_t at) {
        return static_cast<std::int32_t>(little_endian(std::span{bytes}.subspan(at, 2)));
    };
    const auto s16 = [&](std::size_t at) {
        return sign_extend(static_cast<std::uint32_t>(u16(at)), 16);
    };
    const auto s8 = [&](std::size_t at) { return sign_extend(bytes[at], 8); };
    calibration_ = {.t1 = u16(0),
                    .t2 = u16(2),
                    .t3 = s8(4),
                    .p1 = s16(5),
                    .p2 = s16(7),
                    .p3 = s8(9),
                    .p4 = s8(10),
                    .p5 = u16(11),
                    .p6 = u16(13),
                    .p7 = s8(15),
                    .p8 = s8(16),
                    .p9 = s16(17),
                    .p10 = s8(19),
                    .p11 = s8(20)};
    return {};
}

/// After a reset it sleeps.
Result<bool> Bmp380::is_configured() const
{
    return IIO_TRY(bus_.read_u8(PWR_CTRL)) == PWR_CTRL_NORMAL;
}

Result<Value> Bmp380::read_raw(const Channel &channel, Info info) const
{
    const auto applied = settings_.lock();
    const auto &settings = applied->get();
    const bool pressure = channel.channel_type() == ChannelType::pressure;
    switch (info) {
    case Info::processed:
        IIO_TRY(applied->ensure(applying()));
        return measure(channel.channel_type());
    case Info::oversampling_ratio:
        return Int{1 << (pressure ? settings.pressure : settings.temperature)};
    case Info::sampling_frequency: {
        const int rate = rate_uhz(settings.rate);
        return IntPlusMicro{rate / 1'000'000, rate % 1'000'000};
    }
    case Info::low_pass_filter_3db_frequency: // the coefficient, as in the kernel's driver
        return Int{(1 << settings.filter) - 1};
    default:
        return fail(EINVAL);
    }
}

Result<void> Bmp380::write_raw(const Channel &channel, Info info, Written written) const
{
    const auto settings = settings_.lock();
    Settings wanted = settings->get();
    const bool pressure = channel.channel_type() == ChannelType::pressure;
    switch (info) {
    case Info::oversampling_ratio:
        (pressure ? wanted.pressure : wanted.temperature) =
            IIO_TRY(find_ratio(written, ratio_codes));
        return settings->change(wanted, applying());
    case Info::sampling_frequency:
        for (wanted.rate = 0; wanted.rate < rate_codes; ++wanted.rate) {
            const int rate = rate_uhz(wanted.rate);
            if (written.integer == rate / 1'000'000 && written.fraction == rate % 1'000'000)
                return settings->change(wanted, applying());
        }
        return fail(EINVAL);
    case Info::low_pass_filter_3db_frequency:
        for (wanted.filter = 0; wanted.filter < filter_codes; ++wanted.filter) {
            if (written.integer == (1 << wanted.filter) - 1)
                return settings->change(wanted, applying());
        }
        return fail(EINVAL);
    default:
        return fail(EINVAL);
    }
}

/// Settings count from the next begin of normal mode on.
/// Errors: EINVAL: the chip cannot measure so often with so much oversampling.
Result<void> Bmp380::apply(const Settings &settings) const
{
    const auto write = [&](std::uint8_t reg, unsigned value) {
        return bus_.write_u8(reg, static_cast<std::uint8_t>(value));
    };
    IIO_TRY(write(PWR_CTRL, PWR_CTRL_SLEEP));
    std::this_thread::sleep_for(mode_change_time);
    IIO_TRY(write(OSR, settings.temperature << 3 | settings.pressure));
    IIO_TRY(write(ODR, settings.rate));
    IIO_TRY(write(CONFIG, settings.filter << 1));
    IIO_TRY(write(PWR_CTRL, PWR_CTRL_NORMAL));
    std::this_thread::sleep_for(measurement_time(settings.pressure, settings.temperature));
    if (IIO_TRY(bus_.read_u8(ERR_REG)) & ERR_REG_CONF)
        return fail(EINVAL);
    return {};
}

/// Errors: EIO: not measured yet.
Result<Value> Bmp380::measure(ChannelType type) const
{
    // Only a burst is of one measurement (section 3.10).
    const auto bytes = IIO_TRY(bus_.read<6>(DATA));
    const auto pressure = little_endian(std::span{bytes}.first(3));
    const auto temperature = little_endian(std::span{bytes}.last(3));
    if (temperature == no_reading)
        return fail(EIO);
    const auto fine = fine_temperature(temperature);
    if (type == ChannelType::temp) { // 0.01 degrees Celsius
        const auto centidegrees = (Number{fine} * 25) >> 14;
        return Int{static_cast<int>(std::clamp(centidegrees, coldest, hottest)) * 10};
    }
    if (pressure == no_reading)
        return fail(EIO);
    return Fractional{static_cast<int>(compensate_pressure(pressure, fine)), 100'000};
}

// Section 9, as integers in powers of two of the coefficients in section 9.1.

/// In 2^14 / 25 steps of 0.01 degrees Celsius.
std::int64_t Bmp380::fine_temperature(std::uint32_t raw) const
{
    const auto &c = calibration_;
    const auto difference = Number{raw} - (Number{c.t1} << 8);
    const auto linear = (difference * c.t2) << 18;
    const auto square = difference * difference * c.t3;
    return static_cast<std::int64_t>((linear + square) >> 32);
}

/// In 0.01 Pa.
std::uint64_t Bmp380::compensate_pressure(std::uint32_t raw, std::int64_t fine) const
{
    const auto &c = calibration_;
    const Number t = fine;
    const Number p = raw;
    const auto square = t * t;
    const auto cube = ((square >> 6) * t) >> 8;
    const auto offset =
        (Number{c.p5} << 47) + ((cube * c.p8) >> 5) + ((square * c.p7) << 4) + ((t * c.p6) << 22);
    const auto sensitivity = ((Number{c.p1} - 16'384) << 46) + ((cube * c.p4) >> 5) +
                             ((square * c.p3) << 2) + (((Number{c.p2} - 16'384) * t) << 21);
    const auto of_square = (((t * c.p10) + (Number{c.p9} << 16)) * p) >> 13;
    // In tenths, so that it does not overflow.
    const auto second_order = ((p * (of_square / 10)) >> 9) * 10;
    const auto third_order = (((p * p * c.p11) >> 16) * p) >> 7;
    const auto sum = (offset >> 2) + (sensitivity >> 24) * p + second_order + third_order;
    return std::clamp(static_cast<std::uint64_t>(sum * 25) >> 40, lowest, highest);
}

} // namespace iio::bmp
