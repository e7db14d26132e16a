// SPDX-License-Identifier: MIT
//
// Sensirion SCD40 and SCD41: CO2, temperature and relative humidity, measured each 5 s. I2C
// at 0x62. Datasheet: SCD4x, version 1.1.
//
// The part is configured while it does not measure, and measures from the next read on.
#include <iio/driver.hpp>
#include <utility>

namespace iio::scd4x {
namespace {

enum : std::uint16_t {
    START_PERIODIC_MEASUREMENT = 0x21b1,
    GET_AUTOMATIC_SELF_CALIBRATION = 0x2313,
    GET_TEMPERATURE_OFFSET = 0x2318,
    SET_AUTOMATIC_SELF_CALIBRATION = 0x2416,
    SET_TEMPERATURE_OFFSET = 0x241d,
    PERFORM_FORCED_RECALIBRATION = 0x362f,
    GET_SERIAL_NUMBER = 0x3682,
    STOP_PERIODIC_MEASUREMENT = 0x3f86,
    AMBIENT_PRESSURE = 0xe000, // hPa
    GET_DATA_READY_STATUS = 0xe4b8,
    READ_MEASUREMENT = 0xec05,
};
constexpr unsigned not_ready_mask = 0x7ff; // all 0: not ready
constexpr std::uint16_t recalibration_failed = 0xffff;

constexpr auto stop_time = 500ms;
constexpr auto answer_time = 1ms;
constexpr auto recalibration_time = 400ms;
constexpr auto poll_time = 250ms;
constexpr int most_polls = 24; // a measurement each 5 s

constexpr std::array<Value, 3> pressures{Int{700}, Int{1}, Int{1200}};
constexpr unsigned most_ppm = 2000;

constexpr Value ppm = IntPlusMicro{0, 100}; // as percent
// -45 to 130 degrees Celsius: (raw + offset) * scale; 0 to 100 %.
constexpr Value temperature_scale = Fractional{175'000, 65'536};
constexpr Value temperature_offset = IntPlusMicro{-16'852, 114'286};
constexpr Value humidity_scale = Fractional{100'000, 65'536};

/// A channel's address is the place of its word in the answer.
constexpr Channel quantity(const Channel &channel, int index, const Value &scale)
{
    return channel.at(static_cast<std::uint64_t>(index))
        .separate(Info::raw)
        .constant(Info::scale, scale)
        .direct_read(Info::raw)
        .scan(index, ScanType::of_unsigned(16, 16));
}
constexpr std::array channel_list{
    Channel::out(ChannelType::pressure).separate(Info::raw).available(Shared::separate, Info::raw),
    quantity(Channel::in(ChannelType::concentration).modifier(Modifier::co2), 0, ppm),
    quantity(Channel::in(ChannelType::temp), 1, temperature_scale)
        .separate(Info::calibbias)
        .constant(Info::offset, temperature_offset),
    quantity(Channel::in(ChannelType::humidityrelative), 2, humidity_scale),
};
enum : std::uint32_t { self_calibration, forced_value };
constexpr std::array attribute_list{
    DeviceAttribute::of("calibration_auto_enable", ExtInfo::Access::read_write, self_calibration),
    DeviceAttribute::of("calibration_forced_value", ExtInfo::Access::order, forced_value),
    DeviceAttribute::constant("calibration_forced_value_available", "[0 1 2000]\n"),
};

class Scd4x : public TableDriver {
public:
    explicit Scd4x(const Hardware &hardware)
        : TableDriver{hardware, channel_list, attribute_list}, commands_{hardware}
    {
    }
    ~Scd4x() override
    {
        if (measures_)
            (void)commands_.send(STOP_PERIODIC_MEASUREMENT);
    }

    /// It may measure from earlier on. Errors: EIO: what answers does not check its words as
    /// this part does.
    Result<void> probe()
    {
        const std::lock_guard lock{mutex_};
        IIO_TRY(stop());
        IIO_TRY(commands_.ask<3>(GET_SERIAL_NUMBER, answer_time));
        return {};
    }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const std::lock_guard lock{mutex_};
        if (info == Info::calibbias)
            return Int{IIO_TRY(ask_idle(GET_TEMPERATURE_OFFSET))};
        if (info != Info::raw)
            return TableDriver::read_raw(channel, info);
        if (channel.is_output()) {
            const auto [pressure] = IIO_TRY(commands_.ask<1>(AMBIENT_PRESSURE, answer_time));
            return Int{pressure};
        }
        return Int{IIO_TRY(measure())[channel.index()]};
    }

