// SPDX-License-Identifier: MIT
//
// Bosch BNO055: accelerometer, magnetometer and gyroscope with a processor that computes the
// orientation from them and calibrates them. I2C at 0x28 or 0x29, by the pin COM3.
// Datasheet: BST-BNO055-DS000.
//
// With fusion on, the part chooses the sensors' settings itself. Registers are in two pages.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::bno055 {
namespace {

enum : std::uint8_t { CHIP_ID = 0x00, TEMP = 0x34, CALIB_STAT = 0x35 };
enum : std::uint8_t { ACC_DATA_X = 0x08, MAG_DATA_X = 0x0e, GYR_DATA_X = 0x14 };
// Yaw, roll and pitch; the quaternion; acceleration without gravity, and gravity.
enum : std::uint8_t { EUL_DATA_X = 0x1a, QUA_DATA_W = 0x20, LIA_DATA_X = 0x28, GRV_DATA_X = 0x2e };
enum : std::uint8_t { UNIT_SEL = 0x3b, OPR_MODE = 0x3d, PWR_MODE = 0x3e, SYS_TRIGGER = 0x3f };
// 22 bytes of calibration, first the offsets in the order of the data.
enum : std::uint8_t { ACC_OFFSET_X = 0x55 };
enum : std::uint8_t { PAGE_ID = 0x07, UNIQUE_ID = 0x50 }; // on both pages, on page 1
constexpr std::uint8_t chip_id = 0xa0;
// Page 1.
constexpr Field ACC_Range{0x08, 3 << 0};
constexpr Field ACC_BW{0x08, 7 << 2};
constexpr Field MAG_Rate{0x09, 7 << 0};
constexpr Field GYR_Range{0x0a, 7 << 0};
constexpr Field GYR_BW{0x0a, 7 << 3};

enum Mode : std::uint8_t { CONFIGMODE = 0x00, AMG = 0x07, NDOF_FMC_OFF = 0x0b, NDOF = 0x0c };
constexpr std::uint8_t RST_SYS = 0x20;
constexpr std::uint8_t units = 0x82; // Android's orientation, radians per second
// Section 3.3 table 3-6, section 1.2 table 0-2.
constexpr auto to_config_time = 19ms;
constexpr auto from_config_time = 7ms;
constexpr auto reset_time = 650ms;

/// A setting that the part chooses itself while fusion is on.
struct Setting {
    Field field;
    std::span<const Value> values; ///< in ascending order
    Codes codes;
    std::span<const Value> of_fusion;
};
constexpr Value fusion_gyro_scale = Fractional{1, 900};
constexpr std::array fusion_gyro_scales{fusion_gyro_scale};
constexpr std::array ranges{1962, 3924, 7848, 15'696}; // cm/s^2
constexpr Setting acc_bandwidth{ACC_BW,
                                micros<7'810'000, 15'630'000, 31'250'000, 62'500'000, 125'000'000,
                                       250'000'000, 500'000'000, 1'000'000'000>,
                                {},
                                micros<62'500'000>};
constexpr Setting mag_rate{MAG_Rate, ints<2, 6, 8, 10, 15, 20, 25, 30>, {}, ints<20>};
constexpr Setting gyr_bandwidth{
    GYR_BW, ints<12, 23, 32, 47, 64, 116, 230, 523>, {5, 4, 7, 3, 6, 2, 1, 0}, ints<32>};
// kernel: The gyroscope's scales are in the wrong order and size when fusion is off: the codes are
// reversed, and the part's steps are 1/900 rad/s in any range.
constexpr Setting gyr_range{
    GYR_Range, nanos<66'579, 133'158, 266'316, 532'632, 1'065'265>, {}, fusion_gyro_scales};

constexpr Value centimetres = Fractional{1, 100};      // per s^2, in m/s^2
constexpr Value sixteenths = Fractional{1, 16};        // of a degree
constexpr Value sixteenths_of_ut = Fractional{1, 160}; // of a microtesla, in G

constexpr auto sample = ScanType::of_signed(16, 16, 0, Endian::little);
template <class Add>
constexpr auto three(ChannelType type, unsigned first, int index, std::array<Modifier, 3> modifiers,
                     Add &&add)
{
    const auto axis = [&](unsigned n) {
        return add(Channel::in(type)
                       .modifier(modifiers[n])
                       .at(first + 2 * n)
                       .separate(Info::raw)
                       .scan(index + static_cast<int>(n), sample));
    };
    return std::array{axis(0), axis(1), axis(2)};
}
constexpr std::array xyz{Modifier::x, Modifier::y, Modifier::z};
constexpr auto channel_list = join(
    three(ChannelType::accel, ACC_DATA_X, 0, xyz,
          [](const Channel &axis) {
              return axis.separate(Info::offset)
                  .constant(Info::scale, centimetres, Shared::by_type)
                  .by_type(Info::low_pass_filter_3db_frequency)
                  .available(Shared::by_type, Info::low_pass_filter_3db_frequency);
          }),
    three(ChannelType::magn, MAG_DATA_X, 3, xyz,
          [](const Channel &axis) {
              return axis.separate(Info::offset)
                  .constant(Info::scale, sixteenths_of_ut, Shared::by_type)
                  .by_type(Info::sampling_frequency)
                  .available(Shared::by_type, Info::sampling_frequency);
          }),
    three(ChannelType::anglvel, GYR_DATA_X, 6, xyz,
          [](const Channel &axis) {
              return axis.separate(Info::offset)
                  .by_type(Info::scale, Info::low_pass_filter_3db_frequency)
                  .available(Shared::by_type, Info::scale, Info::low_pass_filter_3db_frequency);
          }),
    three(ChannelType::rot, EUL_DATA_X, 9, {Modifier::yaw, Modifier::roll, Modifier::pitch},
          [](const Channel &axis) { return axis.by_type(Info::scale); }),
    Channel::in(ChannelType::rot)
        .modifier(Modifier::quaternion)
        .at(QUA_DATA_W)
        .separate(Info::raw)
        .scan(12, sample.times(4)),
    three(ChannelType::accel, LIA_DATA_X, 13,
          {Modifier::linear_x, Modifier::linear_y, Modifier::linear_z},
          [](const Channel &axis) { return axis; }),
    three(ChannelType::gravity, GRV_DATA_X, 16, xyz,
          [](const Channel &axis) { return axis.by_type(Info::scale); }),
    Channel::timestamp(19), Channel::in(ChannelType::temp).at(TEMP).separate(Info::processed));

enum : std::uint32_t {
    fusion_enable,
    fast_calibration,
    calibration_data,
    serialnumber,
    range,
    ranges_listed,
    mag_status, ///< as the fields of CALIB_STAT stand
    accel_status,
    gyro_status,
    sys_status,
};
constexpr auto readable = ExtInfo::Access::read;
constexpr auto writable = ExtInfo::Access::read_write;
constexpr std::array attribute_list{
    DeviceAttribute::of("fusion_enable", writable, fusion_enable),
    DeviceAttribute::of("in_magn_calibration_fast_enable", writable, fast_calibration),
    DeviceAttribute::of("calibration_data", readable, calibration_data),
    DeviceAttribute::of("serialnumber", readable, serialnumber),
    DeviceAttribute::of("in_accel_range_raw", writable, range),
    DeviceAttribute::of("in_accel_range_raw_available", readable, ranges_listed),
    DeviceAttribute::of("in_magn_calibration_auto_status", readable, mag_status),
    DeviceAttribute::of("in_accel_calibration_auto_status", readable, accel_status),
    DeviceAttribute::of("in_gyro_calibration_auto_status", readable, gyro_status),
    DeviceAttribute::of("sys_calibration_auto_status", readable, sys_status),
};

const Setting *setting_of(const Channel &channel, Info info)
{
    if (info == Info::sampling_frequency)
        return &mag_rate;
    if (info == Info::low_pass_filter_3db_frequency)
        return channel.type == IIO_ACCEL ? &acc_bandwidth : &gyr_bandwidth;
    return info == Info::scale && channel.type == IIO_ANGL_VEL ? &gyr_range : nullptr;
}
constexpr bool is_fused(const Channel &channel) { return channel.address >= EUL_DATA_X; }

/// In the units of the value's last digit.
std::int64_t whole(const Value &value)
{
    const auto raw = detail::to_raw(value);
    const int unit = raw.type == IIO_VAL_INT_PLUS_NANO ? 1'000'000'000 : 1'000'000;
    return std::int64_t{raw.vals[0]} * unit + (raw.count > 1 ? raw.vals[1] : 0);
}

class Bno055 : public TableDriver {
public:
    explicit Bno055(const Hardware &hardware)
        : TableDriver{hardware, channel_list, attribute_list}, registers_{hardware}
    {
    }

    Result<void> probe()
    {
        const auto state = state_.lock();
        IIO_TRY(registers_.poke(PAGE_ID, 0));
        if (IIO_TRY(registers_.read(CHIP_ID)) != chip_id)
            return fail(ENODEV);
        IIO_TRY(registers_.poke(SYS_TRIGGER, RST_SYS));
        hardware().delay(reset_time);
        IIO_TRY(turn_to_page(*state, 1));
        IIO_TRY(registers_.read_burst(UNIQUE_ID, unique_id_));
        IIO_TRY(turn_to_page(*state, 0));
        IIO_TRY(registers_.poke(OPR_MODE, CONFIGMODE));
        hardware().delay(to_config_time);
        IIO_TRY(registers_.poke(PWR_MODE, 0));
        IIO_TRY(registers_.poke(SYS_TRIGGER, 0));
        IIO_TRY(registers_.poke(UNIT_SEL, units));
        return enter(*state, NDOF);
    }

    /// Errors: EBUSY: what the part computes while fusion is on.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        const auto state = state_.lock();
        const bool fuses = state->mode != AMG;
        if (info == Info::processed) {
            IIO_TRY(turn_to_page(*state, 0));
            // kernel: The temperature is shown without its sign: -6 degrees Celsius are 250.
            return Int{static_cast<int>(IIO_TRY(registers_.read(TEMP))) * 1000};
        }
        if (is_fused(channel) && !fuses)
            return fail(EBUSY);
        if (info == Info::raw || (info == Info::offset && !fuses))
            return read_words(*state, channel, info == Info::offset);
        if (info == Info::offset)
            return Int{0};
        if (const Setting *const setting = setting_of(channel, info)) {
            if (setting == &gyr_range && fuses)
                return fusion_gyro_scale;
            const unsigned code = IIO_TRY(read_field(*state, setting->field));
            for (unsigned i = 0; i < setting->values.size(); ++i) {
                if (setting->codes[i] == code)
                    return setting->values[i];
            }
            return fail(EINVAL);
        }
        if (info == Info::scale && is_fused(channel))
            return channel.type == IIO_ROT ? sixteenths : centimetres;
        return TableDriver::read_raw(channel, info);
    }
    Result<Available> read_avail(const Channel &channel, Info info) const
    {
        const Setting *const setting = setting_of(channel, info);
        if (!setting)
            return fail(EINVAL);
        return Available::list(state_.lock()->mode == AMG ? setting->values : setting->of_fusion);
    }
    WriteFormat write_format(const Channel &channel, Info info) const
    {
        return setting_of(channel, info) == &gyr_range ? WriteFormat::plus_nano
                                                       : WriteFormat::plus_micro;
    }
    /// The nearest value; with fusion on there is only one.
    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        const Setting *const setting = setting_of(channel, info);
        if (!setting)
            return fail(EINVAL);
        const auto state = state_.lock();
        if (state->mode != AMG)
            return {};
        const std::int64_t unit = setting == &gyr_range ? 1'000'000'000 : 1'000'000;
        const std::int64_t wanted = written.integer * unit + written.fraction;
        const auto distance = [&](const Value &value) { return std::abs(whole(value) - wanted); };
        const auto nearest = std::ranges::min_element(setting->values, {}, distance);
        return write_field(
            *state, setting->field,
            setting->codes[static_cast<unsigned>(nearest - setting->values.begin())]);
    }

    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const
    {
        const auto state = state_.lock();
        switch (attribute.id) {
        case fusion_enable:
            text += state->mode == AMG ? "0\n" : "1\n";
            return {};
        case fast_calibration:
            text += state->mode == NDOF ? "1\n" : "0\n";
            return {};
        case calibration_data:
            return read_calibration(*state, text);
        case serialnumber:
            append_serial(text);
            return {};
        case range:
            text.line(ranges[IIO_TRY(read_field(*state, ACC_Range))]);
            return {};
        case ranges_listed:
            text += state->mode == AMG ? "1962 3924 7848 15696\n" : "3924\n";
            return {};
        default:
            return read_status(*state, attribute.id - mag_status, text);
        }
    }
    Result<std::size_t> write_attribute(const DeviceAttribute &attribute,
                                        std::string_view text) const
    {
        if (attribute.id == range)
            return choose_range(text);
        const auto state = state_.lock();
        if (attribute.id == fusion_enable) {
            const bool on = IIO_TRY(parse_bool(text));
            if (on != (state->mode != AMG))
                IIO_TRY(enter(*state, on ? NDOF_FMC_OFF : AMG));
            return text.size();
        }
        if (state->mode == AMG)
            return fail(EPERM);
        // kernel: `fusion_enable` takes any text but 0 as 1.
        const Mode mode = text == "0" || text == "0\n" ? NDOF_FMC_OFF : NDOF;
        if (mode != state->mode)
            IIO_TRY(enter(*state, mode));
        return text.size();
    }

