// SPDX-License-Identifier: MIT
//
// SpidevDevice: a chip behind Linux's spidev, a node /dev/spidevB.C.
// Source: Linux, Documentation/spi/spidev.rst and <linux/spi/spidev.h>.
#pragma once

#include "bus/node.hpp"

#include <iio/driver/spi.hpp>
#include <memory>
#include <string>

namespace iio::bus {

/// Threads: transfer() from any; a transaction waits for another one at most
/// transaction_bound. Two objects for one node exclude each other in the
/// kernel, where the wait has no bound of ours. Lifetime: owns its node.
class SpidevDevice : public SpiDevice {
public:
    /// The transfers that one transaction may have.
    static constexpr std::size_t max_transfers = 32;

    /// Opens the node and sets mode (clock phase and polarity; the node's other
    /// mode bits stay), speed and word size, which it reads back.
    ///
    /// Errors: open(2)'s (ENOENT, EACCES, …); ENOTTY: no spidev node; EINVAL: a
    /// mode above 3, or a setting that the controller does not take.
    [[nodiscard]] static Result<std::unique_ptr<SpidevDevice>> open(std::string path,
                                                                    const SpiSettings &settings);

    /// Allocates nothing.
    ///
    /// Errors, besides the contract's: EMSGSIZE: more than max_transfers, or
    /// more bytes one way than spidev's buffer takes (its parameter bufsiz,
    /// 4096 by default); ETIMEDOUT: no turn within transaction_bound. After
    /// ENODEV each transaction tries to open the path and to set it up again.
    [[nodiscard]] Result<void> transfer(std::span<const SpiTransfer> transfers) const override;

private:
    SpidevDevice(Node node, const SpiSettings &settings);

    SpiSettings settings_;
    std::size_t buffer_bytes_;
    mutable TimedMutex mutex_;
    mutable Node node_; ///< under mutex_
};

} // namespace iio::bus
