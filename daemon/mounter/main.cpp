// SPDX-License-Identifier: MIT
//
// iiofs-mounter: makes and takes away the mount for a server that may not, and
// is gone again while the server serves. See docs/service.md.
#include <array>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <daemon/base/service_manager.hpp>
#include <daemon/mounter/mounting.hpp>
#include <daemon/mounter/mountpoint.hpp>
#include <daemon/mounter/supervise.hpp>
#include <string_view>

namespace {

using namespace std::chrono_literals;

constexpr auto usage =
    R"(usage: iiofs-mounter mount DIR     mounts DIR, unless it is mounted and held, and stores the
                                  descriptors "fuse" and "keep" in the descriptor store of
                                  the calling unit; for ExecStartPre=+
       iiofs-mounter unmount DIR  unmounts DIR
       iiofs-mounter hold DIR FD MADE PROGRAM ARGUMENTS...
                                  mounts DIR, and runs PROGRAM to serve it as long as it is
                                  mounted; for iiofs mount --background, which reads the other
                                  end of FD, and has created the last MADE directories of DIR:
                                  they are removed at the end
)";

// A live mount has a server, or will get one soon.
constexpr auto probe_limit = 200ms;
constexpr auto manager_limit = 10s;

int fail(const std::string &why)
{
    std::fprintf(stderr, "iiofs-mounter: %s\n", why.c_str());
    return 1;
}

/// Puts the descriptors into the manager's store, in the place of former ones.
iio::Result<void> store(int fuse, int keep)
{
    IIO_TRY(iiofs::notify_manager("FDSTOREREMOVE=1\nFDNAME=fuse"));
    IIO_TRY(iiofs::notify_manager("FDSTOREREMOVE=1\nFDNAME=keep"));
    IIO_TRY(iiofs::notify_manager("FDSTORE=1\nFDNAME=fuse", std::array{fuse}));
    IIO_TRY(iiofs::notify_manager("FDSTORE=1\nFDNAME=keep", std::array{keep}));
    return iiofs::notify_barrier(manager_limit);
}

int unmount(const std::string &directory)
{
    const auto done = iiofs::unmount_fuse(directory);
    return done ? 0 : fail(done.error());
}

int mount(const std::string &directory)
{
    if (!iiofs::has_service_manager())
        return fail("mount: there is no service manager ($NOTIFY_SOCKET) to hold the mount");
    switch (iiofs::probe_mount(directory, probe_limit)) {
    case iiofs::MountState::held:
    case iiofs::MountState::answers:
        return 0; // its descriptors are in the store
    case iiofs::MountState::dead:
        if (const auto done = iiofs::unmount_fuse(directory); !done)
            return fail(done.error());
        break;
    case iiofs::MountState::none:
        break;
    }
    const auto fuse = iiofs::mount_fuse(directory);
    if (!fuse)
        return fail(fuse.error());
    const auto keep = iiofs::make_keep();
    if (!keep)
        return fail(keep.error());
    if (const auto stored = store(fuse->get(), keep->get()); !stored) {
        unmount(directory);
        return fail(std::string{"the service manager: "} + std::strerror(stored.error().value()));
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc >= 7 && std::string_view{argv[1]} == "hold") {
        const iiofs::Mountpoint made{argv[2], static_cast<unsigned>(std::atoi(argv[4]))};
        return iiofs::supervise(argv[2], std::atoi(argv[3]), argv[5], argv + 6);
    }
    const std::string_view command = argc == 3 ? argv[1] : "";
    if (command != "mount" && command != "unmount") {
        std::fputs(usage, stderr);
        return 2;
    }
    const std::string directory = argv[2];
    if (!directory.starts_with('/'))
        return fail(directory + ": the directory must be an absolute path");
    return command == "mount" ? mount(directory) : unmount(directory);
}
