// SPDX-License-Identifier: MIT
#include "bus/smbus.hpp"

#include <algorithm>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>

namespace iio::bus {

Result<void> Smbus::transfer(std::span<const I2cMessage> messages)
{
    const I2cMessage &first = messages.front();
    if (messages.size() == 1 && first.is_read() && first.in().size() == 1)
        return receive_byte(first.in()[0]);
    if (first.is_read() || first.out().empty())
        return fail(EOPNOTSUPP);

    const std::uint8_t reg = first.out()[0];
    if (messages.size() == 2 && first.out().size() == 1 && messages[1].is_read())
        return read_registers(reg, messages[1].in());
    if (messages.size() != 1)
        return fail(EOPNOTSUPP);
    return first.out().size() == 1 ? send_byte(reg) : write_registers(reg, first.out().subspan(1));
}

bool Smbus::reads_at_once(std::size_t bytes) const
{
    return (bytes == 1 && can(I2C_FUNC_SMBUS_READ_BYTE_DATA)) ||
           (bytes == 2 && can(I2C_FUNC_SMBUS_READ_WORD_DATA)) ||
           (bytes <= I2C_SMBUS_BLOCK_MAX && can(I2C_FUNC_SMBUS_READ_I2C_BLOCK));
}

std::size_t Smbus::most_read_at_once(unsigned long functions)
{
    if ((functions & I2C_FUNC_SMBUS_READ_I2C_BLOCK) != 0)
        return I2C_SMBUS_BLOCK_MAX;
    return (functions & I2C_FUNC_SMBUS_READ_WORD_DATA) != 0 ? 2 : 1;
}

// 0: none, not even of one byte.
std::size_t Smbus::largest_read(std::size_t bytes) const
{
    std::size_t largest = std::min<std::size_t>(bytes, I2C_SMBUS_BLOCK_MAX);
    while (largest > 0 && !reads_at_once(largest))
        --largest;
    return largest;
}

Result<void> Smbus::read_registers(std::uint8_t first, std::span<std::uint8_t> into)
{
    constexpr std::size_t register_numbers = 0x100;
    if (!reads_at_once(into.size()) && (into.size() == 2 || first + into.size() > register_numbers))
        return fail(EOPNOTSUPP);

    for (std::size_t done = 0; done < into.size();) {
        const std::size_t bytes = largest_read(into.size() - done);
        if (bytes == 0)
            return fail(EOPNOTSUPP);
        IIO_TRY(read_at_once(static_cast<std::uint8_t>(first + done), into.subspan(done, bytes)));
        done += bytes;
    }
    return {};
}

Result<void> Smbus::read_at_once(std::uint8_t first, std::span<std::uint8_t> into)
{
    i2c_smbus_data data{};
    if (into.size() == 1 && can(I2C_FUNC_SMBUS_READ_BYTE_DATA)) {
        IIO_TRY(call(I2C_SMBUS_READ, first, I2C_SMBUS_BYTE_DATA, &data));
        into[0] = data.byte;
        return {};
    }
    if (into.size() == 2 && can(I2C_FUNC_SMBUS_READ_WORD_DATA)) {
        IIO_TRY(call(I2C_SMBUS_READ, first, I2C_SMBUS_WORD_DATA, &data));
        into[0] = static_cast<std::uint8_t>(data.word & 0xff); // SMBus 6.5.5: low byte first
        into[1] = static_cast<std::uint8_t>(data.word >> 8);
        return {};
    }
    data.block[0] = static_cast<std::uint8_t>(into.size());
    IIO_TRY(call(I2C_SMBUS_READ, first, I2C_SMBUS_I2C_BLOCK_DATA, &data));
    if (data.block[0] != into.size())
        return fail(EIO);
    std::copy_n(data.block + 1, into.size(), into.begin());
    return {};
}

Result<void> Smbus::write_registers(std::uint8_t first, std::span<const std::uint8_t> bytes)
{
    i2c_smbus_data data{};
    if (bytes.size() == 1 && can(I2C_FUNC_SMBUS_WRITE_BYTE_DATA)) {
        data.byte = bytes[0];
        return call(I2C_SMBUS_WRITE, first, I2C_SMBUS_BYTE_DATA, &data);
    }
    if (bytes.size() == 2 && can(I2C_FUNC_SMBUS_WRITE_WORD_DATA)) {
        data.word = static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
        return call(I2C_SMBUS_WRITE, first, I2C_SMBUS_WORD_DATA, &data);
    }
    if (bytes.size() > I2C_SMBUS_BLOCK_MAX || !can(I2C_FUNC_SMBUS_WRITE_I2C_BLOCK))
        return fail(EOPNOTSUPP);
    data.block[0] = static_cast<std::uint8_t>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), data.block + 1);
    return call(I2C_SMBUS_WRITE, first, I2C_SMBUS_I2C_BLOCK_DATA, &data);
}

Result<void> Smbus::send_byte(std::uint8_t byte)
{
    if (!can(I2C_FUNC_SMBUS_WRITE_BYTE))
        return fail(EOPNOTSUPP);
    return call(I2C_SMBUS_WRITE, byte, I2C_SMBUS_BYTE, nullptr);
}

Result<void> Smbus::receive_byte(std::uint8_t &byte)
{
    if (!can(I2C_FUNC_SMBUS_READ_BYTE))
        return fail(EOPNOTSUPP);
    i2c_smbus_data data{};
    IIO_TRY(call(I2C_SMBUS_READ, 0, I2C_SMBUS_BYTE, &data));
    byte = data.byte;
    return {};
}

Result<void> Smbus::call(std::uint8_t direction, std::uint8_t command, std::uint32_t protocol,
                         i2c_smbus_data *data)
{
    i2c_smbus_ioctl_data request{
        .read_write = direction, .command = command, .size = protocol, .data = data};
    IIO_TRY(node_.ioctl(I2C_SMBUS, &request, deadline_));
    return {};
}

} // namespace iio::bus
