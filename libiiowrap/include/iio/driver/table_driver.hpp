// SPDX-License-Identifier: MIT
//
// TableDriver: what a driver's channel table says, done: settings and constants are
// shown, listed, parsed and remembered. A base for drivers; RegisterDriver has
// registers as well.
//
// A derived class hides read_raw or write_raw for what is special and hands on the rest:
//
//     Result<Value> read_raw(const Channel &channel, Info info) const
//     {
//         return info == Info::raw ? convert(channel) : TableDriver::read_raw(channel, info);
//     }
#pragma once

#include <atomic>
#include <deque>
#include <iio/driver/driver.hpp>
#include <mutex>

namespace iio {

/// Threads: as a driver's, see iio/driver/driver.hpp; what was chosen is read without a lock.
/// Lifetime: the table's channels, settings and attributes have static storage.
class TableDriver {
public:
    TableDriver(const Hardware &hardware, ChannelTable channels,
                std::span<const DeviceAttribute> attributes = {});
    TableDriver(const TableDriver &) = delete;
    TableDriver &operator=(const TableDriver &) = delete;
    virtual ~TableDriver() = default;

    [[nodiscard]] ChannelTable channels() const { return channels_; }
    [[nodiscard]] std::span<const DeviceAttribute> attributes() const { return attributes_; }
    /// It is sampled by a trigger, if scans have a place for anything but the time.
    [[nodiscard]] unsigned modes() const;

    /// Settings and constants. Errors: EINVAL: the element is neither.
    [[nodiscard]] Result<Value> read_raw(const Channel &channel, Info info) const;
    /// Settings: finds what was written among the values, and calls choose().
    /// Errors: EINVAL: the element is no setting, or has no such value; choose's.
    [[nodiscard]] Result<void> write_raw(const Channel &channel, Info info, Written written) const;
    [[nodiscard]] WriteFormat write_format(const Channel &channel, Info info) const;
    [[nodiscard]] Result<Available> read_avail(const Channel &channel, Info info) const;
    /// Choices among words that were made with a Choices.
    [[nodiscard]] Result<unsigned> read_enum(const Channel &channel, const ExtInfo &ext) const;
    [[nodiscard]] Result<void> write_enum(const Channel &channel, const ExtInfo &ext,
                                          unsigned item) const;

protected:
    [[nodiscard]] const Hardware &hardware() const { return hardware_; }
    [[nodiscard]] const Host &host() const { return hardware_.host(); }

    /// The index of the value in force. The setting is in the table.
    /// A channel has to be given where the setting has no field and several channels have it.
    [[nodiscard]] unsigned chosen(const Choices &setting, const Channel *channel = nullptr) const
    {
        return find(setting, channel)->index;
    }
    [[nodiscard]] const Value &value_of(const Choices &setting) const
    {
        return setting.values[chosen(setting)];
    }
    /// Puts a value in force for a client. Here it is remembered only; a derived class tells
    /// the part by choose_by(). Errors: EINVAL: the setting has a field.
    [[nodiscard]] virtual Result<void> choose(const Choices &setting, const Channel &channel,
                                              unsigned index) const;
    /// Calls `tell(code)`, which tells the part, and remembers the choice if that succeeds.
    /// One choice is made at a time. Errors: tell's.
    template <class Tell>
    [[nodiscard]] Result<void> choose_by(const Choices &setting, const Channel &channel,
                                         unsigned index, Tell &&tell) const
    {
        const std::lock_guard lock{choosing_};
        IIO_TRY(tell(setting.code(index)));
        remember(setting, channel, index);
        return {};
    }
    void remember(const Choices &setting, const Channel &channel, unsigned index) const
    {
        find(setting, &channel)->index = index;
    }
    /// Calls `f(setting, index)` for each setting that has a field, once for a field.
    template <class F> [[nodiscard]] Result<void> for_each_field(F &&f) const
    {
        for (const InForce &choice : choices_) {
            if (choice.setting->field.exists())
                IIO_TRY(f(*choice.setting, choice.index.load()));
        }
        return {};
    }

private:
    /// What is in force of a setting; of each channel where it has no field.
    struct InForce {
        const Choices *setting;
        const Channel *channel;
        mutable std::atomic<unsigned> index;
    };
    /// Null: the table does not have it.
    [[nodiscard]] const InForce *find(const Choices &setting, const Channel *channel) const;

    const Hardware hardware_;
    const ChannelTable channels_;
    const std::span<const DeviceAttribute> attributes_;
    std::deque<InForce> choices_;
    mutable std::mutex choosing_;
};

} // namespace iio
