// SPDX-License-Identifier: MIT
//
// What the parts of the family differ in, as a table.
#pragma once

#include "chip.hpp"

#include <array>
#include <iio/driver/channel_table.hpp>
#include <iio/driver/scan.hpp>
#include <iio/driver/value.hpp>

namespace iio::mpu {

/// Degrees Celsius are (raw + offset) * scale / 1000.
struct Thermometer {
    int offset;
    IntPlusMicro scale;
};

struct Variant {
    ChipVariant chip;
    Thermometer thermometer;
    ChannelTable channels; ///< in the order of their samples in the FIFO
    /// What the FIFO can be filled with: whole sensors.
    std::span<const ScanMask> masks;
};

/// The variant of one of the family's parts.
const Variant &variant_of(std::string_view part);

/// The sensors that have any of these channels.
Sensors sensors_in(ScanMask mask);

/// By FS_SEL and AFS_SEL.
using Scales = std::array<Value, 4>;
const Scales &scales_of(ChannelType type);

} // namespace iio::mpu
