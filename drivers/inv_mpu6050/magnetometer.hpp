// SPDX-License-Identifier: MIT
//
// The AK8963 in an MPU-9250's package: a magnetometer of 16 bits on the
// auxiliary I2C bus, at 0x0c (RM-MPU-9250A-00 1.4 section 5).
#pragma once

#include "chip.hpp"

#include <iio/driver/hardware.hpp>

namespace iio::mpu {

/// Finds the AK8963 and makes the chip read it with every sample while the
/// magnetometer runs. Returns ASAX, the adjustment of its X axis.
/// Errors: EIO: nobody acknowledged; ENODEV: another chip did.
Result<int> start_magnetometer(Chip &chip);

/// What the chip has read: the axis whose word is in this register.
/// Errors: EIO: the AK8963 did not acknowledge.
Result<int> read_magnetometer(const Chip &chip, std::uint8_t reg);

/// The AK8963's X axis is the others' Y and the other way round, Z points the
/// other way, as the kernel's driver has it.
MountMatrix magnetometer_matrix(const MountMatrix &of_the_others);

} // namespace iio::mpu
