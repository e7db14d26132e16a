// SPDX-License-Identifier: MIT
//
// Bosch BMM150, and the magnetometers of BMC150 and BMC156: three axes that the
// host has to correct by the chip's trim values. I2C or SPI.
// Datasheet: BST-BMM150-DS001.
//
// The chip measures as long as the driver lives.
#include "trim.hpp"

#include <array>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/module.hpp>
#include <iio/driver/register_bus.hpp>
#include <thread>

namespace {

using namespace iio;
using iio::bmc150_magn::Trim;
using namespace std::chrono_literals;

// Registers. Words are low byte first.
constexpr std::uint8_t CHIP_ID = 0x40;
constexpr std::uint8_t DATAX_LSB = 0x42; // x, y, z and the Hall resistance, left-justified
constexpr std::uint8_t POWER_CONTROL = 0x4b;
constexpr std::uint8_t OPERATION_MODE = 0x4c;
constexpr std::uint8_t INTERRUPT_PINS = 0x4e;
constexpr std::uint8_t REPETITIONS_XY = 0x51;
constexpr std::uint8_t REPETITIONS_Z = 0x52;
constexpr std::uint8_t TRIM = 0x5d; // to 0x71

constexpr std::uint8_t id_bmm150 = 0x32;
constexpr std::uint8_t POWER_CONTROL_ON = 1;
constexpr std::uint8_t POWER_CONTROL_SUSPEND = 0;
// Normal mode is 0, and the rate above it.
constexpr unsigned rate_shift = 3;
constexpr unsigned INTERRUPT_PINS_DRDY = 1 << 7;
constexpr unsigned INTERRUPT_PINS_DRDY_ACTIVE_HIGH = 1 << 2;
constexpr unsigned INTERRUPT_PINS_DEFAULT = 3; // of the other pin, which is off

constexpr auto start_up_time = 3ms;

/// Measurements per second by code.
constexpr std::array<Value, 8> rates{Int{10}, Int{2},  Int{6},  Int{8},
                                     Int{15}, Int{20}, Int{25}, Int{30}};
constexpr std::string_view rates_text = "2 6 8 10 15 20 25 30\n";

struct Settings {
    unsigned rate = 0;
    unsigned repetitions_xy = 9; // odd ones only
    unsigned repetitions_z = 15;
};
constexpr unsigned most_repetitions_xy = 511;
constexpr unsigned most_repetitions_z = 256;

/// How long one measurement takes.
constexpr unsigned measurement_time_us(const Settings &settings)
{
    return 145 * settings.repetitions_xy + 500 * settings.repetitions_z + 980;
}
/// Numbers of repetitions from 1 on, and time for them all.
constexpr bool is_possible(const Settings &settings)
{
    return settings.repetitions_xy - 1 < most_repetitions_xy &&
           settings.repetitions_z - 1 < most_repetitions_z &&
           static_cast<unsigned>(std::get<Int>(rates[settings.rate]).value) *
                   measurement_time_us(settings) <=
               1'000'000;
}

constexpr std::array ext_infos{ExtInfo::mount_matrix(Shared::by_direction)};
constexpr std::array own_attributes{
    DeviceAttribute::of("sampling_frequency_available", ExtInfo::Access::read),
};
constexpr std::array own_triggers{OwnTrigger::numbered("-dev", false)};

constexpr Channel make_axis(Modifier modifier, int index)
{
    return Channel::in(ChannelType::magn)
        .modifier(modifier)
        .separate(Info::raw, Info::oversampling_ratio)
        .direct_read(Info::raw)
        .by_type(Info::scale, Info::sampling_frequency)
        .scan(index, ScanType::of_signed(32, 32, 0, Endian::little))
        .with_ext_info(ext_infos);
}
constexpr std::array channels_data{
    make_axis(Modifier::x, 0),
    make_axis(Modifier::y, 1),
    make_axis(Modifier::z, 2),
    Channel::timestamp(3),
};
constexpr ChannelTable channel_table{channels_data};

/// In steps of 1/16 uT.
struct Sample {
    std::int32_t x, y, z;
};

class Bmc150Magn {
public:
    explicit Bmc150Magn(const Hardware &hardware)
        : bus_{hardware},
          interrupt_{hardware.interrupt()},
          matrix_{hardware.mount_matrix()},
          host_{hardware.host()}
    {
    }
    Bmc150Magn(const Bmc150Magn &) = delete;
    Bmc150Magn &operator=(const Bmc150Magn &) = delete;
    ~Bmc150Magn()
    {
        if (is_on_)
            (void)bus_.write_u8(POWER_CONTROL, POWER_CONTROL_SUSPEND);
    }

