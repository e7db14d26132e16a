// SPDX-License-Identifier: MIT
#include "bmc150.hpp"

#include "registers.hpp"

#include <algorithm>
#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/module.hpp>
#include <thread>

namespace iio::bmc150 {

namespace {

using namespace std::chrono_literals;

constexpr int temperature_offset = 23; // in steps of half a degree, as in the kernel's driver

constexpr auto start_up_time = 3ms;
constexpr auto first_sample_time = 8ms; // at 125 Hz

// Samples per second, which are twice the bandwidths, by PMU_BW code from 8 on.
constexpr std::uint8_t first_rate_code = 8;
constexpr std::array<Value, 8> rates{IntPlusMicro{15, 620'000}, IntPlusMicro{31, 260'000},
                                     IntPlusMicro{62, 500'000}, IntPlusMicro{125, 0},
                                     IntPlusMicro{250, 0},      IntPlusMicro{500, 0},
                                     IntPlusMicro{1000, 0},     IntPlusMicro{2000, 0}};
constexpr std::string_view rates_text = "15.620000 31.260000 62.50000 125 250 500 1000 2000\n";

struct Range {
    int g;
    std::uint8_t code;
};
constexpr std::array ranges{Range{2, 3}, Range{4, 5}, Range{8, 8}, Range{16, 12}};

/// Ids of attributes.
enum : std::uint32_t {
    rates_available,
    fifo_enabled,
    fifo_watermark,
    least_watermark,
    most_watermark,
};

constexpr DeviceAttribute buffer_attribute(const char *name, std::uint32_t id)
{
    return DeviceAttribute::of(name, ExtInfo::Access::read, id, DeviceAttribute::Group::buffer);
}
constexpr std::array own_attributes{
    DeviceAttribute::of("sampling_frequency_available", ExtInfo::Access::read, rates_available),
    buffer_attribute("hwfifo_enabled", fifo_enabled),
    buffer_attribute("hwfifo_watermark", fifo_watermark),
    buffer_attribute("hwfifo_watermark_min", least_watermark),
    buffer_attribute("hwfifo_watermark_max", most_watermark),
};

constexpr std::array motion_events{
    EventSpec::of(EventType::roc, EventDirection::either, EventInfo::value, EventInfo::enable,
                  EventInfo::period),
};
constexpr std::array ext_infos{ExtInfo::mount_matrix(Shared::by_direction)};

/// The axes first, in the order of their registers.
constexpr auto make_channels(std::uint8_t bits)
{
    const auto axis = [&](Modifier modifier, int index) {
        return Channel::in(ChannelType::accel)
            .modifier(modifier)
            .separate(Info::raw)
            .by_type(Info::scale, Info::sampling_frequency)
            .direct_read(Info::raw)
            .scan(index, ScanType::of_signed(bits, 16, static_cast<std::uint8_t>(16 - bits),
                                             Endian::little))
            .with_events(motion_events)
            .with_ext_info(ext_infos);
    };
    return std::array{
        axis(Modifier::x, 0),
        axis(Modifier::y, 1),
        axis(Modifier::z, 2),
        Channel::in(ChannelType::temp).separate(Info::raw, Info::scale, Info::offset),
        Channel::timestamp(3),
    };
}
constexpr auto channels_8_bit = make_channels(8);
constexpr auto channels_10_bit = make_channels(10);
constexpr auto channels_12_bit = make_channels(12);
constexpr auto channels_14_bit = make_channels(14);

constexpr std::array variants{
    Variant{0x03, 8, ChannelTable{channels_8_bit}},   // BMA222
    Variant{0xf8, 8, ChannelTable{channels_8_bit}},   // BMA222E
    Variant{0xf9, 10, ChannelTable{channels_10_bit}}, // BMA250E
    Variant{0xfa, 12, ChannelTable{channels_12_bit}}, // BMA253, 254, 255, BMC150, BMC156, BMI055
    Variant{0xfb, 14, ChannelTable{channels_14_bit}}, // BMA280
};

/// One step of the variant's 2^bits between -g and g, in millionths of m/s^2.
constexpr int step_micro(const Variant &variant, const Range &range)
{
    const std::int64_t whole = std::int64_t{2} * range.g * 9'806'650;
    return static_cast<int>((whole + (1 << (variant.bits - 1))) >> variant.bits);
}
static_assert(step_micro(variants[3], ranges[0]) == 9'577);
static_assert(step_micro(variants[0], ranges[3]) == 1'225'831);

} // namespace

Bmc150::Bmc150(const Hardware &hardware)
    : bus_{hardware},
      interrupt_{hardware.interrupt()},
      matrix_{hardware.mount_matrix()},
      host_{hardware.host()}
{
}

Bmc150::~Bmc150()
{
    if (variant_)
        (void)bus_.write_u8(PMU_LPW, PMU_LPW_SUSPEND);
}

Result<void> Bmc150::probe()
{
    const auto chip_id = IIO_TRY(bus_.read_u8(BGW_CHIPID));
    const auto found = std::ranges::find(variants, chip_id, &Variant::chip_id);
    if (found == variants.end())
        return fail(ENODEV);
    variant_ = &*found;
    IIO_TRY(bus_.write_u8(BGW_SOFTRESET, SOFTRESET));
    std::this_thread::sleep_for(start_up_time);
    const State defaults;
    IIO_TRY(bus_.write_u8(PMU_RANGE, ranges[defaults.range].code));
    IIO_TRY(write_rate(defaults.rate));
    IIO_TRY(set_up_interrupt());
    std::this_thread::sleep_for(first_sample_time);
    return {};
}

Result<Value> Bmc150::read_raw(const Channel &channel, Info info) const
{
    const bool temperature = channel.channel_type() == ChannelType::temp;
    switch (info) {
    case Info::raw:
        return temperature ? read_temperature() : read_axis(channel);
    case Info::scale:
        return IntPlusMicro{0, temperature ? 500'000 : step_of(state_.lock()->range)};
    case Info::offset:
        return Int{temperature_offset};
    case Info::sampling_frequency:
        return rates[state_.lock()->rate];
    default:
        return fail(EINVAL);
    }
}

Result<void> Bmc150::write_raw(const Channel &channel, Info info, Written written) const
{
    if (channel.channel_type() != ChannelType::accel)
        return fail(EINVAL);
    const auto state = state_.lock();
    switch (info) {
    case Info::scale: {
        const std::size_t range = IIO_TRY(find_range(written));
        IIO_TRY(bus_.write_u8(PMU_RANGE, ranges[range].code));
        state->range = range;
        return {};
    }
    case Info::sampling_frequency: {
        const auto rate = IIO_TRY(find_value(rates, written));
        IIO_TRY(write_rate(rate));
        state->rate = rate;
        return {};
    }
    default:
        return fail(EINVAL);
    }
}

std::span<const DeviceAttribute> Bmc150::attributes() const { return own_attributes; }

Result<void> Bmc150::read_attribute(const DeviceAttribute &attribute, Text &text) const
{
    const auto state = state_.lock();
    switch (attribute.id) {
    case rates_available:
        text += rates_text;
        return {};
    case fifo_enabled:
        text += state->fifo;
        break;
    case fifo_watermark:
        text += state->watermark;
        break;
    case least_watermark:
        text += 1;
        break;
    default:
        text += fifo_capacity;
    }
    text += "\n";
    return {};
}

/// One comparator watches all axes.
Result<bool> Bmc150::read_event_config(const Channel &, Event) const
{
    return state_.lock()->watches;
}

Result<void> Bmc150::write_event_config(const Channel &, Event, bool on) const
{
    const auto state = state_.lock();
    if (on == state->watches)
        return {};
    IIO_TRY(use_any_motion(*state, on || state->any_motion_trigger));
    state->watches = on;
    return {};
}

Result<Value> Bmc150::read_event_value(const Channel &, Event, EventInfo info) const
{
    const auto state = state_.lock();
    return Int{info == EventInfo::value ? state->threshold : state->period};
}

/// Of what is written only the bits count that the registers have.
Result<void> Bmc150::write_event_value(const Channel &, Event, EventInfo info,
                                       Written written) const
{
    const auto state = state_.lock();
    if (state->watches)
        return fail(EBUSY);
    if (info == EventInfo::value)
        state->threshold = static_cast<std::uint8_t>(written.integer);
    else
        state->period = static_cast<std::uint8_t>(written.integer & INT_5_PERIOD);
    return {};
}

int Bmc150::step_of(std::size_t range) const { return step_micro(*variant_, ranges[range]); }

/// A scale of 1 and above cannot be chosen, as in the kernel's driver.
Result<std::size_t> Bmc150::find_range(Written written) const
{
    for (std::size_t range = 0; range < ranges.size(); ++range) {
        if (written.integer == 0 && written.fraction == step_of(range))
            return range;
    }
    return fail(EINVAL);
}

Result<void> Bmc150::write_rate(std::size_t rate) const
{
    return bus_.write_u8(PMU_BW, static_cast<std::uint8_t>(first_rate_code + rate));
}

Result<Value> Bmc150::read_axis(const Channel &channel) const
{
    const auto reg = static_cast<std::uint8_t>(ACCD_X_LSB + 2 * channel.scan_index);
    const auto number = sign_extend(little_endian(IIO_TRY(bus_.read<2>(reg))), 16);
    return Int{number >> (16 - variant_->bits)};
}

Result<Value> Bmc150::read_temperature() const
{
    return Int{sign_extend(IIO_TRY(bus_.read_u8(ACCD_TEMP)), 8)};
}

static_assert(Driver<Bmc150>);

namespace {

constexpr std::array<std::uint8_t, 2> addresses{0x18, 0x19}; // SDO low, high
constexpr std::array<std::uint8_t, 2> bma222_addresses{0x08, 0x09};
constexpr std::array<std::uint8_t, 2> bmc150_addresses{0x10, 0x11};
constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};

constexpr std::array parts{
    Part{.name = "bma222", .addresses = bma222_addresses, .spi = spi},
    Part{.name = "bma222e", .addresses = addresses, .spi = spi},
    Part{.name = "bma250e", .addresses = addresses, .spi = spi},
    Part{.name = "bma253", .addresses = addresses, .spi = spi},
    Part{.name = "bma254", .addresses = addresses, .spi = spi},
    Part{.name = "bma255", .addresses = addresses, .spi = spi},
    Part{.name = "bma280", .addresses = addresses, .spi = spi},
    Part{.name = "bmc150_accel", .addresses = bmc150_addresses, .spi = spi},
    Part{.name = "bmc156_accel", .addresses = bmc150_addresses, .spi = spi},
    Part{.name = "bmi055_accel", .addresses = addresses, .spi = spi},
};

} // namespace
} // namespace iio::bmc150

extern "C" const iio::Module bmc150_module;
const iio::Module bmc150_module = iio::module_of<iio::bmc150::Bmc150, iio::bmc150::parts>("bmc150");
