// SPDX-License-Identifier: MIT
//
// Registry: the devices that there are, by number, and what clients see of
// each: directories of attributes that are shown and stored.
#pragma once

#include <iio/gate.hpp>
#include <iio/result.hpp>
#include <iiowrap.h>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iio {

class DeviceView;
namespace core {
class Buffer;
}

/// One file of a device.
struct Attribute {
    std::string name;
    unsigned mode; ///< permission bits; what they forbid, root is refused too
    /// Fill the page; take the text. Null: EIO, as sysfs answers without one.
    Result<std::size_t> (*show)(const DeviceView &, const Attribute &, char *page) = nullptr;
    Result<std::size_t> (*store)(const DeviceView &, const Attribute &,
                                 std::string_view text) = nullptr;

    // What show and store need to know; null and 0 where they do not.
    const iio_chan_spec *chan = nullptr;
    const iio_event_spec *event = nullptr;
    const iio_ext_info *ext = nullptr;
    int info = 0;
};

/// A directory of a device; "" is the device's own.
struct Group {
    std::string name;
    std::vector<Attribute> attributes;
};

struct DeviceOptions {
    std::string label{};              ///< text of the `label` attribute; none if empty
    std::optional<unsigned> number{}; ///< else the lowest that is free
};

/// What clients see of a registered device.
///
/// Threads: all members from any. Lifetime: shared; it outlives the driver,
/// and then every call answers ENODEV.
class DeviceView {
public:
    /// Made by Registry::add.
    DeviceView(const iio_dev &dev, unsigned number, std::string label, std::vector<Group> groups);
    ~DeviceView();
    DeviceView(const DeviceView &) = delete;
    DeviceView &operator=(const DeviceView &) = delete;

    [[nodiscard]] unsigned number() const { return number_; }
    /// "iio:device3"
    [[nodiscard]] const std::string &directory() const { return directory_; }
    [[nodiscard]] const std::string &label() const { return label_; }
    /// The device's directory and those in it, complete and constant.
    [[nodiscard]] std::span<const Group> groups() const { return groups_; }
    /// The files of its debugfs directory; empty: it has no such directory.
    [[nodiscard]] std::span<const Attribute> debug_attributes() const { return debug_; }
    /// Null where there is none of this name; "buffer/length" finds in a group.
    [[nodiscard]] const Attribute *find(std::string_view path) const;

    /// The attribute's text as of now, written to page (IIO_PAGE_SIZE bytes);
    /// returns its length.
    /// Errors: ENODEV: the device is removed; EIO: it cannot be read; else the
    /// driver's.
    [[nodiscard]] Result<std::size_t> show(const Attribute &attribute, char *page) const;
    /// Takes the text, cut at 4095 bytes; returns how much was taken.
    /// Errors: ENODEV, EIO as above; EINVAL, ERANGE: the text; else the driver's.
    [[nodiscard]] Result<std::size_t> store(const Attribute &attribute,
                                            std::string_view text) const;
    /// show by name; ENOENT: there is no such attribute.
    [[nodiscard]] Result<std::string> read(std::string_view path) const;
    [[nodiscard]] Result<std::size_t> write(std::string_view path, std::string_view text) const;

    [[nodiscard]] bool is_removed() const { return gate_.is_closed(); }

    // For the attributes' show and store, valid while a call is inside.
    [[nodiscard]] const iio_dev &dev() const { return dev_; }
    [[nodiscard]] core::Buffer *buffer() const { return buffer_.get(); }
    [[nodiscard]] std::atomic<int> &clock() const { return clock_; }
    [[nodiscard]] std::atomic<unsigned> &debug_register() const { return debug_register_; }

private:
    friend class Registry;
    const iio_dev &dev_;
    unsigned number_;
    std::string directory_;
    std::string label_;
    std::vector<Group> groups_;
    std::vector<Attribute> debug_;
    std::unique_ptr<core::Buffer> buffer_;
    mutable std::atomic<int> clock_{0};               ///< of timestamps, index into core's list
    mutable std::atomic<unsigned> debug_register_{0}; ///< direct_reg_access's chosen register
    mutable Gate gate_;
};

/// Told of devices as they come and go.
///
/// Threads: called on the thread that adds or removes, one call at a time; must
/// not call back into the registry.
class DeviceObserver {
public:
    virtual ~DeviceObserver() = default;
    virtual void device_added(const std::shared_ptr<const DeviceView> &device) = 0;
    /// The device is hidden already; calls in flight may still be inside.
    virtual void device_removed(const std::shared_ptr<const DeviceView> &device) = 0;
};

/// The devices that there are. Threads: all members from any.
class Registry {
public:
    /// Devices that are there already are told at once. Null: nobody.
    void observe(DeviceObserver *observer);

    /// Makes the device visible. dev and all it points to stay until remove().
    /// Errors: EBUSY: the number is taken, or two channels claim one attribute
    /// name; EINVAL: another abi_version, no name, or no operations.
    [[nodiscard]] Result<std::shared_ptr<const DeviceView>> add(const iio_dev &dev,
                                                                const DeviceOptions &options);
    /// Hides the device, tells the observer, waits for calls in flight. After
    /// it no call is made into dev.
    void remove(const std::shared_ptr<const DeviceView> &device);

    /// The lowest number that nobody has, kept from others until released or
    /// used in DeviceOptions.
    [[nodiscard]] unsigned reserve_number();
    void release_number(unsigned number);

    [[nodiscard]] std::vector<std::shared_ptr<const DeviceView>> devices() const;

private:
    [[nodiscard]] unsigned lowest_free_number() const;

    mutable std::mutex mutex_;
    DeviceObserver *observer_ = nullptr;
    std::vector<std::shared_ptr<const DeviceView>> devices_; ///< by number
    std::set<unsigned> reserved_;
};

} // namespace iio
