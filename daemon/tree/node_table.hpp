// SPDX-License-Identifier: MIT
//
// NodeTable: the nodes by their id, found without a lock.
//
// An id is a place in the table and a generation. A node is kept by references:
// one of the tree as long as it is linked there, one for each time that the
// kernel looked it up, one for each NodeRef. The last one to go frees the node
// and gives its place the next generation, so that an old id finds nothing.
//
// After a takeover an entry that has the name and the kind of one of the server before has its
// id, too. The kernel takes what it knows of an id for granted, so an entry of another kind, or
// a link to another target, gets an id of its own.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <daemon/tree/node.hpp>
#include <daemon/tree/node_record.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iiofs {

class NodeTable;

/// Keeps a node; or none, which is false. Lifetime: ends before the table's.
class NodeRef {
public:
    NodeRef() = default;
    NodeRef(NodeRef &&other) noexcept
        : table_{std::exchange(other.table_, nullptr)}, node_{std::exchange(other.node_, nullptr)}
    {
    }
    NodeRef &operator=(NodeRef &&other) noexcept
    {
        std::swap(table_, other.table_);
        std::swap(node_, other.node_);
        return *this;
    }
    ~NodeRef();

    [[nodiscard]] explicit operator bool() const { return node_; }
    [[nodiscard]] Node *operator->() const { return node_; }
    [[nodiscard]] Node &operator*() const { return *node_; }

private:
    friend class NodeTable;
    NodeRef(NodeTable &table, Node &node) : table_{&table}, node_{&node} {}

    NodeTable *table_ = nullptr;
    Node *node_ = nullptr;
};

/// Threads: all members from any; only insert() and the freeing of a node take
/// a lock.
class NodeTable {
public:
    /// Lifetime: the records outlive it.
    explicit NodeTable(const NodeRecords &records);
    ~NodeTable();
    NodeTable(const NodeTable &) = delete;
    NodeTable &operator=(const NodeTable &) = delete;

    /// Takes the node in, with one reference, the tree's. The first one gets
    /// the id 1. `name` is that of its entry in the parent's directory.
    NodeId insert(std::unique_ptr<Node> node, std::string_view name);
    /// Puts the node that is expected in the place of its stand-in, of which the caller has a
    /// reference. Who has pinned the stand-in keeps it.
    void replace(NodeId id, std::unique_ptr<Node> node);
    /// Gives up the tree's reference. A later node of the same name gets another id.
    void unlink(NodeId id);

    [[nodiscard]] NodeRef pin(NodeId id);

    /// Whether the kernel has looked it up and not forgotten it. It never looks up the root.
    [[nodiscard]] bool is_held(NodeId id);
    /// The kernel looked the node up once more; the caller pins it.
    void hold(const Node &node);
    /// The kernel forgets `times` look-ups; more than there were are not counted.
    void forget(NodeId id, std::uint64_t times);

    /// Nodes that there are, linked or not.
    [[nodiscard]] std::size_t size() const;

    /// chmod and chown: the node is found with it after a takeover.
    void keep_access(const Node &node);

    /// An entry that the kernel knows from the server before, and that the tree does not have,
    /// or has as something else.
    struct Missing {
        NodeId parent;
        std::string name;
    };
    [[nodiscard]] std::vector<Missing> missing() const;
    /// What is missing in a directory, if it is one itself, is looked for in another one from
    /// here on: where a server before had it in one, this one has it there.
    void move_missing(NodeId from, const std::string &name, NodeId to);
    /// What kind of node it was, NodeRecord::Flags; 0: it is not missing, or nobody knows.
    [[nodiscard]] std::uint64_t missing_kind(NodeId parent, const std::string &name) const;
    [[nodiscard]] std::vector<std::string> missing_in(NodeId directory) const;

    /// Unique among the nodes that there are.
    [[nodiscard]] static std::uint32_t index_of(NodeId id)
    {
        return static_cast<std::uint32_t>(id);
    }

private:
    friend class NodeRef;

    // Generation above, references below. The generation may come round again
    // after 16 million uses of one place: nobody remembers it by then.
    static constexpr unsigned reference_bits = 40;
    static constexpr std::uint64_t references = (std::uint64_t{1} << reference_bits) - 1;
    static constexpr std::size_t slots_per_chunk = 1024;
    static constexpr std::size_t max_chunks = 4096;

    struct Slot {
        std::atomic<std::uint64_t> state{0};
        std::atomic<std::uint64_t> own_lookups{0}; ///< where there is no record
        std::atomic<Node *> node{nullptr};         ///< readable with a reference; owned
        std::atomic<bool> has_stand_in{false};     ///< then `node` is read with the mutex
        ~Slot() { delete node.load(); }
    };
    using Chunk = std::array<Slot, slots_per_chunk>;

    using Name = std::pair<NodeId, std::string>; ///< with its parent's id

    [[nodiscard]] Slot *slot(NodeId id);
    /// Of the references, the kernel's.
    [[nodiscard]] std::atomic<std::uint64_t> &lookups(std::uint32_t index);
    void adopt(std::uint32_t index, NodeRecord &record);
    void make_chunk_of(std::uint32_t index);
    [[nodiscard]] std::uint32_t free_place();
    using MissingNodes = std::map<Name, std::uint32_t>;
    void replace_missing(MissingNodes::iterator missing, const std::lock_guard<std::mutex> &locked);
    void describe(std::uint32_t index, Node &node, std::string_view name);
    [[nodiscard]] bool forget_missing(NodeId id, std::uint64_t times);
    [[nodiscard]] NodeRef pin_stand_in(Slot &slot);
    void unpin(Node &node);
    void drop(NodeId id, std::uint64_t count);
    void recycle(Slot &slot, std::uint32_t index);
    void free(Slot &slot, std::uint32_t index, const std::lock_guard<std::mutex> &locked);

    const NodeRecords records_;

    std::array<std::atomic<Chunk *>, max_chunks> chunks_{}; ///< never moved, freed at the end
    mutable std::mutex mutex_;
    std::uint32_t used_ = 1; ///< place 0 stays empty: id 0 is none
    std::vector<std::uint32_t> free_;
    MissingNodes missing_;         ///< of the server before, not there yet
    std::set<std::uint32_t> gone_; ///< of the server before, not to come
    std::vector<Missing> stale_;   ///< what the kernel has for them is something else now
};

} // namespace iiofs
