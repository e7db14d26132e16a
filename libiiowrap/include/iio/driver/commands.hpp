// SPDX-License-Identifier: MIT
//
// Commands: a part on I2C that is told commands and answers with words, each followed
// by a check byte, as Sensirion's SHT, SGP, SCD and SPS families and the AHT do.
#pragma once

#include <array>
#include <iio/driver/field.hpp>
#include <iio/driver/hardware.hpp>
#include <optional>

namespace iio {

/// A cyclic redundancy check of 8 bits, the highest bit first, without a final inversion.
struct Crc8 {
    std::uint8_t polynomial = 0x31; ///< x^8 + x^5 + x^4 + 1, Sensirion's
    std::uint8_t initial = 0xff;

    [[nodiscard]] constexpr std::uint8_t of(std::span<const std::uint8_t> bytes) const
    {
        unsigned crc = initial;
        for (const std::uint8_t byte : bytes) {
            crc ^= byte;
            for (int bit = 0; bit < 8; ++bit)
                crc = crc & 0x80 ? crc << 1 ^ polynomial : crc << 1;
        }
        return static_cast<std::uint8_t>(crc);
    }
};

/// How a part's commands and answers are made.
struct CommandFormat {
    std::uint8_t command_bytes = 2;     ///< 1 or 2, the high byte first
    std::optional<Crc8> check = Crc8{}; ///< behind each word of two bytes; none: no check bytes
};

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
