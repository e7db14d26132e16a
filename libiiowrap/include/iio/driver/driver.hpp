// SPDX-License-Identifier: MIT
//
// Driver: what a class has to be to drive a part, and the trampolines that
// lead from the C ABI to it.
//
// A driver D has
//
//     explicit D(const Hardware &);            keeps what it needs, touches no bus
//     Result<void> probe();                    recognises and configures the part
//     ChannelTable channels() const;
//     Result<Value> read_raw(const Channel &, Info) const;
//
// and whichever of these faces its part has (found by `requires`; a face that
// is absent is a null function in the C ABI):
//
//     std::string_view name() const;           else the part's name
//     Result<void> write_raw(const Channel &, Info, Written) const;
//     WriteFormat write_format(const Channel &, Info) const;       else plus_micro
//     Result<Available> read_avail(const Channel &, Info) const;
//     Result<void> read_label(const Channel &, Text &) const;
//     Result<void> read_ext(const Channel &, const ExtInfo &, Text &) const;
//     Result<std::size_t> write_ext(const Channel &, const ExtInfo &, std::string_view) const;
//     Result<unsigned> read_enum(const Channel &, const ExtInfo &) const;
//     Result<void> write_enum(const Channel &, const ExtInfo &, unsigned item) const;
//     const MountMatrix &mount_matrix(const Channel &) const;
//     Result<bool> read_event_config(const Channel &, Event) const;    or Result<unsigned>,
//                                              where the file shows more than 0 and 1
//     Result<void> write_event_config(const Channel &, Event, bool) const;
//     Result<Value> read_event_value(const Channel &, Event, EventInfo) const;
//     Result<void> write_event_value(const Channel &, Event, EventInfo, Written) const;
//     Result<unsigned> read_register(unsigned reg) const;
//     Result<void> write_register(unsigned reg, unsigned value) const;
//     std::span<const DeviceAttribute> attributes() const;     those of no channel
//     Result<void> read_attribute(const DeviceAttribute &, Text &) const;
//     Result<std::size_t> write_attribute(const DeviceAttribute &, std::string_view) const;
//
// and, if it streams:
//
//     unsigned modes() const;                  IIO_MODE_*, else IIO_MODE_DIRECT
//     Result<void> scan(Scan &) const;         a sample of the active channels
//     Result<void> start_buffer(const BufferSetup &) const;
//     Result<void> stop_buffer() const;
//     Result<unsigned> flush_fifo(unsigned most) const;        pushes what the chip holds
//     void handle_interrupt(std::int64_t timestamp_ns) const;  the line had an edge
//     std::span<const OwnTrigger> triggers() const;            that the chip is the source of
//     Result<void> set_trigger(std::uint32_t id, bool on) const;
//     void reenable_trigger(std::uint32_t id) const;           its users are done
//     std::span<const ScanMask> scan_masks() const;            else any channels together
//     static constexpr bool one_hot_scan;      a scan takes one channel at most
//     static constexpr bool own_trigger_only;  no trigger but its own may drive it
//
// What the last group needs of the core it finds in its Hardware's host():
// pushed scans and events, fired triggers, and DirectMode claims.
//
// A part that did not answer is asked, if it can be,
//
//     Result<bool> is_configured() const;      it holds what it was told last
//
// by a transfer: one that fails says that it is still away.
// Otherwise, or where it does not, or where a write was lost, the driver is
// destroyed, which then reaches no bus, built and probed anew; settings are
// stored, triggers set and the buffer started as they were. So nothing but the
// constructor and probe() needs to know how a part is set up, and no cache has to
// outlive a failed write. The channels must be the same then; what spans and
// tables refer to is static or lasts as long as the Hardware.
//
// Threads: the constructor, probe() and is_configured() run alone. Everything else is const and
// called from several threads at once; what it changes lives in a Guarded.
// start_buffer, stop_buffer and set_trigger exclude each other. scan and
// handle_interrupt each have a thread of the device's own; the three before may
// be called while handle_interrupt runs, but wait for scan.
// Errors: an errno in the Result. An exception becomes EIO and one log line.
#pragma once

