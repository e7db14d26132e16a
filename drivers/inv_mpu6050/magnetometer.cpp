// SPDX-License-Identifier: MIT
#include "magnetometer.hpp"

#include "registers.hpp"

namespace iio::mpu {

namespace {

constexpr std::uint8_t ak8963_address = 0x0c;

// Registers of the AK8963 (MS1356-E-02 section 8). Words are low byte first.
constexpr std::uint8_t WIA = 0x00;
constexpr std::uint8_t HXL = 0x03; // to ST2, 7 bytes
constexpr std::uint8_t CNTL1 = 0x0a;
constexpr std::uint8_t CNTL2 = 0x0b;
constexpr std::uint8_t ASAX = 0x10; // to ASAZ

constexpr std::uint8_t id_ak8963 = 0x48;
constexpr std::uint8_t CNTL1_POWER_DOWN = 0x00;
constexpr std::uint8_t CNTL1_SINGLE_16_BIT = 0x11;
constexpr std::uint8_t CNTL1_FUSE_ROM = 0x0f;
constexpr std::uint8_t CNTL2_SRST = 0x01;

/// Lets slave 0 do what it is set up for, with the next sample.
Result<void> run_slave_0(Chip &chip, std::uint8_t count)
{
    IIO_TRY(chip.set(I2C_SLV0_CTRL, I2C_SLV_EN | count));
    IIO_TRY(chip.run_auxiliary_bus());
    IIO_TRY(chip.set(I2C_SLV0_CTRL, 0));
    if (IIO_TRY(chip.bus().read_u8(I2C_MST_STATUS)) & I2C_SLV0_NACK)
        return fail(EIO);
    return {};
}

template <std::size_t N> Result<std::array<std::uint8_t, N>> read(Chip &chip, std::uint8_t reg)
{
    IIO_TRY(chip.set(I2C_SLV0_ADDR, I2C_SLV_READ | ak8963_address));
    IIO_TRY(chip.set(I2C_SLV0_REG, reg));
    IIO_TRY(run_slave_0(chip, N));
    return chip.bus().read<N>(EXT_SENS_DATA_00);
}

Result<void> write(Chip &chip, std::uint8_t reg, std::uint8_t value)
{
    IIO_TRY(chip.set(I2C_SLV0_ADDR, ak8963_address));
    IIO_TRY(chip.set(I2C_SLV0_REG, reg));
    IIO_TRY(chip.set(I2C_SLV0_DO, value));
    return run_slave_0(chip, 1);
}

} // namespace

Result<int> start_magnetometer(Chip &chip)
{
    // A sample is ready when slave 0's bytes are there, too.
    IIO_TRY(chip.set(I2C_MST_CTRL, WAIT_FOR_ES | I2C_MST_CLK_400KHZ));
    // All slaves keep to I2C_MST_DLY.
    IIO_TRY(chip.set(I2C_MST_DELAY_CTRL, DELAY_ES_SHADOW | 0x0f));

    const auto id = IIO_TRY(read<1>(chip, WIA));
    if (id[0] != id_ak8963)
        return fail(ENODEV);
    IIO_TRY(write(chip, CNTL2, CNTL2_SRST));
    IIO_TRY(write(chip, CNTL1, CNTL1_FUSE_ROM));
    const auto adjustment = IIO_TRY(read<3>(chip, ASAX));
    IIO_TRY(write(chip, CNTL1, CNTL1_POWER_DOWN));

    // Slave 0 reads the measurement that slave 1 began the time before.
    IIO_TRY(chip.set(I2C_SLV0_ADDR, I2C_SLV_READ | ak8963_address));
    IIO_TRY(chip.set(I2C_SLV0_REG, HXL));
    IIO_TRY(chip.set(I2C_SLV0_CTRL, I2C_SLV_EN | I2C_SLV_BYTE_SW | I2C_SLV_GRP | 7));
    IIO_TRY(chip.set(I2C_SLV1_ADDR, ak8963_address));
    IIO_TRY(chip.set(I2C_SLV1_REG, CNTL1));
    IIO_TRY(chip.set(I2C_SLV1_DO, CNTL1_SINGLE_16_BIT));
    IIO_TRY(chip.set(I2C_SLV1_CTRL, I2C_SLV_EN | 1));
    return int{adjustment[0]};
}

Result<int> read_magnetometer(const Chip &chip, std::uint8_t reg)
{
    const auto status = IIO_TRY(chip.bus().read_u8(I2C_MST_STATUS));
    if (status & (I2C_SLV0_NACK | I2C_SLV1_NACK))
        return fail(EIO);
    return chip.read_word(reg);
}

MountMatrix magnetometer_matrix(const MountMatrix &of_the_others)
{
    const auto &m = of_the_others;
    const auto negative = [](const std::string &number) {
        if (number == "0")
            return number;
        return number.starts_with('-') ? number.substr(1) : "-" + number;
    };
    return {m[3], m[4], m[5], m[0], m[1], m[2], negative(m[6]), negative(m[7]), negative(m[8])};
}

} // namespace iio::mpu
