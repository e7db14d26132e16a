// SPDX-License-Identifier: MIT
//
// The records of the keep, as they lie in the memory that outlives the server. The
// process may be killed between any two stores: what is written to a record counts
// once its `state` (of a setting: its `order`) says so, by one atomic store.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <daemon/tree/node_record.hpp>
#include <iiowrap.h>

namespace iiofs::kept {

/// Changes with any record below it.
inline constexpr std::uint32_t layout_version = 2;
inline constexpr std::array<char, 8> magic{'i', 'i', 'o', 'f', 's', 'k', 'p', '\n'};

/// A request that a server is at. 0: none.
struct Serving {
    std::atomic<std::uint64_t> unique;
    std::atomic<std::uint64_t> node;
};

/// A request that a server was at when it died.
struct Suspect {
    std::atomic<std::uint64_t> unique; ///< 0: none
    std::uint64_t weight;              ///< of the deaths
};

/// The same in all versions: a new one adds members at the end, which are 0 in older ones.
struct Header {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t epoch;                   ///< how often the records were thrown away
    std::atomic<std::uint32_t> nodes_end;  ///< places of nodes from here on were never used
    std::atomic<std::uint32_t> generation; ///< of nodes that are in no record
    std::atomic<std::uint32_t> init_size;  ///< 0: no FUSE_INIT was read yet
    std::array<std::uint8_t, 256> init;    ///< the kernel's FUSE_INIT request
    std::atomic<std::uint32_t> takeovers;
    std::atomic<std::uint64_t> order; ///< of settings, devices: the last one given out
    std::atomic<std::uint64_t> last_unique;
    // Records from here on were never used. To look at them would make them memory.
    std::atomic<std::uint32_t> devices_end, triggers_end, settings_end, files_end;
    std::int64_t birth_s; ///< the time of all files
    std::int64_t birth_ns;
    std::atomic<std::uint32_t> crashed; ///< the server is dying of a signal of its own
    std::atomic<std::uint32_t> unready; ///< how bad the deaths were since one was ready
    std::array<Serving, 64> serving;
    std::array<Suspect, 64> suspects;
};
static_assert(sizeof(Header) <= 4096);

/// An open file, stream or directory. A number for the kernel (fh) is made of its
/// place, its generation and the epoch.
struct File {
    enum Flags : std::uint64_t {
        free = 0,
        file = 2,
        stream = 3,
        directory = 4,
        kind = 0x0f,
        has_page = 0x40, ///< its text is memory
        released = 0x80,
        flags = 0xff
    };

    std::atomic<std::uint64_t> state; ///< flags; the generation from bit 8 on
    std::uint64_t node;
    std::uint64_t opened_by;               ///< the request
    std::atomic<std::uint64_t> text;       ///< see SampledText
    std::atomic<std::uint64_t> waker;      ///< the kernel's handle of a client that polls; 0: none
    std::atomic<std::uint64_t> written_by; ///< the last write that is done
    std::atomic<std::int64_t> written;     ///< its result: bytes, or minus an errno
    std::uint64_t owner;                   ///< the uid of who opened it
};

inline constexpr unsigned generation_shift = 8; ///< in a file's state

[[nodiscard]] constexpr bool is_free(std::uint64_t state)
{
    return (state & File::kind) == File::free;
}

enum State : std::uint32_t { absent, present, gone };

/// A chip that the configuration names, or that came by new_device.
struct Device {
    std::atomic<std::uint32_t> state;
    std::uint32_t from_config;
    std::atomic<std::uint64_t> changed_by; ///< the request that brought or took it
    std::uint64_t order;
    std::array<std::uint32_t, 8> numbers; ///< of its devices
    std::uint32_t count;
    std::uint32_t length;
    std::array<char, 448> text; ///< what was written to new_device, or tells it from others
};

struct Trigger {
    enum Kind : std::uint32_t { device = 0, sysfs = 1, hrtimer = 2 };

    std::atomic<std::uint32_t> state;
    std::uint32_t kind; ///< a device's own is known for its number alone
    std::atomic<std::uint64_t> changed_by;
    std::uint32_t number;
    std::array<char, 108> name; ///< a C string
};

/// A text that was stored to a device's attribute, or to a trigger's.
struct Setting {
    std::atomic<std::uint64_t> order; ///< 0: there is none
    std::uint16_t path_length;
    std::uint16_t text_length;
    std::array<char, 116> path; ///< "iio:device3/in_temp_oversampling_ratio"
    std::array<char, 128> text;
};

/// A request that was read and not yet answered; written where the kernel does not
/// send it again.
struct Request {
    std::atomic<std::uint64_t> unique; ///< 0: none
    std::uint64_t releases;            ///< the fh that it closes; else 0
};

// 5,000 devices of a hundred nodes and ten settings each.
inline constexpr std::size_t max_nodes = 524'288;
inline constexpr std::size_t max_files = 65'536;
inline constexpr std::size_t max_devices = 8'192;
inline constexpr std::size_t max_triggers = 8'192;
inline constexpr std::size_t max_settings = 65'536;
inline constexpr std::size_t max_requests = 4'096;

/// Tables begin on pages of their own, also where the kernel's pages are large.
inline constexpr std::size_t largest_page = 65'536;

/// Nearly all of it is never touched, and takes no memory.
struct Layout {
    alignas(largest_page) Header header;
    alignas(largest_page) std::array<Device, max_devices> devices;
    alignas(largest_page) std::array<Trigger, max_triggers> triggers;
    alignas(largest_page) std::array<Setting, max_settings> settings;
    alignas(largest_page) std::array<Request, max_requests> requests;
    alignas(largest_page) std::array<NodeRecord, max_nodes> nodes;
    alignas(largest_page) std::array<File, max_files> files;
    alignas(largest_page) std::array<std::array<char, IIO_PAGE_SIZE>, max_files> texts;
};

static_assert(sizeof(File) == 64 && sizeof(Device) == 512 && sizeof(Trigger) == 128 &&
              sizeof(Setting) == 256);

/// mmap of a layout for reading and writing, at an address that has its alignment: pages may be
/// smaller. `flags`: MAP_SHARED, MAP_ANONYMOUS. MAP_FAILED: errno says why.
[[nodiscard]] void *map_layout(int flags, int file);

} // namespace iiofs::kept
