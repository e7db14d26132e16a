// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <daemon/base/log.hpp>
#include <daemon/base/service_manager.hpp>
#include <daemon/serve/mount_holder.hpp>
#include <daemon/version.hpp>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

std::string program_file()
{
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).string();
}

/// Where it is installed, or was built.
std::string mounter_file()
{
    const auto folder = fs::path{program_file()}.parent_path();
    const std::array places{folder / mounter_beside_bindir, folder / "mounter/iiofs-mounter"};
    const auto found = std::ranges::find_if(
        places, [](const fs::path &file) { return ::access(file.c_str(), X_OK) == 0; });
    return found == places.end() ? places.front().lexically_normal().string() : found->string();
}

[[noreturn]] void become_holder(const Mountpoint &mountpoint, int verdict,
                                std::span<char *> arguments)
{
    ::setsid();
    ::fcntl(verdict, F_SETFD, 0);
    std::vector<std::string> words{mounter_file(),
                                   "hold",
                                   mountpoint.path().string(),
                                   std::to_string(verdict),
                                   std::to_string(mountpoint.made()),
                                   program_file()};
    std::vector<char *> argv;
    argv.reserve(words.size() + arguments.size() + 1);
    for (auto &word : words)
        argv.push_back(word.data());
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    argv.push_back(nullptr);
    ::execv(argv.front(), argv.data());
    std::fprintf(stderr, "iiofs: %s: %s\n", argv.front(), std::strerror(errno));
    _exit(1);
}

} // namespace

MountHolder::MountHolder()
    : fuse_{listen_fd("fuse")},
      keep_{listen_fd("keep")},
      ready_{listen_fd("ready")},
      kind_{!has_mount()  ? Kind::nobody
            : ready_ >= 0 ? Kind::background
                          : Kind::service_manager}
{
}

std::optional<HeldMount> MountHolder::mount()
{
    if (fuse_ < 0)
        return std::nullopt;
    // The one that waits for a byte has no one else to unmount before it is seen.
    return HeldMount{Fd{std::exchange(fuse_, -1)}, ready_ >= 0};
}

std::unique_ptr<Keep> MountHolder::keep()
{
    const Fd file{std::exchange(keep_, -1)};
    auto keep = Keep::open(file);
    if (keep)
        return std::move(*keep);
    spdlog::error("cannot open the records of the previous server: {}",
                  std::strerror(keep.error().value()));
    return nullptr;
}

void MountHolder::ready()
{
    if (ready_ < 0)
        return;
    log_to_syslog();
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; ++fd)
        ::dup2(null, fd);
    ::close(null);
    if (::write(ready_, "", 1) != 1)
        spdlog::warn("the process that waited for the mount has exited");
    ::close(std::exchange(ready_, -1));
}

int start_holder(Mountpoint &mountpoint, std::span<char *> arguments)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        std::fprintf(stderr, "iiofs: pipe: %s\n", std::strerror(errno));
        return 1;
    }
    const Fd verdict{ends[0]};
    {
        const Fd its{ends[1]};
        const auto child = ::fork();
        if (child == 0)
            become_holder(mountpoint, its.get(), arguments);
        if (child < 0) {
            std::fprintf(stderr, "iiofs: fork: %s\n", std::strerror(errno));
            return 1;
        }
        mountpoint.give_away();
    }
    char byte = 0;
    ssize_t got = 0;
    do
        got = ::read(verdict.get(), &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1 ? 0 : 1;
}

} // namespace iiofs
