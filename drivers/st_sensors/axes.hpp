// SPDX-License-Identifier: MIT
//
// What ST's sensors have in common: the map of their registers, how a part is powered and told,
// and the channels of three axes.
#pragma once

#include <iio/driver.hpp>

namespace iio::st_sensors {

// The registers that most of the parts have in common.
enum : std::uint8_t {
    WHO_AM_I = 0x0f,
    CTRL_REG1 = 0x20,
    CTRL_REG2 = 0x21,
    CTRL_REG3 = 0x22,
    CTRL_REG4 = 0x23,
    CTRL_REG5 = 0x24,
    CTRL_REG6 = 0x25,
    STATUS_REG = 0x27, // bit n: a new sample of the channel with scan index n
    OUT_X_L = 0x28,    // the samples, in the order of their scan indices
};
constexpr Field FS{CTRL_REG4, 3 << 4};
constexpr FieldValue BDU{{CTRL_REG4, 1 << 7}, 1}; // the bytes of a word are of one sample
/// Of the parts that move on to the next register only if told so.
constexpr RegisterFormat told_increment{.i2c_increment = 0x80, .spi_increment = 0x40};

constexpr FieldValue all_enabled{{CTRL_REG1, 7 << 0}, 7}; // bit n: the axis of scan index n

constexpr auto word = ScanType::of_signed(16, 16, 0, Endian::little);

/// kernel: A written scale is computed in millionths of 32 bits, which overflow: 4294.977102 is
/// taken as 0.009806.
inline Result<unsigned> find_scale(std::span<const Value> scales, Written written)
{
    const auto millionths = static_cast<unsigned>(written.integer) * 1'000'000U +
                            static_cast<unsigned>(written.fraction);
    return find_value(scales, {0, static_cast<int>(millionths)});
}
constexpr Choices make_scales(std::span<const Value> values, Field field, Codes codes = {})
{
    return {.values = values, .field = field, .codes = codes, .find = find_scale};
}

constexpr auto make_channels(ChannelType type, ScanType sample, const Choices &scales,
                             const Choices &rates, std::uint8_t out = OUT_X_L)
{
    return axes_and_time(type, out, sample, [&](const Channel &axis) {
        return axis.direct_raw()
            .setting(Info::scale, scales, Shared::separate, Shared::by_type)
            .setting(Info::sampling_frequency, rates, Shared::by_all)
            .with_ext_info(mount_matrix<Shared::by_all>);
    });
}

/// What parts with the common map differ in. Some move on to the next register by themselves,
/// some always measure all axes.
struct Map {
    RegisterFormat format = told_increment;
    FieldValue axes{};
    FieldValue block_update = BDU;
    Field data_ready{};
    Field active_low{};
};
/// kernel: Any WHO_AM_I is taken.
consteval RegisterPart make_part(std::uint16_t who_am_i, ChannelTable channels,
                                 const PowerPlan &power, const Map &map)
{
    // Some parts have the map from a later register on.
    const auto base = static_cast<std::uint16_t>(channels.front().address - OUT_X_L);
    const auto samples = channels.first(channels.size() - 1);
    const auto end = samples.back().address + bytes_of(samples.back().scan_type);
    return {{.format = map.format,
             .identity = {.field = {static_cast<std::uint16_t>(base + WHO_AM_I), 0xff},
                          .codes = {who_am_i},
                          .takes_any = true},
             .setup = {power.off, map.axes, map.block_update},
             .proof = map.block_update,
             .power = power,
             .data_ready = {.triggers = {OwnTrigger::named("-trigger", true).for_own_device_only()},
                            .enable = map.data_ready,
                            .active_low = map.active_low,
                            .status = {static_cast<std::uint16_t>(base + STATUS_REG),
                                       (1U << samples.size()) - 1}},
             .burst = {static_cast<std::uint16_t>(base + OUT_X_L),
                       static_cast<std::uint8_t>(end - samples.front().address)}},
            channels};
}

} // namespace iio::st_sensors
