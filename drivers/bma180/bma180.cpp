// SPDX-License-Identifier: MIT
//
// Bosch BMA023, BMA150 and SMB380 (10 bits, +-2 to 8 g), BMA180 (14 bits, +-1 to
// 16 g) and BMA250 (10 bits, +-2 to 16 g): three axes, with a bandwidth and a range
// to choose. I2C.
// Datasheets: BST-BMA150-DS000, BST-BMA180-DS000, BST-BMA250-DS002.
//
// The data registers are those of all members; every other register differs.
#include <iio/driver.hpp>

namespace iio::bma180 {
namespace {

constexpr Field CHIP_ID{0x00, 0xff};
constexpr std::uint8_t ACC_X_LSB = 0x02; // x, y, z; low byte first, left-justified
constexpr std::uint8_t TEMP = 0x08;      // 0.5 degrees Celsius a step

constexpr Value half_degree = Int{500};

constexpr std::array power_modes{"low_noise", "low_power"};
template <const Choices &power_mode>
constexpr std::array ext_infos{
    ExtInfo::choice("power_mode", Shared::by_type, power_modes, power_mode),
    ExtInfo::choice_available("power_mode_available", Shared::by_type, power_modes),
    ExtInfo::mount_matrix(Shared::by_direction),
};

constexpr auto signed_byte = ScanType::of_signed(8, 16, 0, Endian::little);
constexpr Value zero_at_24 = Int{48}; // degrees Celsius
/// A temperature and three axes of `bits`, left-justified in 16.
constexpr auto make_channels(std::uint8_t bits, const Choices &scales, const Choices &bandwidths,
                             std::span<const ExtInfo> ext_infos, ScanType temperature = signed_byte,
                             const Value &offset = zero_at_24)
{
    const auto shift = static_cast<std::uint8_t>(16 - bits);
    return join(
        axes(ChannelType::accel, ACC_X_LSB, ScanType::of_signed(bits, 16, shift, Endian::little),
             [&](const Channel &axis) {
                 return axis.separate(Info::raw)
                     .direct(Info::raw)
                     .setting(Info::scale, scales, Shared::by_type)
                     .setting(Info::low_pass_filter_3db_frequency, bandwidths, Shared::by_type)
                     .with_ext_info(ext_infos);
             }),
        Channel::timestamp(4),
        Channel::in(ChannelType::temp)
            .at(TEMP)
            .separate(Info::raw)
            .direct(Info::raw)
            .constant(Info::scale, half_degree)
            .constant(Info::offset, offset)
            .scan(3, temperature));
}
/// `sleep` is 1 while the part sleeps.
consteval RegisterPart make_part(std::uint16_t id, FieldValue reset, Field sleep,
                                 const Few<FieldValue, 8> &setup, ChannelTable channels,
                                 DataReady data_ready)
{
    data_ready.triggers = {OwnTrigger::numbered("-dev", true)};
    return {{.identity = {CHIP_ID, {id}},
             .reset = reset,
             .start_up = 20ms, // long enough for all of them
             .setup = setup,
             .power = {.off = {sleep, 1}, .always_on = true},
             .data_ready = data_ready,
             .burst = {ACC_X_LSB, 7}},
            channels};
}

// ------------------------------------------------------------ BMA023, BMA150, SMB380

namespace bma150 {

constexpr Field soft_reset{0x0a, 1 << 1};
constexpr Field sleep{0x0a, 1 << 0};
constexpr Field reset_INT{0x0a, 1 << 6};
constexpr Field range{0x14, 3 << 3};
constexpr Field bandwidth{0x14, 7 << 0};
constexpr Field new_data_INT{0x15, 1 << 5};

constexpr auto unsigned_byte = ScanType::of_unsigned(8, 16, 0, Endian::little);
constexpr Value zero_at_minus_30 = Int{-60};
constexpr Choices scales{.values = micros<2452, 4903, 9709>, .field = range};
constexpr Choices bandwidths{
    .values = ints<25, 50, 100, 190, 375, 750, 1500>, .field = bandwidth, .initial = 1}; // Hz
constexpr auto channels = make_channels(10, scales, bandwidths, mount_matrix<Shared::by_direction>,
                                        unsigned_byte, zero_at_minus_30);
constexpr auto part = make_part(2, {soft_reset, 1}, sleep, {}, channels,
                                {.enable = new_data_INT, .clear = {reset_INT, 1}});
constexpr std::array bma023_channels{channels[0], channels[1], channels[2], channels[3]};
constexpr RegisterPart bma023{part.layout, bma023_channels};

} // namespace bma150

// ------------------------------------------------------------ BMA180

namespace bma180 {

constexpr Field dis_wake_up{0x0d, 1 << 0}; // 1: always on
constexpr Field sleep{0x0d, 1 << 1};
constexpr Field ee_w{0x0d, 1 << 4}; // 1: the registers from 0x20 on can be written
constexpr Field reset_int{0x0d, 1 << 6};
constexpr Field soft_reset{0x10, 0xff};
constexpr Field bw{0x20, 0xf0};
constexpr Field new_data_int{0x21, 1 << 1};
constexpr Field mode_config{0x30, 3 << 0}; // 0: low noise, 3: low power
constexpr Field smp_skip{0x35, 1 << 0};    // 1: an interrupt for each sample
constexpr Field range{0x35, 7 << 1};

constexpr Choices scales{
    .values = micros<1275, 1863, 2452, 3727, 4903, 9709, 19417>, .field = range, .initial = 2};
constexpr Choices bandwidths{
    .values = ints<10, 20, 40, 75, 150, 300>, .field = bw, .initial = 1}; // Hz
constexpr Choices power_mode{.field = mode_config, .codes = {0, 3}};
constexpr auto channels = make_channels(14, scales, bandwidths, ext_infos<power_mode>);

constexpr auto part = make_part(3, {soft_reset, 0xb6}, sleep,
                                {{ee_w, 1}, {dis_wake_up, 1}, {sleep, 0}, {smp_skip, 1}}, channels,
                                {.enable = new_data_int, .clear = {reset_int, 1}});

} // namespace bma180

// ------------------------------------------------------------ BMA250

namespace bma250 {

constexpr Field range{0x0f, 0x0f};
constexpr Field bw{0x10, 0x1f};
constexpr Field lowpower_en{0x11, 1 << 6};
constexpr Field suspend{0x11, 1 << 7};
constexpr Field softreset{0x14, 0xff};
constexpr Field data_en{0x17, 1 << 4};
constexpr Field int1_data{0x1a, 1 << 0}; // new data on INT1
constexpr Field int1_lvl{0x20, 1 << 0};
constexpr Field reset_int{0x21, 1 << 7};
constexpr Field new_data_x{ACC_X_LSB, 1 << 0};

// kernel: The BMA250 takes 0 as a scale, which sets a reserved code, and does not list it.
constexpr Choices scales{.values = micros<0, 38344, 76590, 153180, 306458>,
                         .field = range,
                         .codes = {0, 3, 5, 8, 12},
                         .initial = 1,
                         .listed_from = 1};
constexpr Choices bandwidths{.values = ints<8, 16, 31, 63, 125, 250, 500, 1000>, // Hz
                             .field = bw,
                             .codes = codes_from(8),
                             .initial = 1};
constexpr Choices power_mode{.field = lowpower_en};
constexpr auto channels = make_channels(10, scales, bandwidths, ext_infos<power_mode>);

// The line stays active until the next acquisition, whatever is read.
constexpr auto part =
    make_part(3, {softreset, 0xb6}, suspend, {{suspend, 0}, {int1_data, 1}}, channels,
              {.enable = data_en,
               .active_high = int1_lvl,
               .status = new_data_x,
               .status_in_sample = true,
               .clear = {reset_int, 1}});

} // namespace bma250

class Bma180 : public RegisterDriver {
public:
    using RegisterDriver::RegisterDriver;

    // kernel: What is written to the temperature's scale sets the acceleration's.
    Result<void> write_raw(const Channel &, Info info, Written written) const
    {
        return RegisterDriver::write_raw(channels().front(), info, written);
    }
};

} // namespace

IIO_MODULE(bma180, Bma180, Part{.name = "bma023", .addresses = {0x38}, .data = bma150::bma023},
           Part{.name = "bma150", .addresses = {0x38}, .data = bma150::part},
           Part{.name = "bma180", .addresses = {0x40, 0x41}, .data = bma180::part},
           Part{.name = "bma250", .addresses = {0x18, 0x19}, .data = bma250::part},
           Part{.name = "smb380", .addresses = {0x38}, .data = bma150::part});

} // namespace iio::bma180
