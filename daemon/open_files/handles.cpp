// SPDX-License-Identifier: MIT
#include <daemon/open_files/handles.hpp>
#include <utility>

namespace iiofs {

iio::Result<Handle> Handle::open(NodeRef node, int flags, Keep &keep, const Request &request)
{
    if (!node || !node->stream()) {
        Handle handle;
        handle.file = IIO_TRY(OpenFile::open(std::move(node), flags, keep, request));
        return handle;
    }
    if (node->is_removed())
        return iio::fail(ESTALE);
    Handle handle;
    handle.stream = IIO_TRY(node->stream()->open());
    handle.kept = IIO_TRY(keep.open_file(kept::File::stream, node->id(), request));
    return handle;
}

iio::Result<Handle> Handle::open_directory(NodeRef node, Keep &keep, const Request &request)
{
    if (!node || !node->directory())
        return iio::fail(node ? ENOTDIR : ESTALE);
    Handle handle;
    handle.kept = IIO_TRY(keep.open_file(kept::File::directory, node->id(), request));
    handle.listing = std::make_unique<Listing>();
    handle.node = std::move(node);
    return handle;
}

Handles::~Handles()
{
    for (auto &chunk : chunks_)
        delete chunk.load();
}

Handles::Place &Handles::place(std::uint32_t index)
{
    auto &chunk = chunks_[index / places_per_chunk];
    Chunk *found = chunk.load(std::memory_order_acquire);
    if (!found) {
        auto made = std::make_unique<Chunk>();
        if (chunk.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel))
            found = made.release();
    }
    return (*found)[index % places_per_chunk];
}

std::uint64_t Handles::add(Handle &&handle)
{
    const auto number = handle.record().handle();
    auto &free = place(handle.record().index());
    free.handle = std::make_shared<Handle>(std::move(handle));
    free.is_open.store(true, std::memory_order_release);
    return number;
}

std::shared_ptr<Handle> Handles::find(std::uint64_t number)
{
    const auto index = keep_.place_of(number);
    if (!index)
        return nullptr;
    auto &found = place(*index);
    if (found.is_open.load(std::memory_order_acquire))
        return found.handle;
    // A chip may have been found since the takeover.
    const std::lock_guard lock{reopen_mutex_};
    reopen(found);
    return found.is_open ? found.handle : nullptr;
}

std::shared_ptr<Queue> Handles::waits_in(std::uint64_t number)
{
    const auto index = keep_.place_of(number);
    if (!index)
        return nullptr;
    const std::lock_guard lock{reopen_mutex_};
    const auto &place = this->place(*index);
    if (place.is_open || !place.handle)
        return nullptr;
    const NodeRef node = tree_.pin(place.handle->kept.record().node);
    return node && node->stream() && node->is_expected() ? node->stream()->opens() : nullptr;
}

void Handles::release(std::uint64_t number)
{
    const auto index = keep_.place_of(number);
    if (!index)
        return;
    auto &released = place(*index);
    const auto handle = std::exchange(released.handle, nullptr);
    released.is_open.store(false, std::memory_order_release);
    if (handle)
        handle->record().mark_released();
}

void Handles::adopt()
{
    for (auto &kept : keep_.adopt_files()) {
        auto &adopted = place(kept.index());
        adopted.handle = std::make_shared<Handle>();
        adopted.handle->kept = std::move(kept);
        reopen(adopted);
    }
}

void Handles::reopen(Place &place)
{
    if (place.is_open || !place.handle)
        return;
    Handle &handle = *place.handle;
    const auto kind = handle.kept.record().state & kept::File::kind;
    NodeRef node = tree_.pin(handle.kept.record().node);
    if (!node)
        return;
    if (kind == kept::File::file && node->file()) {
        handle.file = std::make_unique<OpenFile>(std::move(node), std::move(handle.kept));
    } else if (kind == kept::File::directory && node->directory()) {
        handle.listing = std::make_unique<Listing>();
        handle.node = std::move(node);
    } else if (kind == kept::File::stream && node->stream()) {
        if (auto stream = node->stream()->open())
            handle.stream = std::move(*stream);
    }
    place.is_open.store(handle.file || handle.stream || handle.listing, std::memory_order_release);
}

} // namespace iiofs
