// SPDX-License-Identifier: MIT
//
// SimulatedChip: a chip model (docs/chip-models.md) on a bus of its own, for programs and
// tests without hardware. It is in libiiosim, which has the JSON parser.
//
//     auto chip = SimulatedChip::load("/usr/share/iiofs/models/as5600.model.json");
//     Hardware hardware{"as5600", *(*chip)->i2c(), Supplies{}};
#pragma once

#include <iio/driver/i2c.hpp>
#include <iio/driver/interrupt.hpp>
#include <iio/driver/spi.hpp>
#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace iio {

/// Threads: all members from any. Lifetime: outlives what is bound to it.
class SimulatedChip {
public:
    /// Errors: one line for people: file, key, what is wrong and what would be right.
    [[nodiscard]] static tl::expected<std::unique_ptr<SimulatedChip>, std::string>
    load(const std::string &path);
    ~SimulatedChip();
    SimulatedChip(const SimulatedChip &) = delete;
    SimulatedChip &operator=(const SimulatedChip &) = delete;

    /// The kernel's name of the part.
    [[nodiscard]] const std::string &part() const;
    /// Exactly one of the two is not null.
    [[nodiscard]] const I2cClient *i2c() const;
    [[nodiscard]] const SpiDevice *spi() const;
    /// Null: the model has no interrupt output.
    [[nodiscard]] const InterruptLine *interrupt() const;

    /// The chip is taken off: ENXIO until it is plugged in again, then as after power-up.
    void unplug();
    void plug();

private:
    struct Parts;
    explicit SimulatedChip(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace iio
