// SPDX-License-Identifier: MIT
//
// A chip with its driver, in C or C++, in two states: ProbedChip, which no client sees,
// and BoundChip, whose devices clients see.
//
//     auto chip = IIO_TRY(ProbedChip::probe(driver, hardware));
//     auto live = IIO_TRY(std::move(chip).register_on(registry, options));
//     live->view()->read("in_angl_raw");
//
// A chip that was not registered has no view, and a registered one cannot be registered
// again. Device (iio/host/device.hpp) is the same for a C++ class.
#pragma once

#include <iio/driver/hardware.hpp>
#include <iio/driver/module.hpp>
#include <iio/host/registry.hpp>
#include <memory>
#include <span>

namespace iio {

namespace core {
class ChipBinding;
}

/// A registered chip. Dropping it hides its devices, waits for calls under way and
/// destroys the driver, in this order.
///
/// Threads: one at a time; its views to all. Lifetime: the Hardware's bus and interrupt
/// line and the Registry outlive it.
class BoundChip {
public:
    ~BoundChip();
    BoundChip(const BoundChip &) = delete;
    BoundChip &operator=(const BoundChip &) = delete;

    /// The chip's devices: as many as Part::devices.
    [[nodiscard]] std::span<const std::shared_ptr<const LiveDevice>> views() const;
    /// The first of them.
    [[nodiscard]] const std::shared_ptr<const LiveDevice> &view() const { return views().front(); }

    /// The first part of dropping it, which waits for nothing: as Registry::hide().
    void hide();

private:
    friend class ProbedChip;
    explicit BoundChip(std::unique_ptr<core::ChipBinding> chip);
    std::unique_ptr<core::ChipBinding> chip_;
};

/// A chip that answered its probe. Dropping it destroys the driver.
///
/// Threads: one at a time. Lifetime: as BoundChip.
class ProbedChip {
public:
    /// Makes the driver for hardware.part() and lets it probe the chip. `tell` is told of
    /// the chip's health while it is registered; without it the log is.
    /// Blocks: as long as the chip's reset takes, and a bus that hangs.
    /// Errors: EINVAL: another abi_version, a function is missing, or the part is none of
    /// the driver's; ENOMEM; EIO: the driver threw; else its probe's own (ENODEV: another
    /// chip answers; ENXIO, EREMOTEIO: none does).
    [[nodiscard]] static Result<ProbedChip>
    probe(const iio_driver &driver, const Hardware &hardware, HealthObserver tell = {});
    ProbedChip(ProbedChip &&) noexcept;
    ProbedChip &operator=(ProbedChip &&) noexcept;
    ~ProbedChip();

    /// Errors: as Registry::add; EINVAL: this chip was moved from.
    [[nodiscard]] Result<std::unique_ptr<BoundChip>> register_on(Registry &registry,
                                                                 const DeviceOptions &options) &&;

private:
    explicit ProbedChip(std::unique_ptr<core::ChipBinding> chip);
    std::unique_ptr<core::ChipBinding> chip_;
};

/// The Module of a driver that is known by its C description alone, such as a plug-in.
/// Lifetime: outlives what is bound by it; what `driver` points to outlives it.
class ForeignModule {
public:
    explicit ForeignModule(const iio_driver &driver);
    [[nodiscard]] const Module &module() const { return module_; }

private:
    std::vector<Part> parts_;
    Module module_;
};

} // namespace iio
