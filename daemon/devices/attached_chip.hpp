// SPDX-License-Identifier: MIT
//
// AttachedChip: a chip on its bus, with its driver.
#pragma once

#include <atomic>
#include <daemon/config/config.hpp>
#include <daemon/devices/chip_log.hpp>
#include <functional>
#include <iio/host/bound_chip.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace iiofs {

/// The module whose driver has a part; null: there is none.
[[nodiscard]] const iio::Module *module_of(std::string_view part);

/// A chip, its bus and its driver, registered; dropped in the order that
/// Device's teardown needs.
class AttachedChip {
public:
    /// Opens the bus, probes the chip and registers the device, if it is still wanted when the
    /// chip has answered. Blocks: as long as the bus does.
    /// `changed` is called after each change of is_absent(), as a HealthObserver is.
    /// Errors: the bus's open; the driver's probe, ENODEV with what answers in the part's place;
    /// Registry::add; ECANCELED: it is not wanted.
    [[nodiscard]] static OrRefusal<std::unique_ptr<AttachedChip>>
    attach(const DeviceConfig &config, iio::Registry &registry, const iio::DeviceOptions &options,
           const std::function<void()> &changed, const std::function<bool()> &is_wanted);

    [[nodiscard]] std::span<const std::shared_ptr<const iio::LiveDevice>> views() const
    {
        return device_->views();
    }
    /// Nobody finds its devices any more; waits for nothing.
    void hide() { device_->hide(); }
    /// It answered once and does not now.
    [[nodiscard]] bool is_absent() const { return absent_error_ != 0; }
    /// Why not; 0: it does answer.
    [[nodiscard]] int absent_error() const { return absent_error_; }

private:
    AttachedChip() = default;
    [[nodiscard]] OrRefusal<void> open_bus(const DeviceConfig &config, const iio::Part &part);

    std::atomic<int> absent_error_{0};
    std::uint8_t address_ = 0;                  ///< on I2C
    std::string location_;                      ///< the kernel would call it so
    std::unique_ptr<const iio::I2cClient> i2c_; ///< one of the two
    std::unique_ptr<const iio::SpiDevice> spi_;
    std::unique_ptr<const iio::InterruptLine> interrupt_; ///< none: it is not wired
    std::unique_ptr<iio::BoundChip> device_;              ///< last: it goes first
};

} // namespace iiofs
