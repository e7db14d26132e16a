// SPDX-License-Identifier: MIT
//
// Tree: what is mounted. It has the shape of /sys/bus/iio, with debugfs's iio
// directory in it, and follows the registry's devices. It knows no FUSE.
//
//   devices/iio:deviceN/...   the devices' groups of attributes
//   drivers/
//   debug/iio/iio:deviceN/    their debug attributes
//   new_device, delete_device
//   drivers_autoprobe, drivers_probe, uevent
#pragma once

#include <atomic>
#include <daemon/config.hpp>
#include <daemon/node_table.hpp>
#include <functional>
#include <iio/registry.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iiofs {

inline constexpr NodeId root_id = 1;

/// What is done with a text written to new_device or delete_device: without a
/// NUL and what is behind it, as a C string.
struct DeviceControls {
    Store new_device;
    Store delete_device;
};

/// One name in a directory.
struct Entry {
    std::string name;
    NodeId id;
    mode_t type; ///< S_IFDIR, S_IFREG or S_IFLNK
};

/// Threads: all members from any. Directories are read under their own shared
/// lock, nodes are found without any.
/// Lifetime: outlives the registry that it observes, and the session.
class Tree final : public iio::DeviceObserver {
public:
    Tree(const Permissions &permissions, DeviceControls controls);

    // Building. Modes are the kernel's; the tree's permissions are put on them.
    // Each returns the new node; none if the name is taken or parent is no
    // directory of the tree.
    NodeId add_directory(NodeId parent, const std::string &name, mode_t mode = 0755);
    NodeId add_file(NodeId parent, const std::string &name, mode_t mode, File file);
    NodeId add_link(NodeId parent, const std::string &name, std::string target);
    /// A link that is found by its name and not listed.
    NodeId add_hidden_link(NodeId parent, const std::string &name, std::string target);
    /// Takes an entry and all below it out of the tree.
    void remove(NodeId parent, std::string_view name);

    /// Called after an entry came or went in a directory that the kernel has
    /// looked up, on the thread that did it; at most one call at a time. It
    /// must not change the tree. Empty: nobody listens.
    using Changed = std::function<void(NodeId parent, const std::string &name)>;
    void listen(Changed changed);

    // Finding.
    [[nodiscard]] NodeRef pin(NodeId id) { return nodes_.pin(id); }
    /// None if the directory has no such entry. "." and ".." are entries.
    [[nodiscard]] NodeRef find(Node &directory, std::string_view name);
    /// A node by its path from the root, without a '/' in front.
    [[nodiscard]] NodeRef find(std::string_view path);
    /// "." and ".." first.
    [[nodiscard]] std::vector<Entry> list(Node &directory);

    // The kernel's references, see NodeTable.
    void hold(const Node &node) { nodes_.hold(node); }
    void forget(NodeId id, std::uint64_t times) { nodes_.forget(id, times); }

    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

    void device_added(const std::shared_ptr<const iio::DeviceView> &device) override;
    void device_removed(const std::shared_ptr<const iio::DeviceView> &device) override;

private:
    using DevicePtr = std::shared_ptr<const iio::DeviceView>;

    [[nodiscard]] Access access(mode_t kernel_mode) const;
    NodeId insert(std::unique_ptr<Node> node, const std::string &name, bool listed = true);
    NodeId link(NodeId id, NodeId parent, const std::string &name, bool listed);
    [[nodiscard]] NodeId make_directory(NodeId parent, mode_t mode);
    void prune(NodeId id);
    void tell(NodeId parent, const std::string &name);

    void add_bus_files(DeviceControls controls);
    void add_attribute(NodeId parent, const DevicePtr &device, const iio::Attribute &attribute,
                       off_t size);
    void add_power(NodeId device);

    const Permissions permissions_;
    const timespec birth_; ///< the time of all files
    NodeTable nodes_;
    NodeId devices_ = 0;
    NodeId debug_ = 0; ///< debug/iio
    std::atomic<bool> autoprobe_{true};
    std::mutex changed_mutex_;
    Changed changed_;
};

} // namespace iiofs