    // kernel: In a scan, Linux puts the quaternion right behind the channels before it; this driver
    // aligns it to its 8 bytes, as readers of scans expect.
    /// Errors: EBUSY: what the part computes while fusion is on.
    Result<void> scan(Scan &scan) const
    {
        const auto state = state_.lock();
        unsigned first = 0xff;
        unsigned end = 0;
        const auto in_scan = channels().first(19);
        for (const Channel &channel : in_scan) {
            if (!scan.has(channel))
                continue;
            first = std::min(first, static_cast<unsigned>(channel.address));
            end = std::max(end, static_cast<unsigned>(channel.address) + bytes_in_scan(channel));
        }
        if (first >= end)
            return {};
        if (end > EUL_DATA_X && state->mode == AMG)
            return fail(EBUSY);
        IIO_TRY(turn_to_page(*state, 0));
        std::array<std::uint8_t, 64> bytes{};
        const auto read = std::span{bytes}.first(end - first);
        IIO_TRY(registers_.read_burst(first, read));
        for (const Channel &channel : in_scan) {
            if (scan.has(channel))
                scan.put(channel, read.subspan(channel.index() - first, bytes_in_scan(channel)));
        }
        return {};
    }

private:
    struct State {
        unsigned page = 0;
        Mode mode = NDOF;
    };
    static unsigned bytes_in_scan(const Channel &channel)
    {
        return channel.scan_type.repeat > 1 ? 8 : 2;
    }

