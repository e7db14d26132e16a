// SPDX-License-Identifier: MIT
//
// The AK8963 in an MPU-9250's package: a magnetometer of 16 bits on the
// auxiliary I2C bus (RM-MPU-9250A-00 1.4 section 5, MS1356-E-02 section 8).
#pragma once

#include "registers.hpp"

#include <optional>

namespace iio::inv_mpu6050 {

enum : std::uint8_t { WIA = 0x00, HXL = 0x03, CNTL1 = 0x0a, CNTL2 = 0x0b, ASAX = 0x10 };
constexpr std::uint8_t ak8963 = 0x0c; // its address
constexpr unsigned CNTL1_POWER_DOWN = 0x00;
constexpr unsigned CNTL1_SINGLE_16_BIT = 0x11;
constexpr unsigned CNTL1_FUSE_ROM = 0x0f;

/// Finds the AK8963 and makes the chip read it with every sample while the magnetometer
/// runs. `sample` is the longest time that the slaves of the auxiliary bus take. Gives ASAX,
/// the adjustment of its X axis; none: no AK8963 answers.
/// Errors: EIO: it stopped answering.
inline Result<std::optional<unsigned>> start_magnetometer(const Registers &registers,
                                                          const Hardware &hardware,
                                                          std::chrono::nanoseconds sample)
{
    using Byte = std::uint8_t;
    const auto run_slave_0 = [&](Byte address, Byte reg, Byte control) -> Result<void> {
        IIO_TRY(registers.write_burst(I2C_SLV0_ADDR, std::array{address, reg, control}));
        IIO_TRY(registers.set(I2C_MST_EN, 1));
        hardware.delay(sample);
        IIO_TRY(registers.set(I2C_MST_EN, 0));
        return registers.write(I2C_SLV0_CTRL, 0);
    };
    const auto read = [&](Byte reg, Byte count) -> Result<unsigned> {
        IIO_TRY(run_slave_0(I2C_SLV_READ | ak8963, reg, I2C_SLV_EN | count));
        return registers.read(EXT_SENS_DATA_00);
    };
    const auto write = [&](Byte reg, unsigned value) -> Result<void> {
        IIO_TRY(registers.set(I2C_SLV0_DO, value));
        return run_slave_0(ak8963, reg, I2C_SLV_EN | 1);
    };
    IIO_TRY(registers.set(WAIT_FOR_ES, 1));
    IIO_TRY(registers.set(I2C_MST_CLK, 13));
    IIO_TRY(registers.set(ALL_SLAVES_DELAYED));
    if (IIO_TRY(read(WIA, 1)) != 0x48 || IIO_TRY(registers.get(I2C_SLV_NACK)) != 0)
        return std::nullopt;
    IIO_TRY(write(CNTL2, 1)); // SRST
    IIO_TRY(write(CNTL1, CNTL1_FUSE_ROM));
    const unsigned adjustment = IIO_TRY(read(ASAX, 3));
    IIO_TRY(write(CNTL1, CNTL1_POWER_DOWN));
    if (IIO_TRY(registers.get(I2C_SLV_NACK)) != 0) // of any of these
        return fail(EIO);

    // Slave 0 reads the measurement that slave 1 began the time before.
    constexpr std::array<Byte, 6> slaves{
        I2C_SLV_READ | ak8963, HXL, I2C_SLV_EN | I2C_SLV_BYTE_SW | I2C_SLV_GRP | 7, ak8963, CNTL1,
        I2C_SLV_EN | 1};
    IIO_TRY(registers.set(I2C_SLV1_DO, CNTL1_SINGLE_16_BIT));
    IIO_TRY(registers.write_burst(I2C_SLV0_ADDR, slaves));
    return adjustment;
}

} // namespace iio::inv_mpu6050
