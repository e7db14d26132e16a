// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <core/board.hpp>
#include <iio/driver/operations.hpp>
#include <span>

namespace iio::core {

namespace {

const Hardware &hardware_of(const iio_hardware *board)
{
    return *static_cast<const Hardware *>(board->core_priv);
}

I2cMessage message_of(const iio_i2c_message &message)
{
    const std::span bytes{message.data, message.length};
    return message.flags & IIO_I2C_READ ? I2cMessage::read(bytes) : I2cMessage::write(bytes);
}

SpiTransfer transfer_of(const iio_spi_transfer &transfer)
{
    SpiTransfer made{.cs_change = transfer.cs_change != 0, .delay_us = transfer.delay_us};
    if (transfer.out)
        made.out = {transfer.out, transfer.length};
    if (transfer.in)
        made.in = {transfer.in, transfer.length};
    return made;
}

template <std::size_t... n>
std::array<I2cMessage, sizeof...(n)> empty_messages(std::index_sequence<n...>)
{
    return {(static_cast<void>(n), I2cMessage::read({}))...};
}

int i2c_transfer(const iio_hardware *board, const iio_i2c_message *messages, std::uint32_t count)
{
    const I2cClient *const client = hardware_of(board).i2c();
    if (!client)
        return -EOPNOTSUPP;
    if (count > IIO_MAX_TRANSFERS)
        return -EMSGSIZE;
    auto made = empty_messages(std::make_index_sequence<IIO_MAX_TRANSFERS>{});
    for (std::uint32_t i = 0; i < count; ++i)
        made[i] = message_of(messages[i]);
    return detail::code_of(client->transfer(std::span{made}.first(count)));
}

int spi_transfer(const iio_hardware *board, const iio_spi_transfer *transfers, std::uint32_t count)
{
    const SpiDevice *const device = hardware_of(board).spi();
    if (!device)
        return -EOPNOTSUPP;
    if (count > IIO_MAX_TRANSFERS)
        return -EMSGSIZE;
    std::array<SpiTransfer, IIO_MAX_TRANSFERS> made{};
    for (std::uint32_t i = 0; i < count; ++i)
        made[i] = transfer_of(transfers[i]);
    return detail::code_of(device->transfer(std::span{made}.first(count)));
}

int supply_microvolts(const iio_hardware *board, const char *name)
{
    return hardware_of(board).supplies().microvolts(name);
}

void delay(const iio_hardware *board, std::uint64_t nanoseconds)
{
    hardware_of(board).delay(std::chrono::nanoseconds{nanoseconds});
}

std::uint32_t edge_of(const Hardware &hardware)
{
    const auto edge = hardware.interrupt_edge();
    if (!edge)
        return IIO_EDGE_NONE;
    return *edge == Edge::rising ? IIO_EDGE_RISING : IIO_EDGE_FALLING;
}

} // namespace

Board::Board(const Hardware &hardware)
    : part_{hardware.part()},
      location_{hardware.location()},
      in_c_{.part = part_.c_str(),
            .bus = static_cast<std::uint32_t>(hardware.i2c() ? IIO_BUS_I2C : IIO_BUS_SPI),
            .interrupt_edge = edge_of(hardware),
            .i2c_transfer = core::i2c_transfer,
            .spi_transfer = core::spi_transfer,
            .supply_microvolts = core::supply_microvolts,
            .delay = core::delay,
            .core_priv = &hardware,
            .location = location_.c_str()}
{
}

} // namespace iio::core