#include <algorithm>
#include <concepts>
#include <exception>
#include <iio/driver/channel_table.hpp>
#include <iio/driver/hardware.hpp>
#include <iio/driver/scan.hpp>
#include <iio/driver/text.hpp>
#include <iio/driver/value.hpp>

namespace iio {

/// Which of a channel's events is meant.
struct Event {
    EventType type;
    EventDirection direction;
};

// The faces, each a concept; a member function that matches it is found, one of
// that name that does not is an error in Device.
namespace face {

template <class D, class Pointer, class Function>
concept Matches = std::convertible_to<Pointer, Function D::*>;

// clang-format off
template <class D> concept Probes =
    Matches<D, decltype(&D::probe), Result<void>()>;
template <class D> concept HasChannels =
    Matches<D, decltype(&D::channels), ChannelTable() const>;
template <class D> concept ReadsRaw =
    Matches<D, decltype(&D::read_raw), Result<Value>(const Channel &, Info) const>;
template <class D> concept WritesRaw =
    Matches<D, decltype(&D::write_raw), Result<void>(const Channel &, Info, Written) const>;
template <class D> concept ChoosesWriteFormat =
    Matches<D, decltype(&D::write_format), WriteFormat(const Channel &, Info) const>;
template <class D> concept ReadsAvailable =
    Matches<D, decltype(&D::read_avail), Result<Available>(const Channel &, Info) const>;
template <class D> concept ReadsLabel =
    Matches<D, decltype(&D::read_label), Result<void>(const Channel &, Text &) const>;
template <class D> concept ReadsExt =
    Matches<D, decltype(&D::read_ext), Result<void>(const Channel &, const ExtInfo &, Text &) const>;
template <class D> concept WritesExt =
    Matches<D, decltype(&D::write_ext), Result<std::size_t>(const Channel &, const ExtInfo &, std::string_view) const>;
template <class D> concept ReadsEnum =
    Matches<D, decltype(&D::read_enum), Result<unsigned>(const Channel &, const ExtInfo &) const>;
template <class D> concept WritesEnum =
    Matches<D, decltype(&D::write_enum), Result<void>(const Channel &, const ExtInfo &, unsigned) const>;
template <class D> concept HasMountMatrix =
    Matches<D, decltype(&D::mount_matrix), const MountMatrix &(const Channel &) const>;
template <class D> concept ReadsEventConfig =
    Matches<D, decltype(&D::read_event_config), Result<bool>(const Channel &, Event) const> ||
    Matches<D, decltype(&D::read_event_config), Result<unsigned>(const Channel &, Event) const>;
template <class D> concept WritesEventConfig =
    Matches<D, decltype(&D::write_event_config), Result<void>(const Channel &, Event, bool) const>;
template <class D> concept ReadsEventValue =
    Matches<D, decltype(&D::read_event_value), Result<Value>(const Channel &, Event, EventInfo) const>;
template <class D> concept WritesEventValue =
    Matches<D, decltype(&D::write_event_value), Result<void>(const Channel &, Event, EventInfo, Written) const>;
template <class D> concept ReadsRegister =
    Matches<D, decltype(&D::read_register), Result<unsigned>(unsigned) const>;
template <class D> concept WritesRegister =
    Matches<D, decltype(&D::write_register), Result<void>(unsigned, unsigned) const>;
template <class D> concept HasAttributes =
    Matches<D, decltype(&D::attributes), std::span<const DeviceAttribute>() const>;
template <class D> concept ReadsAttribute =
    Matches<D, decltype(&D::read_attribute), Result<void>(const DeviceAttribute &, Text &) const>;
template <class D> concept WritesAttribute =
    Matches<D, decltype(&D::write_attribute), Result<std::size_t>(const DeviceAttribute &, std::string_view) const>;
template <class D> concept HasModes =
    Matches<D, decltype(&D::modes), unsigned() const>;
template <class D> concept Scans =
    Matches<D, decltype(&D::scan), Result<void>(Scan &) const>;
template <class D> concept StartsBuffer =
    Matches<D, decltype(&D::start_buffer), Result<void>(const BufferSetup &) const>;
template <class D> concept StopsBuffer =
    Matches<D, decltype(&D::stop_buffer), Result<void>() const>;
template <class D> concept FlushesFifo =
    Matches<D, decltype(&D::flush_fifo), Result<unsigned>(unsigned) const>;
template <class D> concept HandlesInterrupt =
    Matches<D, decltype(&D::handle_interrupt), void(std::int64_t) const>;
template <class D> concept HasTriggers =
    Matches<D, decltype(&D::triggers), std::span<const OwnTrigger>() const>;
template <class D> concept SetsTrigger =
    Matches<D, decltype(&D::set_trigger), Result<void>(std::uint32_t, bool) const>;
template <class D> concept ReenablesTrigger =
    Matches<D, decltype(&D::reenable_trigger), void(std::uint32_t) const>;
template <class D> concept TellsConfigured =
    Matches<D, decltype(&D::is_configured), Result<bool>() const>;
template <class D> concept HasScanMasks =
    Matches<D, decltype(&D::scan_masks), std::span<const ScanMask>() const>;
// clang-format on

} // namespace face

/// What a driver's constructor takes besides the Hardware is its Module's business.
template <class D>
concept Driver = face::Probes<D> && face::HasChannels<D> && face::ReadsRaw<D>;

namespace detail {

/// Says once in the log that a driver threw; returns -EIO.
int driver_threw(const iio_dev *dev, const char *operation, const char *what) noexcept;

/// Calls f; a failed Result and an exception become a negative errno.
template <class F> int call(const iio_dev *dev, const char *operation, F &&f) noexcept
{
    try {
        return f();
    } catch (const std::exception &e) {
        return driver_threw(dev, operation, e.what());
    } catch (...) {
        return driver_threw(dev, operation, "not a std::exception");
    }
}

template <class T> int code_of(const Result<T> &result)
{
    return result ? 0 : -result.error().value();
}

inline const Channel &channel_of(const iio_chan_spec *chan)
{
    return static_cast<const Channel &>(*chan);
}

inline const DeviceAttribute &attribute_of(const iio_attribute *attr)
{
    return static_cast<const DeviceAttribute &>(*attr);
}

inline const ExtInfo &ext_of(const iio_ext_info *ext) { return static_cast<const ExtInfo &>(*ext); }

inline int store(const Result<Value> &value, int *vals, int *count)
{
    if (!value)
        return -value.error().value();
    const RawNumbers raw = to_raw(*value);
    std::ranges::copy_n(raw.vals.begin(), raw.count, vals);
    if (count)
        *count = raw.count;
    return raw.type;
}

/// The one place where C meets C++: for each operation of the C ABI a function
/// that calls D's. Instantiated for the faces that D has only.
template <Driver D> struct Trampoline {
    static const D &driver(const iio_dev *dev) { return *static_cast<const D *>(dev->priv); }

    static int read_raw(const iio_dev *dev, const iio_chan_spec *chan, int info, int *vals,
                        int *count) noexcept
    {
        return call(dev, "read_raw", [&] {
            return store(driver(dev).read_raw(channel_of(chan), static_cast<Info>(info)), vals,
                         count);
        });
    }

    static int write_raw(const iio_dev *dev, const iio_chan_spec *chan, int info, int val,
                         int val2) noexcept
    {
        return call(dev, "write_raw", [&] {
            return code_of(driver(dev).write_raw(channel_of(chan), static_cast<Info>(info),
                                                 Written{val, val2}));
        });
    }

    static int write_raw_get_fmt(const iio_dev *dev, const iio_chan_spec *chan, int info) noexcept
    {
        return call(dev, "write_format", [&] {
            return static_cast<int>(
                driver(dev).write_format(channel_of(chan), static_cast<Info>(info)));
        });
    }

    static int read_avail(const iio_dev *dev, const iio_chan_spec *chan, int info, int *vals,
                          int *count, int *range) noexcept
    {
        return call(dev, "read_avail", [&] {
            const auto avail = driver(dev).read_avail(channel_of(chan), static_cast<Info>(info));
            if (!avail)
                return code_of(avail);
            int type = IIO_VAL_INT;
            *count = 0;
            *range = avail->range;
            for (const Value &value : avail->values) {
                const RawNumbers raw = to_raw(value);
                if (*count + raw.count > IIO_MAX_AVAIL)
                    return -EOVERFLOW;
                std::ranges::copy_n(raw.vals.begin(), raw.count, vals + *count);
                *count += raw.count;
                type = raw.type;
            }
            return type;
        });
    }

    static std::intptr_t read_label(const iio_dev *dev, const iio_chan_spec *chan,
                                    char *page) noexcept
    {
        return call(dev, "read_label", [&] {
            Text text{page};
            const auto done = driver(dev).read_label(channel_of(chan), text);
            return done ? static_cast<int>(text.size()) : code_of(done);
        });
    }

    static std::intptr_t read_ext(const iio_dev *dev, const iio_chan_spec *chan,
                                  const iio_ext_info *ext, char *page) noexcept
    {
        return call(dev, "read_ext", [&] {
            Text text{page};
            const auto done = driver(dev).read_ext(channel_of(chan), ext_of(ext), text);
            return done ? static_cast<int>(text.size()) : code_of(done);
        });
    }

    static std::intptr_t write_ext(const iio_dev *dev, const iio_chan_spec *chan,
                                   const iio_ext_info *ext, const char *text,
                                   std::size_t length) noexcept
    {
        return call(dev, "write_ext", [&] {
            const auto taken = driver(dev).write_ext(channel_of(chan), ext_of(ext),
                                                     std::string_view{text, length});
            return taken ? static_cast<int>(*taken) : code_of(taken);
        });
    }

    static int read_enum(const iio_dev *dev, const iio_chan_spec *chan,
                         const iio_ext_info *ext) noexcept
    {
        return call(dev, "read_enum", [&] {
            const auto item = driver(dev).read_enum(channel_of(chan), ext_of(ext));
            return item ? static_cast<int>(*item) : code_of(item);
        });
    }

    static int write_enum(const iio_dev *dev, const iio_chan_spec *chan, const iio_ext_info *ext,
                          unsigned item) noexcept
    {
        return call(dev, "write_enum", [&] {
            return code_of(driver(dev).write_enum(channel_of(chan), ext_of(ext), item));
        });
    }

    static int mount_matrix(const iio_dev *dev, const iio_chan_spec *chan,
                            const char **entries) noexcept
    {
        return call(dev, "mount_matrix", [&] {
            std::ranges::transform(driver(dev).mount_matrix(channel_of(chan)), entries,
                                   [](const std::string &entry) { return entry.c_str(); });
            return 0;
        });
    }

    static int read_event_config(const iio_dev *dev, const iio_chan_spec *chan, std::uint32_t type,
                                 std::uint32_t dir) noexcept
    {
        return call(dev, "read_event_config", [&] {
            const auto state = driver(dev).read_event_config(channel_of(chan), event_of(type, dir));
            return state ? static_cast<int>(*state) : code_of(state);
        });
    }

    static int write_event_config(const iio_dev *dev, const iio_chan_spec *chan, std::uint32_t type,
                                  std::uint32_t dir, int state) noexcept
    {
        return call(dev, "write_event_config", [&] {
            return code_of(
                driver(dev).write_event_config(channel_of(chan), event_of(type, dir), state != 0));
        });
    }

    static int read_event_value(const iio_dev *dev, const iio_chan_spec *chan, std::uint32_t type,
                                std::uint32_t dir, int info, int *vals) noexcept
    {
        return call(dev, "read_event_value", [&] {
            return store(driver(dev).read_event_value(channel_of(chan), event_of(type, dir),
                                                      static_cast<EventInfo>(info)),
                         vals, nullptr);
        });
    }

    static int write_event_value(const iio_dev *dev, const iio_chan_spec *chan, std::uint32_t type,
                                 std::uint32_t dir, int info, int val, int val2) noexcept
    {
        return call(dev, "write_event_value", [&] {
            return code_of(driver(dev).write_event_value(channel_of(chan), event_of(type, dir),
                                                         static_cast<EventInfo>(info),
                                                         Written{val, val2}));
        });
    }

    static int read_register(const iio_dev *dev, unsigned reg, unsigned *value) noexcept
    {
        return call(dev, "read_register", [&] {
            const auto read = driver(dev).read_register(reg);
            if (read)
                *value = *read;
            return code_of(read);
        });
    }

    static int write_register(const iio_dev *dev, unsigned reg, unsigned value) noexcept
    {
        return call(dev, "write_register",
                    [&] { return code_of(driver(dev).write_register(reg, value)); });
    }

    static std::intptr_t read_attribute(const iio_dev *dev, const iio_attribute *attr,
                                        char *page) noexcept
    {
        return call(dev, "read_attribute", [&] {
            Text text{page};
            const auto done = driver(dev).read_attribute(attribute_of(attr), text);
            return done ? static_cast<int>(text.size()) : code_of(done);
        });
    }

    static std::intptr_t write_attribute(const iio_dev *dev, const iio_attribute *attr,
                                         const char *text, std::size_t length) noexcept
    {
        return call(dev, "write_attribute", [&] {
            const auto taken =
                driver(dev).write_attribute(attribute_of(attr), std::string_view{text, length});
            return taken ? static_cast<int>(*taken) : code_of(taken);
        });
    }

    static int scan(const iio_dev *dev, iio_scan *scan) noexcept
    {
        return call(dev, "scan",
                    [&] { return code_of(driver(dev).scan(static_cast<Scan &>(*scan))); });
    }

    static int start_buffer(const iio_dev *dev, const iio_buffer_setup *setup) noexcept
    {
        return call(dev, "start_buffer", [&] {
            return code_of(driver(dev).start_buffer(static_cast<const BufferSetup &>(*setup)));
        });
    }

    static int stop_buffer(const iio_dev *dev) noexcept
    {
        return call(dev, "stop_buffer", [&] { return code_of(driver(dev).stop_buffer()); });
    }

    static int flush_fifo(const iio_dev *dev, unsigned most) noexcept
    {
        return call(dev, "flush_fifo", [&] {
            const auto pushed = driver(dev).flush_fifo(most);
            return pushed ? static_cast<int>(*pushed) : code_of(pushed);
        });
    }

    static int set_trigger(const iio_dev *dev, std::uint32_t id, int on) noexcept
    {
        return call(dev, "set_trigger",
                    [&] { return code_of(driver(dev).set_trigger(id, on != 0)); });
    }

    static void reenable_trigger(const iio_dev *dev, std::uint32_t id) noexcept
    {
        call(dev, "reenable_trigger", [&] {
            driver(dev).reenable_trigger(id);
            return 0;
        });
    }

    static void handle_interrupt(const iio_dev *dev, std::int64_t timestamp) noexcept
    {
        call(dev, "handle_interrupt", [&] {
            driver(dev).handle_interrupt(timestamp);
            return 0;
        });
    }

    static Event event_of(std::uint32_t type, std::uint32_t dir)
    {
        return {static_cast<EventType>(type), static_cast<EventDirection>(dir)};
    }
};

} // namespace detail
} // namespace iio
