// SPDX-License-Identifier: MIT
//
// The keep after servers that died of what they served, or that damaged it.
#include "keep_bench.hpp"
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <core/software_triggers.hpp>
#include <daemon/takeover/restore.hpp>
#include <daemon/takeover/serving.hpp>
#include <new>
#include <random>
#include <unistd.h>

namespace keep_test {

TEST_CASE("a request that is served whenever the server dies is refused, others are not")
{
    const Memory memory;
    const Request poison{.unique = 100, .sent_again = true},
        other{.unique = 102, .sent_again = true};
    // Serves the request, dies, and says whether it was refused.
    const auto dies_at = [&](bool crashes) {
        const auto keep = memory.keep();
        keep->set_ready();
        const Serving fine{*keep, other, 1};
        CHECK_FALSE(fine.is_refused());
        // It is never destroyed: the server is killed while it serves.
        alignas(Serving) std::array<std::byte, sizeof(Serving)> place;
        const auto *const serving = new (place.data()) Serving{*keep, poison, 1};
        if (crashes)
            keep->header().crashed = 1;
        return serving->is_refused();
    };
    SECTION("two crashes are enough")
    {
        CHECK_FALSE(dies_at(true));
        CHECK_FALSE(dies_at(true));
        CHECK(dies_at(true));
    }
    SECTION("to be there when it is killed says less")
    {
        for (int i = 0; i < 4; ++i)
            CHECK_FALSE(dies_at(false));
        CHECK(dies_at(false));
    }
    const auto keep = memory.keep();
    Request first = poison;
    first.sent_again = false;
    CHECK_FALSE(Serving{*keep, first, 1}.is_refused());
}

TEST_CASE("servers that die before they are ready leave the next one without records")
{
    const Memory memory;
    const auto has_records = [&](bool crashes, bool gets_ready) {
        const auto keep = memory.keep();
        const bool has = !keep->settings("iio:device0").empty();
        if (gets_ready)
            keep->set_ready();
        keep->header().crashed = crashes ? 1 : 0;
        return has;
    };
    CHECK(memory.keep()->set("iio:device0", "in_accel_scale", "1"));
    for (int i = 0; i < 20; ++i)
        CHECK(has_records(true, true));
    CHECK(has_records(true, false));
    CHECK(has_records(true, false));
    CHECK_FALSE(has_records(true, false));
}

TEST_CASE("an order that was begun is not done twice")
{
    const Memory memory;
    const Request order{.unique = 7};
    Request again = order;
    again.sent_again = true;
    std::uint64_t handle = 0;
    {
        Server server{memory};
        server.add_counter("store_eeprom");
        handle = server.open("store_eeprom");
        server.handles.find(handle)->file->kept().set_order_begun(order);
    }
    Server server{memory};
    server.add_counter("store_eeprom");
    server.handles.adopt();
    CHECK(server.handles.find(handle)->file->kept().written(again) == -EIO);
    CHECK_FALSE(
        server.handles.find(handle)->file->kept().written({.unique = 9, .sent_again = true}));
}

namespace {

/// A keep of a server that had something of everything.
void fill(const Memory &memory)
{
    Server server{memory};
    server.keep->set_init_request(std::array<std::uint8_t, 4>{1, 2, 3, 4});
    for (int i = 0; i < 40; ++i) {
        const auto name = "in_voltage" + std::to_string(i) + "_raw";
        server.tree.hold(*server.tree.pin(server.add_counter(name)));
        const auto handle = server.open(name, {.unique = 2 * static_cast<unsigned>(i)});
        const auto open = server.handles.find(handle);
        server.read(*open->file, 0, 2);
        (void)server.keep->set("iio:device" + std::to_string(i), "in_scale", "0.5");
    }
    const std::array numbers{1U, 2U};
    (void)server.keep->add_device("as5600 i2c-1 0x36", false, numbers);
    (void)server.keep->add_device("bme280 i2c-1 0x76", true, std::array{3U});
    (void)server.keep->add_trigger("sysfstrig3", kept::Trigger::sysfs, 1);
    (void)server.keep->add_trigger("clock", kept::Trigger::hrtimer, 2);
    server.keep->begin_request(100, 0);
}

/// What a server that takes over does with it.
void take_over(const Memory &memory)
{
    Server server{memory};
    iio::Registry registry;
    expect_trigger_numbers(*server.keep, registry);
    for (const auto &device : server.keep->devices()) {
        for (const unsigned number : device.numbers)
            (void)registry.reserve_number(number);
        (void)settings_of(*server.keep, device.numbers);
    }
    restore_triggers(*server.keep, registry, [](const std::string &) {});
    for (int i = 0; i < 40; ++i)
        server.add_counter("in_voltage" + std::to_string(i) + "_raw");
    server.handles.adopt();
    (void)server.tree.missing();
    (void)server.keep->take_wakers();
    server.keep->answer_requests([](std::uint64_t) { return true; });
    const NodeRef root = server.tree.pin(root_id);
    REQUIRE(root);
    for (const auto &entry : server.tree.list(*root)) {
        const NodeRef node = server.tree.find(entry.name);
        REQUIRE(node);
        server.tree.hold(*node);
        if (node->file()) {
            auto opened = Handle::open(server.tree.find(entry.name), O_RDONLY, *server.keep, {});
            if (!opened)
                continue; // its mode says that nobody may
            const auto open = server.handles.find(server.handles.add(std::move(*opened)));
            REQUIRE(open);
            // Damage may have made readable what cannot be shown.
            char page[IIO_PAGE_SIZE];
            (void)open->file->read(0, 3, page, {});
            (void)open->file->read(3, 4096, page, {});
        }
        server.tree.forget(node->id(), 1);
    }
    for (std::uint32_t i = 0; i < 64; ++i) {
        // What the kernel may still ask about files of the server before.
        const auto open = server.handles.find(std::uint64_t{1} << 48 | i);
        if (open && open->file) {
            char page[IIO_PAGE_SIZE];
            (void)open->file->read(2, 4096, page, {.unique = 9, .sent_again = true});
        }
    }
}

} // namespace

TEST_CASE("the root is the root when the records say that there was none")
{
    const Memory memory;
    fill(memory);
    memory.keep()->header().generation = 5;
    memory.keep()->header().nodes_end = 0;
    take_over(memory);
}

TEST_CASE("no damage to a keep is the next server's end")
{
    std::mt19937 random{GENERATE(range(1U, 17U))};
    const Memory memory;
    fill(memory);
    auto *const layout = static_cast<kept::Layout *>(kept::map_layout(MAP_SHARED, memory.fd.get()));
    REQUIRE(layout != MAP_FAILED);
    // Only where something is: the rest is as zero as before.
    const std::array<std::pair<void *, std::size_t>, 8> places{{{&layout->header, 400},
                                                                {&layout->header, 40},
                                                                {&layout->devices, 1024},
                                                                {&layout->triggers, 256},
                                                                {&layout->settings, 40 * 256},
                                                                {&layout->requests, 1024},
                                                                {&layout->nodes, 64 * 128},
                                                                {&layout->files, 40 * 64}}};
    for (int round = 0; round < 10; ++round) {
        for (unsigned flips = 1 + random() % 32; flips > 0; --flips) {
            const auto &[start, size] = places[random() % places.size()];
            // Not the magic and the version: another version's keep is emptied.
            const auto offset =
                start == &layout->header ? 16 + random() % (size - 16) : random() % size;
            static_cast<unsigned char *>(start)[offset] = static_cast<unsigned char>(random());
        }
        // Half a million nodes take long, and are no other case than some hundred.
        auto &nodes_end = layout->header.nodes_end;
        nodes_end = std::min(nodes_end.load(), 500U);
        take_over(memory);
    }
    munmap(layout, sizeof(kept::Layout));
}

TEST_CASE("who has the keep too cannot take its memory away")
{
    const Memory memory{Fd{memfd_create("keep", MFD_CLOEXEC | MFD_ALLOW_SEALING)}};
    const auto keep = memory.keep();
    CHECK(ftruncate(memory.fd.get(), 4096) == -1);
    CHECK(errno == EPERM);
    CHECK(keep->set("iio:device0", "in_accel_scale", "1"));
}

} // namespace keep_test
