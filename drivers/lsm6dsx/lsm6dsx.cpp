// SPDX-License-Identifier: MIT
//
// ST LSM6DS3, LSM6DSL and LSM6DSO: a gyroscope and an accelerometer in one chip,
// each of them a device, with a FIFO and a clock. I2C at 0x6a and 0x6b, SPI.
// Datasheets: DocID026899 Rev 8 (LSM6DS3), DocID028475 Rev 7 (LSM6DSL), DS12140
// (LSM6DSO).
//
// Sensors on the chip's own I2C bus are not driven.
//
// A sensor is on while it is used. With the interrupt line a buffer is filled
// from the FIFO, without it from the data registers when a trigger fires.
#include "chip.hpp"

namespace iio::lsm6dsx {
namespace {

/// kernel: The integer part of a written scale does not count.
Result<unsigned> find_by_fraction(std::span<const Value> scales, Written written)
{
    return find_value(scales, {0, written.fraction});
}

// Hz. Each is twice the one before; the last is the LSM6DSO's only.
constexpr auto &rate_values =
    micros<12'500'000, 26'000'000, 52'000'000, 104'000'000, 208'000'000, 416'000'000, 833'000'000>;
constexpr std::array slow_rates{DeviceAttribute::constant(
    "sampling_frequency_available", "12.500 26.000 52.000 104.000 208.000 416.000\n")};
constexpr std::array fast_rates{DeviceAttribute::constant(
    "sampling_frequency_available", "12.500 26.000 52.000 104.000 208.000 416.000 833.000\n")};

/// The slowest that is not slower. kernel: A written rate is computed in 32 bits without a sign, so
/// that a negative one is a high one.
Result<unsigned> find_rate(std::span<const Value> rates, Written written)
{
    const auto millihertz = [](int hz, int micro) {
        return static_cast<unsigned>(hz) * 1000 + static_cast<unsigned>(micro / 1000);
    };
    for (unsigned i = 0; i < rates.size(); ++i) {
        const auto &[hz, micro] = std::get<IntPlusMicro>(rates[i]);
        if (millihertz(hz, micro) >= millihertz(written.integer, written.fraction))
            return i;
    }
    return fail(EINVAL);
}
/// A period and a quarter, as the clock may be slow.
constexpr auto first_sample_time(unsigned rate) { return 100'000us / (1 << rate); }

/// A sensor as a device.
struct SensorMap {
    Choices scales;
    Choices rates;
    std::uint8_t out;
};
constexpr std::array<SensorMap, id_count> maps{{
    // 8.75 to 70 mdps a step, in rad/s. kernel: The gyroscope's scales are computed with pi as
    // 3.14159.
    {{.values = nanos<152'716, 305'432, 610'865, 1'221'729>,
      .field = FS_G,
      .find = find_by_fraction},
     {.values = rate_values, .field = ODR_G, .codes = codes_from(1), .find = find_rate},
     OUTX_L_G},
    // 61 to 488 ug a step, in m/s^2.
    {{.values = nanos<598'205, 1'196'411, 2'392'822, 4'785'645>,
      .field = FS_XL,
      .codes = {0, 2, 3, 1},
      .find = find_by_fraction},
     {.values = rate_values, .field = ODR_XL, .codes = codes_from(1), .find = find_rate},
     OUTX_L_XL},
}};

constexpr std::array matrix{ExtInfo::mount_matrix(Shared::by_all)};
constexpr std::array wake_events{
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::value, EventInfo::enable)};

constexpr auto make_channels(ChannelType type, const SensorMap &map,
                             std::span<const EventSpec> events)
{
    return join(axes(type, map.out, ScanType::of_signed(16, 16, 0, Endian::little),
                     [&](const Channel &axis) {
                         return axis.separate(Info::raw)
                             .direct(Info::raw)
                             .setting(Info::scale, map.scales, Shared::by_type)
                             .unlisted(Info::sampling_frequency, map.rates, Shared::by_all)
                             .direct_write(Info::scale, Info::sampling_frequency)
                             .with_events(events)
                             .with_ext_info(matrix);
                     }),
                Channel::timestamp(3));
}
constexpr auto gyro_channels = make_channels(ChannelType::anglvel, maps[gyro], {});
constexpr auto accel_channels = make_channels(ChannelType::accel, maps[accel], wake_events);
constexpr std::array<ChannelTable, id_count> tables{ChannelTable{gyro_channels},
                                                    ChannelTable{accel_channels}};
constexpr std::array<ScanMask, 1> all_axes{0b111}; // as the FIFO has them

template <Id id>
constexpr Layout layout{.power = {.off = {maps[id].rates.field, 0},
                                  .on_by = &maps[id].rates,
                                  .settles_at = first_sample_time},
                        .burst = {maps[id].out, 6}};

template <Id id> class Sensor : public RegisterDriver {
public:
    Sensor(const Hardware &hardware, const Chip &chip)
        : RegisterDriver{hardware, layout<id>, tables[id],
                         chip.variant.rate_count == rate_values.size() ? fast_rates : slow_rates},
          chip_{chip}
    {
    }
    ~Sensor() override { chip_.detach(id); }

    std::string name() const
    {
        return std::string{hardware().part()} + (id == gyro ? "_gyro" : "_accel");
    }

    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        if (&setting != &maps[id].rates)
            return RegisterDriver::choose(setting, channel, index);
        if (index >= chip_.variant.rate_count)
            return fail(EINVAL);
        remember(setting, channel, index); // for the next time that the sensor is turned on
        return {};
    }

