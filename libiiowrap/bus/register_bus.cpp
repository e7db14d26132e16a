// SPDX-License-Identifier: MIT
#include <array>
#include <iio/register_bus.hpp>

namespace iio {

Result<void> RegisterBus::read(std::uint8_t first, std::span<std::uint8_t> into) const
{
    if (i2c_)
        return i2c_->read_registers(first, into);
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
    if (i2c_)
        return i2c_->write_u8(reg, value);
    return spi_->write(std::array{
        static_cast<std::uint8_t>(reg & ~static_cast<unsigned>(format_.read_flag)), value});
}

} // namespace iio
