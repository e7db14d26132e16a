// SPDX-License-Identifier: MIT
//
// The directory to mount on, which is made where it is missing.
#pragma once

#include <daemon/base/problem.hpp>
#include <filesystem>

namespace iiofs {

/// Threads: one. Its end removes the directories that were made, unless something is in them.
class Mountpoint {
public:
    /// A directory as it is, or made with those above it (0755, less the umask).
    /// Errors: names the one that is no directory or cannot be made, and why.
    [[nodiscard]] static OrProblem<Mountpoint> find_or_make(const std::filesystem::path &path);

    /// One whose last `made` components another process has made for this one.
    Mountpoint(std::filesystem::path path, unsigned made) : path_{std::move(path)}, made_{made} {}
    Mountpoint(Mountpoint &&other) noexcept
        : path_{std::move(other.path_)}, made_{std::exchange(other.made_, 0)}
    {
    }
    Mountpoint &operator=(Mountpoint &&) = delete;
    ~Mountpoint();

    /// Absolute, without links.
    [[nodiscard]] const std::filesystem::path &path() const { return path_; }
    /// So many of its last components were made.
    [[nodiscard]] unsigned made() const { return made_; }
    /// Another process removes them from here on.
    void give_away() { made_ = 0; }

private:
    std::filesystem::path path_;
    unsigned made_;
};

} // namespace iiofs
