// SPDX-License-Identifier: MIT
//
// What ST's parts with three axes have in common.
#pragma once

#include <iio/driver.hpp>

namespace iio::st_sensors {

// The registers that most of the parts have in common.
enum : std::uint8_t {
    CTRL_REG1 = 0x20,
    CTRL_REG2 = 0x21,
    CTRL_REG3 = 0x22,
    CTRL_REG4 = 0x23,
    CTRL_REG5 = 0x24,
    CTRL_REG6 = 0x25,
    STATUS_REG = 0x27,
    OUT_X_L = 0x28,
};
constexpr Field axes_enabled{CTRL_REG1, 7 << 0}; // bit n: the axis of scan index n
constexpr Field FS{CTRL_REG4, 3 << 4};
constexpr Field BDU{CTRL_REG4, 1 << 7};         // the bytes of a word are of one sample
constexpr Field new_sample{STATUS_REG, 7 << 0}; // of any axis
constexpr RegisterFormat format{.i2c_increment = 0x80, .spi_increment = 0x40};
// kernel: Any WHO_AM_I is taken.
constexpr Identity anyone{.field = {0x0f, 0xff}};

constexpr unsigned all_axes = 7;
constexpr FieldValue all_enabled{axes_enabled, all_axes};

constexpr std::array matrix{ExtInfo::mount_matrix(Shared::by_all)};

/// kernel: A written scale is computed in millionths of 32 bits, which overflow: 4294.977102 is
/// taken as 0.009806.
inline Result<unsigned> find_scale(std::span<const Value> scales, Written written)
{
    const auto millionths = static_cast<unsigned>(written.integer) * 1'000'000U +
                            static_cast<unsigned>(written.fraction);
    return find_value(scales, {0, static_cast<int>(millionths)});
}

constexpr auto make_channels(ChannelType type, ScanType sample, const Choices &scales,
                             const Choices &rates, std::uint8_t out = OUT_X_L)
{
    return join(axes(type, out, sample,
                     [&](const Channel &axis) {
                         return axis.separate(Info::raw)
                             .direct_read(Info::raw)
                             .setting(Info::scale, scales, Shared::separate, Shared::by_type)
                             .setting(Info::sampling_frequency, rates, Shared::by_all)
                             .with_ext_info(matrix);
                     }),
                Channel::timestamp(3));
}

/// A part with the common registers. Some have BDU elsewhere, no axes to enable, or move on
/// to the next register by themselves.
consteval RegisterPart make_part(ChannelTable channels, const PowerPlan &power, DataReady output,
                                 FieldValue axes = all_enabled, FieldValue block_update = {BDU, 1},
                                 RegisterFormat format_of_part = format)
{
    output.triggers = {OwnTrigger::named("-trigger", true)};
    output.status = new_sample;
    return {{.format = format_of_part,
             .identity = anyone,
             .setup = {power.off, axes, block_update},
             .proof = block_update,
             .power = power,
             .data_ready = output,
             .burst = {OUT_X_L, 6}},
            channels};
}

} // namespace iio::st_sensors
