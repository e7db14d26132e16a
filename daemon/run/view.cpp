// SPDX-License-Identifier: MIT
#include <array>
#include <daemon/run/hotplug.hpp>
#include <daemon/run/udev.hpp>
#include <daemon/run/view.hpp>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace iiofs {

namespace {

namespace fs = std::filesystem;

const fs::path shown{"/sys/bus/iio"};

/// Makes directories that the system does not have.
OrProblem<void> provide(const fs::path &folder, const std::vector<std::string> &directories)
{
    Folder::Entries missing;
    for (const auto &name : directories) {
        if (::access((folder / name).c_str(), F_OK) != 0)
            missing[name] = {Folder::Kind::directory};
    }
    if (missing.empty())
        return {};
    if (const auto made = Folder::replace(folder, Folder::Carry::mount, missing); !made)
        return problem(made.error());
    return {};
}

/// Mounts `tree` at folder/iio, whether there is such a directory or not.
OrProblem<void> show_as_iio(const Fd &tree, const fs::path &folder)
{
    if (auto done = provide(folder, {"iio"}); !done)
        return done;
    const auto place = folder / "iio";
    return mount_tree(tree, AT_FDCWD, place.c_str(), place);
}

/// As far as they can be listed: a server may go meanwhile.
std::vector<std::string> names_in(const fs::path &directory)
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry{directory, error}, end; !error && entry != end;
         entry.increment(error))
        names.push_back(entry->path().filename());
    return names;
}

/// The devices that are the tree's own; those of the kernel, to which it has links, are not.
std::vector<std::string> own_devices()
{
    std::vector<std::string> names;
    std::error_code error;
    for (auto &name : names_in(shown / "devices")) {
        const auto target = fs::read_symlink(shown / "devices" / name, error);
        if (name.starts_with("iio:device") && target.native().starts_with("../at/"))
            names.push_back(std::move(name));
    }
    return names;
}

bool are_one(const fs::path &one, const fs::path &other)
{
    std::error_code error;
    return fs::equivalent(one, other, error);
}

} // namespace

View::View()
    : system_{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)},
      since_{std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::steady_clock::now().time_since_epoch())}
{
}

/// Links to the nodes, in the place of the kernel's own.
Folder::Entries View::nodes(const std::string &) const
{
    Folder::Entries links;
    std::error_code error;
    for (const auto &device : own_devices()) {
        const auto node = shown / "dev" / device;
        if (fs::exists(node, error))
            links[device] = {Folder::Kind::link, node};
    }
    return links;
}

/// Links to the chips on a bus, for /sys/bus/BUS/devices.
Folder::Entries View::chips(const std::string &folder) const
{
    const auto bus = fs::path{folder}.parent_path().filename();
    Folder::Entries links;
    for (const auto &name : names_in(shown / "by-bus" / bus))
        links[name] = {Folder::Kind::link, fs::path{"../../iio/by-bus"} / bus / name};
    return links;
}

Folder::Entries View::udev_entries(const std::string &) const
{
    Folder::Entries entries;
    for (const auto &device : own_devices()) {
        const auto path = shown / "devices" / device;
        entries[udev_id(path)] = {Folder::Kind::file, udev_entry(path, since_)};
    }
    return entries;
}

/// Puts what is ours into a folder of the system, now and later.
OrProblem<void> View::put(const std::string &folder, Folder::Carry carry, Ours ours)
{
    auto replaced = Folder::replace(folder, carry, (this->*ours)(folder));
    if (!replaced)
        return problem(replaced.error());
    const int watch = replaced->watch(system_.get());
    places_.push_back({std::move(*replaced), folder, ours, watch});
    // What came before the watch.
    return places_.back().folder.follow_all();
}

