// SPDX-License-Identifier: MIT
#include "sim/chip_line.hpp"
#include "sim/simulated.hpp"
#include "sim/simulated_line.hpp"

#include <iio/host/simulated_chip.hpp>

namespace iio {

std::unique_ptr<const InterruptLine> sim::line_of(const ChipFile &chip,
                                                  const std::shared_ptr<SimulatedBus> &bus)
{
    using Seconds = std::chrono::duration<double>;
    if (!chip.irq)
        return nullptr;
    if (chip.has_line)
        return std::make_unique<ChipLine>(bus);
    if (chip.interrupt_hz <= 0)
        return std::make_unique<SimulatedLine>();
    return std::make_unique<SimulatedLine>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Seconds{1 / chip.interrupt_hz}));
}

struct SimulatedChip::Parts {
    std::string part;
    std::shared_ptr<sim::SimulatedBus> bus;
    std::unique_ptr<const I2cClient> i2c;
    std::unique_ptr<const SpiDevice> spi;
    std::unique_ptr<const InterruptLine> interrupt;
};

SimulatedChip::SimulatedChip(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
SimulatedChip::~SimulatedChip() = default;

tl::expected<std::unique_ptr<SimulatedChip>, std::string>
SimulatedChip::load(const std::string &path)
{
    const auto file = sim::ChipFile::load(path);
    if (!file)
        return tl::unexpected{file.error()};
    auto parts = std::make_unique<Parts>();
    parts->part = file->driver;
    parts->bus = std::make_shared<sim::SimulatedBus>(*file);
    if (file->bus == BusKind::i2c)
        parts->i2c = std::make_unique<sim::SimulatedI2c>(parts->bus, file->address);
    else
        parts->spi = std::make_unique<sim::SimulatedSpi>(parts->bus);
    parts->interrupt = sim::line_of(*file, parts->bus);
    return std::unique_ptr<SimulatedChip>{new SimulatedChip{std::move(parts)}};
}

const std::string &SimulatedChip::part() const { return parts_->part; }
const I2cClient *SimulatedChip::i2c() const { return parts_->i2c.get(); }
const SpiDevice *SimulatedChip::spi() const { return parts_->spi.get(); }
const InterruptLine *SimulatedChip::interrupt() const { return parts_->interrupt.get(); }
void SimulatedChip::unplug() { parts_->bus->unplug(); }
void SimulatedChip::plug() { parts_->bus->plug(); }

} // namespace iio