    /// A chip that is suspended does not tell its identification.
    Result<void> probe()
    {
        IIO_TRY(bus_.write_u8(POWER_CONTROL, POWER_CONTROL_ON));
        is_on_ = true;
        std::this_thread::sleep_for(start_up_time);
        if (IIO_TRY(bus_.read_u8(CHIP_ID)) != id_bmm150)
            return fail(ENODEV);
        IIO_TRY(read_trim());
        const Settings defaults;
        IIO_TRY(write_repetitions_xy(defaults));
        IIO_TRY(write_repetitions_z(defaults));
        IIO_TRY(write_rate(defaults));
        std::this_thread::sleep_for(std::chrono::microseconds{measurement_time_us(defaults)});
        return {};
    }

    /// After a reset it is suspended.
    Result<bool> is_configured() const
    {
        return IIO_TRY(bus_.read_u8(POWER_CONTROL)) == POWER_CONTROL_ON;
    }

    ChannelTable channels() const { return channel_table; }
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED; }
    const MountMatrix &mount_matrix(const Channel &) const { return matrix_; }
    std::span<const DeviceAttribute> attributes() const { return own_attributes; }
    std::span<const OwnTrigger> triggers() const
    {
        return std::span{own_triggers}.first(interrupt_ ? own_triggers.size() : 0);
    }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        text += rates_text;
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        switch (info) {
        case Info::raw: {
            const Sample sample = IIO_TRY(measure());
            return Int{pick(channel, sample.x, sample.y, sample.z)};
        }
        case Info::scale:
            return IntPlusMicro{0, 625}; // 1/16 uT in G
        case Info::sampling_frequency:
            return rates[settings_.lock()->rate];
        case Info::oversampling_ratio: {
            const auto settings = settings_.lock();
            return Int{static_cast<int>(pick(channel, settings->repetitions_xy,
                                             settings->repetitions_xy, settings->repetitions_z))};
        }
        default:
            return fail(EINVAL);
        }
    }

    /// Errors: EINVAL, too: the chip cannot measure so often with so many repetitions.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto settings = settings_.lock();
        Settings wanted = *settings;
        if (info == Info::sampling_frequency)
            wanted.rate = IIO_TRY(find_integer(rates, written));
        else if (info != Info::oversampling_ratio)
            return fail(EINVAL);
        else if (channel.channel_modifier() == Modifier::z)
            wanted.repetitions_z = static_cast<unsigned>(written.integer);
        else
            wanted.repetitions_xy = static_cast<unsigned>(written.integer);
        if (!is_possible(wanted))
            return fail(EINVAL);
        wanted.repetitions_xy = (wanted.repetitions_xy - 1) / 2 * 2 + 1;
        IIO_TRY(write_changed(*settings, wanted));
        *settings = wanted;
        return {};
    }

    Result<void> scan(Scan &scan) const
    {
        const Sample sample = IIO_TRY(measure());
        scan.put(channels_data[0], sample.x);
        scan.put(channels_data[1], sample.y);
        scan.put(channels_data[2], sample.z);
        return {};
    }

    Result<void> set_trigger(std::uint32_t, bool on) const
    {
        const unsigned polarity =
            interrupt_->edge() == Edge::rising ? INTERRUPT_PINS_DRDY_ACTIVE_HIGH : 0;
        const unsigned pins = INTERRUPT_PINS_DEFAULT | polarity | (on ? INTERRUPT_PINS_DRDY : 0);
        IIO_TRY(bus_.write_u8(INTERRUPT_PINS, static_cast<std::uint8_t>(pins)));
        if (on)
            reenable_trigger({});
        return {};
    }

    void handle_interrupt(std::int64_t timestamp_ns) const { host_.fire(0, timestamp_ns); }

    /// Reading data takes data ready back. A sample may have come unread.
    void reenable_trigger(std::uint32_t) const { (void)bus_.read_u8(DATAX_LSB); }

