// SPDX-License-Identifier: MIT
//
// Bosch BMM150, and the magnetometers of BMC150 and BMC156: three axes that the host has
// to correct by the part's trim values. It measures as long as its driver lives. I2C at
// 0x10 to 0x13, SPI. Datasheet: BST-BMM150-DS001.
#include <algorithm>
#include <climits>
#include <iio/driver.hpp>

namespace iio::bmc150_magn {
namespace {

// Section 5.2. Words are low byte first.
enum : std::uint8_t { DATAX_LSB = 0x42, dig_x1 = 0x5d };
constexpr Field chip_id{0x40, 0xff};
constexpr Field power_control{0x4b, 1 << 0}; // 0: suspended
constexpr Field opmode{0x4c, 3 << 1};        // 0: normal
constexpr Field data_rate{0x4c, 7 << 3};
constexpr Field dr_polarity{0x4e, 1 << 2};
constexpr Field drdy_pin_enable{0x4e, 1 << 7};
constexpr Field rep_xy{0x51, 0xff}; // 1 + 2 n repetitions
constexpr Field rep_z{0x52, 0xff};  // 1 + n

constexpr Choices rates = integers(ints<10, 2, 6, 8, 15, 20, 25, 30>, data_rate); // Hz
constexpr Value sixteenths_of_microtesla = IntPlusMicro{0, 625};                  // in G

struct Repetitions {
    int xy = 9; // odd ones only
    int z = 15;

    int &of(const Channel &axis) { return axis.channel_modifier() == Modifier::z ? z : xy; }
    [[nodiscard]] bool exist() const { return xy >= 1 && xy <= 511 && z >= 1 && z <= 256; }
    [[nodiscard]] std::chrono::microseconds time() const { return 145us * xy + 500us * z + 980us; }
};

constexpr auto samples = ScanType::of_signed(32, 32, 0, Endian::little);
constexpr auto channel_list =
    axes_and_time(ChannelType::magn, DATAX_LSB, samples, [](const Channel &axis) {
        return axis.separate(Info::raw, Info::oversampling_ratio)
            .direct_read(Info::raw)
            .constant(Info::scale, sixteenths_of_microtesla, Shared::by_type)
            .unlisted(Info::sampling_frequency, rates, Shared::by_type)
            .with_ext_info(mount_matrix<Shared::by_direction>);
    });
constexpr std::array attribute_list{
    DeviceAttribute::constant("sampling_frequency_available", "2 6 8 10 15 20 25 30\n")};

constexpr Layout layout{
    .identity = {chip_id, {0x32}},
    .setup = {FieldValue{rep_xy, 4}, FieldValue{rep_z, 14}, FieldValue{opmode, 0}},
    .proof = {power_control, 1},
    .power = {.on = {power_control, 1},
              .off = {power_control, 0},
              .always_on = true,
              .settles = 3ms},
    .data_ready = {.triggers = {OwnTrigger::numbered("-dev", false)},
                   .enable = drdy_pin_enable,
                   .active_high = dr_polarity},
    .burst = {DATAX_LSB, 8},
};

// What a channel that overflowed gives, and how that is shown.
constexpr int overflow_xy = -4096;
constexpr int overflow_z = -16'384;
constexpr int overflow = INT_MIN;

/// From DATAX_LSB on, left-justified.
struct Readings {
    LeS16 x, y, z;
    LeU16 hall;
};

/// From dig_x1 on. The datasheet leaves the corrections to Bosch's sensor API; this is what its
/// BMM050 and BMM150 do in integers. No step overflows.
struct Trim {
    std::int8_t x1, y1; // 0x5d
    std::array<std::uint8_t, 3> unused;
    LeS16 z4; // 0x62
    std::int8_t x2, y2;
    std::array<std::uint8_t, 2> unused2;
    LeS16 z2; // 0x68
    LeU16 z1, xyz1;
    LeS16 z3; // 0x6e
    std::int8_t xy2;
    std::uint8_t xy1; // 0x71

