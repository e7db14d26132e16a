// SPDX-License-Identifier: MIT
//
// Registry: the devices and triggers that there are, by number, and what clients
// see of each device: directories of attributes that are shown and stored, a
// buffer and events.
#pragma once

#include <iio/driver/interrupt.hpp>
#include <iio/driver/result.hpp>
#include <iio/host/gate.hpp>
#include <iio/host/health.hpp>
#include <iio/host/trigger.hpp>
#include <iiowrap.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace iio {

class LiveDevice;
class Registry;
namespace core {
class Buffer;
class DeviceTrigger;
class EventQueue;
class InterruptThread;
} // namespace core

/// What a client wrote to a device's attribute and the part took.
struct Setting {
    std::string path; ///< as in LiveDevice::find()
    std::string text; ///< without its newline
    bool operator==(const Setting &) const = default;
};
using Settings = std::vector<Setting>;

/// One file of a device.
struct Attribute {
    std::string name;
    unsigned mode; ///< permission bits, enforced for root as well
    /// Fills the page (IIO_PAGE_SIZE bytes), newline included; takes the text, in which
    /// a newline at the end counts for nothing. Both return the length. Null: EIO, as
    /// sysfs answers.
    Result<std::size_t> (*show)(const LiveDevice &, const Attribute &, char *page) = nullptr;
    Result<std::size_t> (*store)(const LiveDevice &, const Attribute &,
                                 std::string_view text) = nullptr;

    // What show and store need to know; null and 0 where they do not.
    const iio_chan_spec *chan = nullptr;
    const iio_event_spec *event = nullptr;
    const iio_ext_info *ext = nullptr;
    const iio_attribute *own = nullptr;
    int info = 0;
    /// What is stored stays in force, and is stored again when the part lost it;
    /// else it is an order, or part of the streaming state.
    bool is_setting = false;
    /// The driver is asked; else the core knows all about it.
    bool asks_part = false;
    /// The driver shows it without a transfer.
    bool is_known = false;
    /// Shown, stored, in direct mode only: EBUSY while the device streams.
    bool direct_show = false;
    bool direct_store = false;
    /// What is wrong with the text, whatever the part does; null: nothing.
    Result<void> (*check)(const LiveDevice &, const Attribute &, std::string_view text) = nullptr;
    bool operator==(const Attribute &) const = default;
};

/// A directory of a device; "" is the device's own.
struct Group {
    std::string name;
    std::vector<Attribute> attributes;
    bool operator==(const Group &) const = default;
};
/// All of a device's. Devices that have equal ones share them.
using Groups = std::shared_ptr<const std::vector<Group>>;

struct DeviceOptions {
    std::string label{};             ///< text of the `label` attribute; none if empty
    std::vector<unsigned> numbers{}; ///< of the chip's devices; else the lowest that are free
    /// Handled by the driver's handle_interrupt; null: there is none.
    const InterruptLine *interrupt = nullptr;
    /// Of the chip's devices, in order: stored before a client sees the device.
    std::vector<Settings> settings{};
    /// Is called for each of the chip's devices before a client sees it, when it could stream
    /// and its triggers are known. None: nothing is.
    std::function<void(const LiveDevice &)> before_shown{};
    Health *health = nullptr;          ///< the chip's; null: it is not recovered
    HealthObserver on_health_change{}; ///< none: the log is told
};

/// What clients see of a registered device.
///
/// Threads: all members from any. Lifetime: shared; it outlives the driver,
/// and then every call answers ENODEV.
class LiveDevice {
public:
    /// Made by Registry::add.
    LiveDevice(iio_dev &dev, Registry &registry, unsigned number, const DeviceOptions &options,
               Groups groups);
    ~LiveDevice();
    LiveDevice(const LiveDevice &) = delete;
    LiveDevice &operator=(const LiveDevice &) = delete;

    [[nodiscard]] unsigned number() const { return number_; }
    /// "iio:device3"
    [[nodiscard]] const std::string &directory() const { return directory_; }
    [[nodiscard]] const std::string &label() const { return label_; }
    /// The device's directory and those in it, complete and constant.
    [[nodiscard]] std::span<const Group> groups() const { return *groups_; }
    /// The files of its debugfs directory; empty: it has no such directory.
    [[nodiscard]] std::span<const Attribute> debug_attributes() const { return debug_; }
    /// Null where there is none of this name; "buffer/length" finds in a group.
    [[nodiscard]] const Attribute *find(std::string_view path) const;

