// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/software_triggers.hpp>
#include <cstdio>
#include <cstring>
#include <daemon/base/log.hpp>
#include <daemon/base/service_manager.hpp>
#include <daemon/config/catalogue.hpp>
#include <daemon/devices/devices.hpp>
#include <daemon/fuse/cuse_nodes.hpp>
#include <daemon/fuse/session.hpp>
#include <daemon/kernel/beside_kernel.hpp>
#include <daemon/mounter/mountinfo.hpp>
#include <daemon/mounter/mounting.hpp>
#include <daemon/serve/holder.hpp>
#include <daemon/serve/managed.hpp>
#include <daemon/serve/mount.hpp>
#include <daemon/serve/reload_signal.hpp>
#include <daemon/takeover/restoring.hpp>
#include <daemon/tree/tree.hpp>
#include <iio/driver/text.hpp>
#include <iio/host/log.hpp>
#include <optional>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

/// Where what is wrong with a configuration is said, a line at a time.
using Say = void (*)(const std::string &line);

void print(const std::string &line) { std::fprintf(stderr, "%s\n", line.c_str()); }
void log(const std::string &line) { spdlog::error("{}", line); }

/// The configuration and --simulate as one; none if it is wrong, which was said.
std::optional<Config> whole_config(const MountCommand &command, Say say)
{
    Config config{.permissions = default_permissions(system_accounts())};
    if (!command.config.empty()) {
        auto loaded = load_config(command.config, catalogue());
        if (!loaded) {
            for (const auto &mistake : loaded.error())
                say(format(mistake));
            return std::nullopt;
        }
        config = std::move(*loaded);
    }
    for (const auto &part_or_file : command.simulate) {
        auto device = simulated(part_or_file);
        if (!device) {
            say("iiofs: " + device.error());
            return std::nullopt;
        }
        config.devices.push_back(std::move(*device));
    }
    if (!command.mountpoint.empty())
        config.mountpoint = command.mountpoint;
    if (!config.mountpoint) {
        say("iiofs: no mountpoint: give one, or a configuration that has one");
        return std::nullopt;
    }
    return config;
}

/// SIGHUP: the devices of the configuration as it is now. One that is wrong changes
/// nothing.
void reload(const MountCommand &command, const Config &running, Devices &devices)
{
    const auto config = whole_config(command, log);
    if (!config) {
        spdlog::error("the configuration is wrong: everything stays as it was");
        return;
    }
    if (config->permissions != running.permissions || config->device_nodes != running.device_nodes)
        spdlog::warn("[permissions] and device-nodes take effect with a restart");
    devices.reconfigure(config->devices);
    spdlog::info("reloaded: {}", devices.summary());
}

/// Takes away what a daemon that died has left at the mountpoint.
void remove_stale_mounts(const fs::path &mountpoint)
{
    // Mounts may be stacked.
    for (int turns = 0; turns < 16 && is_stale_mount(mountpoint); ++turns) {
        spdlog::warn("{}: removing the mount of a daemon that died", mountpoint.string());
        if (!unmount_one(mountpoint))
            return;
    }
}

/// What a write to new_device or delete_device is answered, and said in the log.
iio::Result<std::size_t> new_device(Devices &devices, std::string_view line)
{
    auto config = parse_new_device(line, fs::current_path(), catalogue());
    if (!config) {
        for (const auto &mistake : config.error())
            spdlog::warn("{}", format(mistake));
        return iio::fail(EINVAL);
    }
    IIO_TRY(devices.add(*config, line));
    return line.size();
}

iio::Result<std::size_t> delete_device(Devices &devices, std::string_view line)
{
    auto which = line.substr(0, line.find('\n'));
    IIO_TRY(devices.remove(which));
    return line.size();
}

/// A write to add_trigger or remove_trigger of iio_sysfs_trigger: the number N of
/// "sysfstrigN".
iio::Result<std::size_t> add_sysfs_trigger(iio::Registry &registry, std::string_view text)
{
    const unsigned id = IIO_TRY(iio::parse_unsigned(text, 10));
    if (!registry.add_trigger(std::make_shared<iio::core::SysfsTrigger>(id)))
        return iio::fail(EINVAL);
    return text.size();
}

iio::Result<std::size_t> remove_sysfs_trigger(iio::Registry &registry, std::string_view text)
{
    const unsigned id = IIO_TRY(iio::parse_unsigned(text, 10));
    if (!registry.remove_trigger(iio::core::SysfsTrigger::name_of(id)))
        return iio::fail(EINVAL);
    return text.size();
}

/// mkdir and rmdir in a directory of the tree.
iio::Result<void> make_hrtimer(iio::Registry &registry, Tree &tree, const std::string &name)
{
    IIO_TRY(registry.add_trigger(std::make_shared<iio::core::HrtimerTrigger>(name)));
    tree.add_hrtimer(name);
    return {};
}

iio::Result<void> remove_hrtimer(iio::Registry &registry, Tree &tree, const std::string &name)
{
    if (!tree.remove_hrtimer(name))
        return iio::fail(ENOENT);
    return registry.remove_trigger(name);
}

