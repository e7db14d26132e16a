// SPDX-License-Identifier: MIT
//
// Hardware: what the board gives a part, the argument of a driver's constructor.
#pragma once

#include <array>
#include <iio/driver/host.hpp>
#include <iio/driver/i2c.hpp>
#include <iio/driver/interrupt.hpp>
#include <iio/driver/spi.hpp>
#include <map>
#include <string>
#include <string_view>

namespace iio {

enum class BusKind { i2c, spi };

/// A board's voltages by the names of the part's supplies ("vref", "vdd").
class Supplies {
public:
    /// Every supply that is not named is fixed at this.
    static constexpr int default_microvolts = 3'300'000;

    void set(std::string name, int microvolts) { named_[std::move(name)] = microvolts; }
    [[nodiscard]] int microvolts(std::string_view name) const
    {
        const auto found = named_.find(name);
        return found == named_.end() ? default_microvolts : found->second;
    }
    friend bool operator==(const Supplies &, const Supplies &) = default;

private:
    std::map<std::string, int, std::less<>> named_;
};

/// How the part is mounted: nine decimal texts, row by row, as in the kernel's
/// mount-matrix property.
using MountMatrix = std::array<std::string, 9>;
inline const MountMatrix identity_matrix{"1", "0", "0", "0", "1", "0", "0", "0", "1"};

/// What a driver's constructor is given. Lifetime: all of it outlives the driver.
class Hardware {
public:
    Hardware(std::string_view part, const I2cClient &client, const Supplies &supplies,
             const MountMatrix &matrix = identity_matrix)
        : part_{part}, i2c_{&client}, supplies_{supplies}, matrix_{matrix}
    {
    }
    Hardware(std::string_view part, const SpiDevice &device, const Supplies &supplies,
             const MountMatrix &matrix = identity_matrix)
        : part_{part}, spi_{&device}, supplies_{supplies}, matrix_{matrix}
    {
    }

    /// The same with the chip's interrupt output wired; null: it is not.
    [[nodiscard]] Hardware with_interrupt(const InterruptLine *line) const
    {
        Hardware copy = *this;
        copy.interrupt_ = line;
        return copy;
    }
    /// The same on another way to the chip.
    [[nodiscard]] Hardware with_bus(const I2cClient &client) const
    {
        Hardware copy = *this;
        copy.i2c_ = &client;
        return copy;
    }
    [[nodiscard]] Hardware with_bus(const SpiDevice &device) const
    {
        Hardware copy = *this;
        copy.spi_ = &device;
        return copy;
    }
    /// The same for a device, which Device makes.
    [[nodiscard]] Hardware with_host(const Host &host) const
    {
        Hardware copy = *this;
        copy.host_ = host;
        return copy;
    }

    /// The kernel's name of the part, one of the driver's parts.
    [[nodiscard]] std::string_view part() const { return part_; }
    /// Exactly one of the two is not null.
    [[nodiscard]] const I2cClient *i2c() const { return i2c_; }
    [[nodiscard]] const SpiDevice *spi() const { return spi_; }
    [[nodiscard]] const Supplies &supplies() const { return supplies_; }
    [[nodiscard]] const MountMatrix &mount_matrix() const { return matrix_; }
    /// Null where the chip's interrupt output is not wired.
    [[nodiscard]] const InterruptLine *interrupt() const { return interrupt_; }
    /// The device that the driver is for, to be copied.
    [[nodiscard]] const Host &host() const { return host_; }

private:
    static constexpr iio_dev nobody{};

    std::string_view part_;
    const I2cClient *i2c_ = nullptr;
    const SpiDevice *spi_ = nullptr;
    const Supplies &supplies_;
    const MountMatrix &matrix_;
    const InterruptLine *interrupt_ = nullptr;
    Host host_{nobody};
};

} // namespace iio
