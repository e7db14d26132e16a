// SPDX-License-Identifier: MIT
//
// Registry: which devices it takes, their numbers, and who is told of them.
#include "fake_driver.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <iio/host/log.hpp>
#include <optional>
#include <thread>

namespace registry_test {

using namespace iio;
using namespace iio::tests;
using namespace std::chrono_literals;

namespace {

/// A device in C that can stream. What it is given outlives it.
iio_dev streaming_dev(const char *name, const iio_info &info, const Channel &channel)
{
    iio_dev dev{};
    dev.abi_version = IIO_WRAP_ABI_VERSION;
    dev.modes = IIO_MODE_BUFFER_SOFTWARE;
    dev.name = name;
    dev.info = &info;
    dev.channels = &channel;
    dev.num_channels = 1;
    return dev;
}

} // namespace

TEST_CASE("a device that promises what no operation backs is refused with a sentence")
{
    static constexpr auto in = Channel::in(ChannelType::voltage, 0).separate(Info::raw);
    static constexpr std::array texts{
        ExtInfo::text("mode", Shared::separate, ExtInfo::Access::read_write)};
    static constexpr std::array orders{
        ExtInfo::text("go", Shared::separate, ExtInfo::Access::order)};
    static constexpr std::array choices{ExtInfo::choice("power", Shared::separate, fake_words)};
    static constexpr std::array enables{
        EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::enable)};
    static constexpr std::array matrix{ExtInfo::mount_matrix(Shared::separate)};
    static constexpr std::array own{DeviceAttribute::of("about", ExtInfo::Access::read),
                                    DeviceAttribute::constant("always", "1\n")};
    static constexpr std::array triggers{OwnTrigger::named("-trigger", true)};

    const auto log_of = [](const iio_dev &promising, const iio_info &info = {}) {
        Registry registry;
        iio_info readable = info;
        readable.read_raw = detail::info_of<FakeDriver>.read_raw;
        iio_dev dev = promising;
        dev.abi_version = IIO_WRAP_ABI_VERSION;
        dev.name = "bold";
        dev.info = &readable;
        lines.clear();
        set_log_sink(keep_line);
        const int error = error_of(registry.add(dev, {}));
        set_log_sink(nullptr);
        CHECK(error == (lines.empty() ? 0 : EINVAL));
        return lines.empty() ? "" : lines.front();
    };
    const auto with_channel = [](const Channel &channel) {
        iio_dev dev{};
        dev.channels = &channel;
        dev.num_channels = 1;
        return dev;
    };
    const auto lacks = [](const std::string &what, const std::string &operation) {
        return "bold: " + what + " needs the operation " + operation +
               ", which the driver does not have";
    };
    const std::string channel = "the channel in_voltage0";
    CHECK(log_of(with_channel(in)).empty());
    CHECK(log_of(with_channel(in.available(Shared::by_type, Info::scale))) ==
          lacks(channel, "read_avail"));
    CHECK(log_of(with_channel(in.with_ext_info(texts))) == lacks(channel, "read_ext"));
    CHECK(log_of(with_channel(in.with_ext_info(orders))) == lacks(channel, "write_ext"));
    CHECK(log_of(with_channel(in.with_ext_info(choices))) == lacks(channel, "read_enum"));
    CHECK(log_of(with_channel(in.with_events(fake_events))) == lacks(channel, "read_event_config"));
    CHECK(log_of(with_channel(in.with_events(fake_events)),
                 {.read_event_config = detail::info_of<FakeDriver>.read_event_config}) ==
          lacks(channel, "read_event_value"));
    CHECK(log_of(with_channel(in.with_events(enables)),
                 {.read_event_config = detail::info_of<FakeDriver>.read_event_config})
              .empty());
    CHECK(log_of(with_channel(in.with_ext_info(matrix))) ==
          "bold: the channel in_voltage0 has a mount matrix, but the board has none");

