// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/base/fd.hpp>
#include <daemon/base/problem.hpp>
#include <map>
#include <string>

namespace iiofs {

/// A copy of what is at a path with all that is mounted in it, ready to be
/// mounted somewhere. None: errno says why.
[[nodiscard]] Fd copy_tree(int directory, const char *path);
/// `name` is what an error calls the place.
[[nodiscard]] OrProblem<void> mount_tree(const Fd &tree, int directory, const char *path,
                                         const std::string &name);

/// A directory of the system in whose place, in this mount namespace, there is one with the same
/// contents and with entries of ours. The command can make nothing in it.
class Folder {
public:
    /// How what the system has in the directory appears.
    enum class Carry {
        mount, ///< it is mounted, links are copied
        link,  ///< links lead to it: for a directory with many files that are replaced often
    };

    enum class Kind { directory, link, file };
    struct Entry {
        Kind kind = Kind::directory;
        std::string text{}; ///< the target, or what is in the file
        bool operator==(const Entry &) const = default;
    };
    /// By name; a directory's entries have its name and '/' in front.
    using Entries = std::map<std::string, Entry>;

    [[nodiscard]] static OrProblem<Folder> replace(const std::string &path, Carry carry,
                                                   const Entries &entries);

    /// Makes these our entries, no others; they hide what the system has of the same names.
    [[nodiscard]] OrProblem<void> show(const Entries &entries);

    /// Has inotify tell of the system's directory; returns the watch.
    [[nodiscard]] int watch(int inotify) const;
    /// Makes an entry appear as the system has it now, or disappear, unless there is one of ours.
    /// What cannot be reached does not appear.
    [[nodiscard]] OrProblem<void> follow(const std::string &name) const;
    [[nodiscard]] OrProblem<void> follow_all() const;

private:
    Folder(std::string path, Carry carry, Fd old, Fd shown, Fd contents)
        : path_{std::move(path)},
          carry_{carry},
          old_{std::move(old)},
          shown_{std::move(shown)},
          contents_{std::move(contents)}
    {
    }

    [[nodiscard]] bool is_as_in_system(const std::string &name) const;
    [[nodiscard]] OrProblem<void> carry_over(const std::string &name) const;
    [[nodiscard]] OrProblem<void> add(const std::string &name, const Entry &entry) const;
    void remove(const std::string &name) const;
    [[nodiscard]] tl::unexpected<std::string> failed_at(const std::string &name) const;

    std::string path_;
    Carry carry_;
    Fd old_;      ///< the system's directory
    Fd shown_;    ///< ours, as it is mounted
    Fd contents_; ///< ours, where it can be written
    Entries entries_{};
};

} // namespace iiofs
