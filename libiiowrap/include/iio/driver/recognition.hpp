// SPDX-License-Identifier: MIT
//
// Recognition: what a part is asked that tells it from others, and what it answers. Asking
// changes nothing in the part, so that a scan of the bus may do it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <iio/driver/few.hpp>
#include <iio/driver/field.hpp>
#include <iio/driver/result.hpp>
#include <iio/driver/types.hpp>
#include <optional>
#include <span>
#include <string_view>

namespace iio {

class Hardware;

/// How a part's messages address its registers.
struct RegisterFormat {
    std::uint8_t word_bytes = 1;    ///< 1 to 4
    Endian order = Endian::big;     ///< of a word's bytes
    std::uint8_t address_bytes = 1; ///< 1 or 2, the high byte first
    /// SPI: set in the address of a read, or in that of a write; clear in the other's.
    std::uint8_t read_flag = 0x80;
    std::uint8_t write_flag = 0;
    /// SPI: the register's number begins at this bit of the address.
    std::uint8_t spi_address_shift = 0;
    /// SPI: between the address of a read and the data, at most 4.
    std::uint8_t dummy_bytes = 0;
    /// The same on I2C.
    std::uint8_t i2c_dummy_bytes = 0;
    /// Set in the address where the part moves on to the next register only if told
    /// so: in every read, and in a write of several registers.
    std::uint8_t i2c_increment = 0;
    std::uint8_t spi_increment = 0;

    friend bool operator==(const RegisterFormat &, const RegisterFormat &) = default;
};

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
    friend bool operator==(const Crc8 &, const Crc8 &) = default;
};

/// How a part's commands and answers are made.
struct CommandFormat {
    std::uint8_t command_bytes = 2;     ///< 1 or 2, the high byte first
    std::optional<Crc8> check = Crc8{}; ///< behind each word of two bytes; none: no check bytes

    friend bool operator==(const CommandFormat &, const CommandFormat &) = default;
};

/// How a part is recognised: this field holds one of these codes. No codes: any part
/// that answers will do. No field: nothing is asked.
struct Identity {
    Field field{};
    Few<std::uint16_t, 16> codes{};
    /// The driver takes a part with any code: the codes only tell the part in a scan.
    bool takes_any = false;

    [[nodiscard]] constexpr bool has(unsigned code) const
    {
        return codes.empty() || std::ranges::find(codes, code) != codes.end();
    }
};

/// With a code that is not a literal.
constexpr Identity with_code(Field field, unsigned code)
{
    Identity identity{.field = field};
    identity.codes.add(static_cast<std::uint16_t>(code));
    return identity;
}

/// A command that only reads, and its answer. A number is made of the first two words of it,
/// or the first alone where there is one.
struct IdentityCommand {
    CommandFormat format{};
    std::uint16_t command = 0;
    std::uint8_t words =
        1; ///< of the answer, at most Recognition::most_words; their check bytes must be right
    std::uint32_t mask = 0xffff;
    Few<std::uint16_t, 16> codes{}; ///< none: an answer whose check bytes are right
    std::chrono::microseconds answers_after{0};
};

/// A part that cannot be told from others, and why no read is tried: "any byte that is
/// written to it is its configuration".
struct Untold {
    std::string_view why;
};

/// Part::recognised: what has an `identity`, and a `format` unless that is the default, such
/// as a Layout; a RegisterPart, for its Layout; {format, identity}; an IdentityCommand; Untold;
/// or nothing: the part has no identification.
class Recognition {
public:
    static constexpr std::size_t most_words = 3;

    constexpr Recognition() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): `.recognised = layout` is the point
    template <class T>
    requires requires(const T &told) { told.identity.codes; }
    constexpr Recognition(const T &told) : identity_{told.identity}
    {
        if constexpr (requires { told.format; })
            format_ = told.format;
    }
    // NOLINTNEXTLINE(google-explicit-constructor): as above; a RegisterPart
    template <class T>
    requires requires(const T &part) { part.layout.identity; }
    constexpr Recognition(const T &part) : Recognition{part.layout} {}
    constexpr Recognition(const RegisterFormat &format, const Identity &identity)
        : identity_{identity}, format_{format}
    {
    }
    // NOLINTNEXTLINE(google-explicit-constructor): as above
    constexpr Recognition(const IdentityCommand &ask)
        : identity_{{ask.command, ask.mask}, ask.codes},
          command_format_{ask.format},
          answers_after_{ask.answers_after},
          words_{ask.words}
    {
    }
    // NOLINTNEXTLINE(google-explicit-constructor): as above
    constexpr Recognition(const Untold &untold) : why_not_{untold.why} {}

    /// False: the part has nothing to be told by.
    [[nodiscard]] constexpr bool exists() const { return identity_.field.exists(); }
    /// Empty where nothing more is to be said.
    [[nodiscard]] constexpr std::string_view why_not() const { return why_not_; }
    /// True: a command; false: a register.
    [[nodiscard]] constexpr bool is_command() const { return words_ > 0; }
    /// Bytes that are written to ask.
    [[nodiscard]] constexpr unsigned asking_bytes() const
    {
        return is_command() ? command_format_.command_bytes : format_.address_bytes;
    }
    /// The register's field, or the command and the bits of its answer; and the codes.
    [[nodiscard]] constexpr const Identity &identity() const { return identity_; }
    /// Both ask the same.
    [[nodiscard]] bool asks_as(const Recognition &other) const;

    /// What the part answers. Blocks: as the bus, and for a command's `answers_after`.
    /// Errors: the bus's (ENXIO, EREMOTEIO: it refuses); EIO: a check byte is wrong.
    [[nodiscard]] Result<unsigned> ask(const Hardware &hardware) const;

private:
    Identity identity_{};
    RegisterFormat format_{};
    CommandFormat command_format_{};
    std::chrono::microseconds answers_after_{0};
    std::uint8_t words_ = 0; ///< of a command's answer; 0: it is a register
    std::string_view why_not_{};
};

} // namespace iio