    iio_dev dev{};
    dev.attributes = own.data();
    dev.num_attributes = 2;
    CHECK(log_of(dev) == lacks("the attribute about", "read_attribute"));
    dev.attributes = &own[1];
    dev.num_attributes = 1;
    CHECK(log_of(dev).empty());
    dev = {};
    dev.triggers = triggers.data();
    dev.num_triggers = 1;
    CHECK(log_of(dev) == lacks("the trigger bold-trigger", "set_trigger"));
    dev = {};
    dev.modes = IIO_MODE_BUFFER_TRIGGERED;
    CHECK(log_of(dev) == lacks("a triggered buffer", "scan"));
    dev.modes = IIO_MODE_BUFFER_SOFTWARE;
    CHECK(log_of(dev) == lacks("a buffer that the driver fills", "start_buffer"));
}

TEST_CASE("numbers are the lowest that are free, and reserved ones are kept")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    std::optional<LiveFake> zero{register_fake(board, registry).value()};
    const auto one = register_fake(board, registry).value();
    CHECK(one.view().directory() == "iio:device1");
    zero.reset();
    const auto again = register_fake(board, registry).value();
    CHECK(again.view().number() == 0);

    const auto kept = registry.reserve_number();
    CHECK(kept == 2);
    const auto three = register_fake(board, registry).value();
    CHECK(three.view().number() == 3);
    const auto two = register_fake(board, registry, {.numbers = {kept}}).value();
    CHECK(two.view().number() == 2);
    CHECK(error_of(register_fake(board, registry, {.numbers = {kept}})) == EBUSY);
}

TEST_CASE("numbers that others have are not given, nor those below the first")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    const auto zero = register_fake(board, registry).value();
    registry.set_number_spaces({.first = 2, .taken = {0, 3}}, {});
    CHECK(zero.view().number() == 0); // until it is removed
    CHECK(registry.reserve_number() == 2);
    CHECK(registry.reserve_number() == 4);
    const auto next = register_fake(board, registry).value();
    CHECK(next.view().number() == 5);
}

TEST_CASE("a device is prepared before anybody sees it, and nobody gets its number meanwhile")
{
    struct Observer : DeviceObserver {
        void device_added(const std::shared_ptr<const LiveDevice> &) override { ++added; }
        void device_removed(const std::shared_ptr<const LiveDevice> &) override {}
        int added = 0;
    } observer;
    Answers answers;
    FakeBoard board{answers}, other_board{answers};
    Registry registry;
    registry.observe(observer);
    int prepared = 0;
    const auto device =
        register_fake(
            board, registry,
            {.numbers = {0},
             .before_shown =
                 [&](const auto &view) {
                     ++prepared;
                     CHECK(view.directory() == "iio:device0");
                     CHECK(observer.added == 0);
                     CHECK(registry.devices().empty());
                     CHECK(error_of(register_fake(other_board, registry, {.numbers = {0}})) ==
                           EBUSY);
                     CHECK(register_fake(other_board, registry).value().view().number() == 1);
                 }})
            .value();
    CHECK(prepared == 1);
    CHECK(observer.added == 2);
    registry.stop_observing(observer);
}

TEST_CASE("observers are told of devices that are there and of those that come and go")
{
    struct Observer : DeviceObserver {
        Observer(std::vector<std::string> &told, std::string name)
            : told_{told}, name_{std::move(name)}
        {
        }
        void device_added(const std::shared_ptr<const LiveDevice> &device) override
        {
            told_.push_back(name_ + "+" + device->directory());
        }
        void device_removed(const std::shared_ptr<const LiveDevice> &device) override
        {
            CHECK(device->is_removed());
            told_.push_back(name_ + "-" + device->directory());
        }
        std::vector<std::string> &told_;
        std::string name_;
    };
    std::vector<std::string> told;
    Observer one{told, "one"};
    Observer other{told, "other"};
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    const auto first = register_fake(board, registry).value();
    registry.observe(one);
    registry.observe(other);
    CHECK(told == std::vector<std::string>{"one+iio:device0", "other+iio:device0"});
    told.clear();
    {
        const auto second = register_fake(board, registry).value();
    }
    CHECK(told == std::vector<std::string>{"one+iio:device1", "other+iio:device1",
                                           "other-iio:device1", "one-iio:device1"});
    told.clear();
    registry.stop_observing(one);
    {
        const auto second = register_fake(board, registry).value();
    }
    registry.stop_observing(other);
    CHECK(told == std::vector<std::string>{"other+iio:device1", "other-iio:device1"});
}