private:
    template <class T> static T pick(const Channel &channel, T x, T y, T z)
    {
        return channel.scan_index == 0 ? x : channel.scan_index == 1 ? y : z;
    }

    Result<void> write_rate(const Settings &settings) const
    {
        return bus_.write_u8(OPERATION_MODE,
                             static_cast<std::uint8_t>(settings.rate << rate_shift));
    }
    Result<void> write_repetitions_xy(const Settings &settings) const
    {
        return bus_.write_u8(REPETITIONS_XY,
                             static_cast<std::uint8_t>((settings.repetitions_xy - 1) / 2));
    }
    Result<void> write_repetitions_z(const Settings &settings) const
    {
        return bus_.write_u8(REPETITIONS_Z, static_cast<std::uint8_t>(settings.repetitions_z - 1));
    }

    /// They differ in one thing at most.
    Result<void> write_changed(const Settings &before, const Settings &wanted) const
    {
        if (wanted.rate != before.rate)
            return write_rate(wanted);
        if (wanted.repetitions_xy != before.repetitions_xy)
            return write_repetitions_xy(wanted);
        if (wanted.repetitions_z != before.repetitions_z)
            return write_repetitions_z(wanted);
        return {};
    }

    Result<void> read_trim()
    {
        const auto bytes = IIO_TRY(bus_.read<0x72 - TRIM>(TRIM));
        const auto u8 = [&](unsigned reg) { return std::int32_t{bytes[reg - TRIM]}; };
        const auto u16 = [&](unsigned reg) { return u8(reg + 1) << 8 | u8(reg); };
        const auto s8 = [&](unsigned reg) {
            return std::int32_t{static_cast<std::int8_t>(u8(reg))};
        };
        const auto s16 = [&](unsigned reg) {
            return std::int32_t{static_cast<std::int16_t>(u16(reg))};
        };
        trim_ = {.x1 = s8(0x5d),
                 .y1 = s8(0x5e),
                 .x2 = s8(0x64),
                 .y2 = s8(0x65),
                 .xy1 = u8(0x71),
                 .xy2 = s8(0x70),
                 .z1 = u16(0x6a),
                 .z2 = s16(0x68),
                 .z3 = s16(0x6e),
                 .z4 = s16(0x62),
                 .xyz1 = u16(0x6c)};
        return {};
    }

    /// Only a burst is of one measurement.
    Result<Sample> measure() const
    {
        const auto bytes = IIO_TRY(bus_.read<8>(DATAX_LSB));
        const auto word = [&](std::size_t n) {
            return little_endian(std::span{bytes}.subspan(2 * n, 2));
        };
        const auto number = [&](std::size_t n, int shift) {
            return sign_extend(word(n), 16) >> shift;
        };
        const auto r = static_cast<std::int32_t>(word(3) >> 2);
        return Sample{.x = trim_.correct_xy(number(0, 3), r, trim_.x1, trim_.x2),
                      .y = trim_.correct_xy(number(1, 3), r, trim_.y1, trim_.y2),
                      .z = IIO_TRY(trim_.correct_z(number(2, 1), r))};
    }

    RegisterBus bus_;
    const InterruptLine *interrupt_;
    const MountMatrix &matrix_;
    Host host_;
    bool is_on_ = false;
    Trim trim_{};
    Guarded<Settings> settings_;
};

static_assert(Driver<Bmc150Magn>);

constexpr std::array<std::uint8_t, 4> addresses{0x10, 0x11, 0x12, 0x13}; // CSB, SDO
constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};

constexpr std::array parts{
    Part{.name = "bmc150_magn", .addresses = addresses, .spi = spi},
    Part{.name = "bmc156_magn", .addresses = addresses, .spi = spi},
    Part{.name = "bmm150_magn", .addresses = addresses, .spi = spi},
};

} // namespace

extern "C" const Module bmc150_magn_module;
const Module bmc150_magn_module = module_of<Bmc150Magn>("bmc150_magn", parts);
