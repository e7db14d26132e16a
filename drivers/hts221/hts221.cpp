// SPDX-License-Identifier: MIT
//
// ST HTS221: relative humidity and temperature, each with a linear calibration
// of its own. I2C at 0x5f. Datasheet: DocID026333 Rev 4.
//
// The chip is powered up for a raw read, and while the buffer runs, whose
// trigger is its data-ready output.
#include <array>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/module.hpp>
#include <iio/driver/register_bus.hpp>
#include <thread>
#include <utility>

namespace {

using namespace iio;
using namespace std::chrono_literals;

// Words are low byte first.
constexpr std::uint8_t WHO_AM_I = 0x0f;
constexpr std::uint8_t AV_CONF = 0x10;
constexpr std::uint8_t CTRL_REG1 = 0x20;
constexpr std::uint8_t CTRL_REG3 = 0x22;
constexpr std::uint8_t STATUS_REG = 0x27;
constexpr std::uint8_t HUMIDITY_OUT_L = 0x28;
constexpr std::uint8_t TEMP_OUT_L = 0x2a;
constexpr std::uint8_t H0_RH_X2 = 0x30;         // the first of 16 calibration registers
constexpr std::uint8_t auto_increment = 1 << 7; // in the number of a register that is read

constexpr std::uint8_t identification = 0xbc;
constexpr unsigned AV_CONF_AVGT_SHIFT = 3;      // AVGH is at 0
constexpr unsigned CTRL_REG1_PD = 1 << 7;       // powered up
constexpr unsigned CTRL_REG1_BDU = 1 << 2;      // the bytes of a word belong together
constexpr unsigned CTRL_REG3_DRDY_H_L = 1 << 7; // active low
constexpr unsigned CTRL_REG3_DRDY = 1 << 2;
constexpr std::uint8_t STATUS_H_DA = 1 << 1;

constexpr auto power_up_time = 50ms; // as the kernel's driver

/// Samples that are averaged, by AVGH and AVGT code.
using Ratios = std::array<Value, 8>;
constexpr Ratios humidity_ratios{Int{4},  Int{8},   Int{16},  Int{32},
                                 Int{64}, Int{128}, Int{256}, Int{512}};
constexpr Ratios temperature_ratios{Int{2},  Int{4},  Int{8},   Int{16},
                                    Int{32}, Int{64}, Int{128}, Int{256}};

/// Hz by ODR code - 1; the last is 12.5 Hz.
constexpr std::array<Value, 3> rates{Int{1}, Int{7}, Int{13}};

struct Quantity {
    std::uint8_t out;
    Ratios ratios;
    int parts; // of a unit, in which the calibration is given
};
/// By the channels' addresses. Units are %RH and degrees Celsius, as in the
/// kernel's driver, though IIO has thousandths of them.
constexpr std::array quantities{
    Quantity{HUMIDITY_OUT_L, humidity_ratios, 2},
    Quantity{TEMP_OUT_L, temperature_ratios, 8},
};

constexpr Channel make_channel(ChannelType type, int number)
{
    return Channel::in(type)
        .at(static_cast<unsigned>(number))
        .separate(Info::raw, Info::offset, Info::scale, Info::oversampling_ratio)
        .by_all(Info::sampling_frequency)
        .direct(Info::raw, Info::offset, Info::scale, Info::oversampling_ratio,
                Info::sampling_frequency)
        .available(Shared::by_all, Info::sampling_frequency)
        .scan(number, ScanType::of_signed(16, 16, 0, Endian::little));
}
constexpr std::array channels_data{
    make_channel(ChannelType::humidityrelative, 0),
    make_channel(ChannelType::temp, 1).available(Shared::separate, Info::oversampling_ratio),
    Channel::timestamp(2),
};
constexpr ChannelTable channel_table{channels_data};

// "humidity", not "humidityrelative": the kernel's driver names it so.
constexpr std::array own_attributes{
    DeviceAttribute::of("in_humidity_oversampling_ratio_available", ExtInfo::Access::read),
};
constexpr std::array own_triggers{OwnTrigger::named("-trigger", true)};

constexpr std::int64_t billion = 1'000'000'000;

/// A quantity in 1 / parts: (slope raw + intercept) / denominator. The steps of
/// the kernel's driver, in 32 bits, which a wide calibration overflows there, too.
struct Line {
    static constexpr int denominator = 8000;
    int slope = 1;
    int intercept = 0;

