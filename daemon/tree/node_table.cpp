// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <daemon/tree/node_table.hpp>
#include <span>

namespace iiofs {

namespace {

constexpr unsigned flag_bits = 8;

/// What the next server is to know of it.
std::uint64_t kind_of(Node &node)
{
    if (node.directory())
        return NodeRecord::directory;
    if (node.stream())
        return NodeRecord::stream;
    if (node.link())
        return NodeRecord::link;
    const mode_t mode = node.status().st_mode;
    std::uint64_t kind = NodeRecord::file;
    if (mode & 0444)
        kind |= NodeRecord::readable;
    if (mode & 0222)
        kind |= NodeRecord::writable;
    return kind;
}

/// Behind the name's NUL. One that there is no room for is empty: no link has that.
void write_target(NodeRecord &record, std::size_t name_size, std::string_view target)
{
    const std::span place = std::span{record.name}.subspan(name_size + 1);
    const bool fits = target.size() < place.size();
    place[fits ? target.copy(place.data(), target.size()) : 0] = '\0';
}

/// Empty where there is none.
std::string_view target_in(const NodeRecord &record)
{
    const std::string_view text{record.name.data(), record.name.size()};
    const auto begin = text.find('\0');
    const auto end = text.find('\0', begin + 1);
    return end == text.npos ? std::string_view{} : text.substr(begin + 1, end - begin - 1);
}

/// Whether the kernel may take it for what the record is of. What a link was that a version
/// before has recorded nobody knows.
bool is_same(Node &node, const NodeRecord &record)
{
    const auto kind = record.state & NodeRecord::kind;
    if (node.link())
        return kind == NodeRecord::link && target_in(record) == node.link()->target();
    return kind == 0 || kind == (kind_of(node) & NodeRecord::kind);
}

/// What chmod and chown said to the server before.
void restore_access(Node &node, const NodeRecord &record)
{
    if (record.mode == 0)
        return;
    node.change_status([&](struct stat &status) {
        status.st_mode = (status.st_mode & S_IFMT) | (record.mode & 07777U);
        status.st_uid = record.owner;
        status.st_gid = record.group;
    });
}

} // namespace

NodeRef::~NodeRef()
{
    if (node_)
        table_->unpin(*node_);
}

NodeTable::NodeTable(const NodeRecords &records) : records_{records}
{
    used_ = std::max(records_.end.load(), std::uint32_t{1});
    // The lowest last: the root is to get its place again, whatever became of it.
    for (auto index = used_ - 1; index > 0; --index) {
        make_chunk_of(index);
        if (NodeRecord *const record = records_.at(index))
            adopt(index, *record);
        else
            gone_.insert(index); // nobody knows what was there
    }
}

/// A place as the server before left it.
void NodeTable::adopt(std::uint32_t index, NodeRecord &record)
{
    Slot &place = *slot(index);
    const auto state = record.state.load(std::memory_order_acquire);
    const auto generation = index == 1 ? 0 : (state >> flag_bits) + records_.generation;
    place.state.store(generation << reference_bits, std::memory_order_relaxed);
    const bool is_held = record.lookups.load(std::memory_order_relaxed) != 0;
    if (!(state & NodeRecord::used) || ((state & NodeRecord::removed) && !is_held)) {
        record.state.store((state >> flag_bits) << flag_bits);
        free_.push_back(index);
    } else if ((state & NodeRecord::removed) ||
               !missing_.try_emplace({record.parent, record.name.data()}, index).second) {
        gone_.insert(index);
    }
}

NodeTable::~NodeTable()
{
    for (auto &chunk : chunks_)
        delete chunk.load();
}

NodeTable::Slot *NodeTable::slot(NodeId id)
{
    const auto index = index_of(id);
    if (index / slots_per_chunk >= max_chunks)
        return nullptr;
    Chunk *chunk = chunks_[index / slots_per_chunk].load(std::memory_order_acquire);
    return chunk ? &(*chunk)[index % slots_per_chunk] : nullptr;
}

std::atomic<std::uint64_t> &NodeTable::lookups(std::uint32_t index)
{
    NodeRecord *const record = records_.at(index);
    return record ? record->lookups : slot(index)->own_lookups;
}

void NodeTable::make_chunk_of(std::uint32_t index)
{
    const auto chunk = index / slots_per_chunk;
    if (chunk >= max_chunks)
        std::abort(); // 4 million nodes; each is a file of a device
    if (!chunks_[chunk].load(std::memory_order_relaxed))
        chunks_[chunk].store(new Chunk, std::memory_order_release);
}

std::uint32_t NodeTable::free_place()
{
    if (!free_.empty()) {
        const auto index = free_.back();
        free_.pop_back();
        return index;
    }
    const auto index = used_++;
    make_chunk_of(index);
    // The root's id is 1, whatever the records say.
    const std::uint64_t generation = index == 1 ? 0 : records_.generation.load();
    slot(index)->state.store(generation << reference_bits, std::memory_order_relaxed);
    records_.end.store(used_, std::memory_order_release);
    const auto size = records_.places.size();
    if (records_.filling && (used_ == size / 5 * 4 || used_ == size))
        records_.filling(used_);
    return index;
}

/// Says in the record what node is at a new place. What comes when a server ends is not for the
/// next one, which would find it in the place of what was there before.
void NodeTable::describe(std::uint32_t index, Node &node, std::string_view name)
{
    NodeRecord *const record = records_.at(index);
    if (!record || records_.frozen)
        return;
    const bool fits = name.size() + (node.link() ? 1 : 0) < record->name.size();
    record->name[fits ? name.copy(record->name.data(), name.size()) : 0] = '\0';
    if (fits && node.link())
        write_target(*record, name.size(), node.link()->target());
    record->parent = node.parent();
    record->mode = 0;
    record->lookups = 0;
    const auto generation = record->state.load(std::memory_order_relaxed) >> flag_bits;
    // One that cannot be found again by its name is as good as gone then.
    const std::uint64_t gone = fits ? std::uint64_t{0} : std::uint64_t{NodeRecord::removed};
    record->state.store(generation << flag_bits | NodeRecord::used | kind_of(node) | gone,
                        std::memory_order_release);
}

NodeId NodeTable::insert(std::unique_ptr<Node> node, std::string_view name)
{
    const std::lock_guard lock{mutex_};
    std::uint32_t index = 0;
    auto known = missing_.find(Name{node->parent(), name});
    if (known != missing_.end() && !is_same(*node, *records_.at(known->second))) {
        replace_missing(known, lock);
        known = missing_.end();
    }
    if (known != missing_.end()) {
        index = known->second;
        missing_.erase(known);
        NodeRecord &record = *records_.at(index);
        record.state.fetch_or(kind_of(*node)); // a version before did not say it
        restore_access(*node, record);
    } else {
        index = free_place();
        describe(index, *node, name);
    }
    Slot &place = *slot(index);
    const auto empty = place.state.load(std::memory_order_relaxed);
    const NodeId id = (empty >> reference_bits) << 32 | index;
    node->id_ = id;
    place.has_stand_in.store(node->is_stand_in(), std::memory_order_relaxed);
    place.node.store(node.release(), std::memory_order_relaxed);
    place.state.store(empty + lookups(index) + 1, std::memory_order_release);
    return id;
}

/// It does not come: another node has its name.
void NodeTable::replace_missing(MissingNodes::iterator missing,
                                const std::lock_guard<std::mutex> &lock)
{
    const auto index = missing->second;
    NodeRecord &record = *records_.at(index);
    if (record.lookups.load() == 0) {
        free(*slot(index), index, lock);
    } else {
        record.state.fetch_or(NodeRecord::removed, std::memory_order_release);
        gone_.insert(index);
        stale_.push_back({missing->first.first, missing->first.second});
    }
    missing_.erase(missing);
}

void NodeTable::move_missing(NodeId from, const std::string &name, NodeId to)
{
    const std::lock_guard lock{mutex_};
    const auto found = missing_.find(Name{from, name});
    if (found == missing_.end() || missing_.contains(Name{to, name}) || records_.frozen)
        return;
    NodeRecord &record = *records_.at(found->second);
    if (!(record.state & NodeRecord::directory))
        return;
    record.parent = to;
    stale_.push_back({from, name});
    auto moved = missing_.extract(found);
    moved.key().first = to;
    missing_.insert(std::move(moved));
}

void NodeTable::replace(NodeId id, std::unique_ptr<Node> node)
{
    const std::lock_guard lock{mutex_};
    Slot &place = *slot(id);
    node->id_ = id;
    if (const NodeRecord *const record = records_.at(index_of(id)))
        restore_access(*node, *record);
    // The caller has pinned the stand-in, so it is freed no sooner than that ends.
    place.node.store(node.release(), std::memory_order_relaxed);
    place.has_stand_in.store(false, std::memory_order_release);
}

void NodeTable::unlink(NodeId id)
{
    if (NodeRecord *const record = records_.at(index_of(id)); record && !records_.frozen)
        record->state.fetch_or(NodeRecord::removed, std::memory_order_release);
    drop(id, 1);
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
    if (place->has_stand_in.load(std::memory_order_acquire))
        return pin_stand_in(*place);
    return NodeRef{*this, *place->node.load(std::memory_order_relaxed)};
}

/// The caller has a reference, but the stand-in may be replaced meanwhile.
NodeRef NodeTable::pin_stand_in(Slot &place)
{
    const std::lock_guard lock{mutex_};
    Node &node = *place.node.load(std::memory_order_relaxed);
    if (node.is_stand_in())
        ++node.stand_in_pins_;
    return NodeRef{*this, node};
}

void NodeTable::unpin(Node &node)
{
    const NodeId id = node.id();
    if (node.is_stand_in()) {
        std::unique_ptr<Node> replaced;
        const std::lock_guard lock{mutex_};
        if (--node.stand_in_pins_ == 0 && slot(id)->node.load(std::memory_order_relaxed) != &node)
            replaced.reset(&node);
    }
    drop(id, 1);
}

bool NodeTable::is_held(NodeId id)
{
    const NodeRef node = pin(id);
    return node && lookups(index_of(id)).load(std::memory_order_acquire) != 0;
}

void NodeTable::hold(const Node &node)
{
    slot(node.id())->state.fetch_add(1, std::memory_order_relaxed);
    lookups(index_of(node.id())).fetch_add(1, std::memory_order_release);
}

void NodeTable::forget(NodeId id, std::uint64_t times)
{
    NodeRef node = pin(id);
    while (!node) {
        if (forget_missing(id, times))
            return;
        node = pin(id); // it came back meanwhile
    }
    auto &counted = lookups(index_of(id));
    auto known = counted.load(std::memory_order_acquire);
    while (!counted.compare_exchange_weak(known, known - std::min(known, times),
                                          std::memory_order_acq_rel)) {
    }
    drop(id, std::min(known, times));
}

/// False: the node is there.
bool NodeTable::forget_missing(NodeId id, std::uint64_t times)
{
    const auto index = index_of(id);
    const std::lock_guard lock{mutex_};
    Slot *const place = index < used_ ? slot(id) : nullptr;
    if (!place)
        return true;
    const auto state = place->state.load(std::memory_order_relaxed);
    if (state >> reference_bits != id >> 32)
        return true;
    if ((state & references) != 0)
        return false;
    NodeRecord *const record = records_.at(index);
    if (!record)
        return true;
    const auto missing = missing_.find(Name{record->parent, record->name.data()});
    const bool is_missing = missing != missing_.end() && missing->second == index;
    if (!is_missing && !gone_.contains(index))
        return true; // it is being freed
    const auto known = record->lookups.load();
    record->lookups.store(known - std::min(known, times));
    if (known > times)
        return true;
    if (is_missing)
        missing_.erase(missing);
    gone_.erase(index);
    free(*place, index, lock);
    return true;
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
    delete place.node.exchange(nullptr);
    const std::lock_guard lock{mutex_};
    free(place, index, lock);
}

void NodeTable::free(Slot &place, std::uint32_t index, const std::lock_guard<std::mutex> &)
{
    const auto generation = place.state.load(std::memory_order_relaxed) >> reference_bits;
    place.state.store((generation + 1) << reference_bits, std::memory_order_relaxed);
    if (NodeRecord *const record = records_.at(index); record && !records_.frozen)
        record->state.store((generation + 1 - records_.generation) << flag_bits,
                            std::memory_order_release);
    free_.push_back(index);
}

void NodeTable::keep_access(const Node &node)
{
    NodeRecord *const record = records_.at(index_of(node.id()));
    if (!record)
        return;
    const struct stat status = node.status();
    record->owner = status.st_uid;
    record->group = status.st_gid;
    record->mode = status.st_mode;
}

std::vector<NodeTable::Missing> NodeTable::missing() const
{
    const std::lock_guard lock{mutex_};
    auto all = stale_;
    all.reserve(all.size() + missing_.size());
    for (const auto &[name, index] : missing_)
        all.push_back({name.first, name.second});
    return all;
}

std::uint64_t NodeTable::missing_kind(NodeId parent, const std::string &name) const
{
    const std::lock_guard lock{mutex_};
    const auto found = missing_.find(Name{parent, name});
    return found == missing_.end() ? 0 : records_.at(found->second)->state & NodeRecord::flags;
}

std::vector<std::string> NodeTable::missing_in(NodeId directory) const
{
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (auto entry = missing_.lower_bound(Name{directory, ""});
         entry != missing_.end() && entry->first.first == directory; ++entry)
        names.push_back(entry->first.second);
    return names;
}

std::size_t NodeTable::size() const
{
    const std::lock_guard lock{mutex_};
    return used_ - 1 - free_.size() - missing_.size() - gone_.size();
}

} // namespace iiofs