    WriteFormat write_format(const Channel &, Info) const { return WriteFormat::integer; }
    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::min_step_max(pressures);
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const std::lock_guard lock{mutex_};
        const int number = written.integer;
        if (channel.is_output() && info == Info::raw && number >= 700 && number <= 1200)
            return commands_.send(AMBIENT_PRESSURE, word(static_cast<unsigned>(number)));
        if (info != Info::calibbias || number < 0 || number > 0xffff)
            return fail(EINVAL);
        IIO_TRY(stop());
        return commands_.send(SET_TEMPERATURE_OFFSET, word(static_cast<unsigned>(number)));
    }

    Result<void> scan(Scan &scan) const
    {
        const std::lock_guard lock{mutex_};
        const auto words = IIO_TRY(measure());
        scan.put_numbers(std::span{channel_list}.subspan(1, words.size()), words);
        return {};
    }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        const std::lock_guard lock{mutex_};
        text.line(IIO_TRY(ask_idle(GET_AUTOMATIC_SELF_CALIBRATION)));
        return {};
    }
    /// Errors: EIO: the part could not be recalibrated.
    Result<std::size_t> write_attribute(const DeviceAttribute &attribute,
                                        std::string_view text) const
    {
        const std::lock_guard lock{mutex_};
        if (attribute.id == self_calibration) {
            const bool on = IIO_TRY(parse_bool(text));
            IIO_TRY(stop());
            IIO_TRY(commands_.send(SET_AUTOMATIC_SELF_CALIBRATION, word(on)));
            return text.size();
        }
        const unsigned ppm_now = IIO_TRY(parse_unsigned(text));
        if (ppm_now > most_ppm)
            return fail(EINVAL);
        IIO_TRY(stop());
        IIO_TRY(recalibrate(ppm_now));
        return text.size();
    }

private:
    static std::array<std::uint16_t, 1> word(unsigned number)
    {
        return {static_cast<std::uint16_t>(number)};
    }
    /// Before anything is configured.
    Result<void> stop() const
    {
        if (std::exchange(measures_, false)) {
            IIO_TRY(commands_.send(STOP_PERIODIC_MEASUREMENT));
            hardware().delay(stop_time);
        }
        return {};
    }
    Result<int> ask_idle(unsigned command) const
    {
        IIO_TRY(stop());
        const auto [answer] = IIO_TRY(commands_.ask<1>(command, answer_time));
        return int{answer};
    }
    Result<void> recalibrate(unsigned ppm_now) const
    {
        IIO_TRY(commands_.send(PERFORM_FORCED_RECALIBRATION, word(ppm_now)));
        hardware().delay(recalibration_time);
        std::array<std::uint16_t, 1> correction{};
        IIO_TRY(commands_.receive(correction));
        return correction.front() == recalibration_failed ? fail(EIO) : Result<void>{};
    }

    /// Errors: ETIMEDOUT: the part does not measure.
    Result<std::array<std::uint16_t, 3>> measure() const
    {
        if (!measures_)
            IIO_TRY(commands_.send(START_PERIODIC_MEASUREMENT));
        measures_ = true;
        for (int polls = 0; polls < most_polls; ++polls) {
            const auto [status] = IIO_TRY(commands_.ask<1>(GET_DATA_READY_STATUS, answer_time));
            if (status & not_ready_mask)
                return commands_.ask<3>(READ_MEASUREMENT, answer_time);
            hardware().delay(poll_time);
        }
        return fail(ETIMEDOUT);
    }

    const Commands commands_;
    mutable std::mutex mutex_; ///< a command and its answer
    mutable bool measures_ = true;
};

constexpr std::array<std::uint8_t, 1> addresses{0x62};

// All other reads that change nothing are refused while the part measures.
constexpr IdentityCommand data_ready{.command = GET_DATA_READY_STATUS,
                                     .answers_after = answer_time};

} // namespace

IIO_MODULE(scd4x, Scd4x, Part{.name = "scd40", .addresses = addresses, .recognised = data_ready},
           Part{.name = "scd41", .addresses = addresses, .recognised = data_ready});

} // namespace iio::scd4x
