// SPDX-License-Identifier: MIT
//
// ST LSM6DS3, LSM6DSL and LSM6DSO: a gyroscope and an accelerometer in one
// chip, each of them a device, with a FIFO and a clock. I2C at 0x6a and 0x6b, SPI.
// Datasheets: DocID026899 Rev 8 (LSM6DS3), DocID028475 Rev 7 (LSM6DSL), DS12140
// (LSM6DSO). Sensors that hang on the chip's own I2C are not driven.
#include "chip.hpp"

#include <algorithm>
#include <iio/driver/module.hpp>

namespace iio::lsm6dsx {

namespace {

using Scales = std::array<Value, 4>;

/// rad/s per step from microdegrees per second, with the kernel's pi of 3.14159.
constexpr IntPlusNano from_udps(std::int64_t udps)
{
    return {0, static_cast<int>((udps * 1000 * 314'159 + 9'000'000) / 18'000'000)};
}
/// m/s^2 per step from millionths of g, which is 9.80665 m/s^2.
constexpr IntPlusNano from_ug(int ug) { return {0, ug * 980'665 / 100}; }

constexpr std::array<Scales, id_count> scales{{
    {from_udps(8'750), from_udps(17'500), from_udps(35'000), from_udps(70'000)},
    {from_ug(61), from_ug(122), from_ug(244), from_ug(488)},
}};
static_assert(std::get<IntPlusNano>(scales[gyro][3]).nano == 1'221'729 &&
              std::get<IntPlusNano>(scales[accel][3]).nano == 4'785'645);

constexpr std::array matrix_info{ExtInfo::mount_matrix(Shared::by_all)};
constexpr std::array wake_events{
    EventSpec::of(EventType::thresh, EventDirection::either, EventInfo::value, EventInfo::enable),
};

constexpr auto make_channels(ChannelType type, std::span<const EventSpec> events,
                             std::span<const ExtInfo> infos)
{
    const auto axis = [&](Modifier modifier, int index) {
        return Channel::in(type)
            .modifier(modifier)
            .at(static_cast<unsigned>(index))
            .separate(Info::raw)
            .by_type(Info::scale)
            .available(Shared::by_type, Info::scale)
            .by_all(Info::sampling_frequency)
            .direct_read(Info::raw)
            .direct_write(Info::raw, Info::scale, Info::sampling_frequency)
            .scan(index, ScanType::of_signed(16, 16, 0, Endian::little))
            .with_events(events)
            .with_ext_info(infos);
    };
    return std::array{axis(Modifier::x, 0), axis(Modifier::y, 1), axis(Modifier::z, 2),
                      Channel::timestamp(3)};
}
constexpr auto gyro_channels = make_channels(ChannelType::anglvel, {}, {});
constexpr auto accel_channels = make_channels(ChannelType::accel, wake_events, matrix_info);
constexpr std::array<ChannelTable, id_count> channel_tables{ChannelTable{gyro_channels},
                                                            ChannelTable{accel_channels}};

// The FIFO has samples of all axes.
constexpr std::array<ScanMask, 1> all_axes{0b111};

constexpr std::array own_attributes{
    DeviceAttribute::of("sampling_frequency_available", ExtInfo::Access::read)};

template <Id id> class Sensor {
public:
    Sensor(const Hardware &hardware, const Chip &chip) : chip_{chip}
    {
        chip_.attach(id, hardware.host());
    }
    Sensor(const Sensor &) = delete;
    Sensor &operator=(const Sensor &) = delete;
    ~Sensor() { chip_.detach(id); }

    std::string_view name() const { return chip_.variant().names[id]; }
    /// The chip was probed before.
    Result<void> probe() { return {}; }
    ChannelTable channels() const { return channel_tables[id]; }
    std::span<const DeviceAttribute> attributes() const { return own_attributes; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        switch (info) {
        case Info::raw:
            return chip_.read_axis(id, channel.address);
        case Info::scale:
            return scales[id][chip_.scale(id)];
        case Info::sampling_frequency: {
            const int mhz = rates_mhz[chip_.rate(id)];
            return IntPlusMicro{mhz / 1000, mhz % 1000 * 1000};
        }
        default:
            return fail(EINVAL);
        }
    }

    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        switch (info) {
        case Info::scale:
            return chip_.set_scale(id, IIO_TRY(find_scale(written)));
        case Info::sampling_frequency:
            chip_.set_rate(id, IIO_TRY(find_rate(written)));
            return {};
        default:
            return fail(EINVAL);
        }
    }
    WriteFormat write_format(const Channel &, Info info) const
    {
        return info == Info::scale ? WriteFormat::plus_nano : WriteFormat::plus_micro;
    }
    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::list(scales[id]);
    }
    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        text += chip_.variant().rates_text;
        return {};
    }

    unsigned modes() const { return chip_.has_interrupt() ? IIO_MODE_BUFFER_SOFTWARE : 0; }
    std::span<const ScanMask> scan_masks() const { return all_axes; }
    Result<void> start_buffer(const BufferSetup &setup) const
    {
        return chip_.set_buffer(id, setup.watermark);
    }
    Result<void> stop_buffer() const { return chip_.set_buffer(id, std::nullopt); }

protected:
    const Chip &chip() const { return chip_; }

private:
    /// What is written before the point does not matter to the kernel's driver.
    static Result<std::size_t> find_scale(Written written)
    {
        const auto found = std::ranges::find(scales[id], written.fraction, [](const Value &scale) {
            return std::get<IntPlusNano>(scale).nano;
        });
        if (found == scales[id].end())
            return fail(EINVAL);
        return static_cast<std::size_t>(found - scales[id].begin());
    }

    /// The slowest that is not slower. In 32 bits, as in the kernel's driver.
    Result<std::size_t> find_rate(Written written) const
    {
        const auto wanted_mhz = static_cast<std::uint32_t>(written.integer) * 1000 +
                                static_cast<std::uint32_t>(written.fraction / 1000);
        const auto rates = std::span{rates_mhz}.first(chip_.variant().rate_count);
        const auto found = std::ranges::find_if(
            rates, [&](int mhz) { return static_cast<std::uint32_t>(mhz) >= wanted_mhz; });
        if (found == rates.end())
            return fail(EINVAL);
        return static_cast<std::size_t>(found - rates.begin());
    }

    const Chip &chip_;
};

/// The first of the chip's devices has its interrupt line.
class Gyro : public Sensor<gyro> {
public:
    using Sensor::Sensor;
    void handle_interrupt(std::int64_t) const { chip().handle_interrupt(); }
};

class Accel : public Sensor<accel> {
public:
    Accel(const Hardware &hardware, const Chip &chip)
        : Sensor{hardware, chip}, matrix_{hardware.mount_matrix()}
    {
    }
    const MountMatrix &mount_matrix(const Channel &) const { return matrix_; }

    Result<bool> read_event_config(const Channel &channel, Event) const
    {
        return chip().wakes(channel.address);
    }
    Result<void> write_event_config(const Channel &channel, Event, bool on) const
    {
        return chip().set_wake(channel.address, on);
    }
    Result<Value> read_event_value(const Channel &, Event, EventInfo) const
    {
        return Int{chip().wake_threshold()};
    }
    Result<void> write_event_value(const Channel &, Event, EventInfo, Written written) const
    {
        return chip().set_wake_threshold(written.integer);
    }

private:
    const MountMatrix &matrix_;
};

static_assert(Driver<Gyro> && Driver<Accel>);

constexpr std::array<std::uint8_t, 2> addresses{0x6a, 0x6b}; // SDO/SA0 low, high
constexpr SpiSettings spi{.mode = 3, .speed_hz = 10'000'000};
constexpr std::array parts{
    Part{.name = "lsm6ds3", .addresses = addresses, .spi = spi, .devices = 2},
    Part{.name = "lsm6dsl", .addresses = addresses, .spi = spi, .devices = 2},
    Part{.name = "lsm6dso", .addresses = addresses, .spi = spi, .devices = 2},
};

} // namespace

std::span<const Channel> channels_of(Id id) { return channel_tables[id].channels(); }

} // namespace iio::lsm6dsx

extern "C" const iio::Module lsm6dsx_module;
const iio::Module lsm6dsx_module =
    iio::module_of<iio::SharedChip<iio::lsm6dsx::Chip, iio::lsm6dsx::Gyro, iio::lsm6dsx::Accel>,
                   iio::lsm6dsx::parts>("lsm6dsx");
