// SPDX-License-Identifier: MIT
//
// NXP MAG3110: three-axis magnetometer of 16 bits that measures continuously, with an offset
// for each axis that it subtracts, and the die's temperature. I2C at 0x0e.
// Datasheet: MAG3110.
#include <iio/driver.hpp>

namespace iio::mag3110 {
namespace {

enum : std::uint8_t { OUT_X_MSB = 0x01, OFF_X_MSB = 0x09, DIE_TEMP = 0x0f };
constexpr FieldValue xyz_ready{{0x00, 7 << 0}, 7}; // DR_STATUS
constexpr Field WHO_AM_I{0x07, 0xff};
constexpr Field SYSMOD{0x08, 3 << 0}; // 0: standby
constexpr Field AC{0x10, 1 << 0};     // CTRL_REG1: it measures
constexpr Field DR{0x10, 7 << 5};     // written in standby only
constexpr Field AUTO_MRST_EN{0x11, 1 << 7};

// A measurement takes 1.6 s at most.
constexpr Polls standby_polls{.pause = 20ms, .most = 100, .error = EIO};
constexpr Polls sample_polls{.pause = 20ms, .most = 150, .error = EIO};
constexpr int largest_offset = 10'000;

constexpr Choices rates{.values = micros<80'000'000, 40'000'000, 20'000'000, 10'000'000, 5'000'000,
                                         2'500'000, 1'250'000, 625'000>,
                        .field = DR};                        // Hz
constexpr Value tenth_of_microtesla = IntPlusMicro{0, 1000}; // in G
constexpr Value degree = Int{1000};

constexpr auto channel_list =
    join(axes(ChannelType::magn, OUT_X_MSB, ScanType::of_signed(16, 16, 0, Endian::big),
              [](const Channel &axis) {
                  return axis.separate(Info::raw, Info::calibbias)
                      .direct_read(Info::raw)
                      .constant(Info::scale, tenth_of_microtesla, Shared::by_type)
                      .unlisted(Info::sampling_frequency, rates, Shared::by_type)
                      .direct_write(Info::sampling_frequency, Info::calibbias);
              }),
         Channel::in(ChannelType::temp)
             .at(DIE_TEMP)
             .direct_raw()
             .constant(Info::scale, degree)
             .scan(3, ScanType::of_signed(8, 8)),
         Channel::timestamp(4));
constexpr std::array attribute_list{DeviceAttribute::constant(
    "sampling_frequency_available",
    "0.625000 1.250000 2.500000 5.000000 10.000000 20.000000 40.000000 80.000000\n")};

constexpr Layout layout{
    .identity = {WHO_AM_I, {0xc4}},
    .setup = {FieldValue{AUTO_MRST_EN, 1}},
    .proof = {AC, 1},
    .power = {.on = {AC, 1}, .off = {AC, 0}, .always_on = true},
    .burst = {OUT_X_MSB, 6},
};

class Mag3110 : public RegisterDriver {
public:
    explicit Mag3110(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    /// The part keeps its rate.
    Result<void> probe()
    {
        remember(rates, channel_list.front(), IIO_TRY(registers().get(DR)));
        IIO_TRY(stand_by());
        return RegisterDriver::probe();
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info == Info::calibbias)
            return Int{IIO_TRY(registers().burst<BeS16>(offset_of(channel))) >> 1};
        if (info != Info::raw)
            return RegisterDriver::read_raw(channel, info);
        IIO_TRY(wait_until(xyz_ready, sample_polls));
        return RegisterDriver::read_raw(channel, info);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (info != Info::calibbias)
            return RegisterDriver::write_raw(channel, info, written);
        const int offset = IIO_TRY(written.within(-largest_offset, largest_offset));
        return registers().write_burst(offset_of(channel), big_endian_bytes<2>(offset * 2));
    }

    Result<void> scan(Scan &scan) const
    {
        IIO_TRY(wait_until(xyz_ready, sample_polls));
        const Channel &temperature = channel_list[3];
        if (scan.has(temperature))
            scan.put(temperature, IIO_TRY(read_sample(temperature)));
        return RegisterDriver::scan(scan);
    }

protected:
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        return choose_by(setting, channel, index, [&](unsigned code) -> Result<void> {
            IIO_TRY(stand_by());
            return registers().set(std::array{FieldValue{DR, code}, FieldValue{AC, 1}});
        });
    }

private:
    static unsigned offset_of(const Channel &axis)
    {
        return OFF_X_MSB + static_cast<unsigned>(axis.address - OUT_X_MSB);
    }

    /// Ends the measurement under way. Errors: EIO: the part goes on.
    Result<void> stand_by() const
    {
        IIO_TRY(registers().set(AC, 0));
        return wait_until({SYSMOD, 0}, standby_polls);
    }
};

} // namespace

IIO_MODULE(mag3110, Mag3110, Part{.name = "mag3110", .addresses = {0x0e}, .recognised = layout});

} // namespace iio::mag3110