TEST_CASE("a device of another ABI version or with clashing channels is refused")
{
    Registry registry;
    const iio_info info = detail::info_of<FakeDriver>;
    iio_dev dev{};
    dev.abi_version = IIO_WRAP_ABI_VERSION + 1;
    dev.name = "old";
    dev.info = &info;
    CHECK(error_of(registry.add(dev, {})) == EINVAL);
    dev.abi_version = IIO_WRAP_ABI_VERSION;
    const std::array twice{Channel::in(ChannelType::temp).separate(Info::raw),
                           Channel::in(ChannelType::temp).separate(Info::raw)};
    dev.channels = twice.data();
    dev.num_channels = 2;
    CHECK(error_of(registry.add(dev, {})) == EBUSY);
    dev.num_channels = 1;
    CHECK(registry.add(dev, {}));
}

TEST_CASE("what a driver in C throws, and a lack of memory, is an errno")
{
    Registry registry;
    iio_info info{};
    info.read_raw = [](const iio_dev *, const iio_chan_spec *, int, int *, int *) -> int {
        throw std::bad_alloc{};
    };
    info.write_raw = [](const iio_dev *, const iio_chan_spec *, int, int, int) -> int {
        throw std::bad_alloc{};
    };
    info.start_buffer = [](const iio_dev *, const iio_buffer_setup *) -> int {
        throw std::bad_alloc{};
    };
    const std::array channels{
        Channel::in(ChannelType::temp).separate(Info::raw).scan(0, ScanType::of_unsigned(8, 8))};
    iio_dev dev = streaming_dev("thrower", info, channels.front());
    const auto view = registry.add(dev, {}).value();
    CHECK(error_of(view->read("in_temp_raw")) == ENOMEM);
    CHECK(error_of(view->write("in_temp_raw", "1")) == ENOMEM);
    REQUIRE(view->write("scan_elements/in_temp_en", "1"));
    CHECK(error_of(view->write("buffer/enable", "1")) == ENOMEM);
    CHECK(view->read("buffer/enable").value() == "0\n");
    registry.remove(view);
}

TEST_CASE("a thread of a driver's own may call the core while its device comes and goes")
{
    Registry registry;
    iio_info info = detail::info_of<FakeDriver>;
    info.start_buffer = [](const iio_dev *, const iio_buffer_setup *) { return 0; };
    const std::array channels{
        Channel::in(ChannelType::temp).separate(Info::enable).scan(0, ScanType::of_unsigned(8, 8))};
    iio_dev dev = streaming_dev("polling", info, channels.front());
    const Host host{dev};
    std::atomic<bool> stop = false;
    std::thread polling{[&] {
        while (!stop) {
            (void)host.now();
            host.push_event(1, 2);
            host.fire(0, 3);
            host.doubt();
            (void)host.push(4, [&](Scan &scan) { scan.put(channels[0], 5); });
        }
    }};
    for (int round = 0; round < 200; ++round) {
        auto view = registry.add(dev, {}).value();
        (void)view->write("scan_elements/in_temp_en", "1");
        (void)view->write("buffer/enable", "1");
        registry.remove(view);
        view.reset();
        CHECK(host.now() == 0);
        CHECK_FALSE(host.push(4, [](Scan &) {}));
    }
    stop = true;
    polling.join();
}

TEST_CASE("the removal of a device waits for the calls of a driver's own threads")
{
    Registry registry;
    const iio_info info = detail::info_of<FakeDriver>;
    iio_dev dev{};
    dev.abi_version = IIO_WRAP_ABI_VERSION;
    dev.name = "polling";
    dev.info = &info;
    auto view = registry.add(dev, {}).value();
    // A call into the core is under way.
    std::atomic_ref{dev.core_calls}.fetch_add(1);
    auto removal = std::async(std::launch::async, [&] { registry.remove(view); });
    CHECK(removal.wait_for(50ms) == std::future_status::timeout);
    std::atomic_ref{dev.core_calls}.fetch_sub(1);
    CHECK(removal.wait_for(10s) == std::future_status::ready);
}

} // namespace registry_test