/// Tells an observer of a registry's devices, as long as it lives.
class Observation {
public:
    Observation(iio::Registry &registry, iio::DeviceObserver &observer)
        : registry_{registry}, observer_{observer}
    {
        registry_.observe(observer_);
    }
    Observation(const Observation &) = delete;
    Observation &operator=(const Observation &) = delete;
    ~Observation() { registry_.stop_observing(observer_); }

private:
    iio::Registry &registry_;
    iio::DeviceObserver &observer_;
};

std::optional<DeviceConfig> parse_kept(std::string_view line)
{
    auto config = parse_new_device(line, fs::current_path(), catalogue());
    if (!config)
        return std::nullopt;
    return std::move(*config);
}

int serve(const MountCommand &command, const Config &config, Keep &keep, Holder &holder)
{
    Managed managed;
    iio::Registry registry;
    Devices devices{registry, keep};
    Tree tree{
        config.permissions,
        {.new_device = [&](std::string_view line) { return new_device(devices, line); },
         .delete_device = [&](std::string_view line) { return delete_device(devices, line); },
         .add_trigger = [&](std::string_view text) { return add_sysfs_trigger(registry, text); },
         .remove_trigger =
             [&](std::string_view text) { return remove_sysfs_trigger(registry, text); },
         .hrtimer =
             {.make = [&](const std::string &name) { return make_hrtimer(registry, tree, name); },
              .remove =
                  [&](const std::string &name) { return remove_hrtimer(registry, tree, name); }}},
        keep};
    const PermissionsOf permissions_of = [&](unsigned number) {
        return devices.permissions_of(number).value_or(config.permissions);
    };
    tree.set_permissions_of(permissions_of);
    std::optional<BesideKernel> kernel;
    if (config.kernel_devices.value_or(config.mountpoint == kernel_tree))
        kernel.emplace(config, tree, registry, devices);
    else if (config.first_number)
        registry.set_number_spaces({.first = *config.first_number},
                                   {.first = *config.first_number});
    expect_trigger_numbers(keep, registry);
    devices.on_change([&] { managed.changed(); });
    devices.start(config.devices, parse_kept);
    Recorder recorder{keep};
    const Observation recording{registry, recorder};
    restore_triggers(keep, registry, [&](const std::string &name) { tree.add_hrtimer(name); });
    devices.restore_streaming();

    auto held = holder.mount();
    auto session = held ? Session::take_over(tree, *config.mountpoint, std::move(*held))
                        : Session::create(tree, *config.mountpoint);
    if (!session) {
        spdlog::error("{}", session.error());
        return 1;
    }
    std::optional<CuseNodes> nodes;
    std::optional<Observation> nodes_observation;
    if (config.device_nodes)
        nodes_observation.emplace(registry, nodes.emplace(permissions_of));
    const Observation observation{registry, tree};
    if (kernel)
        kernel->watch();
    managed.set({.status = [&] { return devices.summary(); }, .ask = [&] { (*session)->ask(); }});
    (*session)->on_answer([&] { managed.answered(); });
    const ReloadSignal reload_signal{[&] {
        managed.reloading();
        reload(command, config, devices);
        managed.reloaded();
    }};
    const int status = (*session)->run([&] {
        spdlog::info("{}: {}", *config.mountpoint, devices.summary());
        holder.ready();
        managed.start();
    });
    managed.stop();
    return status;
}

} // namespace

int mount_command(const MountCommand &command, std::span<char *> arguments)
{
    log_to_stderr(command.verbose);
    ReloadSignal::block();
    iio::set_log_sink([](std::string_view line) noexcept { spdlog::error("{}", line); });

    auto config = whole_config(command, print);
    if (!config)
        return 1;
    Holder holder;
    if (holder.has_mount()) {
        // Who looked at the mountpoint would wait for us.
        config->mountpoint = fs::absolute(*config->mountpoint).lexically_normal().string();
        const auto keep = holder.keep();
        return keep ? serve(command, *config, *keep, holder) : 1;
    }
    remove_stale_mounts(*config->mountpoint);
    std::error_code error;
    const auto absolute = fs::canonical(*config->mountpoint, error);
    if (error || !fs::is_directory(absolute, error)) {
        std::fprintf(stderr, "iiofs: %s: %s; the mountpoint is an existing directory\n",
                     config->mountpoint->c_str(),
                     error ? error.message().c_str() : std::strerror(ENOTDIR));
        return 1;
    }
    // A second one would hide the first, and both would seem to work.
    if (std::ranges::any_of(visible_iiofs_mounts(),
                            [&](const auto &mount) { return mount.mountpoint == absolute; })) {
        spdlog::error("{}: an iiofs is mounted there already", absolute.string());
        return 1;
    }
    config->mountpoint = absolute.string();
    if (command.background)
        return start_holder(absolute, arguments);
    const auto keep = Keep::make();
    return serve(command, *config, *keep, holder);
}

int check_command(const fs::path &file)
{
    const auto config = load_config(file, catalogue());
    if (!config) {
        for (const auto &mistake : config.error())
            print(format(mistake));
        return 1;
    }
    std::printf("%s: %zu devices\n", file.c_str(), config->devices.size());
    for (const auto &device : config->devices)
        std::printf("  %-12s %s%s%s\n", device.driver.c_str(), describe(device.bus).c_str(),
                    device.label.empty() ? "" : "  ", device.label.c_str());
    return 0;
}

} // namespace iiofs