    /// The first of the chip's devices has its interrupt line.
    void handle_interrupt(std::int64_t) const { chip_.handle_interrupt(); }
    unsigned modes() const
    {
        return has_fifo() ? IIO_MODE_BUFFER_SOFTWARE : IIO_MODE_BUFFER_TRIGGERED;
    }
    std::span<const ScanMask> scan_masks() const { return all_axes; }

    Result<void> start_buffer(const BufferSetup &setup) const
    {
        const auto awake = IIO_TRY(power().use());
        if (has_fifo())
            IIO_TRY(chip_.set_stream(
                id, Chip::Stream{consumer(), chosen(maps[id].rates), setup.watermark}));
        return RegisterDriver::start_buffer(setup);
    }
    Result<void> stop_buffer() const
    {
        const auto stopped = has_fifo() ? chip_.set_stream(id, {}) : Result<void>{};
        IIO_TRY(RegisterDriver::stop_buffer());
        return stopped;
    }

protected:
    const Chip &chip_;
    Consumer consumer() const { return {host(), channels().channels().first(3)}; }

private:
    bool has_fifo() const { return hardware().interrupt() != nullptr; }
};

class Accel : public Sensor<accel> {
public:
    using Sensor::Sensor;

    ~Accel() override { *chip_.wake.lock() = {}; }

    Result<bool> read_event_config(const Channel &channel, Event) const
    {
        return chip_.wake.lock()->axes >> channel.scan_index & 1;
    }
    Result<void> write_event_config(const Channel &channel, Event, bool on) const
    {
        auto awake = on ? IIO_TRY(power().use()) : Power::Use{};
        const auto wake = chip_.wake.lock();
        const unsigned bit = 1U << channel.scan_index;
        const unsigned wanted = on ? wake->axes | bit : wake->axes & ~bit;
        wake->consumer = consumer();
        IIO_TRY(chip_.registers.set(chip_.variant.wake_enable, wanted != 0));
        IIO_TRY(chip_.registers.set(INT1_WU, wanted != 0));
        wake->axes = wanted;
        if (on)
            wake->awake = std::move(awake);
        return wanted ? Result<void>{} : wake->awake.end();
    }
    // One threshold for all axes.
    Result<Value> read_event_value(const Channel &, Event, EventInfo) const
    {
        return Int{chip_.wake.lock()->threshold};
    }
    Result<void> write_event_value(const Channel &, Event, EventInfo, Written written) const
    {
        // kernel: The wake-up threshold can be set to 31 at most, half of what its register holds.
        if (written.integer < 0 || written.integer > 31)
            return fail(EINVAL);
        const auto wake = chip_.wake.lock();
        IIO_TRY(chip_.registers.set(WK_THS, static_cast<unsigned>(written.integer)));
        wake->threshold = written.integer;
        return {};
    }
};

using Lsm6dsx = SharedChip<Chip, Sensor<gyro>, Accel>;

constexpr Part make_part(std::string_view name, const Variant &variant)
{
    return {.name = name,
            .addresses = {0x6a, 0x6b}, // SDO/SA0 low, high
            .spi = SpiSettings{.mode = 3, .speed_hz = 10'000'000},
            .data = variant,
            .devices = 2};
}

} // namespace

IIO_MODULE(lsm6dsx, Lsm6dsx, make_part("lsm6ds3", lsm6ds3), make_part("lsm6dsl", lsm6dsl),
           make_part("lsm6dso", lsm6dso), make_part("lsm6dsox", lsm6dso),
           make_part("lsm6dsr", lsm6dsr), make_part("ism330dhcx", lsm6dsr),
           make_part("asm330lhh", lsm6dsr));

} // namespace iio::lsm6dsx
