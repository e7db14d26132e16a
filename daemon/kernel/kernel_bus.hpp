// SPDX-License-Identifier: MIT
//
// KernelBus: the devices and triggers that the kernel's own IIO has, as sysfs
// shows them, also where a mount lies over /sys/bus/iio.
#pragma once

#include <daemon/base/fd.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace iiofs {

struct KernelEntry {
    std::string place;     ///< in sysfs: "devices/platform/…/iio:device0"
    bool has_node = false; ///< there is a character device of its name
    friend bool operator==(const KernelEntry &, const KernelEntry &) = default;
};

/// By the name on the bus: "iio:device0", "trigger0", "iio_sysfs_trigger".
using KernelEntries = std::map<std::string, KernelEntry, std::less<>>;

/// Threads: one at a time.
class KernelBus {
public:
    /// `sysfs` is where it is mounted, "/sys". What is mounted over bus/iio is never
    /// touched, as it may be for us to answer.
    explicit KernelBus(const std::filesystem::path &sysfs);

    /// What there is now. Reads bus/iio/devices, which stays open; where it was hidden
    /// before it could be opened, searches.
    [[nodiscard]] KernelEntries entries();
    /// The same from devices/, all of which it reads.
    [[nodiscard]] KernelEntries search() const;

private:
    [[nodiscard]] KernelEntries list() const;
    [[nodiscard]] KernelEntry entry(std::string place) const;
    void search_in(const Fd &directory, const std::string &path, KernelEntries &found) const;

    Fd root_;
    std::optional<Fd> devices_; ///< bus/iio/devices
};

} // namespace iiofs
