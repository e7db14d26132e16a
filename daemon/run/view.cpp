// SPDX-License-Identifier: MIT
#include <array>
#include <daemon/run/folder.hpp>
#include <daemon/run/udev.hpp>
#include <daemon/run/view.hpp>
#include <fcntl.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace iiofs {

namespace {

namespace fs = std::filesystem;

/// Puts our folder in the place of `path`, with directories of our own and with entries.
OrProblem<void> replace(const std::string &path, Folder::Carry carry,
                        const std::vector<std::string> &directories, const Folder::Entries &entries)
{
    auto folder = Folder::replace(path, carry);
    if (!folder)
        return problem(folder.error());
    for (const auto &name : directories) {
        if (auto added = folder->add_directory(name); !added)
            return added;
    }
    if (auto shown = folder->show(entries); !shown)
        return shown;
    return folder->carry_over();
}

/// Makes the directory a mount can be put at, if it is not there.
OrProblem<void> provide(const std::string &folder, const std::vector<std::string> &directories)
{
    std::vector<std::string> missing;
    for (const auto &name : directories) {
        if (::access((folder + "/" + name).c_str(), F_OK) != 0)
            missing.push_back(name);
    }
    return missing.empty() ? OrProblem<void>{} : replace(folder, Folder::Carry::mount, missing, {});
}

/// Mounts `tree` at folder/iio, whether there is such a directory or not.
OrProblem<void> show_as_iio(const Fd &tree, const std::string &folder)
{
    if (auto done = provide(folder, {"iio"}); !done)
        return done;
    const auto place = folder + "/iio";
    return mount_tree(tree, AT_FDCWD, place.c_str(), place);
}

/// Links to the tree's chips on a bus, for /sys/bus/BUS/devices.
Folder::Entries chips_on(const std::string &bus, const fs::path &tree)
{
    Folder::Entries links;
    std::error_code error;
    for (const auto &chip : fs::directory_iterator{tree / "by-bus" / bus, error}) {
        const auto name = chip.path().filename().string();
        links[name] = {true, "../../iio/by-bus/" + bus + "/" + name};
    }
    return links;
}

/// Mounts the tree at /sys/bus/iio, and puts its chips beside those of the kernel.
OrProblem<void> show_on_buses(const Fd &tree, const fs::path &mount)
{
    const std::string folder{"/sys/bus"};
    std::vector<std::string> directories;
    std::vector<std::pair<std::string, Folder::Entries>> chips;
    for (const std::string bus : {"i2c", "spi", "platform"}) {
        auto links = chips_on(bus, mount);
        if (links.empty() && ::access((folder + "/" + bus).c_str(), F_OK) != 0)
            continue; // a bus that the kernel does not have
        directories.insert(directories.end(), {bus, bus + "/devices"});
        chips.emplace_back(folder + "/" + bus + "/devices", std::move(links));
    }
    directories.emplace_back("iio");
    if (auto done = provide(folder, directories); !done)
        return done;
    for (const auto &[devices, links] : chips) {
        if (auto done = replace(devices, Folder::Carry::mount, {}, links); !done)
            return done;
    }
    return show_as_iio(tree, folder);
}

/// The devices that are the tree's own; those of the kernel, to which it has links, are not.
std::vector<std::string> own_devices(const fs::path &tree)
{
    std::vector<std::string> names;
    std::error_code error;
    for (const auto &entry : fs::directory_iterator{tree / "devices", error}) {
        auto name = entry.path().filename().string();
        const auto target = fs::read_symlink(entry.path(), error);
        if (name.starts_with("iio:device") && target.native().starts_with("../at/"))
            names.push_back(std::move(name));
    }
    return names;
}

/// Links /dev/iio:deviceN to the tree, in the place of the kernel's own.
OrProblem<void> show_nodes(const fs::path &tree, const std::vector<std::string> &devices)
{
    Folder::Entries links;
    std::error_code error;
    for (const auto &device : devices) {
        const auto node = tree / "dev" / device;
        if (fs::exists(node, error))
            links[device] = {true, node};
    }
    if (links.empty())
        return {};
    return replace("/dev", Folder::Carry::mount, {}, links);
}

/// Puts the devices into the udev database, also where there is no udevd.
OrProblem<void> show_udev_entries(const fs::path &tree, const std::vector<std::string> &devices)
{
    constexpr auto database = "/run/udev/data";
    std::error_code error;
    fs::create_directories(database, error);
    if (!fs::is_directory(database, error))
        return {}; // the caller may not make it
    Folder::Entries entries;
    for (const auto &device : devices) {
        const auto path = tree / "devices" / device;
        entries[udev_id(path)] = {false, udev_entry(path)};
    }
    return replace(database, Folder::Carry::link, {}, entries);
}

} // namespace

OrProblem<void> show_tree(const fs::path &mount)
{
    const std::string kernel{"/sys/kernel"};
    if (::access("/sys/bus", F_OK) != 0)
        return problem("there is no /sys/bus to show the tree in; is sysfs mounted on /sys?");
    // Both before the first mount: the mount may be at one of these places.
    const auto tree = copy_tree(AT_FDCWD, mount.c_str());
    if (!tree)
        return failed(mount.string() + ": cannot be mounted a second time");
    const auto debug_tree = copy_tree(AT_FDCWD, (mount / "debug/iio").c_str());
    const auto config_tree = copy_tree(AT_FDCWD, (mount / "config/iio").c_str());
    if (auto done = show_on_buses(tree, mount); !done)
        return done;
    const fs::path shown{"/sys/bus/iio"};
    const auto devices = own_devices(shown);
    if (auto done = show_nodes(shown, devices); !done)
        return done;
    if (auto done = show_udev_entries(shown, devices); !done)
        return done;
    for (const auto &[copy, name] : {std::pair{&debug_tree, "debug"}, {&config_tree, "config"}}) {
        if (!*copy)
            continue; // the caller may not enter it
        // Also where the kernel was built without debugfs or configfs.
        if (auto done = provide(kernel, {name}); !done)
            return done;
        if (auto done = show_as_iio(*copy, kernel + "/" + name); !done)
            return done;
    }
    return {};
}

} // namespace iiofs
