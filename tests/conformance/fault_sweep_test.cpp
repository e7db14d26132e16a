// SPDX-License-Identifier: MIT
//
// Every transfer of every operation of every recorded part fails once: the
// operation gives that errno, the next one works, and what the driver believes
// is what the chip holds.
#include "replay.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

namespace {

using namespace iio;
using nlohmann::json;

// One that no driver makes up itself.
constexpr int injected = EREMOTEIO;

using Texts = std::map<std::string, std::string>;

/// What every readable attribute of the device shows, errnos as "!EBUSY".
Texts snapshot(const DeviceView &device)
{
    Texts texts;
    for (const auto &group : device.groups()) {
        for (const auto &attribute : group.attributes) {
            const auto path =
                group.name.empty() ? attribute.name : group.name + "/" + attribute.name;
            if (!(attribute.mode & 0444))
                continue;
            const auto read = device.read(path);
            texts[path] = read ? *read : std::string{"!"} + strerrorname_np(read.error().value());
        }
    }
    return texts;
}

/// How many transfers f needs when nothing fails.
template <class F> std::uint64_t count_transfers(bus::SimulatedBus &bus, F &&f)
{
    bus.arm({});
    f();
    return bus.transfers();
}

/// A freshly bound device of a recording's chip.
struct Fresh {
    explicit Fresh(const json &chip) : replay{chip}
    {
        auto bound = replay.bind();
        if (!bound)
            throw std::runtime_error{strerrorname_np(bound.error().value())};
        device = std::move(*bound);
    }
    [[nodiscard]] const DeviceView &view() const { return *device->view(); }

    tests::Replay replay;
    std::unique_ptr<AnyDevice> device;
};

/// The sweep needs chips whose answers do not depend on how often they were asked.
bool is_steady(const json &recording)
{
    if (!recording.contains("devices") || recording["devices"].empty())
        return false;
    const auto &tree = recording["devices"][0]["tree"];
    return std::ranges::none_of(tree, [](const json &e) { return e.value("varies", false); });
}

template <class F> void for_each_steady_recording(F &&f)
{
    std::size_t swept = 0;
    for (const auto &path : tests::recordings(tests::drivers_directory())) {
        const auto recording = tests::load(path);
        if (!is_steady(recording))
            continue;
        ++swept;
        DYNAMIC_SECTION(path.filename().string()) { f(recording); }
    }
    REQUIRE(swept >= 20);
}

} // namespace

TEST_CASE("a probe whose n-th transfer fails gives that errno and the next probe works")
{
    for_each_steady_recording([](const json &recording) {
        const auto &chip = recording["chip"];
        tests::Replay counting{chip};
        Result<std::unique_ptr<AnyDevice>> bound = fail(ENODEV);
        const auto transfers = count_transfers(counting.bus(), [&] { bound = counting.bind(); });
        REQUIRE(bound);
        for (std::uint64_t n = 1; n <= transfers; ++n) {
            INFO("transfer " << n << " of " << transfers);
            tests::Replay replay{chip};
            replay.bus().fail_transfer(n, injected);
            const auto failed = replay.bind();
            REQUIRE(!failed);
            CHECK(failed.error().value() == injected);
            CHECK(replay.bind());
        }
    });
}

TEST_CASE("a read whose n-th transfer fails gives that errno and the next read works")
{
    for_each_steady_recording([](const json &recording) {
        Fresh fresh{recording["chip"]};
        auto &bus = fresh.replay.bus();
        const auto before = snapshot(fresh.view());
        for (const auto &[path, text] : before) {
            const auto transfers = count_transfers(bus, [&] { (void)fresh.view().read(path); });
            for (std::uint64_t n = 1; n <= transfers; ++n) {
                INFO(path << ", transfer " << n << " of " << transfers);
                bus.fail_transfer(n, injected);
                const auto failed = fresh.view().read(path);
                REQUIRE(!failed);
                CHECK(failed.error().value() == injected);
                const auto again = fresh.view().read(path);
                if (text.front() != '!')
                    CHECK(again.value_or("no value") == text);
            }
        }
        CHECK(snapshot(fresh.view()) == before);
    });
}

TEST_CASE("a write whose n-th transfer fails gives that errno and can be repeated")
{
    for_each_steady_recording([](const json &recording) {
        const auto &chip = recording["chip"];
        std::set<std::pair<std::string, std::string>> seen;
        for (const auto &op : recording["devices"][0]["ops"]) {
            const std::string path = op["path"];
            const std::string text = op["text"];
            if (!op.contains("wrote") || !seen.emplace(path, text).second)
                continue;
            INFO(path << " <- " << text);
            Fresh straight{chip};
            const auto before = snapshot(straight.view());
            const auto transfers = count_transfers(
                straight.replay.bus(), [&] { REQUIRE(straight.view().write(path, text)); });
            const auto after = snapshot(straight.view());

            for (std::uint64_t n = 1; n <= transfers; ++n) {
                INFO("transfer " << n << " of " << transfers);
                Fresh faulty{chip};
                (void)snapshot(faulty.view());
                faulty.replay.bus().fail_transfer(n, injected);
                const auto failed = faulty.view().write(path, text);
                REQUIRE(!failed);
                CHECK(failed.error().value() == injected);
                // Its own text is the old one: the cache took nothing over.
                if (before.contains(path))
                    CHECK(faulty.view().read(path).value_or("no value") == before.at(path));
                // Repeated, it reaches the chip: nothing was assumed done.
                REQUIRE(faulty.view().write(path, text));
                CHECK(snapshot(faulty.view()) == after);
            }
        }
    });
}
