// SPDX-License-Identifier: MIT
//
// Smbus: I2C transactions on an adapter that knows SMBus only.
// Source: System Management Bus Specification 3.2, section 6.5; Linux,
// Documentation/i2c/smbus-protocol.rst.
#pragma once

#include "bus/node.hpp"

#include <iio/driver/i2c.hpp>

union i2c_smbus_data;

namespace iio::bus {

/// Carries these forms of a transaction, and no others:
///
///     write 1, read n   byte (n = 1), word (n = 2) or I2C block (n <= 32) read
///     write 1 + n       byte (n = 1), word (n = 2) or I2C block (n <= 32) write
///     write 1           send byte
///     read 1            receive byte
///
/// On the wire that is the transaction asked for, byte by byte. A register
/// read that no single call of the adapter carries is put together from
/// several, each as large as can be, at the register number where the one
/// before ended. That is right for registers of one byte that the chip counts
/// up, and the bytes are not of one moment. A read of two bytes is never put
/// together: it may be one register of 16 bits.
class Smbus {
public:
    /// `node`: an i2c-dev node whose address is set. `functions`: its
    /// I2C_FUNC_* bits. Lifetime: the node outlives this.
    Smbus(Node &node, unsigned long functions, Deadline deadline)
        : node_{node}, functions_{functions}, deadline_{deadline}
    {
    }

    /// Errors: EOPNOTSUPP: no call of the adapter carries this; EIO: it read
    /// fewer bytes than asked; Node::ioctl()'s.
    [[nodiscard]] Result<void> transfer(std::span<const I2cMessage> messages);

    /// As I2cClient::most_read_at_once(), of an adapter with these I2C_FUNC_* bits.
    [[nodiscard]] static std::size_t most_read_at_once(unsigned long functions);

private:
    [[nodiscard]] bool can(unsigned long function) const { return (functions_ & function) != 0; }
    [[nodiscard]] bool reads_at_once(std::size_t bytes) const;
    [[nodiscard]] std::size_t largest_read(std::size_t bytes) const;
    [[nodiscard]] Result<void> call(std::uint8_t direction, std::uint8_t command,
                                    std::uint32_t protocol, i2c_smbus_data *data);
    [[nodiscard]] Result<void> read_registers(std::uint8_t first, std::span<std::uint8_t> into);
    [[nodiscard]] Result<void> read_at_once(std::uint8_t first, std::span<std::uint8_t> into);
    [[nodiscard]] Result<void> write_registers(std::uint8_t first,
                                               std::span<const std::uint8_t> bytes);
    [[nodiscard]] Result<void> send_byte(std::uint8_t byte);
    [[nodiscard]] Result<void> receive_byte(std::uint8_t &byte);

    Node &node_;
    unsigned long functions_;
    Deadline deadline_;
};

} // namespace iio::bus
