// SPDX-License-Identifier: MIT
#include "bus/gpio_line.hpp"
#include "bus/i2cdev.hpp"
#include "bus/spidev.hpp"

#include <iio/host/buses.hpp>

namespace iio {

Result<std::unique_ptr<const I2cClient>> open_i2c(const std::string &node, unsigned address)
{
    return IIO_TRY(bus::I2cDevClient::create(IIO_TRY(bus::I2cAdapter::open(node)), address));
}

Result<std::unique_ptr<const SpiDevice>> open_spi(const std::string &node,
                                                  const SpiSettings &settings)
{
    return IIO_TRY(bus::SpidevDevice::open(node, settings));
}

Result<std::unique_ptr<const InterruptLine>> open_interrupt(const std::string &gpiochip,
                                                            std::uint32_t line, Edge edge)
{
    return IIO_TRY(bus::GpioLine::open(gpiochip, line, {.edge = edge}));
}

} // namespace iio
