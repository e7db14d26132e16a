// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iio/driver/registers.hpp>

namespace iio {

namespace {

constexpr std::size_t most_address_bytes = 2;
constexpr std::size_t most_dummy_bytes = 4;
constexpr std::size_t most_word_bytes = 4;

/// The register's number as it goes out. Its first byte has the flags in place of
/// the bits in `mask`: datasheets may write 0xf4 where 0x74 is written on SPI.
std::size_t put_address(std::span<std::uint8_t> into, const RegisterFormat &format, unsigned reg,
                        unsigned mask, unsigned flags)
{
    const int first_shift = format.address_bytes == 2 ? 8 : 0;
    into[0] = static_cast<std::uint8_t>((reg >> first_shift & ~mask) | flags);
    if (format.address_bytes == 2)
        into[1] = static_cast<std::uint8_t>(reg);
    return format.address_bytes;
}

} // namespace

Registers::Registers(const Hardware &hardware, RegisterFormat format)
    : i2c_{hardware.i2c()}, spi_{hardware.spi()}, format_{format}
{
}

/// The bits of an address that tell a read from a write.
unsigned Registers::direction_mask() const
{
    return i2c_ ? 0U : unsigned{format_.read_flag} | format_.write_flag;
}

Result<void> Registers::transfer_in(unsigned first, std::span<std::uint8_t> into) const
{
    std::array<std::uint8_t, most_address_bytes + most_dummy_bytes> command{};
    const unsigned flags =
        i2c_ ? format_.i2c_increment : unsigned{format_.read_flag} | format_.spi_increment;
    const auto address = put_address(command, format_, first, direction_mask(), flags);
    if (i2c_) {
        const std::array messages{I2cMessage::write(std::span{command}.first(address)),
                                  I2cMessage::read(into)};
        return i2c_->transfer(messages);
    }
    return spi_->write_then_read(std::span{command}.first(address + format_.dummy_bytes), into);
}

Result<void> Registers::transfer_out(unsigned first, std::span<const std::uint8_t> bytes) const
{
    if (bytes.size() > most_written)
        return fail(EMSGSIZE);
    std::array<std::uint8_t, most_address_bytes + most_written> message{};
    const bool several = bytes.size() > format_.word_bytes;
    const unsigned increment = !several ? 0U : i2c_ ? format_.i2c_increment : format_.spi_increment;
    const auto address = put_address(message, format_, first, direction_mask(),
                                     increment | (i2c_ ? 0U : format_.write_flag));
    std::ranges::copy(bytes, message.begin() + static_cast<std::ptrdiff_t>(address));
    const auto sent = std::span{message}.first(address + bytes.size());
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

Registers::Known *Registers::find_known(unsigned reg) const
{
    const auto found = std::ranges::find(known_, reg, &Known::reg);
    return found == known_.end() ? nullptr : &*found;
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
        Known *known = find_known(reg);
        if (!known) {
            known_.push_back({reg, IIO_TRY(read(reg))});
            known = &known_.back();
        }
        const std::uint32_t word = (known->word & ~mask) | bits;
        if (word == known->word)
            continue;
        IIO_TRY(write_word(reg, word));
        known->word = word;
    }
    return {};
}

Result<void> Registers::order(FieldValue value) const
{
    const auto &[field, code] = value;
    if (!field.exists())
        return {};
    const std::lock_guard lock{mutex_};
    std::erase_if(known_, [&](const Known &known) { return known.reg == field.reg; });
    const std::uint32_t all = ~std::uint32_t{0} >> (8 * (most_word_bytes - format_.word_bytes));
    const std::uint32_t others = field.mask == all ? 0 : IIO_TRY(read(field.reg)) & ~field.mask;
    return write_word(field.reg, others | field.place(code));
}

Result<void> Registers::write(unsigned reg, unsigned word) const
{
    const std::lock_guard lock{mutex_};
    IIO_TRY(write_word(reg, word));
    if (Known *const known = find_known(reg))
        known->word = word;
    else
        known_.push_back({reg, word});
    return {};
}

Result<void> Registers::poke(unsigned reg, unsigned word) const
{
    const std::lock_guard lock{mutex_};
    std::erase_if(known_, [&](const Known &known) { return known.reg == reg; });
    return write_word(reg, word);
}

void Registers::forget() const
{
    const std::lock_guard lock{mutex_};
    known_.clear();
}

Result<void> Registers::read_burst(unsigned first, std::span<std::uint8_t> into) const
{
    if (i2c_ && into.size() > i2c_->most_read_at_once())
        return fail(EOPNOTSUPP);
    return transfer_in(first, into);
}

Result<void> Registers::write_burst(unsigned first, std::span<const std::uint8_t> bytes) const
{
    const std::lock_guard lock{mutex_};
    const std::size_t count = bytes.size() / format_.word_bytes;
    std::erase_if(known_, [&](const Known &known) {
        return known.reg >= first && known.reg - first < count;
    });
    return transfer_out(first, bytes);
}

Result<void> Registers::drain(unsigned fifo, std::span<std::uint8_t> into, std::size_t entry) const
{
    const std::size_t most = i2c_ ? i2c_->most_read_at_once() : into.size();
    if (entry == 0 || most < entry)
        return fail(EOPNOTSUPP);
    const std::size_t chunk = most / entry * entry;
    while (!into.empty()) {
        const auto piece = into.first(std::min(chunk, into.size()));
        IIO_TRY(transfer_in(fifo, piece));
        into = into.subspan(piece.size());
    }
    return {};
}

} // namespace iio