    /// Through two points. Errors: EINVAL: they give no line that can be inverted.
    static Result<Line> through(int raw0, int part0, int raw1, int part1)
    {
        const int width = raw1 - raw0;
        if (width == 0)
            return fail(EINVAL);
        const int slope = (part1 - part0) * denominator / width;
        if (slope == 0)
            return fail(EINVAL);
        const auto rise = static_cast<std::int32_t>(
            (std::int64_t{raw1} * part0 - std::int64_t{raw0} * part1) * 1000);
        return Line{slope, static_cast<std::int32_t>(std::int64_t{rise} / width * 8)};
    }
};

constexpr Value to_value(std::int64_t billionths)
{
    return IntPlusNano{static_cast<int>(billionths / billion),
                       static_cast<int>(billionths % billion)};
}

class Hts221 {
public:
    static constexpr bool own_trigger_only = true;

    explicit Hts221(const Hardware &hardware)
        : bus_{hardware, {.i2c_read_flag = auto_increment}},
          interrupt_{hardware.interrupt()},
          host_{hardware.host()}
    {
    }

    Result<void> probe()
    {
        if (IIO_TRY(bus_.read_u8(WHO_AM_I)) != identification)
            return fail(ENODEV);
        const auto state = state_.lock();
        IIO_TRY(write_ctrl_reg1(*state, 0));
        IIO_TRY(write_av_conf(*state));
        IIO_TRY(read_calibration());
        if (interrupt_)
            IIO_TRY(set_trigger(0, false));
        return {};
    }

    /// BDU is off after a reset.
    Result<bool> is_configured() const
    {
        return (IIO_TRY(bus_.read_u8(CTRL_REG1)) & CTRL_REG1_BDU) != 0;
    }

    ChannelTable channels() const { return channel_table; }
    unsigned modes() const { return interrupt_ ? IIO_MODE_BUFFER_TRIGGERED : IIO_MODE_DIRECT; }

    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const Quantity &quantity = quantities[channel.address];
        const Line &line = lines_[channel.address];
        switch (info) {
        case Info::raw:
            return read_sample(quantity);
        case Info::offset:
            return to_value(line.intercept * billion / line.slope);
        case Info::scale:
            return to_value(line.slope * billion / Line::denominator / quantity.parts);
        case Info::oversampling_ratio:
            return quantity.ratios[state_.lock()->averages[channel.address]];
        case Info::sampling_frequency:
            return rates[state_.lock()->rate];
        default:
            return fail(EINVAL);
        }
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const Quantity &quantity = quantities[channel.address];
        auto state = state_.lock();
        State wanted = *state;
        switch (info) {
        case Info::oversampling_ratio:
            wanted.averages[channel.address] = IIO_TRY(find_integer(quantity.ratios, written));
            IIO_TRY(write_av_conf(wanted));
            break;
        case Info::sampling_frequency:
            wanted.rate = IIO_TRY(find_integer(rates, written));
            IIO_TRY(write_ctrl_reg1(wanted, 0));
            break;
        default:
            return fail(EINVAL);
        }
        *state = wanted;
        return {};
    }

    Result<Available> read_avail(const Channel &channel, Info info) const
    {
        if (info == Info::sampling_frequency)
            return Available::list(rates);
        return Available::list(quantities[channel.address].ratios);
    }

    std::span<const DeviceAttribute> attributes() const { return own_attributes; }

    Result<void> read_attribute(const DeviceAttribute &, Text &text) const
    {
        for (std::string_view separator; const Value &ratio : quantities[0].ratios) {
            text += std::exchange(separator, " ");
            text += std::get<Int>(ratio).value;
        }
        text += "\n";
        return {};
    }

