// SPDX-License-Identifier: MIT
//
// NXP MPL3115A2: pressure, 20 bits of 1/4 Pa, and temperature, 12 bits of 1/16 degree
// Celsius. I2C at 0x60. Datasheet: MPL3115A2 Rev 5.1.
//
// Each read is a measurement; 64 samples make one.
#include <iio/driver.hpp>

namespace iio::mpl3115 {
namespace {

enum : std::uint8_t {
    OUT_P_MSB = 0x01,
    OUT_T_MSB = 0x04,
    CTRL_REG1 = 0x26,
};
constexpr Field WHO_AM_I{0x0c, 0xff};
constexpr Field OS{CTRL_REG1, 7 << 3};
constexpr Field RST{CTRL_REG1, 1 << 2};
constexpr Field OST{CTRL_REG1, 1 << 1}; // 1 until the measurement ends
constexpr unsigned samples_64 = 6;

constexpr auto reset_time = 50ms; // the kernel's driver waits so long
// A measurement takes 258 ms.
constexpr Polls polls{.pause = 20ms, .most = 15, .error = ETIMEDOUT};

constexpr Value kilopascals = IntPlusMicro{0, 250};
// kernel: Temperature times scale is degrees Celsius, where the ABI has thousandths. top: mpl3115
// temp * 1000
constexpr Value sixteenth_of_degree = IntPlusMicro{0, 62'500};

constexpr Channel quantity(ChannelType type, std::uint8_t out, const Value &scale)
{
    return Channel::in(type)
        .at(out)
        .separate(Info::raw)
        .constant(Info::scale, scale)
        .direct_read(Info::raw);
}
constexpr Channel pressure = quantity(ChannelType::pressure, OUT_P_MSB, kilopascals)
                                 .scan(0, ScanType::of_unsigned(20, 32, 12, Endian::big));
constexpr Channel temperature = quantity(ChannelType::temp, OUT_T_MSB, sixteenth_of_degree)
                                    .scan(1, ScanType::of_signed(12, 16, 4, Endian::big));
constexpr std::array channel_list{pressure, temperature, Channel::timestamp(2)};
constexpr Layout layout{
    .identity = {WHO_AM_I, {0xc4}},
    .reset = FieldValue{RST, 1},
    .start_up = reset_time,
    .setup = {{OS, samples_64}},
    .proof = {OS, samples_64}, // 0 after a reset
};
struct Sample {
    BeU24 pressure;
    BeU16 temperature;
};

class Mpl3115 : public RegisterDriver {
public:
    explicit Mpl3115(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return RegisterDriver::read_raw(channel, info);
        const std::lock_guard lock{measuring_};
        IIO_TRY(measure());
        return Int{IIO_TRY(read_sample(channel))};
    }

    Result<void> scan(Scan &scan) const
    {
        const std::lock_guard lock{measuring_};
        IIO_TRY(measure());
        const auto sample = IIO_TRY(registers().burst<Sample>(OUT_P_MSB));
        scan.put(pressure, std::int64_t{sample.pressure} << 8);
        scan.put(temperature, std::int64_t{sample.temperature});
        return {};
    }

private:
    /// Errors: ETIMEDOUT: the measurement does not end.
    Result<void> measure() const
    {
        IIO_TRY(registers().poke(CTRL_REG1, OS.place(samples_64) | OST.place(1)));
        hardware().delay(polls.pause);
        return wait_until({OST, 0}, polls);
    }

    mutable std::mutex measuring_; ///< the part holds the last measurement
};

} // namespace

IIO_MODULE(mpl3115, Mpl3115, Part{.name = "mpl3115", .addresses = {0x60}, .recognised = layout});

} // namespace iio::mpl3115
