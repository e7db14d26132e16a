// SPDX-License-Identifier: MIT
//
// Hardware: what the board gives a part, the argument of a driver's constructor.
#pragma once

#include <array>
#include <cassert>
#include <iio/driver/host.hpp>
#include <iio/driver/i2c.hpp>
#include <iio/driver/interrupt.hpp>
#include <iio/driver/part.hpp>
#include <iio/driver/spi.hpp>
#include <iio/driver/timing.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace iio {

/// A board's voltages by the names of the part's supplies ("vref", "vdd").
class Supplies {
public:
    /// Every supply that is not named is fixed at this.
    static constexpr int default_microvolts = 3'300'000;

    void set(std::string name, int microvolts) { named_[std::move(name)] = microvolts; }
    [[nodiscard]] bool names(std::string_view name) const { return named_.contains(name); }
    [[nodiscard]] int microvolts(std::string_view name) const
    {
        const auto found = named_.find(name);
        return found == named_.end() ? default_microvolts : found->second;
    }
    /// One of 2^bits steps of the supply in whole mV, as the kernel's drivers compute it.
    [[nodiscard]] FractionalLog2 step(std::string_view name, int bits) const
    {
        return {microvolts(name) / 1000, *Log2::make(bits)};
    }
    friend bool operator==(const Supplies &, const Supplies &) = default;

private:
    std::map<std::string, int, std::less<>> named_;
};

/// How the part is mounted: nine decimal texts, row by row, as in the kernel's
/// mount-matrix property.
using MountMatrix = std::array<std::string, 9>;
inline const MountMatrix identity_matrix{"1", "0", "0", "0", "1", "0", "0", "0", "1"};

/// What a driver's constructor is given.
///
/// Lifetime: the bus, the interrupt line, the timing and the names of part and location
/// outlive the driver; supplies and mount matrix are copies.
class Hardware {
public:
    Hardware(std::string_view part, const I2cClient &client, Supplies supplies,
             MountMatrix matrix = identity_matrix)
        : part_{part}, i2c_{&client}, supplies_{std::move(supplies)}, matrix_{std::move(matrix)}
    {
    }
    Hardware(std::string_view part, const SpiDevice &device, Supplies supplies,
             MountMatrix matrix = identity_matrix)
        : part_{part}, spi_{&device}, supplies_{std::move(supplies)}, matrix_{std::move(matrix)}
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
    /// The same at a place that has a name.
    [[nodiscard]] Hardware with_location(std::string_view location) const
    {
        Hardware copy = *this;
        copy.location_ = location;
        return copy;
    }
    /// The same with another time.
    [[nodiscard]] Hardware with_timing(const Timing &timing) const
    {
        Hardware copy = *this;
        copy.timing_ = &timing;
        return copy;
    }
    /// The same with the row of the family's table, which the Module knows.
    [[nodiscard]] Hardware with_data(const PartData &data) const
    {
        Hardware copy = *this;
        copy.data_ = data;
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
    /// The kernel's name of the chip's place, bus and address or chip select: "1-0040",
    /// "spi0.1". The part's name where the host knows none.
    [[nodiscard]] std::string_view location() const { return location_; }
    /// Exactly one of the two is not null.
    [[nodiscard]] const I2cClient *i2c() const { return i2c_; }
    [[nodiscard]] const SpiDevice *spi() const { return spi_; }
    [[nodiscard]] const Supplies &supplies() const { return supplies_; }
    [[nodiscard]] const MountMatrix &mount_matrix() const { return matrix_; }
    /// Null where the chip's interrupt output is not wired.
    [[nodiscard]] const InterruptLine *interrupt() const { return interrupt_; }
    /// The edge that the chip's interrupt output is to make; none: it is not wired.
    [[nodiscard]] std::optional<Edge> interrupt_edge() const
    {
        return interrupt_ ? std::optional{interrupt_->edge()} : std::nullopt;
    }
    /// What the family's table says of the part. The table's data are of type T.
    template <class T> [[nodiscard]] const T &data() const
    {
        const T *const data = data_.get<T>();
        assert(data);
        return *data;
    }
    [[nodiscard]] const Timing &timing() const { return *timing_; }
    /// Waits, as Timing::delay(); not at all for 0 or less.
    void delay(std::chrono::nanoseconds duration) const
    {
        if (duration.count() > 0)
            timing_->delay(duration);
    }
    /// The device that the driver is for, to be copied.
    [[nodiscard]] const Host &host() const { return host_; }

private:
    static constexpr iio_dev nobody{};

    std::string_view part_;
    std::string_view location_ = part_;
    const I2cClient *i2c_ = nullptr;
    const SpiDevice *spi_ = nullptr;
    Supplies supplies_;
    MountMatrix matrix_;
    const InterruptLine *interrupt_ = nullptr;
    const Timing *timing_ = &Timing::real();
    PartData data_{};
    Host host_{nobody};
};

} // namespace iio
