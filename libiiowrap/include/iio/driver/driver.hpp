// SPDX-License-Identifier: MIT
//
// Driver: what a class has to be to drive a part, and the author's contract.
//
// A driver D has
//
//     explicit D(const Hardware &);            keeps what it needs, touches no bus
//     Result<void> probe();                    recognises and configures the part
//     ChannelTable channels() const;           or static constexpr, see below
//     Result<Value> read_raw(const Channel &, Info) const;
//
// whichever of the operations in IIO_OPERATIONS its part has, and if it has them
//
//     Result<bool> is_configured() const;      the part holds what it was told last
//     std::string_view name() const;           else the part's name
//     std::string_view note() const;           for the log, of a part that lacks something; or ""
//     unsigned modes() const;                  IIO_MODE_*, else IIO_MODE_DIRECT
//     std::span<const DeviceAttribute> attributes() const;     those of no channel
//     std::span<const OwnTrigger> triggers() const;            whose source the part is
//     std::span<const ScanMask> scan_masks() const;            else any channels together
//     static constexpr bool one_hot_scan;      a scan has one channel at most
//     static constexpr bool own_trigger_only;  no trigger but its own drives the buffer
//
// An operation is found by its name. One that has the right name and another
// signature does not compile. Nor does one that a static constexpr channels() needs
// and that is missing; where channels() is not, the core refuses the device (EINVAL).
//
// ## The contract
//
// What an operation is called on, and what it may do. "Clients" are any number of
// threads at once. An operation may run at the same time as every other one, also as
// itself for another client; "not beside" names the exceptions.
//
//     operation                 thread          not beside            push  fire  blocks at most
//     ------------------------  --------------  --------------------  ----  ----  ----------------
//     constructor               of the binding  anything              no    no    never
//     probe                     of the binding  anything              no    no    the part's start
//     is_configured             any             anything              no    no    2 transfers
//     destructor                any             anything              no    no    2 transfers
//     read_*, write_*, formats  clients         -                     no    no    one conversion
//     start_buffer              a client        stop_buffer, scan,    no    no    the part's start
//                                               set_trigger
//     stop_buffer               a client        start_buffer, scan,   yes   no    2 transfers
//                                               set_trigger
//     set_trigger               a client        start_buffer,         no    no    2 transfers
//                                               stop_buffer
//     flush_fifo                a reader        -                     yes   no    a FIFO's length
//     scan                      the sampler's   start_buffer,         yes   no    one conversion
//                                               stop_buffer, itself
//     reenable_trigger          the sampler's   scan                  no    yes   2 transfers
//     handle_interrupt          the interrupt's itself                yes   yes   a FIFO's length
//
// - Blocking. A transfer is bounded by its bus. A loop that the part can keep busy is
//   bounded by the driver. To wait is Hardware::delay(), never a sleep: it ends when
//   the device is removed. What blocks longer delays the device's removal.
// - Locks. What an operation changes lives in a Guarded. A Guarded is not recursive.
//   A driver holds no lock, while it pushes, that its scan() takes.
// - After a failed write nothing is rolled back. A failed transfer makes the part
//   doubtful: the core asks is_configured() before the next call; if that is not true,
//   or a write was lost, it destroys the driver (which reaches no bus then), makes and
//   probes another one, and stores settings, triggers and buffer as they were. So only
//   the constructor and probe() know how a part is set up. A cache is changed after the
//   write that it stands for, or forgotten with the driver.
// - is_configured() asks the part by a transfer, whose failure says that it is still
//   away. It looks at a register that a reset changes.
// - Direct mode. The channel table says which elements the part cannot give or take
//   while it streams (Channel::direct); the core sees to it before it calls.
// - read_raw and write_raw get a channel of the table and an Info that it has, whatever
//   that is shared with. What they do not know is EINVAL; so is a value that the part
//   does not take. write_raw gets its numbers as write_format says (else plus_micro).
// - read_avail is asked about each Info that is available() in the table. Its values are
//   all of one type; they outlive the driver (static, or of the Part's data).
// - read_label is asked about every channel; ENOENT or EINVAL where one has none.
// - write_ext and write_attribute get the text with its newline, and return how much
//   they took of it: all of it, or the client writes the rest.
// - Spans and tables that a driver returns are static or last as long as its Part. After
//   it is probed again the channels are the same.
// - handle_interrupt's time is when the line became active, by the clock of
//   Host::now(). It may be called again with the same cause, and when nothing is there.
// - flush_fifo pushes at most so many scans and returns how many.
// - An exception is ENOMEM (std::bad_alloc) or EIO, and one log line. A driver throws
//   and logs nothing of its own.
// - No operation is called before registration or after removal, which waits for those
//   under way.
#pragma once