    Result<void> turn_to_page(State &state, unsigned page) const
    {
        if (state.page == page)
            return {};
        IIO_TRY(registers_.poke(PAGE_ID, page));
        state.page = page;
        return {};
    }
    Result<void> enter(State &state, Mode mode) const
    {
        IIO_TRY(leave(state));
        IIO_TRY(registers_.poke(OPR_MODE, mode));
        hardware().delay(from_config_time);
        state.mode = mode;
        return {};
    }
    /// The part stops and can be configured.
    Result<void> leave(State &state) const
    {
        IIO_TRY(turn_to_page(state, 0));
        IIO_TRY(registers_.poke(OPR_MODE, CONFIGMODE));
        hardware().delay(to_config_time);
        return {};
    }

    Result<Value> read_words(State &state, const Channel &channel, bool offset) const
    {
        IIO_TRY(turn_to_page(state, 0));
        const unsigned reg = offset ? ACC_OFFSET_X + 2U * static_cast<unsigned>(channel.scan_index)
                                    : static_cast<unsigned>(channel.address);
        if (channel.scan_type.repeat <= 1) {
            const int word = IIO_TRY(registers_.burst<LeS16>(reg));
            return Int{offset ? -word : word}; // the part subtracts its offsets
        }
        const auto words = IIO_TRY(registers_.burst<std::array<LeS16, 4>>(reg));
        return IntMultiple{std::array<int, 4>{words[0], words[1], words[2], words[3]}};
    }
    Result<unsigned> read_field(State &state, Field field) const
    {
        IIO_TRY(turn_to_page(state, 1));
        return registers_.get(field);
    }
    /// Only while fusion is off.
    Result<void> write_field(State &state, Field field, unsigned code) const
    {
        IIO_TRY(leave(state));
        IIO_TRY(turn_to_page(state, 1));
        IIO_TRY(registers_.order({field, code}));
        return enter(state, state.mode);
    }

