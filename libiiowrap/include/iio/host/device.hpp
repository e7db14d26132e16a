// SPDX-License-Identifier: MIT
//
// Device<D, State>: a driver of class D on its part, and the state that it is in.
//
//     auto device = Device<As5600, Unregistered>::probe(hardware);   Result
//     auto live = std::move(*device).register_on(registry);          Result
//     live->view().read("in_angl_raw");
//
// A device that is not registered cannot be read, one that is registered cannot be
// registered again: neither compiles. The driver goes through the C ABI, as each does.
//
// Threads: a Device belongs to one thread at a time; its view() to all.
// Lifetime: the Hardware's bus and interrupt line and the Registry outlive it.
#pragma once

#include <iio/host/bound_chip.hpp>

namespace iio {

struct Unregistered {};
struct Registered {};

template <class D, class State> class Device;

/// A device that clients see.
template <class D> class Device<D, Registered> {
public:
    [[nodiscard]] const LiveDevice &view() const { return *chip_->view(); }
    [[nodiscard]] const std::shared_ptr<const LiveDevice> &shared_view() const
    {
        return chip_->view();
    }
    /// Lifetime: until the part is recovered, which makes another one.
    [[nodiscard]] const D &driver() const { return *static_cast<const D *>(view().dev().priv); }

private:
    friend class Device<D, Unregistered>;
    explicit Device(std::unique_ptr<BoundChip> chip) : chip_{std::move(chip)} {}
    std::unique_ptr<BoundChip> chip_;
};

/// A device that answered its probe and that no client sees yet.
template <class D> class Device<D, Unregistered> {
    static_assert(detail::Probes<D>, "a driver has Result<void> probe()");
    static_assert(detail::HasChannels<D>, "a driver has ChannelTable channels() const");
    static_assert(detail::ReadsRaw<D>,
                  "a driver has Result<Value> read_raw(const Channel &, Info) const");

public:
    /// Errors: as ProbedChip::probe.
    [[nodiscard]] static Result<Device> probe(const Hardware &hardware)
    {
        static_assert(std::constructible_from<D, const Hardware &>,
                      "a driver is constructible from const Hardware &");
        return Device{IIO_TRY(ProbedChip::probe(driver_of<D>("a device"), hardware))};
    }
    /// Errors: as ProbedChip::register_on.
    [[nodiscard]] Result<Device<D, Registered>> register_on(Registry &registry,
                                                            const DeviceOptions &options = {}) &&
    {
        return Device<D, Registered>{IIO_TRY(std::move(chip_).register_on(registry, options))};
    }

private:
    explicit Device(ProbedChip chip) : chip_{std::move(chip)} {}
    ProbedChip chip_;
};

} // namespace iio
