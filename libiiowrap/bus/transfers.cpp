// SPDX-License-Identifier: MIT
#include <iio/driver/i2c.hpp>
#include <iio/driver/spi.hpp>

namespace iio {

Result<void> I2cClient::write(std::span<const std::uint8_t> bytes) const
{
    const std::array messages{I2cMessage::write(bytes)};
    return transfer(messages);
}

Result<void> I2cClient::read(std::span<std::uint8_t> into) const
{
    const std::array messages{I2cMessage::read(into)};
    return transfer(messages);
}

Result<void> I2cClient::read_registers(std::uint8_t first, std::span<std::uint8_t> into) const
{
    const std::array pointer{first};
    const std::array messages{I2cMessage::write(pointer), I2cMessage::read(into)};
    return transfer(messages);
}

Result<std::uint8_t> I2cClient::read_u8(std::uint8_t reg) const
{
    std::array<std::uint8_t, 1> bytes{};
    IIO_TRY(read_registers(reg, bytes));
    return bytes[0];
}

Result<std::uint16_t> I2cClient::read_be16(std::uint8_t reg) const
{
    std::array<std::uint8_t, 2> bytes{};
    IIO_TRY(read_registers(reg, bytes));
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

Result<void> I2cClient::write_u8(std::uint8_t reg, std::uint8_t value) const
{
    return write(std::array{reg, value});
}

Result<void> I2cClient::write_be16(std::uint8_t reg, std::uint16_t value) const
{
    return write(std::array{reg, static_cast<std::uint8_t>(value >> 8),
                            static_cast<std::uint8_t>(value & 0xff)});
}

Result<void> SpiDevice::exchange(std::span<const std::uint8_t> out,
                                 std::span<std::uint8_t> in) const
{
    const std::array transfers{SpiTransfer{.out = out, .in = in}};
    return transfer(transfers);
}

Result<void> SpiDevice::write_then_read(std::span<const std::uint8_t> command,
                                        std::span<std::uint8_t> into) const
{
    const std::array transfers{SpiTransfer{.out = command}, SpiTransfer{.in = into}};
    return transfer(transfers);
}

Result<void> SpiDevice::write(std::span<const std::uint8_t> bytes) const
{
    const std::array transfers{SpiTransfer{.out = bytes}};
    return transfer(transfers);
}

} // namespace iio