    Result<void> read_calibration(State &state, Text &text) const
    {
        IIO_TRY(leave(state));
        std::array<char, 22> data{};
        const auto bytes = IIO_TRY(registers_.burst<std::array<std::uint8_t, 22>>(ACC_OFFSET_X));
        IIO_TRY(registers_.poke(OPR_MODE, state.mode));
        hardware().delay(from_config_time);
        std::ranges::transform(bytes, data.begin(), [](auto byte) { return char(byte); });
        text += std::string_view{data.data(), data.size()};
        return {};
    }
    /// 1 to 4, or 0 of what is not calibrated in this mode.
    Result<void> read_status(State &state, unsigned field, Text &text) const
    {
        const bool is_calibrated = state.mode == NDOF || (state.mode == NDOF_FMC_OFF && field != 0);
        int status = 0;
        if (is_calibrated) {
            IIO_TRY(turn_to_page(state, 0));
            status = static_cast<int>(IIO_TRY(registers_.read(CALIB_STAT)) >> 2 * field & 3) + 1;
        }
        text.line(status);
        return {};
    }
    void append_serial(Text &text) const
    {
        constexpr std::string_view digits = "0123456789abcdef";
        for (std::size_t i = 0; i < unique_id_.size(); ++i) {
            text += digits.substr(unique_id_[i] >> 4U, 1);
            text += digits.substr(unique_id_[i] & 15U, 1);
            text += i + 1 < unique_id_.size() ? " " : "\n";
        }
    }
    /// The nearest. kernel: Of a range that is written only the low 32 bits count.
    Result<std::size_t> choose_range(std::string_view text) const
    {
        const auto written = parse_unsigned(text, 10);
        if (!written && written.error() != Errno{ERANGE})
            return fail(written.error());
        const auto state = state_.lock();
        if (state->mode != AMG)
            return text.size();
        const std::int64_t wanted = written.value_or(0);
        const auto nearest = std::ranges::min_element(
            ranges, {}, [&](std::int64_t number) { return std::abs(number - wanted); });
        IIO_TRY(write_field(*state, ACC_Range, static_cast<unsigned>(nearest - ranges.begin())));
        return text.size();
    }

    const Registers registers_;
    std::array<std::uint8_t, 16> unique_id_{};
    Guarded<State> state_; ///< held for each sequence of transfers
};

} // namespace

IIO_MODULE(bno055, Bno055,
           Part{.name = "bno055",
                .addresses = {0x28, 0x29},
                .recognised = {RegisterFormat{}, {{CHIP_ID, 0xff}, {chip_id}}}});

} // namespace iio::bno055