    /// The attribute's text as of now, written to page (IIO_PAGE_SIZE bytes);
    /// returns its length.
    /// Errors: ENODEV: the device is removed; EIO: it cannot be read; else the
    /// driver's, or why the part does not answer.
    [[nodiscard]] Result<std::size_t> show(const Attribute &attribute, char *page) const;
    /// The same without waiting for the part or for a lock that is held while it is asked.
    /// None: that is not possible now.
    [[nodiscard]] std::optional<Result<std::size_t>> show_at_once(const Attribute &attribute,
                                                                  char *page) const;
    /// Takes the text, cut at 4095 bytes; returns how much was taken.
    /// Errors: ENODEV, EIO as above; EINVAL, ERANGE: the text; else the driver's.
    [[nodiscard]] Result<std::size_t> store(const Attribute &attribute,
                                            std::string_view text) const;
    /// show by name; ENOENT: there is no such attribute.
    [[nodiscard]] Result<std::string> read(std::string_view path) const;
    [[nodiscard]] Result<std::size_t> write(std::string_view path, std::string_view text) const;

    /// The settings that were stored, in the order of the last write of each.
    [[nodiscard]] Settings settings() const;

    [[nodiscard]] bool is_removed() const { return gate_.is_closed(); }

    /// Null where the device has none.
    [[nodiscard]] core::Buffer *buffer() const { return buffer_.get(); }
    [[nodiscard]] core::EventQueue *events() const { return events_.get(); }
    /// Nanoseconds of the clock that the client chose.
    [[nodiscard]] std::int64_t now() const;

    /// The character device, which one client at a time may have open.
    /// Errors: EBUSY: another client has; ENODEV: the device is removed.
    [[nodiscard]] Result<void> open_node() const;
    void close_node() const { node_is_open_ = false; }
    /// The device number shown in `dev` and `uevent`: that of the node in /dev, or a
    /// plausible one if there is none.
    [[nodiscard]] dev_t node_number() const { return node_number_; }
    void set_node_number(dev_t number) const { node_number_ = number; }

    /// For Health, once the part was probed again: stores the settings, starts buffer
    /// and triggers as they were. Errors: the driver's.
    [[nodiscard]] Result<void> resume() const;

    // For the attributes' show and store, valid while a call is inside.
    [[nodiscard]] const iio_dev &dev() const { return dev_; }
    [[nodiscard]] std::atomic<int> &clock() const { return clock_; }
    [[nodiscard]] std::atomic<unsigned> &debug_register() const { return debug_register_; }

private:
    friend class Registry;
    struct CoreCalls; ///< what the driver may call

    [[nodiscard]] Result<void> start(const InterruptLine *interrupt) const;
    void shut_down() const;
    void look_at_line(bool is_first_consumer) const;
    void disconnect() const;
    [[nodiscard]] Result<std::size_t> show_or_throw(const Attribute &attribute, char *page) const;
    [[nodiscard]] Result<std::size_t> store_or_throw(const Attribute &attribute,
                                                     std::string_view text) const;
    [[nodiscard]] Result<std::size_t> store_now(const Attribute &attribute,
                                                std::string_view text) const;
    [[nodiscard]] std::string path_of(const Attribute &attribute) const;
    [[nodiscard]] const Attribute *find_setting(std::string_view path) const;
    [[nodiscard]] bool shows(const Attribute &attribute, std::string_view text) const;
    void record(Setting setting) const;
    void adopt(Settings settings) const;
    void restore(Settings left) const;

    iio_dev &dev_;
    Registry &registry_;
    Health *const health_;
    unsigned number_;
    std::string directory_;
    std::string label_;
    const Groups groups_;
    std::vector<Attribute> debug_;
    std::unique_ptr<core::Buffer> buffer_;
    std::unique_ptr<core::EventQueue> events_;
    std::vector<std::shared_ptr<core::DeviceTrigger>> triggers_; ///< the device's own
    mutable std::unique_ptr<core::InterruptThread> interrupt_;   ///< the registry's business
    mutable std::atomic<bool> node_is_open_{false};
    mutable std::atomic<dev_t> node_number_;
    mutable std::atomic<int> clock_{0};               ///< of timestamps, index into core's list
    mutable std::atomic<unsigned> debug_register_{0}; ///< direct_reg_access's chosen register
    mutable Gate gate_;
    /// Of each setting: around its store, its record and what the observers are told.
    mutable std::map<const Attribute *, std::mutex> store_mutexes_;
    mutable std::mutex settings_mutex_; ///< nothing else is locked with it
    mutable Settings settings_;
    // The registry's business:
    mutable bool connected_ = true;   ///< the driver may call the core
    mutable bool is_removed_ = false; ///< remove() was called; with the registry's lock
};

/// Which numbers a registry gives.
struct NumberSpace {
    unsigned first = 0;         ///< none below it
    std::set<unsigned> taken{}; ///< none of these: others have them
};

