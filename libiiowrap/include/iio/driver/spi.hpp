// SPDX-License-Identifier: MIT
//
// SpiDevice: one chip at one chip select of an SPI bus.
#pragma once

#include <cstdint>
#include <iio/driver/result.hpp>
#include <span>

namespace iio {

/// One part of a transaction: bytes go out and come in at the same time.
///
/// out and in have the same length, or one of them is empty: then zeros go
/// out, or what comes in is dropped. Both empty: chip select falls and nothing
/// is clocked.
struct SpiTransfer {
    std::span<const std::uint8_t> out{};
    std::span<std::uint8_t> in{};
    /// Releases the chip select after this transfer and asserts it again for
    /// the next one. After the last transfer of a transaction chip select is
    /// released in any case, unless this is set: then it stays asserted until
    /// the next transaction, as in Linux's spi_transfer.
    bool cs_change = false;
    /// To wait after this transfer, before chip select changes; microseconds.
    std::uint16_t delay_us = 0;
};

/// How a part wants to be talked to. What the configuration sets wins.
struct SpiSettings {
    std::uint8_t mode = 0;      ///< SPI mode 0 to 3
    std::uint32_t speed_hz = 0; ///< 0: the node's own default
    /// 8: the bytes of a transfer are in wire order. 9 to 16: each word is two bytes in
    /// the host's order, 17 to 32: four, as spidev has it.
    std::uint8_t bits_per_word = 8;
};

/// A chip on an SPI bus.
///
/// Threads: transfer() from any; transactions on one device exclude each
/// other. Lifetime: outlives the driver that was given it.
class SpiDevice {
public:
    SpiDevice() = default;
    SpiDevice(const SpiDevice &) = delete;
    SpiDevice &operator=(const SpiDevice &) = delete;
    virtual ~SpiDevice() = default;

    /// One transaction: chip select, the transfers in order, chip select
    /// released. All of it or an error.
    ///
    /// Errors: the controller's own errno, unchanged (EIO, ETIMEDOUT);
    /// ETIMEDOUT: no turn on the device within its bound, too; EMSGSIZE: more
    /// transfers, or more bytes one way, than the node takes; ENODEV: the node
    /// is gone, each transaction looks whether it is back; EINVAL: no transfer,
    /// or lengths that differ.
    [[nodiscard]] virtual Result<void> transfer(std::span<const SpiTransfer> transfers) const = 0;

    /// Full duplex in one frame; out and in have the same length.
    [[nodiscard]] Result<void> exchange(std::span<const std::uint8_t> out,
                                        std::span<std::uint8_t> in) const;
    /// Writes `command`, then reads into.size() bytes, in one frame.
    [[nodiscard]] Result<void> write_then_read(std::span<const std::uint8_t> command,
                                               std::span<std::uint8_t> into) const;
    [[nodiscard]] Result<void> write(std::span<const std::uint8_t> bytes) const;
};

} // namespace iio
