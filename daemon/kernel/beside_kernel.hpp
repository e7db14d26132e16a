// SPDX-License-Identifier: MIT
//
// BesideKernel: the kernel's devices and triggers in our tree, and ours out of the
// way of their numbers, which are in /dev and debugfs too.
#pragma once

#include <daemon/config/config.hpp>
#include <daemon/devices/devices.hpp>
#include <daemon/kernel/kernel_devices.hpp>
#include <daemon/tree/tree.hpp>

namespace iiofs {

/// The kernel's own place of the tree.
inline constexpr const char *kernel_tree = "/sys/bus/iio";

/// Threads: one makes it and calls watch(). Lifetime: all that it is given outlives it.
class BesideKernel {
public:
    /// Before the mount hides the kernel's tree and before the first device has its
    /// number.
    BesideKernel(const Config &config, Tree &tree, iio::Registry &registry, Devices &devices);
    /// From here on what comes and goes in the kernel does so in the tree.
    void watch();

private:
    void renumber_ours(const KernelNumbers &kernel);

    iio::Registry &registry_;
    Devices &devices_;
    std::optional<unsigned> first_device_; ///< none until the kernel's are known
    std::optional<unsigned> first_trigger_;
    KernelDevices links_; ///< last: its thread ends first
};

} // namespace iiofs
