// SPDX-License-Identifier: MIT
//
// Node: one file, directory or symbolic link of the tree, with what sysfs
// remembers of it. A mount has some tens of them for each device, and may have
// thousands of devices: what few nodes have is not in all of them.
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
#include <utility>
#include <vector>

namespace iiofs {

/// What sysfs gives as the size of every attribute: 4096, or 16384 on a kernel with such pages. A
/// text has at most IIO_PAGE_SIZE bytes anyway.
[[nodiscard]] off_t kernel_page_size();

/// A node's number, never given to another one while anybody may still use it.
/// Small enough to be an inode number of FUSE; 0 is none.
using NodeId = std::uint64_t;

/// Fills the page of IIO_PAGE_SIZE bytes, returns the text's length.
using Show = std::function<iio::Result<std::size_t>(char *page)>;
/// Takes a text of at most IIO_PAGE_SIZE bytes, returns how much it took.
using Store =
    std::function<iio::Result<std::size_t>(std::string_view text, const Request &request)>;

/// Whether a show took so little time that no other thread is worth a wake-up.
class Quick {
public:
    static constexpr auto at_most = std::chrono::microseconds{50};

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

/// Who owns a node, and with which permission bits.
struct Access {
    mode_t mode;
    uid_t owner;
    gid_t group;
};

/// What a node comes into the tree with.
struct NodeOrigin {
    NodeId parent;
    Access access;
    const timespec &birth; ///< the time of all files. Lifetime: outlives the node
    bool is_listed = true; ///< else it is only found by its name
};

class Directory;
class File;
class Link;
class StreamFile;

/// Threads: all members from any.
class Node {
public:
    explicit Node(const NodeOrigin &origin)
        : parent_{origin.parent},
          access_{origin.access},
          birth_{origin.birth},
          is_listed_{origin.is_listed}
    {
    }
    virtual ~Node() { delete changes_.load(std::memory_order_relaxed); }
    Node(const Node &) = delete;
    Node &operator=(const Node &) = delete;

    [[nodiscard]] NodeId id() const { return id_; }
    /// The root is its own.
    [[nodiscard]] NodeId parent() const { return parent_; }
    /// In its directory; else it is only found by its name.
    [[nodiscard]] bool is_listed() const { return is_listed_; }
    /// S_IFDIR, S_IFREG or S_IFLNK.
    [[nodiscard]] virtual mode_t type() const { return S_IFREG; }
    /// Null where the node is something else.
    [[nodiscard]] virtual const File *file() const { return nullptr; }
    [[nodiscard]] virtual const Link *link() const { return nullptr; }
    [[nodiscard]] virtual const StreamFile *stream() const { return nullptr; }
    [[nodiscard]] virtual Directory *directory() { return nullptr; }

    /// As stat shows it, without st_dev.
    [[nodiscard]] struct stat status() const;
    /// What chmod, chown and utimes change: `change` edits the status in place.
    template <class Change> void change_status(Change change)
    {
        Changes &changes = this->changes();
        const std::lock_guard lock{changes.mutex};
        struct stat status = stat_of(changes.facts);
        change(status);
        changes.facts = {
            {status.st_mode & ~static_cast<mode_t>(S_IFMT), status.st_uid, status.st_gid},
            status.st_atim,
            status.st_mtim,
            status.st_ctim};
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
    [[nodiscard]] bool is_stand_in() const { return is_expected_ && type() != S_IFDIR; }
    /// Before anybody sees it.
    void mark_expected() { is_expected_ = true; }

protected:
    // As stat shows them.
    [[nodiscard]] virtual off_t size() const { return 0; }
    [[nodiscard]] virtual nlink_t links() const { return 1; }

private:
    friend class NodeTable;
    using Xattrs = std::map<std::string, std::string, std::less<>>;
    struct Facts {
        Access access;
        timespec accessed, modified, changed;
    };
    /// What few nodes have: clients changed it.
    struct Changes {
        Facts facts;
        Xattrs xattrs{};
        std::mutex mutex{}; ///< for both
    };

    [[nodiscard]] Facts facts_at_birth() const { return {access_, birth_, birth_, birth_}; }
    [[nodiscard]] struct stat stat_of(const Facts &facts) const;
    [[nodiscard]] Changes &changes();

    NodeId id_ = 0; ///< given by the table
    const NodeId parent_;
    const Access access_;             ///< at its birth
    std::uint32_t stand_in_pins_ = 0; ///< of the table, with its mutex
    const timespec &birth_;
    std::atomic<Changes *> changes_{}; ///< null: none; owned, made once
    std::atomic<bool> removed_{false};
    const bool is_listed_;
    bool is_expected_ = false;
};

/// A file that is shown and stored as sysfs's are. What is not overridden is EIO, as there, and
/// waits for nothing.
class File : public Node {
public:
    using Node::Node;
    [[nodiscard]] const File *file() const final { return this; }

