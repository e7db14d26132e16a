// SPDX-License-Identifier: MIT
//
// Honeywell HMC5843, HMC5883 and HMC5883L: three-axis magnetometers of 12 bits
// that measure continuously. I2C at 0x1e.
// Datasheets "3-Axis Digital Compass IC": HMC5843, HMC5883, HMC5883L (900405 Rev E).
#include <iio/driver.hpp>
#include <utility>

namespace iio::hmc5843 {
namespace {

constexpr Field DO{0x00, 7 << 2};            // Configuration Register A: output rate
constexpr Field MS{0x00, 3 << 0};            // normal, or with a field of the chip's own
constexpr Field GN{0x01, 7 << 5};            // Configuration Register B: gain
constexpr Field MD{0x02, 3 << 0};            // Mode: 0 continuous, 1 single, 3 sleep
constexpr std::uint8_t Data_Output_X = 0x03; // three words, high byte first
constexpr Field RDY{0x09, 1 << 0};           // Status
constexpr std::uint8_t Identification = 0x0a;
constexpr std::array<char, 3> identity{'H', '4', '3'};

// As the kernel's driver: three seconds.
constexpr Polls polls{.pause = 20ms, .most = 150, .error = EIO};

constexpr std::array measurements{"normal", "positivebias", "negativebias"};
constexpr Choices measurement{.field = MS};
constexpr std::array ext_infos{
    ExtInfo::choice("meas_conf", Shared::by_type, measurements, measurement),
    ExtInfo::choice_available("meas_conf_available", Shared::by_type, measurements),
    ExtInfo::mount_matrix(Shared::by_direction)};

/// kernel: The scales are a hundredth of the gauss for a step, to the nearest billionth, where the
/// ABI has gauss. top: hmc5843 magn * 100, hmc5883 magn * 100, hmc5883l magn * 100
template <int... steps_per_gauss>
constexpr Choices scales{.values =
                             nanos<((10'000'000 + (steps_per_gauss - 1) / 2) / steps_per_gauss)...>,
                         .field = GN,
                         .initial = 1};
template <int... millihertz>
constexpr Choices rates{.values = micros<(millihertz * 1000)...>, .field = DO, .initial = 4};

constexpr auto make_channels(const Choices &scales, const Choices &rates)
{
    constexpr auto sample = ScanType::of_signed(16, 16, 0, Endian::big);
    return axes_and_time(ChannelType::magn, Data_Output_X, sample, [&](const Channel &axis) {
        return axis.separate(Info::raw)
            .setting(Info::scale, scales, Shared::by_type, Shared::by_all)
            .unlisted(Info::sampling_frequency, rates, Shared::by_type)
            .with_ext_info(ext_infos);
    });
}
/// The HMC5883 gives z before y.
constexpr auto with_z_before_y(std::array<Channel, 4> channels)
{
    std::swap(channels[1].channel2, channels[2].channel2);
    return channels;
}

// After a reset the part measures once and stops. The other bits of register A stay as they
// are: they tell the HMC5883L how many samples it averages.
constexpr Layout layout{.proof = {MD, 0},
                        .power = {.on = {MD, 0}, .off = {MD, 3}, .always_on = true},
                        .burst = {Data_Output_X, 6}};

constexpr auto &hmc5843_rates = rates<500, 1000, 2000, 5000, 10'000, 20'000, 50'000>;
constexpr std::array hmc5843_attributes{DeviceAttribute::constant(
    "sampling_frequency_available", "0.500000 1.0 2.0 5.0 10.0 20.0 50.0\n")};
constexpr auto hmc5843_channels =
    make_channels(scales<1620, 1300, 970, 780, 530, 460, 390, 280>, hmc5843_rates);
constexpr RegisterPart hmc5843{layout, hmc5843_channels, hmc5843_attributes};

constexpr auto &hmc5883_rates = rates<750, 1500, 3000, 7500, 15'000, 30'000, 75'000>;
constexpr std::array hmc5883_attributes{DeviceAttribute::constant(
    "sampling_frequency_available", "0.750000 1.500000 3.0 7.500000 15.0 30.0 75.0\n")};
constexpr auto hmc5883_channels =
    with_z_before_y(make_channels(scales<1280, 1024, 768, 614, 415, 361, 307, 219>, hmc5883_rates));
constexpr RegisterPart hmc5883{layout, hmc5883_channels, hmc5883_attributes};

constexpr auto hmc5883l_channels =
    with_z_before_y(make_channels(scales<1370, 1090, 820, 660, 440, 390, 330, 230>, hmc5883_rates));
constexpr RegisterPart hmc5883l{layout, hmc5883l_channels, hmc5883_attributes};

class Hmc5843 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    Result<void> probe()
    {
        if (IIO_TRY(registers().burst<std::array<char, 3>>(Identification)) != identity)
            return fail(ENODEV);
        return RegisterDriver::probe();
    }

    /// All axes at once: the chip places no new words until all of them were read.
    Result<int> read_sample(const Channel &channel) const override
    {
        const auto words = IIO_TRY(registers().burst<std::array<BeS16, 3>>(Data_Output_X));
        return words[static_cast<std::size_t>(channel.scan_index)];
    }

    Result<void> await_sample() const override { return wait_until({RDY, 1}, polls); }
};

constexpr Recognition identification{RegisterFormat{.word_bytes = 3},
                                     {{Identification, 0xffff}, {'4' << 8 | '3'}}};

} // namespace

IIO_MODULE(
    hmc5843, Hmc5843,
    Part{.name = "hmc5843", .addresses = {0x1e}, .data = hmc5843, .recognised = identification},
    Part{.name = "hmc5883", .addresses = {0x1e}, .data = hmc5883, .recognised = identification},
    Part{.name = "hmc5883l", .addresses = {0x1e}, .data = hmc5883l, .recognised = identification});

} // namespace iio::hmc5843
