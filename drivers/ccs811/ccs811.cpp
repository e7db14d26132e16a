// SPDX-License-Identifier: MIT
//
// ams CCS811: equivalent CO2 and volatile organic compounds, computed in the part from the
// resistance of a heated metal oxide. I2C at 0x5a or 0x5b, by the pin ADDR.
// Datasheet: CCS811 v1-06.
#include <iio/driver.hpp>

namespace iio::ccs811 {
namespace {

enum : std::uint8_t {
    ALG_RESULT_DATA = 0x02,
    APP_START = 0xf4,
    SW_RESET = 0xff,
};
constexpr Field DATA_READY{0x00, 1 << 3}; // STATUS
constexpr Field APP_VALID{0x00, 1 << 4};
constexpr Field FW_MODE{0x00, 1 << 7}; // 0: boot loader
constexpr Field DRIVE_MODE{0x01, 7 << 4};
constexpr Field INT_DATARDY{0x01, 1 << 3};
constexpr Field HW_ID{0x20, 0xff};
constexpr Field HW_VERSION{0x21, 0xf << 4};
constexpr std::array<std::uint8_t, 4> reset_sequence{0x11, 0xe5, 0x72, 0x8a};
constexpr unsigned each_second = 1; // of DRIVE_MODE

constexpr auto reset_time = 2ms;
constexpr auto app_start_time = 1ms;
constexpr Polls polls{.pause = 100ms, .most = 11, .error = ETIMEDOUT};

struct Results {
    BeU16 eCO2, TVOC;
    std::uint8_t STATUS, ERROR_ID;
    BeU16 RAW_DATA; // uA in the high 6 bits, 1.65 V / 1023 in the low 10
};

// Percent, as the concentrations of IIO: 1 ppm, 1 ppb.
constexpr Value ppm = IntPlusMicro{0, 100};
constexpr Value ppb = IntPlusNano{0, 100};
constexpr Value milliamperes = IntPlusMicro{0, 1'000};
constexpr Value millivolts = IntPlusMicro{1, 612'903};

constexpr Channel quantity(const Channel &channel, const Value &scale)
{
    return channel.separate(Info::raw).constant(Info::scale, scale).direct_read(Info::raw);
}
constexpr Channel concentration(Modifier gas, const Value &scale, int index)
{
    return quantity(Channel::in(ChannelType::concentration).modifier(gas), scale)
        .scan(index, ScanType::of_unsigned(16, 16, 0, Endian::big));
}
constexpr Channel co2 = concentration(Modifier::co2, ppm, 0);
constexpr Channel voc = concentration(Modifier::voc, ppb, 1);
constexpr std::array channel_list{
    quantity(Channel::in(ChannelType::current), milliamperes),
    quantity(Channel::in(ChannelType::voltage), millivolts),
    co2,
    voc,
    Channel::timestamp(2),
};
constexpr std::array trigger_list{OwnTrigger::numbered("-dev", true)};
constexpr Layout layout{
    .identity = {HW_ID, {0x81}}, .proof = {DRIVE_MODE, each_second}, // 0 after a reset
};

class Ccs811 : public RegisterDriver {
public:
    explicit Ccs811(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// Errors: ENODEV: another part, or one without an application; EIO: it does not start.
    Result<void> probe()
    {
        IIO_TRY(registers().write_burst(SW_RESET, reset_sequence));
        hardware().delay(reset_time);
        IIO_TRY(RegisterDriver::probe());
        if (IIO_TRY(registers().get(HW_VERSION)) != 1 || IIO_TRY(registers().get(APP_VALID)) == 0)
            return fail(ENODEV);
        IIO_TRY(registers().write_burst(APP_START, {}));
        hardware().delay(app_start_time);
        if (IIO_TRY(registers().get(FW_MODE)) == 0)
            return fail(EIO);
        return registers().write(DRIVE_MODE.reg, DRIVE_MODE.place(each_second));
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (info != Info::raw)
            return RegisterDriver::read_raw(channel, info);
        const auto results = IIO_TRY(measure());
        switch (channel.channel_type()) {
        case ChannelType::current:
            return Int{results.RAW_DATA >> 10};
        case ChannelType::voltage:
            return Int{results.RAW_DATA & 0x3ff};
        default:
            return Int{channel.channel_modifier() == Modifier::co2 ? results.eCO2 : results.TVOC};
        }
    }

    // kernel: A buffer of the organic compounds without carbon dioxide holds carbon dioxide's
    // values.
    Result<void> scan(Scan &scan) const
    {
        const auto words = IIO_TRY((registers().burst<std::array<BeU16, 2>>(ALG_RESULT_DATA)));
        scan.put(co2, std::int64_t{words[0]});
        scan.put(voc, std::int64_t{words[scan.has(co2) ? 1 : 0]});
        return {};
    }

    /// The pin nINT: low until the results are read.
    std::span<const OwnTrigger> triggers() const
    {
        return hardware().interrupt() ? std::span<const OwnTrigger>{trigger_list}
                                      : std::span<const OwnTrigger>{};
    }
    Result<void> set_trigger(std::uint32_t, bool on) const
    {
        return registers().set(INT_DATARDY, on);
    }
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (registers().get(DATA_READY).value_or(0) != 0)
            host().fire(trigger_list.front().id, timestamp_ns);
    }

private:
    /// Errors: ETIMEDOUT: the part does not measure.
    Result<Results> measure() const
    {
        const std::lock_guard lock{measuring_};
        IIO_TRY(wait_until({DATA_READY, 1}, polls));
        return registers().burst<Results>(ALG_RESULT_DATA);
    }

    mutable std::mutex measuring_; ///< reading the results takes them
};

} // namespace

IIO_MODULE(ccs811, Ccs811, Part{.name = "ccs811", .addresses = {0x5a, 0x5b}, .recognised = layout});

} // namespace iio::ccs811
