// SPDX-License-Identifier: MIT
//
// RegisterBus: the registers of a part that is on I2C or on SPI, for drivers
// that do not care which.
#pragma once

#include <iio/hardware.hpp>
#include <optional>
#include <span>

namespace iio {

/// How a part's SPI frames address registers of one byte.
struct SpiRegisterFormat {
    std::uint8_t read_flag = 0x80; ///< set in the address byte of a read, clear in a write's
    std::size_t dummy_bytes = 0;   ///< between the address byte of a read and the data, at most 7
};

/// Threads: as the bus, from any. Lifetime: the Hardware's bus outlives it.
/// Errors of all members: the bus's own (I2cClient, SpiDevice).
class RegisterBus {
public:
    explicit RegisterBus(const Hardware &hardware, SpiRegisterFormat format = {})
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

private:
    const I2cClient *i2c_;
    const SpiDevice *spi_;
    SpiRegisterFormat format_;
};

} // namespace iio
