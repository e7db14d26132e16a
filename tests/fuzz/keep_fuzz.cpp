// SPDX-License-Identifier: MIT
//
// The input is what was damaged of a keep's records before the next server opens it: it drops what
// is wrong and goes on.
#include "../unit/keep_bench.hpp"
#include "fuzz.hpp"

#include <array>
#include <daemon/takeover/restore.hpp>
#include <iio/host/log.hpp>
#include <memory>
#include <spdlog/spdlog.h>
#include <vector>

namespace {

using namespace iiofs;
using keep_test::Memory;
using keep_test::Server;

constexpr unsigned files = 40;

std::string name_of(unsigned file) { return "in_voltage" + std::to_string(file) + "_raw"; }

/// A keep of a server that had something of everything; the handles of its files.
std::vector<std::uint64_t> fill(const Memory &memory)
{
    Server server{memory};
    server.keep->set_init_request(std::array<std::uint8_t, 4>{1, 2, 3, 4});
    std::vector<std::uint64_t> handles;
    for (unsigned i = 0; i < files; ++i) {
        server.tree.hold(*server.tree.pin(server.add_counter(name_of(i))));
        handles.push_back(server.open(name_of(i), {.unique = 2 * i}));
        server.read(*server.handles.find(handles.back())->file, 0, 2);
        (void)server.keep->set("iio:device" + std::to_string(i), "in_scale", "0.5");
    }
    (void)server.keep->add_device("as5600 i2c-1 0x36", false, std::array{1U, 2U});
    (void)server.keep->add_device("bme280 i2c-1 0x76", true, std::array{3U});
    (void)server.keep->add_trigger("sysfstrig3", kept::Trigger::sysfs, 1);
    (void)server.keep->add_trigger("clock", kept::Trigger::hrtimer, 2);
    server.keep->begin_request(100, 0);
    return handles;
}

/// The keep's memory, as somebody else has it.
class Records {
public:
    explicit Records(const Memory &memory)
        : layout_{static_cast<kept::Layout *>(kept::map_layout(MAP_SHARED, memory.fd.get()))}
    {
        fuzz::require(layout_ != MAP_FAILED, "a keep can be mapped");
    }
    Records(const Records &) = delete;
    Records &operator=(const Records &) = delete;
    ~Records() { ::munmap(layout_, sizeof(kept::Layout)); }

    /// Somewhere in one of the tables, also beyond the records in use.
    void damage(fuzz::Input &input)
    {
        const std::array<std::span<std::byte>, 7> tables{
            bytes(layout_->header),   bytes(layout_->devices),  bytes(layout_->triggers),
            bytes(layout_->settings), bytes(layout_->requests), bytes(layout_->nodes),
            bytes(layout_->files)};
        const auto table = tables[input.byte() % tables.size()];
        auto place = input.word() % std::min(table.size(), std::size_t{12} * 1024);
        for (const auto byte : input.bytes(1 + input.byte() % 16)) {
            if (place < table.size())
                table[place++] = std::byte{byte};
        }
    }

private:
    template <class T> static std::span<std::byte> bytes(T &table)
    {
        return std::as_writable_bytes(std::span{&table, 1});
    }
    kept::Layout *const layout_;
};

void restore(Server &server, iio::Registry &registry)
{
    expect_trigger_numbers(*server.keep, registry);
    for (const auto &device : server.keep->devices()) {
        for (const unsigned number : device.numbers)
            (void)registry.reserve_number(number);
        (void)settings_of(*server.keep, device.numbers);
    }
    restore_triggers(*server.keep, registry, [](const std::string &) {});
    for (unsigned i = 0; i < files; ++i)
        server.add_counter(name_of(i));
    server.handles.adopt();
    (void)server.tree.missing();
    (void)server.keep->take_wakers();
    server.keep->answer_requests([](std::uint64_t) { return true; });
    server.keep->set_ready();
}

/// A damaged table may be full.
void open_and_read(Server &server, const std::string &name)
{
    auto opened = Handle::open(server.tree.find(name), O_RDONLY, *server.keep, {});
    if (!opened)
        return;
    const auto number = server.handles.add(std::move(*opened));
    const auto open = server.handles.find(number);
    fuzz::require(open && open->file, "what is open is found");
    char page[IIO_PAGE_SIZE];
    (void)open->file->read(0, 3, page, {});
    (void)open->file->read(3, 4096, page, {});
    server.handles.release(number);
}

/// What the next server does with it, and its clients.
void take_over(const Memory &memory, const std::vector<std::uint64_t> &handles)
{
    auto keep = Keep::open(memory.fd);
    if (!keep) {
        fuzz::require(keep.error().value() == EINVAL, "what is no keep is refused");
        return;
    }
    keep->reset();
    iio::Registry registry;
    Server server{memory};
    restore(server, registry);
    const NodeRef root = server.tree.pin(root_id);
    fuzz::require(static_cast<bool>(root), "there is a root");
    for (const auto &entry : server.tree.list(*root)) {
        const NodeRef node = server.tree.find(entry.name);
        fuzz::require(static_cast<bool>(node), "what is listed is found");
        server.tree.hold(*node);
        if (node->file()) {
            open_and_read(server, entry.name);
        }
        server.tree.forget(node->id(), 1);
    }
    for (const auto handle : handles) {
        const auto open = server.handles.find(handle);
        if (open && open->file) {
            char page[IIO_PAGE_SIZE];
            (void)open->file->read(2, 4096, page, {.unique = 9, .sent_again = true});
        }
        server.handles.release(handle);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    spdlog::set_level(spdlog::level::off);
    iio::set_log_sink([](std::string_view) noexcept {});
    fuzz::Input input{{data, size}};
    const Memory memory;
    const auto handles = fill(memory);
    constexpr int most = 4; // servers, one after the other
    for (int i = 0; i < most && !input.is_empty(); ++i) {
        {
            Records records{memory};
            for (unsigned damages = input.byte() % 16 + 1; damages > 0; --damages)
                records.damage(input);
        }
        take_over(memory, handles);
    }
    return 0;
}
