// SPDX-License-Identifier: MIT
//
// I2cClient: one chip at one address of an I2C bus.
#pragma once

#include <array>
#include <cstdint>
#include <iio/driver/result.hpp>
#include <memory>
#include <span>

namespace iio {

/// One message of a transaction: bytes written to the chip, or read from it.
class I2cMessage {
public:
    static I2cMessage write(std::span<const std::uint8_t> bytes) { return {bytes, {}, false}; }
    static I2cMessage read(std::span<std::uint8_t> into) { return {{}, into, true}; }

    [[nodiscard]] bool is_read() const { return read_; }
    /// The bytes to write; empty for a read.
    [[nodiscard]] std::span<const std::uint8_t> out() const { return out_; }
    /// Where what is read goes; empty for a write.
    [[nodiscard]] std::span<std::uint8_t> in() const { return in_; }

private:
    I2cMessage(std::span<const std::uint8_t> out, std::span<std::uint8_t> in, bool read)
        : out_{out}, in_{in}, read_{read}
    {
    }
    std::span<const std::uint8_t> out_;
    std::span<std::uint8_t> in_;
    bool read_;
};

/// A chip on an I2C bus.
///
/// Threads: transfer() from any; transactions on one adapter exclude each
/// other, transactions on two adapters never wait for each other.
/// Lifetime: outlives the driver that was given it.
class I2cClient {
public:
    I2cClient() = default;
    I2cClient(const I2cClient &) = delete;
    I2cClient &operator=(const I2cClient &) = delete;
    virtual ~I2cClient() = default;

    /// One transaction: START, the messages in order with a repeated START
    /// (and the address again) before each but the first, STOP. All of it or an
    /// error; after an error nothing is known of how far it came, and the
    /// buffers of read messages hold no meaning.
    ///
    /// Errors: the adapter's own errno, unchanged (ENXIO or EREMOTEIO: no chip
    /// acknowledged; EIO; EAGAIN: arbitration lost); ETIMEDOUT: no turn on the
    /// bus or no end within its bound, the next transaction tries again;
    /// EOPNOTSUPP: the adapter knows no transfer of this form (SMBus only);
    /// ENODEV: the adapter is gone, each transaction looks whether it is back;
    /// EBUSY: a kernel driver has the address; EMSGSIZE: more messages or bytes
    /// than the adapter takes; EINVAL: no message, or an empty read.
    [[nodiscard]] virtual Result<void> transfer(std::span<const I2cMessage> messages) const = 0;

    /// The most bytes that one transaction reads after a register number. An adapter that
    /// knows SMBus only reads 32 at most; what read_registers() reads beyond is put
    /// together from several transactions.
    [[nodiscard]] virtual std::size_t most_read_at_once() const { return no_limit; }
    static constexpr std::size_t no_limit = SIZE_MAX;

    /// The same bus at another address, for a part that answers at more than one. Null: this
    /// bus reaches no other. Lifetime: this client outlives it.
    [[nodiscard]] virtual std::unique_ptr<const I2cClient> client_at(std::uint8_t) const
    {
        return nullptr;
    }

    /// Writes the bytes in one message.
    [[nodiscard]] Result<void> write(std::span<const std::uint8_t> bytes) const;
    /// Reads without a register pointer before it.
    [[nodiscard]] Result<void> read(std::span<std::uint8_t> into) const;
    template <std::size_t N> [[nodiscard]] Result<std::array<std::uint8_t, N>> read() const
    {
        std::array<std::uint8_t, N> bytes{};
        IIO_TRY(read(bytes));
        return bytes;
    }
    /// Writes the register number, repeated START, reads into.size() bytes.
    [[nodiscard]] Result<void> read_registers(std::uint8_t first,
                                              std::span<std::uint8_t> into) const;
    [[nodiscard]] Result<std::uint8_t> read_u8(std::uint8_t reg) const;
    [[nodiscard]] Result<std::uint16_t> read_be16(std::uint8_t reg) const;
    [[nodiscard]] Result<void> write_u8(std::uint8_t reg, std::uint8_t value) const;
    [[nodiscard]] Result<void> write_be16(std::uint8_t reg, std::uint16_t value) const;
};

} // namespace iio
