// SPDX-License-Identifier: MIT
//
// KernelDevices: links in the tree to the devices and triggers that the kernel's
// own IIO has, as they come and go.
#pragma once

#include <daemon/kernel/kernel_bus.hpp>
#include <daemon/tree/tree.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace iiofs {

/// The N of the kernel's iio:deviceN and triggerN.
struct KernelNumbers {
    std::set<unsigned> devices;
    std::set<unsigned> triggers;
    friend bool operator==(const KernelNumbers &, const KernelNumbers &) = default;
};

/// Ours begin at a multiple of this beyond the kernel's, so that most often what
/// the kernel finds later, or in another order, moves none of ours.
inline constexpr unsigned kernel_number_room = 16;

/// The first number of ours beside these of the kernel.
[[nodiscard]] unsigned first_number_beside(const std::set<unsigned> &taken);

/// What the kernel tells of devices (NETLINK_KOBJECT_UEVENT). None: errno says why.
[[nodiscard]] Fd open_uevents();

/// devices/NAME links to where sysfs has it, dev/iio:deviceN to /dev/iio:deviceN.
/// A name that the tree has already stays what it is.
///
/// Threads: refresh() on one at a time; watch() has one of its own.
/// Lifetime: the tree outlives it.
class KernelDevices {
public:
    /// Called first, and when the kernel's numbers have changed, before their links
    /// are made: who has one of them gives way.
    using NumbersChanged = std::function<void(const KernelNumbers &)>;

    /// `to_sysfs` goes before a place in sysfs to make a link's text: "/sys/", or
    /// "../../../" in a mount on /sys/bus/iio.
    KernelDevices(Tree &tree, KernelBus bus, std::string to_sysfs, NumbersChanged numbers_changed);
    ~KernelDevices();
    KernelDevices(const KernelDevices &) = delete;
    KernelDevices &operator=(const KernelDevices &) = delete;

    /// Makes the links be what the bus has.
    void refresh();
    /// Refreshes whenever the kernel tells of a change, and from time to time; more
    /// often without `uevents`.
    void watch(Fd uevents);

private:
    void remove(const std::string &name, const KernelEntry &entry);
    void add(const std::string &name, const KernelEntry &entry);
    void watch_until_stopped(const Fd &uevents);

    Tree &tree_;
    KernelBus bus_;
    const std::string to_sysfs_;
    const NumbersChanged numbers_changed_;
    std::optional<KernelNumbers> numbers_; ///< none: it was never refreshed
    KernelEntries links_;                  ///< those that the tree has
    const Fd stop_;                        ///< an eventfd
    std::thread thread_;
};

} // namespace iiofs
