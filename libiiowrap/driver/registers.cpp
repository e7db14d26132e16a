// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iio/driver/registers.hpp>

namespace iio {

constexpr std::size_t most_address_bytes = 2;
constexpr std::size_t most_dummy_bytes = 4;
constexpr std::size_t most_word_bytes = 4;

Registers::Registers(const Hardware &hardware, RegisterFormat format)
    : i2c_{hardware.i2c()}, spi_{hardware.spi()}, format_{format}
{
}

/// The register's number as it goes out; the number of its bytes. The flags are in the first.
std::size_t Registers::put_address(std::span<std::uint8_t> into, unsigned reg, bool reads,
                                   bool several) const
{
    unsigned flags = several ? format_.i2c_increment : 0U;
    unsigned cleared = 0;
    if (spi_) {
        flags = (reads ? format_.read_flag : format_.write_flag) |
                (several ? format_.spi_increment : 0U);
        // Datasheets may write 0xf4 where 0x74 is written on SPI.
        cleared = unsigned{format_.read_flag} | format_.write_flag;
        reg <<= format_.spi_address_shift;
    }
    const int first_shift = format_.address_bytes == 2 ? 8 : 0;
    into[0] = static_cast<std::uint8_t>((reg >> first_shift & ~cleared) | flags);
    if (format_.address_bytes == 2)
        into[1] = static_cast<std::uint8_t>(reg);
    return format_.address_bytes;
}

std::size_t Registers::readable() const
{
    if (!i2c_)
        return SIZE_MAX;
    const auto dummies = format_.i2c_dummy_bytes;
    const auto most = i2c_->most_read_at_once();
    return dummies == 0 ? most : std::min(most, most_drained) - dummies;
}

Result<void> Registers::transfer_in(unsigned first, std::span<std::uint8_t> into) const
{
    std::array<std::uint8_t, most_address_bytes + most_dummy_bytes> command{};
    const auto size = put_address(command, first, true, true);
    if (spi_)
        return spi_->write_then_read(std::span{command}.first(size + format_.dummy_bytes), into);
    const std::size_t dummies = format_.i2c_dummy_bytes;
    std::array<std::uint8_t, most_drained> bytes{};
    const auto answer = dummies ? std::span{bytes}.first(dummies + into.size()) : into;
    IIO_TRY(i2c_->transfer(
        std::array{I2cMessage::write(std::span{command}.first(size)), I2cMessage::read(answer)}));
    if (dummies)
        std::ranges::copy(answer.subspan(dummies), into.begin());
    return {};
}

Result<void> Registers::transfer_out(unsigned first, std::span<const std::uint8_t> bytes) const
{
    if (bytes.size() > most_written)
        return fail(EMSGSIZE);
    std::array<std::uint8_t, most_address_bytes + most_written> message{};
    const auto size = put_address(message, first, false, bytes.size() > format_.word_bytes);
    std::ranges::copy(bytes, message.begin() + static_cast<std::ptrdiff_t>(size));
    const auto sent = std::span{message}.first(size + bytes.size());
    return i2c_ ? i2c_->write(sent) : spi_->write(sent);
}

Result<unsigned> Registers::read(unsigned reg) const
{
    std::array<std::uint8_t, most_word_bytes> bytes{};
    const auto word = std::span{bytes}.first(format_.word_bytes);
    IIO_TRY(transfer_in(reg, word));
    return format_.order == Endian::big ? big_endian(word) : little_endian(word);
}

Result<unsigned> Registers::get(Field field) const
{
    return field.exists() ? field.extract(IIO_TRY(read(field.reg))) : 0;
}

Result<void> Registers::write_word(unsigned reg, std::uint32_t word) const
{
    std::array<std::uint8_t, most_word_bytes> bytes{};
    const std::size_t size = format_.word_bytes;
    for (std::size_t i = 0; i < size; ++i, word >>= 8)
        bytes[format_.order == Endian::big ? size - 1 - i : i] = static_cast<std::uint8_t>(word);
    return transfer_out(reg, std::span{bytes}.first(size));
}

Result<void> Registers::set(std::span<const FieldValue> values) const
{
    const std::lock_guard lock{mutex_};
    while (!values.empty()) {
        const unsigned reg = values.front().field.reg;
        std::uint32_t mask = 0;
        std::uint32_t bits = 0;
        for (; !values.empty() && values.front().field.reg == reg; values = values.subspan(1)) {
            const auto &[field, code] = values.front();
            mask |= field.mask;
            bits = (bits & ~field.mask) | field.place(code);
        }
        if (mask == 0)
            continue;
        if (!known_.contains(reg))
            known_[reg] = IIO_TRY(read(reg));
        std::uint32_t &known = known_[reg];
        const std::uint32_t word = (known & ~mask) | bits;
        if (word == known)
            continue;
        IIO_TRY(write_word(reg, word));
        known = word;
    }
    return {};
}

Result<void> Registers::order(FieldValue value) const
{
    const auto &[field, code] = value;
    if (!field.exists())
        return {};
    const std::lock_guard lock{mutex_};
    known_.erase(field.reg);
    const std::uint32_t all = ~std::uint32_t{0} >> (8 * (most_word_bytes - format_.word_bytes));
    const std::uint32_t others = all & ~field.mask;
    const std::uint32_t kept = others ? IIO_TRY(read(field.reg)) & others : 0;
    return write_word(field.reg, kept | field.place(code));
}

Result<void> Registers::write(unsigned reg, unsigned word) const
{
    const std::lock_guard lock{mutex_};
    IIO_TRY(write_word(reg, word));
    known_[reg] = word;
    return {};
}

void Registers::forget() const
{
    const std::lock_guard lock{mutex_};
    known_.clear();
}

Result<void> Registers::read_burst(unsigned first, std::span<std::uint8_t> into) const
{
    return into.size() > readable() ? fail(EOPNOTSUPP) : transfer_in(first, into);
}

Result<void> Registers::write_burst(unsigned first, std::span<const std::uint8_t> bytes) const
{
    const std::lock_guard lock{mutex_};
    const auto end = first + static_cast<unsigned>(bytes.size() / format_.word_bytes);
    known_.erase(known_.lower_bound(first), known_.lower_bound(end));
    return transfer_out(first, bytes);
}

} // namespace iio
