// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <daemon/takeover/keep.hpp>
#include <fcntl.h>
#include <new>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace iiofs {

namespace {

constexpr auto shared = PROT_READ | PROT_WRITE;
// A handle: the epoch, the generation, the place.
constexpr unsigned place_bits = 16;
constexpr unsigned generation_bits = 32;
constexpr unsigned generation_shift = 8; // in the record's state
static_assert(kept::max_files <= std::size_t{1} << place_bits);

// Servers that died before they were ready: of themselves, or killed. A service manager
// gives up after ten.
constexpr std::uint32_t harm_of_a_crash = 3;
constexpr std::uint32_t harm_of_a_kill = 1;
constexpr std::uint32_t too_many_deaths = 9;

// What a node's generation may have become in a keep that cannot be read.
constexpr std::uint32_t lost_generations = 1U << 20;

} // namespace

std::unique_ptr<Keep> Keep::make()
{
    void *const memory = ::mmap(nullptr, sizeof(kept::Layout), shared,
                                MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc{};
    std::unique_ptr<Keep> keep{new Keep{*static_cast<kept::Layout *>(memory)}};
    keep->begin();
    return keep;
}

iio::Result<std::unique_ptr<Keep>> Keep::open(const Fd &file)
{
    struct stat status;
    if (::fstat(file.get(), &status) != 0)
        return iio::fail(errno);
    if (status.st_size < static_cast<off_t>(sizeof(kept::Layout)) &&
        ::ftruncate(file.get(), sizeof(kept::Layout)) != 0)
        return iio::fail(errno);
    void *const memory =
        ::mmap(nullptr, sizeof(kept::Layout), shared, MAP_SHARED | MAP_NORESERVE, file.get(), 0);
    if (memory == MAP_FAILED)
        return iio::fail(errno);
    // Else whoever has it too could make our memory vanish. A file may not know it.
    (void)::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK);
    std::unique_ptr<Keep> keep{new Keep{*static_cast<kept::Layout *>(memory)}};
    auto &header = keep->layout_.header;
    if (status.st_size != 0 && header.magic != kept::magic && header.magic[0] != '\0')
        return iio::fail(EINVAL);
    if (header.version != kept::layout_version || header.magic != kept::magic)
        keep->empty();
    else
        keep->go_on();
    return keep;
}

void Keep::empty()
{
    ::madvise(&layout_.devices, sizeof(kept::Layout) - offsetof(kept::Layout, devices),
              MADV_REMOVE);
    begin();
}

/// After a server that ended, in whatever way.
void Keep::go_on()
{
    auto &header = layout_.header;
    const bool crashed = header.crashed.exchange(0) != 0;
    weigh_requests(crashed);
    validate();
    header.unready += crashed ? harm_of_a_crash : harm_of_a_kill;
    if (header.unready < too_many_deaths)
        return;
    spdlog::error("too many servers have died before they were ready: this one begins without "
                  "the records of those before");
    header.unready = 0;
    empty();
}

std::string Keep::name_of(std::uint64_t node) const
{
    const auto index = static_cast<std::uint32_t>(node);
    return index < layout_.nodes.size() ? layout_.nodes[index].name.data() : "?";
}

Keep::~Keep() { ::munmap(&layout_, sizeof layout_); }

/// Empty but for what all versions know; memory that was never touched is zero.
void Keep::begin()
{
    auto &header = layout_.header;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    header.birth_s = now.tv_sec;
    header.birth_ns = now.tv_nsec;
    if (header.nodes_end != 0)
        header.generation += lost_generations;
    for (auto *end :
         {&header.devices_end, &header.triggers_end, &header.settings_end, &header.files_end})
        end->store(0);
    ++header.epoch;
    header.magic = kept::magic;
    header.version = kept::layout_version;
}

std::span<const std::uint8_t> Keep::init_request() const
{
    const auto size = layout_.header.init_size.load(std::memory_order_acquire);
    return std::span{layout_.header.init}.first(std::min<std::size_t>(size, 256));
}

void Keep::set_init_request(std::span<const std::uint8_t> bytes)
{
    if (bytes.size() > layout_.header.init.size())
        return;
    std::ranges::copy(bytes, layout_.header.init.begin());
    layout_.header.init_size.store(static_cast<std::uint32_t>(bytes.size()),
                                   std::memory_order_release);
}

timespec Keep::birth() const
{
    timespec time{};
    time.tv_sec = static_cast<time_t>(layout_.header.birth_s);
    time.tv_nsec = static_cast<long>(layout_.header.birth_ns);
    return time;
}

