// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdio>
#include <daemon/base/exit_status.hpp>
#include <daemon/base/log.hpp>
#include <daemon/config/catalogue.hpp>
#include <daemon/mounter/mountinfo.hpp>
#include <daemon/mounter/mounting.hpp>
#include <daemon/mounter/mountpoint.hpp>
#include <daemon/serve/mount.hpp>
#include <daemon/serve/mount_holder.hpp>
#include <daemon/serve/reload_signal.hpp>
#include <daemon/serve/server.hpp>
#include <daemon/takeover/serving.hpp>
#include <iio/host/log.hpp>
#include <malloc.h>
#include <optional>
#include <spdlog/spdlog.h>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

/// Where what is wrong with a configuration is reported, a line at a time.
using Report = void (*)(const std::string &line);

void print(const std::string &line) { std::fprintf(stderr, "%s\n", line.c_str()); }
void log(const std::string &line) { spdlog::error("{}", line); }

bool is_file_name(const std::string &part_or_file)
{
    return part_or_file.find('/') != part_or_file.npos || part_or_file.ends_with(".json");
}

/// The configuration and --simulate as one. Else the exit status; why was reported.
tl::expected<Config, ExitStatus> whole_config(const MountCommand &command, Report report)
{
    Config config{.permissions = default_permissions(system_accounts())};
    if (!command.config.empty()) {
        auto loaded = load_config(command.config, catalogue());
        if (!loaded) {
            for (const auto &mistake : loaded.error())
                report(format(mistake));
            return tl::unexpected{exit_failed};
        }
        config = std::move(*loaded);
    }
    for (const auto &part_or_file : command.simulate) {
        auto device = simulated(part_or_file);
        if (!device) {
            report("iiofs: " + device.error());
            return tl::unexpected{is_file_name(part_or_file) ? exit_failed : exit_usage};
        }
        config.devices.push_back(std::move(*device));
    }
    if (!command.mountpoint.empty())
        config.mountpoint = command.mountpoint;
    if (!config.mountpoint) {
        report("iiofs: no mountpoint: give MOUNTPOINT, or a configuration with the key mountpoint");
        return tl::unexpected{exit_usage};
    }
    return config;
}

/// Takes away what a daemon that died has left at the mountpoint.
void remove_stale_mounts(const fs::path &mountpoint)
{
    // Mounts may be stacked.
    for (int turns = 0; turns < 16 && is_stale_mount(mountpoint); ++turns) {
        spdlog::warn("{}: unmounting the tree of a server that has died", mountpoint.string());
        if (!unmount_one(mountpoint))
            return;
    }
}

int serve(const MountCommand &command, const Config &config, Keep &keep, MountHolder &holder)
{
    note_crashes_in(keep);
    const auto load = [&command] {
        auto now = whole_config(command, log);
        return now ? std::optional{std::move(*now)} : std::nullopt;
    };
    Server server{config, keep, holder, load};
    return server.run();
}

} // namespace

int mount_command(const MountCommand &command, std::span<char *> arguments)
{
    log_to_stderr(command.verbose);
    // Each chip has a thread for a moment at the start: not each is to have a heap of its own.
    ::mallopt(M_ARENA_MAX, 1);
    ReloadSignal::block();
    iio::set_log_sink([](std::string_view line) noexcept { spdlog::error("{}", line); });

    auto config = whole_config(command, print);
    if (!config)
        return config.error();
    MountHolder holder;
    if (holder.has_mount()) {
        // Who looked at the mountpoint would wait for us.
        config->mountpoint = fs::absolute(*config->mountpoint).lexically_normal().string();
        const auto keep = holder.keep();
        return keep ? serve(command, *config, *keep, holder) : 1;
    }
    remove_stale_mounts(*config->mountpoint);
    auto mountpoint = Mountpoint::find_or_make(*config->mountpoint);
    if (!mountpoint) {
        print("iiofs: " + mountpoint.error());
        return exit_failed;
    }
    const auto &absolute = mountpoint->path();
    // A second one would hide the first, and both would seem to work.
    if (std::ranges::any_of(visible_iiofs_mounts(),
                            [&](const auto &mount) { return mount.mountpoint == absolute; })) {
        spdlog::error("{}: iiofs is already mounted there", absolute.string());
        return 1;
    }
    config->mountpoint = absolute.string();
    if (command.background)
        return start_holder(*mountpoint, arguments);
    const auto keep = Keep::make();
    return serve(command, *config, *keep, holder);
}

} // namespace iiofs
