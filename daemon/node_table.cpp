// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <daemon/node_table.hpp>

namespace iiofs {

NodeRef::~NodeRef()
{
    if (node_)
        table_->drop(node_->id(), 1);
}

NodeTable::~NodeTable()
{
    for (auto &chunk : chunks_)
        delete chunk.load();
}

NodeTable::Slot *NodeTable::slot(NodeId id)
{
    const auto index = index_of(id);
    if (index / slots_per_chunk >= most_chunks)
        return nullptr;
    Chunk *chunk = chunks_[index / slots_per_chunk].load(std::memory_order_acquire);
    return chunk ? &(*chunk)[index % slots_per_chunk] : nullptr;
}

NodeId NodeTable::insert(std::unique_ptr<Node> node)
{
    const std::lock_guard lock{mutex_};
    std::uint32_t index;
    if (free_.empty()) {
        index = used_++;
        const auto chunk = index / slots_per_chunk;
        if (chunk >= most_chunks)
            std::abort(); // 4 million nodes; each is a file of a device
        if (!chunks_[chunk].load(std::memory_order_relaxed))
            chunks_[chunk].store(new Chunk, std::memory_order_release);
    } else {
        index = free_.back();
        free_.pop_back();
    }
    Slot &place = *slot(index);
    const auto empty = place.state.load(std::memory_order_relaxed);
    const NodeId id = (empty >> reference_bits) << 32 | index;
    node->id_ = id;
    place.node = std::move(node);
    place.state.store(empty + 1, std::memory_order_release);
    return id;
}

NodeRef NodeTable::pin(NodeId id)
{
    Slot *const place = slot(id);
    if (!place)
        return {};
    auto state = place->state.load(std::memory_order_relaxed);
    do {
        if (state >> reference_bits != id >> 32 || (state & references) == 0)
            return {};
    } while (!place->state.compare_exchange_weak(state, state + 1, std::memory_order_acquire,
                                                 std::memory_order_relaxed));
    return NodeRef{*this, *place->node};
}

bool NodeTable::is_held(NodeId id)
{
    const NodeRef node = pin(id);
    return node && slot(id)->lookups.load(std::memory_order_acquire) != 0;
}

void NodeTable::hold(const Node &node)
{
    Slot &place = *slot(node.id());
    place.state.fetch_add(1, std::memory_order_relaxed);
    place.lookups.fetch_add(1, std::memory_order_release);
}

void NodeTable::forget(NodeId id, std::uint64_t times)
{
    const NodeRef node = pin(id);
    if (!node)
        return;
    auto &lookups = slot(id)->lookups;
    auto known = lookups.load(std::memory_order_acquire);
    while (!lookups.compare_exchange_weak(known, known - std::min(known, times),
                                          std::memory_order_acq_rel)) {
    }
    drop(id, std::min(known, times));
}

void NodeTable::drop(NodeId id, std::uint64_t count)
{
    Slot &place = *slot(id);
    const auto before = place.state.fetch_sub(count, std::memory_order_acq_rel);
    if ((before & references) == count && count != 0)
        recycle(place, index_of(id));
}

void NodeTable::recycle(Slot &place, std::uint32_t index)
{
    place.node.reset();
    const std::lock_guard lock{mutex_};
    const auto generation = place.state.load(std::memory_order_relaxed) >> reference_bits;
    place.state.store((generation + 1) << reference_bits, std::memory_order_relaxed);
    free_.push_back(index);
}

std::size_t NodeTable::size() const
{
    const std::lock_guard lock{mutex_};
    return used_ - 1 - free_.size();
}

} // namespace iiofs