/// Is told of devices as they come and go.
///
/// Threads: called on the thread that adds, removes or stores, one call at a time, with
/// the registry's lock held: must neither call the registry nor store a setting.
class DeviceObserver {
public:
    virtual ~DeviceObserver() = default;
    virtual void device_added(const std::shared_ptr<const LiveDevice> &device) = 0;
    /// The device is hidden already; calls in flight may still be inside.
    virtual void device_removed(const std::shared_ptr<const LiveDevice> &device) = 0;
    /// A client stored it. Called on the client's thread; of one attribute, in the
    /// order in which the part took the values. The registry's lock is held.
    virtual void setting_changed(const LiveDevice &, const Setting &) {}
    virtual void trigger_added(const std::shared_ptr<const Trigger> &) {}
    virtual void trigger_removed(const std::shared_ptr<const Trigger> &) {}
};

/// The devices that there are. Threads: all members from any.
class Registry {
public:
    /// Devices that are there already are told at once. What comes is told to the
    /// observers in their order, what goes in the reverse one.
    void observe(DeviceObserver &observer);
    /// Nothing is told of what is still there.
    void stop_observing(DeviceObserver &observer);

    /// Makes the device visible. dev and all it points to stay until remove().
    /// Errors: EBUSY: the number is taken, or two channels claim one attribute
    /// name; EEXIST: a trigger has the name of one of the device's own; EINVAL:
    /// another abi_version, no name, or no operations; EAGAIN: there are too
    /// many threads for its interrupt's.
    [[nodiscard]] Result<std::shared_ptr<const LiveDevice>> add(iio_dev &dev,
                                                                const DeviceOptions &options);
    /// Nobody finds the device from here on and calls into it answer ENODEV; the observers are
    /// told, and what is under way in the driver is to end (Health::begin_removal). Does not
    /// wait for it. May be called again.
    void hide(const std::shared_ptr<const LiveDevice> &device);
    /// Hides the device and waits for what is under way. After it no call is made into dev.
    void remove(const std::shared_ptr<const LiveDevice> &device);

    /// The lowest number that is free. Until it is released no other device gets it
    /// unless its DeviceOptions say so: also while a device has it, and after it.
    [[nodiscard]] unsigned reserve_number();
    /// This one. Errors: EBUSY: it is taken.
    [[nodiscard]] Result<void> reserve_number(unsigned number);
    void release_number(unsigned number);

    /// The numbers that are given from here on. A device that has a taken one keeps
    /// it until it is removed; such triggers get another number, and observers see them
    /// go and come. Returns these triggers.
    std::vector<std::shared_ptr<const Trigger>> set_number_spaces(NumberSpace devices,
                                                                  NumberSpace triggers);

    [[nodiscard]] std::vector<std::shared_ptr<const LiveDevice>> devices() const;

    /// Makes the trigger known, with the lowest number that is free.
    /// Errors: EEXIST: another one has its name.
    [[nodiscard]] Result<void> add_trigger(const std::shared_ptr<Trigger> &trigger);
    /// When a trigger of this name comes it gets the number, and no other one does
    /// before.
    void expect_trigger(std::string name, unsigned number);
    /// Devices that use it keep it, but it fires no more.
    /// Errors: ENOENT: there is none of this name.
    [[nodiscard]] Result<void> remove_trigger(std::string_view name);
    /// Null: there is none of this name.
    [[nodiscard]] std::shared_ptr<const Trigger> find_trigger(std::string_view name) const;

private:
    [[nodiscard]] unsigned lowest_free_number();
    [[nodiscard]] unsigned take_trigger_number(const std::string &name);
    [[nodiscard]] Result<unsigned> claim_number(const DeviceOptions &options);
    [[nodiscard]] Result<void> start(const LiveDevice &device, const InterruptLine *interrupt);
    [[nodiscard]] Groups share(std::vector<Group> groups) const;
    [[nodiscard]] Result<void> add_trigger(const std::shared_ptr<Trigger> &trigger,
                                           const std::lock_guard<std::mutex> &locked);
    void place_trigger(const std::shared_ptr<const Trigger> &trigger,
                       const std::lock_guard<std::mutex> &locked);
    friend class LiveDevice;
    void notify_setting(const LiveDevice &device, const Setting &setting);
    void remove_triggers(const LiveDevice &device, const std::lock_guard<std::mutex> &locked);

    mutable std::mutex mutex_;
    std::vector<DeviceObserver *> observers_;
    std::vector<std::shared_ptr<const LiveDevice>> devices_; ///< by number
    std::set<unsigned> reserved_;
    std::set<unsigned> claimed_;    ///< by devices that are not shown yet
    unsigned lowest_candidate_ = 0; ///< no lower number is free
    NumberSpace device_numbers_;
    NumberSpace trigger_numbers_;
    std::vector<std::shared_ptr<const Trigger>> triggers_; ///< by number
    std::map<std::string, unsigned> expected_triggers_;
};

} // namespace iio
