// SPDX-License-Identifier: MIT
//
// NodeRecord: a node as the next server is to find it, in memory that outlives this one.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace iiofs {

/// The process may be killed between any two stores: a record counts once its `state`
/// says so.
struct NodeRecord {
    enum Flags : std::uint64_t {
        used = 1,
        removed = 2,
        // What it is; none: something else, or nobody knows.
        directory = 4,
        file = 8,
        stream = 16,
        link = 128, ///< its target is behind its name
        kind = directory | file | stream | link,
        // A file can be read, written.
        readable = 32,
        writable = 64,
        known_flags = used | removed | kind | readable | writable,
        flags = 0xff
    };

    std::atomic<std::uint64_t> state; ///< flags; the generation from bit 8 on
    std::uint64_t parent;
    std::atomic<std::uint64_t> lookups;
    /// What chmod and chown said; mode 0: nothing.
    std::atomic<std::uint32_t> mode, owner, group;
    std::array<char, 92> name; ///< a C string, a link's two; empty: the name is too long
};

static_assert(sizeof(NodeRecord) == 128);

/// Where the records of a NodeTable lie. They are given to it from outside: the tree does
/// not know what else is kept there.
struct NodeRecords {
    std::span<NodeRecord> places;           ///< by a node's index; nodes beyond have none
    std::atomic<std::uint32_t> &end;        ///< places from here on were never used
    std::atomic<std::uint32_t> &generation; ///< of nodes that are in no record
    const std::atomic<bool> &frozen;        ///< what comes or goes now changes no record
    /// Is called when four fifths of the places are used, and when all are.
    std::function<void(std::size_t used)> filling{};

    [[nodiscard]] NodeRecord *at(std::uint32_t index) const
    {
        return index < places.size() ? &places[index] : nullptr;
    }
};

} // namespace iiofs
