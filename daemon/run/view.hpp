// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <daemon/base/fd.hpp>
#include <daemon/base/problem.hpp>
#include <daemon/run/folder.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace iiofs {

/// A mount in the places of the kernel's IIO, in the caller's mount namespace, which is his own:
/// /sys/bus/iio, its nodes in /dev, debugfs's and configfs's iio; its chips in
/// /sys/bus/i2c/devices and those of other buses; and its devices in the udev database.
class View {
public:
    [[nodiscard]] static OrProblem<View> make(const std::filesystem::path &mount);

    /// The caller saw this mount as /sys/bus/iio before.
    [[nodiscard]] bool was_there() const { return was_there_; }

    /// Readable when there may be something for follow_system() and follow_tree(); below 0: there
    /// will be nothing.
    [[nodiscard]] int system() const { return system_.get(); }
    [[nodiscard]] int tree() const { return changes_ ? changes_->get() : -1; }
    /// Shows what has come to the system's folders, and no more what has gone.
    void follow_system();
    /// The same for devices and chips of the tree; tells programs of the devices.
    void follow_tree();

private:
    View();
    [[nodiscard]] OrProblem<void> show(const std::filesystem::path &mount);
    [[nodiscard]] OrProblem<void> show_on_buses(const Fd &tree, const std::filesystem::path &mount);
    /// What is ours in a folder of the system.
    using Ours = Folder::Entries (View::*)(const std::string &folder) const;
    [[nodiscard]] OrProblem<void> put(const std::string &folder, Folder::Carry carry, Ours ours);
    [[nodiscard]] Folder::Entries nodes(const std::string &folder) const;
    [[nodiscard]] Folder::Entries chips(const std::string &folder) const;
    [[nodiscard]] Folder::Entries udev_entries(const std::string &folder) const;
    [[nodiscard]] std::map<std::string, std::vector<std::string>> devices() const;

    struct Place {
        Folder folder;
        std::string path;
        Ours ours;
        int watch; ///< below 0: the user has too many, what comes later does not appear
    };
    std::vector<Place> places_{};
    Fd system_;                   ///< inotify
    std::optional<Fd> changes_{}; ///< of the tree
    std::chrono::microseconds since_;
    std::map<std::string, std::vector<std::string>> devices_{}; ///< and their udev properties
    bool was_there_ = false;
};

} // namespace iiofs
