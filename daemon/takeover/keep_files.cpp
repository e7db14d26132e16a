// SPDX-License-Identifier: MIT
//
// What the keep has of open files.
#include <daemon/takeover/keep.hpp>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <unistd.h>

namespace iiofs {

namespace {

// A handle: the epoch, the generation, the place.
constexpr unsigned place_bits = 16;
constexpr unsigned generation_bits = 32;
static_assert(kept::max_files <= std::size_t{1} << place_bits);

} // namespace

iio::Result<KeptFile> Keep::open_file(kept::File::Flags kind, std::uint64_t node,
                                      const Request &request)
{
    const auto index = take_file_place(request.uid);
    if (!index)
        return iio::fail(ENFILE);
    auto &record = layout_.files[*index];
    record.node = node;
    record.opened_by = request.unique;
    record.owner = request.uid;
    record.text.store(0, std::memory_order_relaxed);
    record.waker.store(0, std::memory_order_relaxed);
    record.written_by.store(0, std::memory_order_relaxed);
    record.state.store(record.state.load(std::memory_order_relaxed) | kind,
                       std::memory_order_release);
    return KeptFile{*this, *index};
}

std::optional<std::uint32_t> Keep::take_file_place(std::uint64_t user)
{
    const std::lock_guard lock{files_mutex_};
    if (!enter_user(user))
        return std::nullopt;
    const auto place = file_places_.take();
    if (!place)
        leave_user(user);
    return place;
}

/// With the mutex, as leave_user(). False: the user has as many files open as he may.
bool Keep::enter_user(std::uint64_t user)
{
    if (user == 0)
        return true;
    auto &known = users_[user];
    if (known.files >= most_files_of_a_user) {
        if (!std::exchange(known.was_refused, true))
            spdlog::warn("user {} has {} files open, which is the limit", user, known.files);
        return false;
    }
    ++known.files;
    return true;
}

void Keep::leave_user(std::uint64_t user)
{
    const auto found = users_.find(user);
    if (found != users_.end() && --found->second.files == 0)
        users_.erase(found);
}

void Keep::free_file(std::uint32_t index, std::uint64_t generation)
{
    if (is_frozen())
        return;
    const std::lock_guard lock{files_mutex_};
    const auto &record = layout_.files[index];
    if (record.state >> kept::generation_shift != generation)
        return;
    const auto owner = record.owner;
    clear_file(index);
    leave_user(owner);
    file_places_.give_back(index);
}

void Keep::clear_file(std::uint32_t index)
{
    auto &state = layout_.files[index].state;
    const auto before = state.load(std::memory_order_relaxed);
    // Where pages are larger, others have their texts in this one.
    static const bool has_own_page = ::sysconf(_SC_PAGESIZE) == IIO_PAGE_SIZE;
    if ((before & kept::File::has_page) && has_own_page)
        ::madvise(&layout_.texts[index], IIO_PAGE_SIZE, MADV_REMOVE);
    state.store(((before >> kept::generation_shift) + 1) << kept::generation_shift,
                std::memory_order_release);
}

std::uint64_t Keep::handle_of(std::uint32_t index) const
{
    const auto state = layout_.files[index].state.load(std::memory_order_relaxed);
    const std::uint64_t generation = static_cast<std::uint32_t>(state >> kept::generation_shift);
    const std::uint64_t epoch = layout_.header.epoch & 0xffff;
    return epoch << (place_bits + generation_bits) | generation << place_bits | index;
}

std::optional<std::uint32_t> Keep::place_of(std::uint64_t handle) const
{
    const auto index = static_cast<std::uint32_t>(handle & ((1U << place_bits) - 1));
    if (index >= kept::max_files || handle_of(index) != handle)
        return std::nullopt;
    const auto state = layout_.files[index].state.load(std::memory_order_acquire);
    const bool is_open = !kept::is_free(state) && !(state & kept::File::released);
    return is_open ? std::optional{index} : std::nullopt;
}

std::vector<KeptFile> Keep::adopt_files()
{
    std::vector<KeptFile> files;
    const std::lock_guard lock{files_mutex_};
    for (std::uint32_t i = 0; i < this->files().size(); ++i) {
        const auto state = layout_.files[i].state.load(std::memory_order_acquire);
        if (kept::is_free(state) || (state & kept::File::released))
            continue;
        if (const auto owner = layout_.files[i].owner; owner != 0)
            ++users_[owner].files;
        files.push_back(KeptFile{*this, i});
    }
    return files;
}

std::optional<std::uint64_t> Keep::opened_before(std::uint64_t node, const Request &request) const
{
    if (!request.sent_again)
        return std::nullopt;
    for (std::uint32_t i = 0; i < files().size(); ++i) {
        const auto &record = layout_.files[i];
        const auto state = record.state.load(std::memory_order_acquire);
        if (!kept::is_free(state) && record.node == node && record.opened_by == request.unique &&
            !(state & kept::File::released))
            return handle_of(i);
    }
    return std::nullopt;
}

std::vector<std::uint64_t> Keep::take_wakers()
{
    std::vector<std::uint64_t> wakers;
    for (auto &file : files()) {
        if (file.waker.load(std::memory_order_acquire) == 0)
            continue;
        wakers.push_back(file.waker);
        file.waker = 0;
    }
    return wakers;
}

/// What this server has to know of the records that it finds.
void Keep::index_files()
{
    // The lowest last, so that they are used first.
    for (auto i = static_cast<std::uint32_t>(files().size()); i-- > 0;) {
        const auto &state = layout_.files[i].state;
        if (state & kept::File::released)
            clear_file(i);
        if (kept::is_free(state))
            file_places_.give_back(i);
    }
}

KeptFile::KeptFile(Keep &keep, std::uint32_t index)
    : keep_{&keep}, index_{index}, generation_{record().state >> kept::generation_shift}
{
}

KeptFile::~KeptFile()
{
    if (keep_)
        keep_->free_file(index_, generation_);
}

std::uint64_t KeptFile::handle() const { return keep_->handle_of(index_); }

kept::File &KeptFile::record() const { return keep_->layout_.files[index_]; }

void KeptFile::use_page() const
{
    if (!(record().state.load(std::memory_order_relaxed) & kept::File::has_page))
        record().state.fetch_or(kept::File::has_page, std::memory_order_release);
}

char *KeptFile::page() const { return keep_->layout_.texts[index_].data(); }

void KeptFile::mark_released() const
{
    if (!keep_->is_frozen())
        record().state.fetch_or(kept::File::released, std::memory_order_release);
}

void KeptFile::set_written(std::int64_t result, const Request &request) const
{
    record().written.store(result, std::memory_order_relaxed);
    record().written_by.store(request.unique, std::memory_order_release);
}

std::optional<std::int64_t> KeptFile::written(const Request &request) const
{
    if (!request.sent_again ||
        record().written_by.load(std::memory_order_acquire) != request.unique)
        return std::nullopt;
    return record().written.load(std::memory_order_relaxed);
}

} // namespace iiofs
