// SPDX-License-Identifier: MIT
//
// I2C through Linux's i2c-dev: I2cAdapter, a node /dev/i2c-N, and I2cDevClient,
// one address on it. Source: Linux, Documentation/i2c/dev-interface.rst and
// smbus-protocol.rst.
#pragma once

#include "bus/node.hpp"

#include <atomic>
#include <iio/driver/i2c.hpp>
#include <memory>
#include <string>

namespace iio::bus {

/// One I2C adapter. There is one object for a node in the process, which its
/// clients share, so that their transactions exclude each other.
///
/// An adapter that knows plain I2C (I2C_FUNC_I2C) gets each transaction as one
/// I2C_RDWR; one that knows SMBus only gets the forms of bus/smbus.hpp.
///
/// Threads: every function from any; a transaction waits for another one at
/// most transaction_bound. Lifetime: as long as one shared_ptr to it.
class I2cAdapter {
    struct Private {};

public:
    /// The adapter of this node: the live one, or a new one. Opening sets the
    /// adapter's transfer timeout and retries (I2C_TIMEOUT, I2C_RETRIES).
    ///
    /// Errors: open(2)'s (ENOENT, EACCES, …); ENOTTY: no i2c-dev node.
    [[nodiscard]] static Result<std::shared_ptr<I2cAdapter>> open(const std::string &path);

    I2cAdapter(Private, Node node, unsigned long functions);

    [[nodiscard]] const std::string &path() const { return node_.path(); }

    /// Whether a client may be made of this address now.
    /// Errors: EBUSY: a kernel driver is bound to the chip there; as transfer().
    [[nodiscard]] Result<void> check_free(std::uint8_t address);

    /// I2cClient::transfer() to an address. Allocates nothing.
    ///
    /// Errors, besides that contract's: EMSGSIZE: more than 42 messages, or
    /// more than 8192 bytes in one; EBUSY: a kernel driver is bound to the chip
    /// by now, and nothing was transferred. After ENODEV each transaction tries
    /// to open the path again.
    [[nodiscard]] Result<void> transfer(std::uint8_t address, std::span<const I2cMessage> messages);

    /// As I2cClient::most_read_at_once().
    [[nodiscard]] std::size_t most_read_at_once() const;

private:
    using Turn = std::unique_lock<TimedMutex>;
    /// The adapter for one transaction, its node open.
    [[nodiscard]] Result<Turn> begin(Deadline deadline);

    TimedMutex mutex_;
    Node node_;                            ///< under mutex_ (but its path, which stays)
    std::atomic<unsigned long> functions_; ///< I2C_FUNC_*; changed under mutex_
};

/// The chip at one address of an adapter.
class I2cDevClient : public I2cClient {
public:
    /// The addresses a chip may have, the others being reserved (10-bit
    /// addresses are not supported).
    static constexpr unsigned first_address = 0x03;
    static constexpr unsigned last_address = 0x77;

    /// Makes no transfer.
    ///
    /// Errors: EINVAL: address out of range; EBUSY: a kernel driver is bound
    /// to the chip; ETIMEDOUT, ENODEV: as transfer().
    [[nodiscard]] static Result<std::unique_ptr<I2cDevClient>>
    create(std::shared_ptr<I2cAdapter> adapter, unsigned address);

    [[nodiscard]] Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        return adapter_->transfer(address_, messages);
    }
    [[nodiscard]] std::size_t most_read_at_once() const override
    {
        return adapter_->most_read_at_once();
    }
    /// Null, too: a kernel driver is bound to the chip there.
    [[nodiscard]] std::unique_ptr<const I2cClient> client_at(std::uint8_t address) const override
    {
        auto client = create(adapter_, address);
        return client ? std::move(*client) : nullptr;
    }

private:
    I2cDevClient(std::shared_ptr<I2cAdapter> adapter, std::uint8_t address)
        : adapter_{std::move(adapter)}, address_{address}
    {
    }

    std::shared_ptr<I2cAdapter> adapter_;
    std::uint8_t address_;
};

} // namespace iio::bus
