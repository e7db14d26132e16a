// SPDX-License-Identifier: MIT
//
// Tree: what is mounted. It has the shape of /sys/bus/iio, with debugfs's iio
// directory in it, and follows the registry's devices. It knows no FUSE.
//
//   devices/                  links to what is in at/: iio:deviceN, triggerN, iio_sysfs_trigger
//   at/BUS/CHIP/              a chip, as at/i2c-1/1-0076: name, modalias, uevent, and
//     iio:deviceN/...         its devices' groups of attributes
//     triggerN/               its own triggers
//   at/iio_sysfs_trigger/triggerN/, at/triggerN/   those of clients
//   by-bus/i2c/1-0076, by-label/LABEL   links to chips and devices
//   drivers/
//   dev/iio:deviceN           in the place of the character devices; not listed
//   config/iio/triggers/hrtimer/  in which mkdir makes a trigger
//   debug/iio/iio:deviceN/    their debug attributes
//   new_device, delete_device, status
//   changes                   a count, for clients that wait for the next change; not listed
//   drivers_autoprobe, drivers_probe, uevent
#pragma once

#include <array>
#include <atomic>
#include <daemon/base/permissions.hpp>
#include <daemon/tree/changes.hpp>
#include <daemon/tree/files.hpp>
#include <daemon/tree/node_table.hpp>
#include <functional>
#include <iio/host/registry.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iiofs {

inline constexpr NodeId root_id = 1;

/// What clients may have done by writing to the files of this name: the texts
/// come without a NUL and what is behind it, as C strings. And by mkdir and
/// rmdir in hrtimer/. All of it is for those who manage, see Permissions.
struct TreeControls {
    Store new_device;
    Show refusal{}; ///< what new_device shows to those who may write it
    Store delete_device;
    std::function<std::string()> status{}; ///< what the file `status` shows
    Store add_trigger{};
    Store remove_trigger{};
    DirectoryControls hrtimer{};
    /// Where new_device waits for the chip, and delete_device; null: on the thread of who
    /// writes.
    std::function<std::shared_ptr<Queue>(std::string_view line)> new_device_queue{};
    std::function<std::shared_ptr<Queue>(std::string_view line)> delete_device_queue{};
    /// See File::withdraw.
    std::function<bool(const Request &request)> withdraw_new_device{};
    /// Where the opens of streams wait; likewise.
    std::shared_ptr<Queue> opens{};
};

/// Where a device is, and what its chip's folder says.
struct Place {
    std::string bus{};       ///< "i2c-1"; empty: the device is in no chip's folder
    std::string chip{};      ///< "1-0076": the folder
    std::string subsystem{}; ///< "i2c", "spi", "platform"
    std::string part{};      ///< "bme280"
    std::string label{};     ///< of the device; empty: it has none
    unsigned device = 0;     ///< its number
};
/// Of a device, by its number. Threads: called from any; must not call the tree.
using PlaceOf = std::function<Place(unsigned number)>;

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
    /// `birth` is the time of all files. Lifetime: the records outlive it.
    Tree(const Permissions &permissions, TreeControls controls, const NodeRecords &records,
         timespec birth);

    /// Before the first device comes. Without it a device has the tree's permissions.
    void set_permissions_of(PermissionsOf of) { permissions_of_ = std::move(of); }
    /// Before the first device comes. Without it what asks a chip waits on the thread that asks.
    void set_queue_of(QueueOf of) { queue_of_ = std::move(of); }
    /// Before the first device comes. Without it devices are in no chips' folders.
    void set_place_of(PlaceOf of) { place_of_ = std::move(of); }
    /// Before the first device comes. Lifetime: `observer` outlives the session.
    void tell_stores_to(StoreObserver &observer) { stores_ = &observer; }

    // Building. Modes are the kernel's; the parent's permissions are put on them.
    // Each returns the new node; none if the name is taken or parent is no
    // directory of the tree.
    NodeId add_directory(NodeId parent, const std::string &name, mode_t mode = 0755);
    NodeId add_file(NodeId parent, const std::string &name, mode_t mode, FileFunctions functions);
    NodeId add_link(NodeId parent, const std::string &name, std::string target);
    /// A link that is found by its name and not listed.
    NodeId add_hidden_link(NodeId parent, const std::string &name, std::string target);
    /// Takes an entry and all below it out of the tree; false: there is none.
    bool remove(NodeId parent, std::string_view name);

    /// The directory of an hrtimer trigger; false: there is none of this name.
    void add_hrtimer(const std::string &name) { add_directory(hrtimer_, name); }
    [[nodiscard]] bool remove_hrtimer(std::string_view name) { return remove(hrtimer_, name); }

    /// Shows what the server before showed of a device whose chip is still to be probed: names,
    /// ids, modes. Reads, writes and opens wait in the chip's queue, in which the probe is before
    /// them, and are those of the device if it has come then. Else they fail with what `error`
    /// says; 0: the chip was not tried yet.
    using ErrorOf = std::function<int()>;
    void expect_device(unsigned number, const ErrorOf &error);
    /// It does not come.
    void give_up_device(unsigned number);

    /// Called after an entry came or went in devices/ or in a directory that the kernel
    /// has looked up, on the thread that did it; at most one call at a time. It
    /// must not change the tree. Empty: nobody listens.
    using Changed = std::function<void(NodeId parent, const std::string &name)>;
    void listen(Changed changed);
    /// The kernel knows of such a change: clients that wait for one see it when they look now.
    void count_change() { changes_.add(); }

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
    /// What chmod and chown changed outlives the server.
    void keep_access(const Node &node) { nodes_.keep_access(node); }
    /// What the kernel may still take for there, after a takeover.
    [[nodiscard]] std::vector<NodeTable::Missing> missing() const { return nodes_.missing(); }

    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

    void device_added(const std::shared_ptr<const iio::LiveDevice> &device) override;
    void device_removed(const std::shared_ptr<const iio::LiveDevice> &device) override;
    void trigger_added(const std::shared_ptr<const iio::Trigger> &trigger) override;
    void trigger_removed(const std::shared_ptr<const iio::Trigger> &trigger) override;