    [[nodiscard]] int correct_xy(int raw, int r, int offset, int gain) const
    {
        if (raw == overflow_xy)
            return overflow;
        // How far the Hall resistance is from what it was when the part was trimmed, in 2^-14.
        const int ratio = (xyz1 << 14) / (r > 0 ? r : std::max<int>(xyz1, 1)) - (1 << 14);
        const int h = static_cast<std::int16_t>(ratio);
        const int sensitivity = ((xy2 * ((h * h) >> 7) + h * (xy1 << 7)) >> 9) + (1 << 20);
        const int steps = (raw * ((sensitivity * (gain + 160)) >> 12)) >> 13;
        return static_cast<std::int16_t>(steps + offset * 8);
    }

    /// Errors: EIO: the trim values cannot be.
    [[nodiscard]] Result<int> correct_z(int raw, int r) const
    {
        if (raw == overflow_z)
            return overflow;
        const int sensitivity = z2 + static_cast<std::int16_t>((z1 * r * 2 + (1 << 15)) >> 16);
        if (sensitivity == 0)
            return fail(EIO);
        const int drift = z3 * (r - static_cast<std::int16_t>(xyz1));
        return ((raw - z4) * (1 << 15) - (drift >> 2)) / sensitivity;
    }
};

constexpr RegisterPart part{layout, channel_list, attribute_list};

class Bmc150Magn : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    Result<void> probe()
    {
        // A part that is suspended does not tell its identification.
        const auto awake = IIO_TRY(power().use());
        IIO_TRY(RegisterDriver::probe());
        trim_ = IIO_TRY(registers().burst<Trim>(dig_x1));
        hardware().delay(Repetitions{}.time());
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::oversampling_ratio)
            return Int{repetitions_.lock()->of(channel)};
        if (info == Info::raw)
            return Int{IIO_TRY(measure())[static_cast<std::size_t>(channel.scan_index)]};
        return RegisterDriver::read_raw(channel, info);
    }

    /// Errors: EINVAL, too: the part cannot measure so often with so many repetitions.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const auto repetitions = repetitions_.lock();
        Repetitions wanted = *repetitions;
        int hz = std::get<Int>(value_of(rates)).value;
        (info == Info::oversampling_ratio ? wanted.of(channel) : hz) = written.integer;
        if (!wanted.exist() || hz * wanted.time() > 1s)
            return fail(EINVAL);
        if (info != Info::oversampling_ratio)
            return RegisterDriver::write_raw(channel, info, written);
        const std::array codes{FieldValue{rep_xy, static_cast<unsigned>(wanted.xy - 1) / 2},
                               FieldValue{rep_z, static_cast<unsigned>(wanted.z - 1)}};
        IIO_TRY(registers().set(codes));
        *repetitions = {(wanted.xy - 1) | 1, wanted.z};
        return {};
    }

    Result<void> scan(Scan &scan) const
    {
        scan.put_numbers(std::span{channel_list}.first(3), IIO_TRY(measure()));
        return {};
    }

    /// Reading data takes data ready back. A sample may have come unread.
    void reenable_trigger(std::uint32_t) const { (void)registers().read(DATAX_LSB); }

private:
    /// Only a burst is of one measurement.
    Result<std::array<int, 3>> measure() const
    {
        const auto [x, y, z, hall] = IIO_TRY(registers().burst<Readings>(DATAX_LSB));
        const int r = hall >> 2;
        return std::array{trim_.correct_xy(x >> 3, r, trim_.x1, trim_.x2),
                          trim_.correct_xy(y >> 3, r, trim_.y1, trim_.y2),
                          IIO_TRY(trim_.correct_z(z >> 1, r))};
    }

    Trim trim_{};
    Guarded<Repetitions> repetitions_;
};

constexpr std::array<std::uint8_t, 4> addresses{0x10, 0x11, 0x12, 0x13}; // CSB, SDO
constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};

} // namespace

IIO_MODULE(bmc150_magn, Bmc150Magn,
           Part{.name = "bmc150_magn", .addresses = addresses, .spi = spi, .data = part},
           Part{.name = "bmc156_magn", .addresses = addresses, .spi = spi, .data = part},
           Part{.name = "bmm150_magn", .addresses = addresses, .spi = spi, .data = part});

} // namespace iio::bmc150_magn
