// SPDX-License-Identifier: MIT
//
// RegisterBus: the registers of a part that is on I2C or on SPI, for drivers
// that do not care which.
#pragma once

#include <iio/driver/hardware.hpp>
#include <optional>
#include <span>

namespace iio {

/// How a part's messages address registers of one byte.
struct RegisterFormat {
    /// SPI: set in the address byte of a read, clear in a write's.
    std::uint8_t read_flag = 0x80;
    /// SPI: between the address byte of a read and the data, at most 7.
    std::size_t dummy_bytes = 0;
    /// I2C: set in the register number of a read, where the part moves on to the
    /// next register only if told so.
    std::uint8_t i2c_read_flag = 0;
};

/// Threads: as the bus, from any. Lifetime: the Hardware's bus outlives it.
/// Errors of all members: the bus's own (I2cClient, SpiDevice).
class RegisterBus {
public:
    explicit RegisterBus(const Hardware &hardware, RegisterFormat format = {})
        : i2c_{hardware.i2c()}, spi_{hardware.spi()}, format_{format}
    {
    }

    /// Reads into.size() registers from `first` on, in one transaction.
    [[nodiscard]] Result<void> read(std::uint8_t first, std::span<std::uint8_t> into) const;
    template <std::size_t N>
    [[nodiscard]] Result<std::array<std::uint8_t, N>> read(std::uint8_t first) const
    {
        std::array<std::uint8_t, N> bytes{};
        IIO_TRY(read(first, bytes));
        return bytes;
    }
    [[nodiscard]] Result<std::uint8_t> read_u8(std::uint8_t reg) const;
    [[nodiscard]] Result<void> write_u8(std::uint8_t reg, std::uint8_t value) const;
    /// Writes registers from `first` on, in one transaction.
    /// Errors: EMSGSIZE, too: more than most_written of them.
    [[nodiscard]] Result<void> write(std::uint8_t first, std::span<const std::uint8_t> bytes) const;
    static constexpr std::size_t most_written = 32;
    /// Makes the bits of the mask be `bits`, and leaves the others. Returns what
    /// the register held before; where that is right already nothing is written.
    /// Threads: whoever may change the register at the same time excludes it.
    [[nodiscard]] Result<std::uint8_t> update_u8(std::uint8_t reg, unsigned mask,
                                                 unsigned bits) const;

private:
    const I2cClient *i2c_;
    const SpiDevice *spi_;
    RegisterFormat format_;
};

} // namespace iio