    /// Fills the page of IIO_PAGE_SIZE bytes, returns the text's length.
    [[nodiscard]] virtual iio::Result<std::size_t> show(char *page) const;
    /// The same, where that needs no waiting; none: it may.
    [[nodiscard]] virtual std::optional<iio::Result<std::size_t>> show_at_once(char *page) const;
    /// Takes a text of at most IIO_PAGE_SIZE bytes, returns how much it took.
    [[nodiscard]] virtual iio::Result<std::size_t> store(std::string_view text,
                                                         const Request &request) const;
    /// Where show has its turn; null: it waits for nothing. Lifetime: the file's.
    [[nodiscard]] virtual Queue *queue() const { return nullptr; }
    /// Where a store of this text has its turn; null: it waits for nothing.
    [[nodiscard]] virtual std::shared_ptr<Queue> queue_for(std::string_view text) const;
    /// The client of a store that has begun does not want it any more. True: it will end
    /// without effect.
    [[nodiscard]] virtual bool withdraw(const Request &) const { return false; }
    /// To store the same text once more is not the same as once.
    [[nodiscard]] virtual bool is_order() const { return false; }

    /// The last show was; then the next one needs no thread of its own.
    mutable Quick is_quick{};

protected:
    /// Says nothing of the text.
    [[nodiscard]] off_t size() const override { return kernel_page_size(); }
};

class Link final : public Node {
public:
    Link(const NodeOrigin &origin, std::string target) : Node{origin}, target_{std::move(target)} {}
    [[nodiscard]] mode_t type() const override { return S_IFLNK; }
    [[nodiscard]] const Link *link() const override { return this; }

    [[nodiscard]] const std::string &target() const { return target_; }

protected:
    /// The kernel may cut the text that it keeps of a link to this size.
    [[nodiscard]] off_t size() const override { return static_cast<off_t>(target_.size()); }

private:
    const std::string target_;
};

/// A file of dev/: what it gives is read once and for all, by one client.
class StreamFile final : public Node {
public:
    StreamFile(const NodeOrigin &origin, OpenFunction open, std::shared_ptr<Queue> opens = {})
        : Node{origin}, open_{std::move(open)}, opens_{std::move(opens)}
    {
    }
    [[nodiscard]] const StreamFile *stream() const override { return this; }

    [[nodiscard]] iio::Result<std::unique_ptr<OpenStream>> open() const { return open_(); }
    /// Where an open waits for the client before; null: it does not.
    [[nodiscard]] const std::shared_ptr<Queue> &opens() const { return opens_; }

private:
    const OpenFunction open_;
    const std::shared_ptr<Queue> opens_;
};

struct Child {
    std::string name;
    NodeId id;
};

/// The entries of a directory, in the order of their names. A vector, as most directories are
/// small and there are very many of them.
class Children {
public:
    [[nodiscard]] auto begin() const { return children_.begin(); }
    [[nodiscard]] auto end() const { return children_.end(); }
    /// 0: there is none of this name.
    [[nodiscard]] NodeId find(std::string_view name) const;
    /// There is none of this name.
    void insert(const std::string &name, NodeId id);
    /// There is one.
    void erase(std::string_view name);

private:
    std::vector<Child> children_;
};

/// What mkdir() and rmdir() do in a directory. Both are set.
struct DirectoryControls {
    using Control =
        std::function<iio::Result<void>(const std::string &name, const Request &request)>;
    Control make{};
    Control remove{};
};

/// Threads: children and subdirectories only with the mutex.
class Directory final : public Node {
public:
    Directory(const NodeOrigin &origin, const Permissions &permissions)
        : Node{origin}, permissions_{permissions}
    {
    }
    [[nodiscard]] mode_t type() const override { return S_IFDIR; }
    [[nodiscard]] Directory *directory() override { return this; }

    /// Of what is made in it.
    [[nodiscard]] const Permissions &permissions() const { return permissions_; }

    /// Set before anybody sees the directory. Null: EPERM.
    std::unique_ptr<const DirectoryControls> controls{};
    mutable std::shared_mutex mutex{};
    Children children{};
    nlink_t subdirectories = 0;

protected:
    [[nodiscard]] nlink_t links() const override
    {
        const std::shared_lock lock{mutex};
        return 2 + subdirectories;
    }

private:
    const Permissions permissions_;
};

} // namespace iiofs