OrProblem<void> View::show_on_buses(const Fd &tree, const fs::path &mount)
{
    const fs::path folder{"/sys/bus"};
    std::vector<std::string> buses, directories{"iio"};
    for (const std::string bus : {"i2c", "spi", "platform"}) {
        if (names_in(mount / "by-bus" / bus).empty() && ::access((folder / bus).c_str(), F_OK) != 0)
            continue; // neither the kernel nor the tree has it
        buses.push_back(bus);
        directories.insert(directories.end(), {bus, bus + "/devices"});
    }
    if (auto done = provide(folder, directories); !done)
        return done;
    if (auto done = show_as_iio(tree, folder); !done)
        return done;
    for (const auto &bus : buses) {
        const auto devices = folder / bus / "devices";
        if (auto done = put(devices, Folder::Carry::mount, &View::chips); !done)
            return done;
    }
    return {};
}

OrProblem<void> View::show(const fs::path &mount)
{
    const fs::path kernel{"/sys/kernel"};
    if (::access("/sys/bus", F_OK) != 0)
        return problem("there is no /sys/bus to show the tree in; is sysfs mounted on /sys?");
    was_there_ = are_one(shown / "devices", mount / "devices");
    // All before the first mount: the mount may be at one of these places.
    const auto tree = copy_tree(AT_FDCWD, mount.c_str());
    if (!tree)
        return failed(mount.string() + ": cannot be mounted a second time");
    const auto debug_tree = copy_tree(AT_FDCWD, (mount / "debug/iio").c_str());
    const auto config_tree = copy_tree(AT_FDCWD, (mount / "config/iio").c_str());
    if (auto done = show_on_buses(tree, mount); !done)
        return done;
    if (auto done = put("/dev", Folder::Carry::mount, &View::nodes); !done)
        return done;

    // Also where there is no udevd, unless the caller may not make it.
    const std::string database{"/run/udev/data"};
    std::error_code error;
    fs::create_directories(database, error);
    if (fs::is_directory(database, error)) {
        if (auto done = put(database, Folder::Carry::link, &View::udev_entries); !done)
            return done;
    }
    for (const auto &[copy, name] : {std::pair{&debug_tree, "debug"}, {&config_tree, "config"}}) {
        if (!*copy)
            continue; // the caller may not enter it
        // Also where the kernel was built without debugfs or configfs.
        if (auto done = provide(kernel, {name}); !done)
            return done;
        if (auto done = show_as_iio(*copy, kernel / name); !done)
            return done;
    }
    Fd changes{::open((shown / "changes").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (changes)
        changes_.emplace(std::move(changes));
    devices_ = devices();
    return {};
}

OrProblem<View> View::make(const fs::path &mount)
{
    View view;
    if (auto done = view.show(mount); !done)
        return problem(done.error());
    return view;
}

void View::follow_system()
{
    alignas(inotify_event) std::array<char, 4096> bytes;
    const auto length = ::read(system_.get(), bytes.data(), bytes.size());
    for (ssize_t at = 0; at < length;) {
        const auto *const event = reinterpret_cast<const inotify_event *>(bytes.data() + at);
        at += static_cast<ssize_t>(sizeof *event + event->len);
        for (const auto &place : places_) {
            if (event->mask & IN_Q_OVERFLOW)
                (void)place.folder.follow_all();
            else if (event->wd == place.watch && event->len > 0)
                (void)place.folder.follow(event->name);
        }
    }
}

void View::follow_tree()
{
    std::array<char, 32> count;
    if (::read(changes_->get(), count.data(), count.size()) <= 0) {
        if (errno != EAGAIN)
            changes_.reset(); // the server is gone
        return;
    }
    for (auto &place : places_)
        (void)place.folder.show((this->*place.ours)(place.path));
    const auto before = std::exchange(devices_, devices());
    if (before == devices_)
        return;
    for (const auto &[device, properties] : before) {
        if (!devices_.contains(device))
            send_uevent("remove", properties);
    }
    for (const auto &[device, properties] : devices_) {
        if (!before.contains(device))
            send_uevent("add", properties);
    }
    tell_iiod();
}

std::map<std::string, std::vector<std::string>> View::devices() const
{
    std::map<std::string, std::vector<std::string>> found;
    for (const auto &device : own_devices())
        found[device] = udev_properties(shown / "devices" / device, since_);
    return found;
}

} // namespace iiofs