// ---- Open files

iio::Result<KeptFile> Keep::open_file(kept::File::Flags kind, std::uint64_t node,
                                      const Request &request)
{
    if (!enter_user(request.uid))
        return iio::fail(ENFILE);
    // Where this thread found room last there is most often room again.
    thread_local std::uint32_t hint = 0;
    for (std::uint32_t i = 0; i < 2 * kept::max_files; ++i) {
        const auto index = i == 0 ? hint : static_cast<std::uint32_t>((i - 1) % kept::max_files);
        auto &record = layout_.files[index];
        auto state = record.state.load(std::memory_order_relaxed);
        if (!kept::is_free(state) ||
            !record.state.compare_exchange_strong(state, state | kept::File::reserved,
                                                  std::memory_order_acquire))
            continue;
        hint = index;
        auto end = layout_.header.files_end.load(std::memory_order_relaxed);
        while (end <= index && !layout_.header.files_end.compare_exchange_weak(end, index + 1)) {
        }
        record.node = node;
        record.opened_by = request.unique;
        record.owner = request.uid;
        record.text.store(0, std::memory_order_relaxed);
        record.waker.store(0, std::memory_order_relaxed);
        record.written_by.store(0, std::memory_order_relaxed);
        record.state.store(state | kind, std::memory_order_release);
        return KeptFile{*this, index};
    }
    leave_user(request.uid);
    return iio::fail(ENFILE);
}

bool Keep::enter_user(std::uint64_t user)
{
    if (user == 0)
        return true;
    const std::lock_guard lock{users_mutex_};
    auto &count = files_of_users_[user];
    if (count >= most_files_of_a_user)
        return false;
    ++count;
    return true;
}

void Keep::leave_user(std::uint64_t user)
{
    if (user == 0)
        return;
    const std::lock_guard lock{users_mutex_};
    const auto found = files_of_users_.find(user);
    if (found != files_of_users_.end() && --found->second == 0)
        files_of_users_.erase(found);
}

void Keep::free_file(std::uint32_t index, std::uint64_t generation)
{
    auto &state = layout_.files[index].state;
    if (is_frozen() || state.load(std::memory_order_relaxed) >> generation_shift != generation)
        return;
    leave_user(layout_.files[index].owner);
    state.store((generation + 1) << generation_shift, std::memory_order_release);
}

std::uint64_t Keep::handle_of(std::uint32_t index) const
{
    const auto state = layout_.files[index].state.load(std::memory_order_relaxed);
    const std::uint64_t generation = static_cast<std::uint32_t>(state >> generation_shift);
    const std::uint64_t epoch = layout_.header.epoch & 0xffff;
    return epoch << (place_bits + generation_bits) | generation << place_bits | index;
}

std::optional<std::uint32_t> Keep::place_of(std::uint64_t handle) const
{
    const auto index = static_cast<std::uint32_t>(handle & ((1U << place_bits) - 1));
    if (index >= kept::max_files || handle_of(index) != handle)
        return std::nullopt;
    const auto state = layout_.files[index].state.load(std::memory_order_acquire);
    const bool is_open =
        (state & kept::File::kind) > kept::File::reserved && !(state & kept::File::released);
    return is_open ? std::optional{index} : std::nullopt;
}

std::vector<KeptFile> Keep::adopt_files()
{
    std::vector<KeptFile> files;
    for (std::uint32_t i = 0; i < this->files().size(); ++i) {
        const auto state = layout_.files[i].state.load(std::memory_order_acquire);
        if (kept::is_free(state))
            continue;
        if ((state & kept::File::kind) == kept::File::reserved || (state & kept::File::released))
            free_file(i, state >> generation_shift);
        else {
            (void)enter_user(layout_.files[i].owner);
            files.push_back(KeptFile{*this, i});
        }
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
        if ((state & kept::File::kind) > kept::File::reserved && record.node == node &&
            record.opened_by == request.unique && !(state & kept::File::released))
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

KeptFile::KeptFile(Keep &keep, std::uint32_t index)
    : keep_{&keep}, index_{index}, generation_{record().state >> generation_shift}
{
}

KeptFile::~KeptFile()
{
    if (keep_)
        keep_->free_file(index_, generation_);
}

std::uint64_t KeptFile::handle() const { return keep_->handle_of(index_); }

kept::File &KeptFile::record() const { return keep_->layout_.files[index_]; }

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
