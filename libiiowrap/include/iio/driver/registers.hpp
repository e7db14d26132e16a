// SPDX-License-Identifier: MIT
//
// Registers: the registers of a part on I2C or SPI, by field, and what is known of
// them. The words of a part are 1 to 4 bytes, in either byte order; register
// numbers are of one byte or two.
#pragma once

#include <algorithm>
#include <bit>
#include <iio/driver/channel.hpp>
#include <iio/driver/field.hpp>
#include <iio/driver/hardware.hpp>
#include <map>
#include <mutex>

namespace iio {

/// Threads: all members from any. An update of a register excludes other updates;
/// reads exclude nothing. Lifetime: the Hardware's bus outlives it.
/// Errors of all members: the bus's own (I2cClient, SpiDevice).
///
/// set() remembers what it writes, so that a further set() of the same register
/// needs no read, and one that changes nothing no transfer. A register whose bits
/// the part itself changes is written by order(), which reads it from the part.
class Registers {
public:
    explicit Registers(const Hardware &hardware, RegisterFormat format = {});

    /// A register, from the part.
    [[nodiscard]] Result<unsigned> read(unsigned reg) const;
    /// A field's code, from the part; 0 where there is no such field.
    [[nodiscard]] Result<unsigned> get(Field field) const;

    /// Makes fields hold these codes; the neighbours of each stay. Values that follow one
    /// another in the same register are one write.
    [[nodiscard]] Result<void> set(FieldValue value) const { return set(std::span{&value, 1}); }
    [[nodiscard]] Result<void> set(Field field, unsigned code) const { return set({field, code}); }
    [[nodiscard]] Result<void> set(std::span<const FieldValue> values) const;
    /// Writes the field in any case, with what the part says of its neighbours, and remembers
    /// nothing of that register: resets, bits that start or clear something.
    [[nodiscard]] Result<void> order(FieldValue value) const;
    /// Writes a whole register, and remembers it.
    [[nodiscard]] Result<void> write(unsigned reg, unsigned word) const;
    /// Nothing is known of any register: after a reset.
    void forget() const;
    /// A write() that is not remembered: for debugfs, and registers that the part changes.
    [[nodiscard]] Result<void> poke(unsigned reg, unsigned word) const
    {
        return order({{static_cast<std::uint16_t>(reg), ~0U}, word});
    }

    /// Reads into.size() bytes of registers from `first` on in one transaction.
    /// Errors: EOPNOTSUPP, too: more than the adapter reads in one transaction.
    [[nodiscard]] Result<void> read_burst(unsigned first, std::span<std::uint8_t> into) const;
    /// The same as a T, which is made of bytes and Words in the order of the registers; the
    /// first `size` bytes of it.
    template <class T>
    [[nodiscard]] Result<T> burst(unsigned first, std::size_t size = sizeof(T)) const
    {
        static_assert(alignof(T) == 1);
        std::array<std::uint8_t, sizeof(T)> bytes{};
        IIO_TRY(read_burst(first, std::span{bytes}.first(size)));
        return std::bit_cast<T>(bytes);
    }
    /// Writes registers from `first` on in one transaction; nothing is remembered of them.
    /// Errors: EMSGSIZE, too: more than most_written bytes.
    [[nodiscard]] Result<void> write_burst(unsigned first,
                                           std::span<const std::uint8_t> bytes) const;
    static constexpr std::size_t most_written = 32;
    /// Reads `count` entries of a FIFO, all bytes of which come out of one register, and calls
    /// `take(bytes)` for each. A transaction reads as many whole entries as the adapter reads
    /// at once. Errors: EOPNOTSUPP, too: it does not read one.
    template <class Take>
    [[nodiscard]] Result<void> drain(unsigned fifo, std::size_t count, std::size_t entry_bytes,
                                     Take &&take) const
    {
        std::array<std::uint8_t, most_drained> buffer{};
        const auto most = std::min(buffer.size(), readable());
        if (entry_bytes == 0 || most < entry_bytes)
            return fail(EOPNOTSUPP);
        const auto whole = std::span{buffer}.first(most / entry_bytes * entry_bytes);
        for (std::size_t left = count * entry_bytes; left > 0;) {
            const auto read = whole.first(std::min(left, whole.size()));
            IIO_TRY(read_burst(fifo, read));
            for (std::size_t at = 0; at < read.size(); at += entry_bytes)
                take(std::span<const std::uint8_t>{read}.subspan(at, entry_bytes));
            left -= read.size();
        }
        return {};
    }

private:
    static constexpr std::size_t most_drained = 256; ///< in one transaction
    /// In one transaction, without dummy bytes.
    [[nodiscard]] std::size_t readable() const;
    std::size_t put_address(std::span<std::uint8_t> into, unsigned reg, bool reads,
                            bool several) const;
    [[nodiscard]] Result<void> transfer_in(unsigned first, std::span<std::uint8_t> into) const;
    [[nodiscard]] Result<void> transfer_out(unsigned first,
                                            std::span<const std::uint8_t> bytes) const;
    [[nodiscard]] Result<void> write_word(unsigned reg, std::uint32_t word) const;

    const I2cClient *i2c_;
    const SpiDevice *spi_;
    RegisterFormat format_;
    mutable std::mutex mutex_;                        ///< one update of a register at a time
    mutable std::map<unsigned, std::uint32_t> known_; ///< register, word
};

} // namespace iio
