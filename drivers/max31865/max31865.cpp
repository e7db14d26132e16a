// SPDX-License-Identifier: MIT
//
// Maxim MAX31865: RTD to digital converter, 15 bits of the reference resistor. SPI.
// Datasheet: 19-6478.
//
// The RTD has two or four wires.
#include <iio/driver.hpp>

namespace iio::max31865 {
namespace {

enum : std::uint8_t {
    CONFIGURATION = 0x00,
    RTD_MSBS = 0x01,
};
constexpr Field V_BIAS{CONFIGURATION, 1 << 7};
constexpr Field ONE_SHOT{CONFIGURATION, 1 << 5};
constexpr Field FAULT_CLEAR{CONFIGURATION, 1 << 1};
constexpr Field FILTER{CONFIGURATION, 1 << 0}; // of the mains: 0: 60 Hz, 1: 50 Hz
constexpr Field OVUV{0x07, 1 << 2};            // Fault Status: a voltage out of range

/// From the bias voltage on: 10.5 time constants of the input's filter and 1 ms.
constexpr auto bias_time = 11ms;
/// With the filter for 50 Hz, maximum.
constexpr auto conversion_time = 66ms;

/// kernel: A step is taken as 1/32 degree Celsius, which holds for a reference of 400 Ohm and a
/// Pt100 only, and there is no offset, so that the temperature is 256 degrees too high.
constexpr Value scale = IntPlusMicro{31, 250'000};

constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .at(RTD_MSBS)
        .separate(Info::raw)
        .constant(Info::scale, scale)
        .sample(ScanType::of_unsigned(15, 16, 1, Endian::big)),
};
enum : std::uint32_t { fault_ovuv, notch };
constexpr std::array attribute_list{
    DeviceAttribute::of("fault_ovuv", ExtInfo::Access::read, fault_ovuv),
    DeviceAttribute::of("in_filter_notch_center_frequency", ExtInfo::Access::read_write, notch),
    // kernel: `sampling_frequency_available` lists the frequencies of the mains filter, 50 and 60
    // Hz.
    DeviceAttribute::constant("sampling_frequency_available", "50 60\n"),
};
constexpr Layout layout{
    .format = {.read_flag = 0, .write_flag = 0x80},
    .setup = {{{CONFIGURATION, 0xff}, 0}},
};

class Max31865 : public RegisterDriver {
public:
    explicit Max31865(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    /// The bias voltage heats the RTD: it is on while the part converts.
    /// kernel: The bit that reports a fault of the RTD does not make a read fail.
    Result<int> read_sample(const Channel &channel) const override
    {
        const auto filters_50hz = filters_50hz_.lock();
        const unsigned filter = FILTER.place(*filters_50hz);
        IIO_TRY(registers().write(CONFIGURATION, V_BIAS.place(1) | filter));
        hardware().delay(bias_time);
        IIO_TRY(registers().write(CONFIGURATION, V_BIAS.place(1) | ONE_SHOT.place(1) |
                                                     FAULT_CLEAR.place(1) | filter));
        hardware().delay(conversion_time);
        const int ratio = IIO_TRY(RegisterDriver::read_sample(channel));
        IIO_TRY(registers().write(CONFIGURATION, filter));
        return ratio;
    }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        if (attribute.id == notch)
            text += *filters_50hz_.lock() ? "50\n" : "60\n";
        else
            text += IIO_TRY(registers().get(OVUV)) ? "1\n" : "0\n";
        return {};
    }

    /// The filter is changed while the part does not convert. The kernel's driver does not
    /// change it back to 60 Hz.
    Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view text) const
    {
        const unsigned hertz = IIO_TRY(parse_unsigned(text, 10));
        if (hertz != 50 && hertz != 60)
            return fail(EINVAL);
        const auto filters_50hz = filters_50hz_.lock();
        IIO_TRY(registers().write(CONFIGURATION, FILTER.place(hertz == 50)));
        *filters_50hz = hertz == 50;
        return text.size();
    }

private:
    Guarded<bool> filters_50hz_{false}; ///< held while a conversion runs
};

} // namespace

IIO_MODULE(max31865, Max31865,
           Part{.name = "max31865", .spi = SpiSettings{.mode = 1, .speed_hz = 5'000'000}});

} // namespace iio::max31865
