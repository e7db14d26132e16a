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
// Servers that died before they were ready: of themselves, or killed. A service manager
// gives up after ten.
constexpr std::uint32_t harm_of_a_crash = 3;
constexpr std::uint32_t harm_of_a_kill = 1;
constexpr std::uint32_t too_many_deaths = 9;

// What a node's generation may have become in a keep that cannot be read.
constexpr std::uint32_t lost_generations = 1U << 20;

} // namespace

void *kept::map_layout(int flags, int file)
{
    constexpr auto size = sizeof(kept::Layout), alignment = alignof(kept::Layout);
    void *const reserved = ::mmap(nullptr, size + alignment, PROT_NONE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED)
        return MAP_FAILED;
    auto *const first = static_cast<std::byte *>(reserved);
    const auto before = -reinterpret_cast<std::uintptr_t>(first) % alignment;
    auto *const begin = first + before;
    if (before > 0)
        ::munmap(first, before);
    ::munmap(begin + size, alignment - before);
    void *const memory = ::mmap(begin, size, shared, flags | MAP_NORESERVE | MAP_FIXED, file, 0);
    if (memory == MAP_FAILED) {
        const int error = errno;
        ::munmap(begin, size);
        errno = error;
    }
    return memory;
}

Keep::Keep(kept::Layout &layout)
    : layout_{layout},
      device_places_{"devices", layout.devices.size(), layout.header.devices_end},
      trigger_places_{"triggers", layout.triggers.size(), layout.header.triggers_end},
      setting_places_{"settings", layout.settings.size(), layout.header.settings_end},
      file_places_{"open files", layout.files.size(), layout.header.files_end}
{
}

std::unique_ptr<Keep> Keep::make()
{
    void *const memory = kept::map_layout(MAP_SHARED | MAP_ANONYMOUS, -1);
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
    void *const memory = kept::map_layout(MAP_SHARED, file.get());
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
    keep->index_devices();
    keep->index_triggers();
    keep->index_settings();
    keep->index_files();
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
    spdlog::error("too many servers have died before they were ready: this one starts without "
                  "their records");
    header.unready = 0;
    empty();
}

NodeRecords Keep::node_records()
{
    return {.places = layout_.nodes,
            .end = layout_.header.nodes_end,
            .generation = layout_.header.generation,
            .frozen = frozen_,
            .filling = [](std::size_t used) {
                spdlog::warn(
                    "nodes: {} of at most {} in use; further ones are lost when the server "
                    "is replaced",
                    used, kept::max_nodes);
            }};
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

} // namespace iiofs
