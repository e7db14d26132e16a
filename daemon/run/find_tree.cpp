// SPDX-License-Identifier: MIT
#include <daemon/mounter/mountinfo.hpp>
#include <daemon/run/find_tree.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace iiofs {

namespace {

namespace fs = std::filesystem;

/// Why a directory cannot be shown as /sys/bus/iio, empty if it can.
std::string why_no_tree(const fs::path &dir)
{
    // Asks the daemon; the kernel's caches may have outlived it.
    struct statx status;
    if (::statx(AT_FDCWD, (dir / "devices/.").c_str(), AT_STATX_FORCE_SYNC, STATX_TYPE, &status) ==
        0)
        return {};
    switch (errno) {
    case ENOTCONN:
        return "its server has died; unmount it (iiofs unmount) and mount it again";
    case EACCES:
        return "permission denied; without allow_other only the user who mounted it has access";
    default:
        if (::access(dir.c_str(), F_OK) != 0)
            return std::strerror(errno);
        return "this is not an iiofs mount: it has no devices/; is the server running?";
    }
}

OrProblem<fs::path> find_mount()
{
    std::vector<fs::path> trees;
    std::string others;
    for (const auto &mount : visible_iiofs_mounts()) {
        if (const auto why = why_no_tree(mount.mountpoint); why.empty())
            trees.push_back(mount.mountpoint);
        else
            others += "\n  " + mount.mountpoint.string() + ": " + why;
    }
    if (trees.size() == 1)
        return trees.front();
    if (!trees.empty()) {
        std::string list = "there are several iiofs mounts, choose one with --mount DIR:";
        for (const auto &tree : trees)
            list += "\n  " + tree.string();
        return problem(list);
    }
    if (!others.empty())
        return problem("no iiofs mount can be used:" + others);
    return problem(
        "there is no iiofs mount; create one (iiofs mount --background --simulate bme280 "
        "DIR) or name a directory with --mount DIR");
}

} // namespace

OrProblem<fs::path> find_tree(const std::optional<fs::path> &chosen)
{
    if (!chosen)
        return find_mount();
    if (const auto why = why_no_tree(*chosen); !why.empty())
        return problem(chosen->string() + ": " + why);
    return *chosen;
}

} // namespace iiofs
