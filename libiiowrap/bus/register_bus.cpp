// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <iio/driver/register_bus.hpp>

namespace iio {

Result<void> RegisterBus::read(std::uint8_t first, std::span<std::uint8_t> into) const
{
    if (i2c_)
        return i2c_->read_registers(first | format_.i2c_read_flag, into);
    std::array<std::uint8_t, 8> command{};
    if (format_.dummy_bytes >= command.size())
        return fail(EINVAL);
    command[0] = first | format_.read_flag;
    return spi_->write_then_read(std::span{command}.first(1 + format_.dummy_bytes), into);
}

Result<std::uint8_t> RegisterBus::read_u8(std::uint8_t reg) const
{
    return IIO_TRY(read<1>(reg))[0];
}

Result<void> RegisterBus::write_u8(std::uint8_t reg, std::uint8_t value) const
{
    return write(reg, std::array{value});
}

Result<void> RegisterBus::write(std::uint8_t first, std::span<const std::uint8_t> bytes) const
{
    if (bytes.size() > most_written)
        return fail(EMSGSIZE);
    std::array<std::uint8_t, 1 + most_written> message{first};
    std::ranges::copy(bytes, message.begin() + 1);
    const auto sent = std::span{message}.first(1 + bytes.size());
    if (i2c_)
        return i2c_->write(sent);
    message[0] &= static_cast<std::uint8_t>(~format_.read_flag);
    return spi_->write(sent);
}

Result<std::uint8_t> RegisterBus::update_u8(std::uint8_t reg, unsigned mask, unsigned bits) const
{
    const auto before = IIO_TRY(read_u8(reg));
    const auto after = static_cast<std::uint8_t>((before & ~mask) | (bits & mask));
    if (after != before)
        IIO_TRY(write_u8(reg, after));
    return before;
}

} // namespace iio
