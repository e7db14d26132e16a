// SPDX-License-Identifier: MIT
//
// Node: one file, directory or symbolic link of the tree, with what sysfs
// remembers of it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <daemon/base/permissions.hpp>
#include <daemon/base/request.hpp>
#include <daemon/tree/stream.hpp>
#include <daemon/work/queue.hpp>
#include <functional>
#include <iio/driver/result.hpp>
#include <iiowrap.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <variant>

namespace iiofs {

/// A node's number, never given to another one while anybody may still use it.
/// Small enough to be an inode number of FUSE; 0 is none.
using NodeId = std::uint64_t;

/// Fills the page of IIO_PAGE_SIZE bytes, returns the text's length.
using Show = std::function<iio::Result<std::size_t>(char *page)>;
/// Takes a text of at most IIO_PAGE_SIZE bytes, returns how much it took.
using Store =
    std::function<iio::Result<std::size_t>(std::string_view text, const Request &request)>;

/// As Show, where that needs no waiting; none: it may.
using ShowAtOnce = std::function<std::optional<iio::Result<std::size_t>>(char *page)>;

/// Whether a show took so little time that no other thread is worth a wake-up.
class Quick {
public:
    static constexpr auto at_most = std::chrono::microseconds{50};

    Quick() = default;
    Quick(const Quick &other) : is_{other.is_.load()} {}
    Quick &operator=(const Quick &) = delete;

    [[nodiscard]] explicit operator bool() const { return is_.load(std::memory_order_relaxed); }
    /// Calls the function and remembers how long it took.
    template <class Function> auto measure(Function function)
    {
        const auto begin = std::chrono::steady_clock::now();
        auto result = function();
        is_.store(std::chrono::steady_clock::now() - begin <= at_most, std::memory_order_relaxed);
        return result;
    }

private:
    std::atomic<bool> is_{false};
};

/// What a file answers. Without a function the answer is EIO, as in sysfs.
struct File {
    Show show{};
    Store store{};
    off_t size = IIO_PAGE_SIZE; ///< as stat tells it; says nothing of the text
    /// Where show and store have their turn; null: they wait for nothing.
    std::shared_ptr<Queue> queue{};
    /// Null: show may have to wait for its turn.
    ShowAtOnce show_at_once{};
    /// The last show was; then the next one needs no thread of its own.
    mutable Quick is_quick{};
    /// A store is an order of whichever chip: where this one has its turn. Null: in `queue`.
    std::function<std::shared_ptr<Queue>(std::string_view text)> queue_for{};
    /// The client of a store that has begun does not want it any more. True: it will end
    /// without effect. Null: none does.
    std::function<bool(const Request &request)> withdraw{};
    /// To store the same text once more is not the same as once.
    bool is_order = false;
};

struct Link {
    std::string target;
};

/// A file of dev/: what it gives is read once and for all, by one client.
struct StreamFile {
    OpenFunction open;
    /// Where an open waits for the client before; null: it does not.
    std::shared_ptr<Queue> opens{};
};

struct Child {
    NodeId id;
    bool listed; ///< else only found by name
};

/// What mkdir() and rmdir() do in a directory; where it is none, EPERM.
struct DirectoryControls {
    using Control =
        std::function<iio::Result<void>(const std::string &name, const Request &request)>;
    Control make{};
    Control remove{};
};

/// Threads: children and subdirectories only with the mutex.
struct Directory {
    DirectoryControls controls{}; ///< set before anybody sees the directory
    Permissions permissions{};    ///< of what is made in it; likewise
    mutable std::shared_mutex mutex{};
    std::map<std::string, Child, std::less<>> children{};
    nlink_t subdirectories = 0;
};

/// Who owns a node, and with which permission bits.
struct Access {
    mode_t mode;
    uid_t owner;
    gid_t group;
};

/// Threads: all members from any.
class Node {
public:
    // Most nodes are files, and have no room for a directory.
    using Content = std::variant<std::unique_ptr<Directory>, File, Link, StreamFile>;

    template <class T>
    Node(NodeId parent, const Access &access, timespec birth, T content)
        : parent_{parent},
          content_{std::in_place_type<T>, std::move(content)},
          access_{access},
          birth_{birth}
    {
    }
    /// A directory without children yet.
    Node(NodeId parent, const Access &access, timespec birth)
        : parent_{parent}, content_{std::make_unique<Directory>()}, access_{access}, birth_{birth}
    {
    }

    [[nodiscard]] NodeId id() const { return id_; }
    /// The root is its own.
    [[nodiscard]] NodeId parent() const { return parent_; }
    /// S_IFDIR, S_IFREG or S_IFLNK.
    [[nodiscard]] mode_t type() const;
    /// Null where the node is something else.
    [[nodiscard]] const File *file() const { return std::get_if<File>(&content_); }
    [[nodiscard]] const Link *link() const { return std::get_if<Link>(&content_); }
    [[nodiscard]] const StreamFile *stream() const { return std::get_if<StreamFile>(&content_); }
    [[nodiscard]] Directory *directory()
    {
        const auto *const found = std::get_if<std::unique_ptr<Directory>>(&content_);
        return found ? found->get() : nullptr;
    }

    /// As stat shows it, without st_dev.
    [[nodiscard]] struct stat status() const;
    /// What chmod, chown and utimes change: `change` edits the status in place.
    template <class Change> void change_status(Change change)
    {
        const std::lock_guard lock{mutex_};
        struct stat status = changeable_status();
        change(status);
        set_status(status);
    }

    // Extended attributes as sysfs has them: trusted.* and security.* are kept
    // until the node goes, others there are none.
    //
    // Errors: EOPNOTSUPP: another namespace; ENODATA: there is none of this
    // name; EEXIST: there is one, and flags say XATTR_CREATE.
    [[nodiscard]] iio::Result<void> set_xattr(const std::string &name, std::string_view value,
                                              int flags);
    [[nodiscard]] iio::Result<std::string> xattr(std::string_view name) const;
    /// The names, each with a NUL behind it.
    [[nodiscard]] std::string xattr_names() const;
    [[nodiscard]] iio::Result<void> remove_xattr(std::string_view name);

    /// Not in the tree any more: held by those who had it open or looked.
    [[nodiscard]] bool is_removed() const { return removed_.load(std::memory_order_acquire); }
    void mark_removed() { removed_.store(true, std::memory_order_release); }

    /// Of a device that the server before had, and that has not come yet.
    [[nodiscard]] bool is_expected() const { return is_expected_; }
    /// A node of that device will take its place; a directory stays.
    [[nodiscard]] bool is_stand_in() const
    {
        return is_expected_ && !std::holds_alternative<std::unique_ptr<Directory>>(content_);
    }
    /// Before anybody sees it.
    void mark_expected() { is_expected_ = true; }

private:
    friend class NodeTable;
    using Xattrs = std::map<std::string, std::string, std::less<>>;
    /// What few nodes have: clients changed it.
    struct Changes {
        timespec accessed, modified, changed;
        Xattrs xattrs{};
    };

    // With the mutex.
    [[nodiscard]] struct stat changeable_status() const;
    void set_status(const struct stat &status);
    [[nodiscard]] Changes &changes();

    NodeId id_ = 0; ///< given by the table
    const NodeId parent_;
    Content content_;
    std::atomic<bool> removed_{false};
    bool is_expected_ = false;
    std::uint64_t stand_in_pins_ = 0; ///< of the table, with its mutex
    mutable std::mutex mutex_;
    Access access_; ///< with the mutex, as `changes_`
    const timespec birth_;
    std::unique_ptr<Changes> changes_;
};

} // namespace iiofs
