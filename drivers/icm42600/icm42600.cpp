// SPDX-License-Identifier: MIT
//
// TDK InvenSense ICM-42605 and ICM-42688-P: a gyroscope and an accelerometer in one chip, each
// of them a device, with a FIFO. I2C at 0x68 or 0x69, by the pin AD0, SPI.
// Datasheets: DS-000292 (ICM-42605), DS-000347 (ICM-42688-P).
//
// A sensor is on while it is used. A buffer is filled from the FIFO, which needs the
// interrupt line.
#include "chip.hpp"

#include <atomic>

namespace iio::icm42600 {
namespace {

enum : unsigned { low_noise, low_power }; // the gyroscope has the first one only
constexpr std::array<const char *, 2> power_modes{"low-noise", "low-power"};
constexpr unsigned low_noise_code = 3; // of GYRO_MODE, ACCEL_MODE; 2 is low power, 0 off
constexpr std::array<const char *, id_count> suffixes{"-gyro", "-accel"};
constexpr std::array<Field, id_count> modes_of{GYRO_MODE, ACCEL_MODE};
constexpr std::array<std::chrono::milliseconds, id_count> start_up{60ms, 20ms};

constexpr std::array<Choices, id_count> scales{
    Choices{.values = nanos<1'065'264, 532'632, 266'316, 133'158, 66'579, 33'290, 16'645, 8322>,
            .field = {0x4f, 7 << 5}}, // rad/s
    Choices{.values = nanos<4'788'403, 2'394'202, 1'197'101, 598'550>,
            .field = {0x50, 7 << 5}}, // m/s^2
};
/// Of tenths of millihertz.
template <int... tenths>
constexpr std::array rate_values{Value{IntPlusMicro{tenths / 10'000, tenths % 10'000 * 100}}...};
constexpr auto &rate_list = rate_values<15'625, 31'250, 62'500, 125'000, 250'000, 500'000,
                                        1'000'000, 2'000'000, 10'000'000, 20'000'000, 40'000'000>;
constexpr Choices rates_from(unsigned first, Field field, unsigned initial)
{
    return {.values = std::span{rate_list}.subspan(first),
            .field = field,
            .codes = codes_down_from(14 - first),
            .initial = initial};
}
constexpr std::array<Choices, id_count> rates{rates_from(3, {0x4f, 15 << 0}, 2),
                                              rates_from(0, {0x50, 15 << 0}, 5)}; // Hz
// Of the accelerometer's: up to the first it has the low-power mode only, from the second on
// the low-noise mode only.
constexpr unsigned last_slow_rate = 2;
constexpr unsigned first_fast_rate = 8;

constexpr Value temperature_offset = Int{3312};
constexpr Value temperature_scale = IntPlusMicro{7, 548'309};

constexpr std::int64_t rounded(std::int64_t numerator, std::int64_t denominator)
{
    const std::int64_t half = numerator < 0 ? -denominator / 2 : denominator / 2;
    return (numerator + half) / denominator;
}
/// A step of an offset is pi / 5760 rad/s, or 0.5 mg in m/s^2.
struct OffsetUnit {
    std::int64_t numerator, denominator; ///< of the value's last digit
    int digits;                          ///< the value's parts of 1

    constexpr std::int64_t times(int steps) const
    {
        return rounded(steps * numerator, denominator);
    }
};
constexpr std::array<OffsetUnit, id_count> offset_units{
    OffsetUnit{314'159'265'359, 576'000, 1'000'000'000}, OffsetUnit{4'903'325, 1000, 1'000'000}};
constexpr Value bias_of(Id id, int offset)
{
    const std::int64_t value = offset_units[id].times(offset);
    const auto integer = static_cast<int>(value / offset_units[id].digits);
    const auto fraction = static_cast<int>(value % offset_units[id].digits);
    return id == gyro ? Value{IntPlusNano{integer, fraction}} : IntPlusMicro{integer, fraction};
}
constexpr int least_offset = -2048;
constexpr int most_offset = 2047;
template <Id id>
constexpr std::array biases{bias_of(id, least_offset), bias_of(id, 1), bias_of(id, most_offset)};

constexpr std::array ext_infos{
    ExtInfo::mount_matrix(Shared::by_all),
    ExtInfo::choice("power_mode", Shared::by_type, power_modes),
    ExtInfo::choice_available("power_mode_available", Shared::by_type, power_modes),
};

template <Id id>
constexpr auto channel_list =
    join(axes(id == gyro ? ChannelType::anglvel : ChannelType::accel,
              id == gyro ? GYRO_DATA : ACCEL_DATA, ScanType::of_signed(16, 16, 0, Endian::big),
              [](const Channel &axis) {
                  return axis.separate(Info::raw, Info::calibbias)
                      .available(Shared::by_type, Info::calibbias)
                      .direct(Info::raw)
                      .setting(Info::scale, scales[id], Shared::by_type)
                      .setting(Info::sampling_frequency, rates[id], Shared::by_all)
                      .with_ext_info(std::span{ext_infos}.first(id == gyro ? 1 : 3));
              }),
         Channel::in(ChannelType::temp)
             .at(TEMP_DATA)
             .separate(Info::raw)
             .direct(Info::raw)
             .constant(Info::offset, temperature_offset)
             .constant(Info::scale, temperature_scale)
             .setting(Info::sampling_frequency, rates[id], Shared::by_all)
             .scan(3, ScanType::of_signed(16, 16, 0, Endian::little)),
         Channel::timestamp(4));

template <Id id> class Sensor : public TableDriver {
public:
    Sensor(const Hardware &hardware, const Chip &chip)
        : TableDriver{hardware, channel_list<id>},
          chip_{chip},
          power_{hardware, [this](bool on) { return turn(on); }, 2000ms}
    {
    }
    ~Sensor() override { chip_.detach(id); }

    std::string name() const { return std::string{hardware().part()} + suffixes[id]; }
    Result<void> probe()
    {
        return for_each_field([this](const Choices &setting, unsigned index) {
            return chip_.set(setting.field, setting.code(index));
        });
    }
    unsigned modes() const
    {
        return hardware().interrupt() ? IIO_MODE_BUFFER_SOFTWARE : IIO_MODE_DIRECT;
    }
    void handle_interrupt(std::int64_t timestamp_ns) const { chip_.handle_interrupt(timestamp_ns); }

    /// Errors: EINVAL, too: the sensor has not measured yet.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::calibbias)
            return bias_of(id, chip_.offset(id, axis_of(channel)));
        if (info != Info::raw)
            return TableDriver::read_raw(channel, info);
        const auto awake = IIO_TRY(power_.use());
        IIO_TRY(apply_mode());
        const int sample = IIO_TRY(chip_.sample(static_cast<unsigned>(channel.address)));
        return sample == no_sample ? Result<Value>{fail(EINVAL)} : Int{sample};
    }
    Result<Available> read_avail(const Channel &channel, Info info) const
    {
        return info == Info::calibbias ? Available::min_step_max(biases<id>)
                                       : TableDriver::read_avail(channel, info);
    }
    WriteFormat write_format(const Channel &channel, Info info) const
    {
        return info == Info::calibbias && id == gyro ? WriteFormat::plus_nano
                                                     : TableDriver::write_format(channel, info);
    }
    // kernel: Below -1 the fraction of a calibbias counts upwards, so that -1.25 is -0.75.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::calibbias)
            return TableDriver::write_raw(channel, info, written);
        const auto &unit = offset_units[id];
        const std::int64_t value = std::int64_t{written.integer} * unit.digits + written.fraction;
        if (value < unit.times(least_offset) || value > unit.times(most_offset))
            return fail(EINVAL);
        const std::int64_t offset = rounded(value * unit.denominator, unit.numerator);
        return chip_.set_offset(id, axis_of(channel), static_cast<unsigned>(offset));
    }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        auto awake = IIO_TRY(power_.use());
        IIO_TRY(apply_mode());
        IIO_TRY(chip_.set_stream(
            id, Chip::Stream{&host(), channels().first(4),
                             std::clamp(setup.watermark, 1U, Chip::most_packets)}));
        streaming_ = std::move(awake);
        return {};
    }
    Result<void> stop_buffer() const
    {
        const auto stopped = chip_.set_stream(id, {});
        IIO_TRY(streaming_.end());
        return stopped;
    }

    // kernel: `in_accel_power_mode` shows the mode in which the accelerometer was used last.
    Result<unsigned> read_enum(const Channel &, const ExtInfo &) const { return used_; }
    /// Errors: EINVAL: not at this rate.
    Result<void> write_enum(const Channel &, const ExtInfo &, unsigned item) const
    {
        if (mode_at(chosen(rates[id]), item) != item)
            return fail(EINVAL);
        wanted_ = item;
        return {};
    }

protected:
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        IIO_TRY(choose_by(setting, channel, index,
                          [&](unsigned code) { return chip_.set(setting.field, code); }));
        const bool has_mode = mode_at(chosen(rates[id]), used_) == used_;
        return has_mode ? Result<void>{} : power_.if_awake([this] { return apply_mode(); });
    }

private:
    static std::size_t axis_of(const Channel &c) { return static_cast<std::size_t>(c.scan_index); }
    /// The mode of the sensor while it is on.
    static unsigned mode_at(unsigned rate, unsigned wanted)
    {
        if (id == gyro || rate >= first_fast_rate)
            return low_noise;
        return rate <= last_slow_rate ? low_power : wanted;
    }
    Result<void> apply_mode() const
    {
        used_ = mode_at(chosen(rates[id]), wanted_);
        return chip_.set(modes_of[id], low_noise_code - used_);
    }
    Result<void> turn(bool on) const
    {
        IIO_TRY(on ? apply_mode() : chip_.set(modes_of[id], 0));
        if (on)
            hardware().delay(start_up[id]);
        return {};
    }

    const Chip &chip_;
    mutable std::atomic<unsigned> wanted_ = low_power;
    mutable std::atomic<unsigned> used_ = low_power;
    mutable Power::Use streaming_;
    const Power power_;
};

constexpr std::array<std::uint8_t, 2> addresses{0x68, 0x69};
constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};
constexpr Variant icm42605{.identity = {WHO_AM_I, {0x42}}};
constexpr Variant icm42688{.identity = {WHO_AM_I, {0x47}}};
using Icm42600 = SharedChip<Chip, Sensor<gyro>, Sensor<accel>>;

} // namespace

IIO_MODULE(
    icm42600, Icm42600,
    Part{.name = "icm42605", .addresses = addresses, .spi = spi, .data = icm42605, .devices = 2},
    Part{.name = "icm42688", .addresses = addresses, .spi = spi, .data = icm42688, .devices = 2});

} // namespace iio::icm42600
