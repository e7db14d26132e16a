// SPDX-License-Identifier: MIT
//
// Commands: a part on I2C that is told commands and answers with words, each followed
// by a check byte, as Sensirion's SHT, SGP, SCD and SPS families and the AHT do.
#pragma once

#include <array>
#include <iio/driver/hardware.hpp>

namespace iio {

/// Threads: all members from any; what belongs together is for the driver to lock.
/// Lifetime: the Hardware's bus outlives it.
class Commands {
public:
    explicit Commands(const Hardware &hardware, CommandFormat format = {})
        : client_{*hardware.i2c()}, timing_{hardware.timing()}, format_{format}
    {
    }

    /// Sends a command with up to most_words words behind it.
    /// Errors: the bus's; EMSGSIZE: more words.
    [[nodiscard]] Result<void> send(unsigned command,
                                    std::span<const std::uint16_t> words = {}) const;
    static constexpr std::size_t most_words = 32;
    /// Reads up to most_words words that the part has ready.
    /// Errors: the bus's (ENXIO, EREMOTEIO: they are not ready); EIO: a check byte is wrong;
    /// EMSGSIZE: more words.
    [[nodiscard]] Result<void> receive(std::span<std::uint16_t> words) const;
    /// Sends a command, waits, and reads the answer.
    template <std::size_t N>
    [[nodiscard]] Result<std::array<std::uint16_t, N>>
    ask(unsigned command, std::chrono::nanoseconds answers_after = {}) const
    {
        IIO_TRY(send(command));
        if (answers_after.count() > 0)
            timing_.delay(answers_after);
        std::array<std::uint16_t, N> words{};
        IIO_TRY(receive(words));
        return words;
    }

private:
    const I2cClient &client_;
    const Timing &timing_;
    const CommandFormat format_;
};

} // namespace iio