#include <concepts>
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

// The operations: the slot in the C ABI's iio_info, the driver's member, the member's
// signature (or signatures, of which it has one). A new one is one line.
// clang-format off
#define IIO_OPERATIONS(_) \
    _(read_raw, read_raw, Result<Value>(const Channel &, Info) const) \
    _(write_raw, write_raw, Result<void>(const Channel &, Info, Written) const) \
    _(write_raw_get_fmt, write_format, WriteFormat(const Channel &, Info) const) \
    _(read_avail, read_avail, Result<Available>(const Channel &, Info) const) \
    _(read_label, read_label, Result<void>(const Channel &, Text &) const) \
    _(read_ext, read_ext, Result<void>(const Channel &, const ExtInfo &, Text &) const) \
    _(write_ext, write_ext, Result<std::size_t>(const Channel &, const ExtInfo &, std::string_view) const) \
    _(read_enum, read_enum, Result<unsigned>(const Channel &, const ExtInfo &) const) \
    _(write_enum, write_enum, Result<void>(const Channel &, const ExtInfo &, unsigned) const) \
    /* unsigned: the file shows more than 0 and 1 */ \
    _(read_event_config, read_event_config, Result<bool>(const Channel &, Event) const, Result<unsigned>(const Channel &, Event) const) \
    _(write_event_config, write_event_config, Result<void>(const Channel &, Event, bool) const) \
    _(read_event_value, read_event_value, Result<Value>(const Channel &, Event, EventInfo) const) \
    _(write_event_value, write_event_value, Result<void>(const Channel &, Event, EventInfo, Written) const) \
    /* of attributes() */ \
    _(read_attribute, read_attribute, Result<void>(const DeviceAttribute &, Text &) const) \
    _(write_attribute, write_attribute, Result<std::size_t>(const DeviceAttribute &, std::string_view) const) \
    /* debugfs' direct_reg_access */ \
    _(read_register, read_register, Result<unsigned>(unsigned) const) \
    _(write_register, write_register, Result<void>(unsigned, unsigned) const) \
    /* streaming; EAGAIN of scan(): it has pushed what there was, and there is no sample beside that */ \
    _(scan, scan, Result<void>(Scan &) const) \
    _(start_buffer, start_buffer, Result<void>(const BufferSetup &) const) \
    _(stop_buffer, stop_buffer, Result<void>() const) \
    _(flush_fifo, flush_fifo, Result<unsigned>(unsigned) const) \
    _(set_trigger, set_trigger, Result<void>(std::uint32_t, bool) const) \
    _(reenable_trigger, reenable_trigger, void(std::uint32_t) const) \
    _(handle_interrupt, handle_interrupt, void(std::int64_t) const)
// clang-format on

namespace detail {

template <class D, class Pointer, class... Functions>
concept Matches = (std::convertible_to<Pointer, Functions D::*> || ...);

// clang-format off
template <class D> concept Probes = Matches<D, decltype(&D::probe), Result<void>()>;
template <class D> concept HasChannels =
    Matches<D, decltype(&D::channels), ChannelTable() const> ||
    std::convertible_to<decltype(&D::channels), ChannelTable (*)()>;
template <class D> concept ReadsRaw =
    Matches<D, decltype(&D::read_raw), Result<Value>(const Channel &, Info) const>;
// clang-format on

} // namespace detail

/// What a driver's constructor takes besides the Hardware is its family's business.
template <class D>
concept Driver = detail::Probes<D> && detail::HasChannels<D> && detail::ReadsRaw<D>;

} // namespace iio