private:
    [[nodiscard]] static Access access(const Permissions &permissions, mode_t kernel_mode);
    [[nodiscard]] Permissions permissions_in(NodeId parent);
    [[nodiscard]] Permissions permissions_for(unsigned device) const;
    [[nodiscard]] Place place_for(unsigned device) const;
    NodeId insert(std::unique_ptr<Node> node, const std::string &name);
    /// A file of this type; `mode` is the kernel's.
    template <class T, class... Arguments>
    NodeId add(NodeId parent, const std::string &name, mode_t mode, Arguments &&...arguments)
    {
        const NodeOrigin origin{parent, access(permissions_in(parent), mode), birth_};
        return insert(std::make_unique<T>(origin, std::forward<Arguments>(arguments)...), name);
    }
    NodeId link(NodeId id, NodeId parent, const std::string &name);
    /// Not linked yet; `name` is what it will be linked as.
    [[nodiscard]] NodeId make_directory(NodeId parent, const std::string &name, mode_t mode,
                                        const Permissions &permissions);
    NodeId add_stream(NodeId parent, const std::string &name, const Permissions &permissions,
                      OpenFunction open);
    void prune(NodeId id);
    [[nodiscard]] NodeRef expected_at(NodeId parent, std::string_view name);
    /// A device that is expected.
    struct Expected {
        Permissions permissions;
        std::shared_ptr<Queue> queue;
        ErrorOf error;
        off_t size; ///< of its files
    };
    using ExpectedPtr = std::shared_ptr<const Expected>;
    class ExpectedFile;
    void expect(NodeId parent, const std::string &name, const ExpectedPtr &device);
    void expect_file(NodeId parent, const std::string &name, mode_t mode,
                     const ExpectedPtr &device);
    void expect_stream(NodeId parent, const std::string &name, const ExpectedPtr &device);
    template <class Call>
    [[nodiscard]] auto once_it_is_there(NodeId id, const ErrorOf &error, const Call &call);
    void drop_expected(NodeId directory);
    void remove_nodes_of(const std::string &device);
    void tell(NodeId parent, const std::string &name);

    /// Where an entry of devices/ is.
    struct Where {
        NodeId folder = 0;
        std::string path{}; ///< of the folder: "at/i2c-1/1-0076"
        Place place{};
        bool is_shown = false; ///< links lead to it
    };
    struct Folder {
        NodeId id = 0;
        unsigned users = 0; ///< what is in it
    };
    [[nodiscard]] Where enter(const std::string &name, const Place &place,
                              const Permissions &permissions);
    [[nodiscard]] Where enter(const iio::Trigger &trigger);
    [[nodiscard]] static std::string subsystem_for(const Where &where);
    void lead_to(const std::string &name);
    void leave(const std::string &name);
    [[nodiscard]] NodeId add_chip(const Place &place, const Permissions &permissions);
    template <class Change> void change_label(const std::string &label, const Change &change);

    void add_places();
    void add_bus_files(TreeControls &controls);
    NodeId add_control(NodeId parent, const std::string &name, FileFunctions functions);
    void add_trigger_files(TreeControls controls);
    void add_streams(const DevicePtr &device, const std::shared_ptr<Queue> &queue,
                     const Permissions &permissions);
    void add_attributes(NodeId parent, const std::shared_ptr<const DeviceFiles> &common,
                        std::span<const iio::Attribute> attributes);
    void add_power(NodeId device);

    /// Behind a device's name: its files in dev/.
    static constexpr std::array stream_suffixes{"", ".buffer0", ".events"};
    static constexpr auto sysfs_trigger = "iio_sysfs_trigger";

    const Permissions permissions_;
    PermissionsOf permissions_of_;
    QueueOf queue_of_;
    PlaceOf place_of_;
    StoreObserver *stores_ = nullptr; ///< null: nobody wants to know
    const timespec birth_;
    NodeTable nodes_;
    const std::shared_ptr<Queue> opens_; ///< of streams; see TreeControls
    NodeId devices_ = 0;
    Changes changes_;
    NodeId at_ = 0;
    NodeId sysfs_ = 0; ///< at/iio_sysfs_trigger
    NodeId by_label_ = 0;
    NodeId dev_ = 0;
    NodeId hrtimer_ = 0; ///< config/iio/triggers/hrtimer
    NodeId debug_ = 0;   ///< debug/iio
    std::atomic<bool> autoprobe_{true};
    std::mutex places_mutex_;               ///< of what follows; around changes of at/
    std::map<std::string, Where> places_;   ///< of the entries of devices/
    std::map<std::string, Folder> folders_; ///< of chips and buses, by path
    std::map<std::string, std::map<unsigned, std::string>> labels_; ///< targets, by device
    std::mutex changed_mutex_;
    Changed changed_;
};

} // namespace iiofs