    Result<void> start_buffer(const BufferSetup &) const
    {
        return write_ctrl_reg1(*state_.lock(), CTRL_REG1_PD);
    }
    Result<void> stop_buffer() const { return write_ctrl_reg1(*state_.lock(), 0); }

    std::span<const OwnTrigger> triggers() const
    {
        return interrupt_ ? std::span<const OwnTrigger>{own_triggers}
                          : std::span<const OwnTrigger>{};
    }

    Result<void> set_trigger(std::uint32_t, bool on) const
    {
        const unsigned polarity = interrupt_->edge() == Edge::falling ? CTRL_REG3_DRDY_H_L : 0;
        const unsigned ctrl_reg3 = polarity | (on ? CTRL_REG3_DRDY : 0);
        return bus_.write_u8(CTRL_REG3, static_cast<std::uint8_t>(ctrl_reg3));
    }

    /// A scan has the time at which the chip said what its line means.
    void handle_interrupt(std::int64_t) const
    {
        const auto status = bus_.read_u8(STATUS_REG);
        if (status && *status & STATUS_H_DA)
            host_.fire(0, host_.now());
    }

    Result<void> scan(Scan &scan) const
    {
        const auto words = IIO_TRY(bus_.read<4>(HUMIDITY_OUT_L));
        scan.put(channels_data[0], std::span{words}.first<2>());
        scan.put(channels_data[1], std::span{words}.last<2>());
        return {};
    }

private:
    struct State {
        std::array<unsigned, quantities.size()> averages{3, 3}; // codes, by the channels' addresses
        unsigned rate = 0;                                      // in rates
    };

    Result<void> write_av_conf(const State &state) const
    {
        const unsigned av_conf = state.averages[1] << AV_CONF_AVGT_SHIFT | state.averages[0];
        return bus_.write_u8(AV_CONF, static_cast<std::uint8_t>(av_conf));
    }

    Result<void> write_ctrl_reg1(const State &state, unsigned power) const
    {
        const unsigned ctrl_reg1 = power | CTRL_REG1_BDU | (state.rate + 1);
        return bus_.write_u8(CTRL_REG1, static_cast<std::uint8_t>(ctrl_reg1));
    }

    Result<void> read_calibration()
    {
        const auto c = IIO_TRY(bus_.read<16>(H0_RH_X2));
        const auto out = [&](std::size_t at) {
            return sign_extend(little_endian(std::span{c}.subspan(at, 2)), 16);
        };
        lines_[0] = IIO_TRY(Line::through(out(6), c[0], out(10), c[1]));
        const int t0_deg_c_x8 = c[2] | (c[5] & 3) << 8;
        const int t1_deg_c_x8 = c[3] | (c[5] >> 2 & 3) << 8;
        lines_[1] = IIO_TRY(Line::through(out(12), t0_deg_c_x8, out(14), t1_deg_c_x8));
        return {};
    }

    /// The lock keeps others from powering the chip down. It is powered down
    /// again whether or not the word could be read.
    Result<Value> read_sample(const Quantity &quantity) const
    {
        const auto state = state_.lock();
        IIO_TRY(write_ctrl_reg1(*state, CTRL_REG1_PD));
        std::this_thread::sleep_for(power_up_time);
        const auto word = bus_.read<2>(quantity.out);
        IIO_TRY(write_ctrl_reg1(*state, 0));
        return Int{sign_extend(little_endian(IIO_TRY(word)), 16)};
    }

    const RegisterBus bus_;
    const InterruptLine *interrupt_;
    Host host_;
    std::array<Line, quantities.size()> lines_{}; // by the channels' addresses
    Guarded<State> state_;
};

static_assert(Driver<Hts221>);

constexpr std::array<std::uint8_t, 1> addresses{0x5f};
constexpr std::array parts{Part{.name = "hts221", .addresses = addresses}};

} // namespace

extern const Module hts221_module;
const Module hts221_module = module_of<Hts221>("hts221", parts);
