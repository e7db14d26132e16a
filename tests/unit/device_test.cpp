// SPDX-License-Identifier: MIT
#include "fake_driver.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <iio/host/bound_chip.hpp>
#include <iio/host/log.hpp>
#include <set>
#include <thread>

using namespace iio;
using namespace iio::tests;

namespace {

using Live = Device<FakeDriver, Registered>;

Result<Live> register_fake(const FakeBoard &board, Registry &registry,
                           const DeviceOptions &options = {})
{
    auto fresh = IIO_TRY(Device<FakeDriver, Unregistered>::probe(board.hardware));
    return std::move(fresh).register_on(registry, options);
}

template <class T> int error_of(const Result<T> &result)
{
    return result ? 0 : result.error().value();
}

std::vector<std::string> lines;
void keep_line(std::string_view line) noexcept { lines.emplace_back(line); }

} // namespace

TEST_CASE("a channel table becomes the attributes of the ABI")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    const auto live = register_fake(board, registry, {.label = "left"}).value();
    std::map<std::string, unsigned> modes;
    for (const auto &group : live.view().groups()) {
        for (const auto &attribute : group.attributes)
            modes[group.name + "/" + attribute.name] = attribute.mode;
    }
    CHECK(modes == std::map<std::string, unsigned>{
                       {"/current_timestamp_clock", 0644},
                       {"/dev", 0444},
                       {"/in_accel_mount_matrix", 0444},
                       {"/in_accel_x_en", 0644},
                       {"/in_accel_x_raw", 0644},
                       {"/in_mount_matrix", 0444},
                       {"/in_voltage0_power", 0644},
                       {"/in_voltage0_raw", 0644},
                       {"/in_voltage1_supply_label", 0444},
                       {"/in_voltage1_supply_raw", 0644},
                       {"/in_voltage_power_available", 0444},
                       {"/in_voltage_scale", 0644},
                       {"/in_voltage_scale_available", 0444},
                       {"/label", 0444},
                       {"/name", 0444},
                       {"/sampling_frequency", 0644},
                       {"/store", 0200},
                       {"/uevent", 0644},
                       {"events/in_voltage0_thresh_rising_en", 0644},
                       {"events/in_voltage0_thresh_rising_value", 0644},
                   });
}

TEST_CASE("attributes are read through the driver")
{
    Answers answers;
    FakeBoard board{answers};
    MountMatrix upside_down = identity_matrix;
    upside_down[8] = "-1";
    board.hardware = Hardware{"fake", board.client, board.supplies, upside_down};
    Registry registry;
    const auto live = register_fake(board, registry, {.label = "left"}).value();
    const auto &view = live.view();
    CHECK(view.read("name").value() == "fake\n");
    CHECK(view.read("label").value() == "left\n");
    CHECK(view.read("in_voltage0_raw").value() == "42\n");
    CHECK(view.read("in_voltage1_supply_label").value() == "supply\n");
    CHECK(view.read("in_voltage_scale_available").value() == "0.500000000 0.750000000\n");
    CHECK(view.read("in_voltage_power_available").value() == "low high\n");
    CHECK(view.read("in_mount_matrix").value() == "1, 0, 0; 0, 1, 0; 0, 0, -1\n");
    CHECK(view.read("in_accel_mount_matrix").value() == "0, 1, 0; 1, 0, 0; 0, 0, 1\n");
    CHECK(view.read("events/in_voltage0_thresh_rising_value").value() == "1.250000\n");
    CHECK(view.read("uevent").value() ==
          "MAJOR=254\nMINOR=0\nDEVNAME=iio:device0\nDEVTYPE=iio_device\n");
    CHECK(view.read("current_timestamp_clock").value() == "realtime\n");
    CHECK(error_of(view.read("in_voltage9_raw")) == ENOENT);
    CHECK(error_of(view.read("store")) == EIO);

    answers.read = [](const Channel &, Info) -> Result<Value> { return fail(ETIMEDOUT); };
    CHECK(error_of(view.read("in_voltage0_raw")) == ETIMEDOUT);
}

TEST_CASE("what is written arrives in the driver's format")
{
    Answers answers;
    std::vector<std::tuple<Info, int, int>> seen;
    answers.write = [&](Info info, Written value) {
        seen.emplace_back(info, value.integer, value.fraction);
        return Result<void>{};
    };
    FakeBoard board{answers};
    Registry registry;
    const auto live = register_fake(board, registry).value();
    const auto &view = live.view();
    CHECK(view.write("in_voltage_scale", "-0.5\n").value() == 5);
    answers.format = WriteFormat::integer;
    CHECK(view.write("in_voltage0_raw", "0x10").value() == 4);
    CHECK(seen ==
          std::vector<std::tuple<Info, int, int>>{{Info::scale, 0, -500'000}, {Info::raw, 16, 0}});
    CHECK(error_of(view.write("in_voltage0_raw", "1.5")) == EINVAL);
    CHECK(error_of(view.write("name", "x")) == EIO);
    CHECK(seen.size() == 2);

    CHECK(view.write("in_voltage0_power", "high\n").value() == 5);
    CHECK(view.read("in_voltage0_power").value() == "high\n");
    CHECK(error_of(view.write("in_voltage0_power", "higher")) == EINVAL);
    CHECK(view.write("store", "0\n").value() == 0);
    CHECK(view.write("events/in_voltage0_thresh_rising_en", "y").value() == 1);
    CHECK(view.read("events/in_voltage0_thresh_rising_en").value() == "1\n");
    CHECK(error_of(view.write("events/in_voltage0_thresh_rising_value", "1")) == EINVAL);
}

TEST_CASE("a NUL ends what is written and counts as taken")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    const auto live = register_fake(board, registry).value();
    CHECK(live.view().write("in_voltage_scale", std::string_view{"1.5\0", 4}).value() == 4);
    CHECK(live.view().write("in_voltage_scale", std::string(4096, '1')).value() == 4096);
}

TEST_CASE("direct_reg_access reads the chosen register and writes one")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    const auto live = register_fake(board, registry).value();
    const auto files = live.view().debug_attributes();
    REQUIRE(files.size() == 1);
    REQUIRE(files[0].name == "direct_reg_access");
    const auto show = [&] {
        std::array<char, IIO_PAGE_SIZE> page{};
        return std::string{page.data(), live.view().show(files[0], page.data()).value()};
    };
    CHECK(live.view().store(files[0], "0x1f\n").value() == 5);
    CHECK(show() == "0x20F\n");
    CHECK(live.view().store(files[0], "2 0x33").value() == 6);
    CHECK(show() == "0x22\n");
    CHECK(error_of(live.view().store(files[0], "0xff 1")) == EINVAL);
    CHECK(error_of(live.view().store(files[0], "x")) == EINVAL);
}

TEST_CASE("an exception out of a driver is EIO and one line in the log")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    const auto live = register_fake(board, registry).value();
    answers.read = [](const Channel &, Info) -> Result<Value> {
        throw std::runtime_error{"out of order"};
    };
    lines.clear();
    set_log_sink(keep_line);
    CHECK(error_of(live.view().read("in_voltage0_raw")) == EIO);
    CHECK(lines == std::vector<std::string>{"fake: read_raw threw: out of order"});
    answers.read = [](const Channel &, Info) -> Result<Value> { throw 7; };
    CHECK(error_of(live.view().read("in_voltage0_raw")) == EIO);
    set_log_sink(nullptr);
    CHECK(lines.size() == 2);
    answers.read = [](const Channel &, Info) -> Result<Value> { return Int{1}; };
    CHECK(live.view().read("in_voltage0_raw").value() == "1\n");
}

TEST_CASE("a probe that fails leaves nothing behind")
{
    Answers answers;
    answers.probe = [] { return Result<void>{fail(ENODEV)}; };
    FakeBoard board{answers};
    Registry registry;
    CHECK(error_of(register_fake(board, registry)) == ENODEV);
    CHECK(answers.alive == 0);
    CHECK(registry.devices().empty());
    answers.probe = []() -> Result<void> { throw std::runtime_error{"no"}; };
    set_log_sink(keep_line);
    CHECK(error_of(register_fake(board, registry)) == EIO);
    set_log_sink(nullptr);
    CHECK(answers.alive == 0);
}

TEST_CASE("a constructor that throws is an errno and one line in the log")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    lines.clear();
    set_log_sink(keep_line);
    answers.construct = [] { throw std::bad_alloc{}; };
    CHECK(error_of(register_fake(board, registry)) == ENOMEM);
    answers.construct = [] { throw std::runtime_error{"no"}; };
    CHECK(error_of(register_fake(board, registry)) == EIO);
    set_log_sink(nullptr);
    CHECK(lines == std::vector<std::string>{"fake: its constructor threw: std::bad_alloc",
                                            "fake: its constructor threw: no"});
    CHECK(answers.alive == 0);
    CHECK(registry.devices().empty());
}

TEST_CASE("a list of values of several types is EINVAL and one line in the log")
{
    Answers answers;
    answers.scales = {Int{1}, IntPlusMicro{2, 500'000}};
    FakeBoard board{answers};
    Registry registry;
    const auto live = register_fake(board, registry).value();
    lines.clear();
    set_log_sink(keep_line);
    CHECK(error_of(live.view().read("in_voltage_scale_available")) == EINVAL);
    set_log_sink(nullptr);
    CHECK(lines ==
          std::vector<std::string>{
              "fake: read_avail of the channel in_voltage0 gives values of several types"});
}

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
          "bold: the channel in_voltage0 has a mount matrix, and the board gives none");

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

TEST_CASE("a driver of another ABI version, or without a function, is not called")
{
    Answers answers;
    FakeBoard board{answers};
    auto driver = driver_of<FakeDriver>("fake");
    driver.abi_version = IIO_WRAP_ABI_VERSION + 1;
    CHECK(error_of(ProbedChip::probe(driver, board.hardware)) == EINVAL);
    driver = driver_of<FakeDriver>("fake");
    driver.probe = nullptr;
    CHECK(error_of(ProbedChip::probe(driver, board.hardware)) == EINVAL);
    static constexpr std::array others{Part{.name = "other", .addresses = {0x20}}};
    CHECK(error_of(ProbedChip::probe(driver_of<FakeDriver, others>("fake"), board.hardware)) ==
          EINVAL);
    CHECK(ProbedChip::probe(driver_of<FakeDriver>("fake"), board.hardware));
}

TEST_CASE("a family's parts are the same in C, and back")
{
    static constexpr std::array parts{
        Part{.name = "one", .addresses = {0x20, 0x21}, .supplies = {"vdd", "vref"}},
        Part{.name = "two", .spi = SpiSettings{.mode = 3, .speed_hz = 1000}},
    };
    static constexpr iio_driver driver = driver_of<FakeDriver, parts>("fake");
    REQUIRE(driver.num_parts == 2);
    CHECK(driver.parts[0].num_addresses == 2);
    CHECK(driver.parts[0].addresses[1] == 0x21);
    CHECK(driver.parts[0].supplies[1] == std::string_view{"vref"});
    CHECK_FALSE(driver.parts[0].supplies[2]);
    CHECK(driver.parts[1].on_spi == 1);
    CHECK(driver.parts[1].num_devices == 1);
    const ForeignModule foreign{driver};
    const Part *const one = foreign.module().find("one");
    const Part *const two = foreign.module().find("two");
    REQUIRE(one);
    REQUIRE(two);
    CHECK(one->addresses.size() == 2);
    CHECK(one->supplies.size() == 2);
    CHECK_FALSE(one->spi);
    CHECK(two->addresses.empty());
    CHECK(two->spi->speed_hz == 1000);
    CHECK(two->spi->bits_per_word == 8);
}

TEST_CASE("numbers are the lowest that are free, and reserved ones are kept")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    std::optional<Live> zero{register_fake(board, registry).value()};
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

TEST_CASE("a device that was moved from cannot be registered")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    auto fresh = Device<FakeDriver, Unregistered>::probe(board.hardware).value();
    const auto live = std::move(fresh).register_on(registry).value();
    CHECK(error_of(std::move(fresh).register_on(registry)) == EINVAL);
}

TEST_CASE("teardown hides the device, waits for calls in flight, then destroys the driver")
{
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
    std::promise<void> entered;
    std::promise<void> leave;
    auto left = leave.get_future();
    answers.read = [&](const Channel &, Info) -> Result<Value> {
        entered.set_value();
        left.wait();
        CHECK(answers.alive == 1);
        return Int{7};
    };
    std::optional<Live> live{register_fake(board, registry).value()};
    const auto view = live->shared_view();
    auto reader = std::async(std::launch::async, [&] { return view->read("in_voltage0_raw"); });
    entered.get_future().wait();
    auto teardown = std::async(std::launch::async, [&] { live.reset(); });
    while (!view->is_removed())
        std::this_thread::yield();
    CHECK(error_of(view->read("name")) == ENODEV);
    CHECK(registry.devices().empty());
    CHECK(answers.alive == 1);
    CHECK(teardown.wait_for(std::chrono::milliseconds{50}) == std::future_status::timeout);
    leave.set_value();
    CHECK(reader.get().value() == "7\n");
    teardown.wait();
    CHECK(answers.alive == 0);
    CHECK(error_of(view->write("in_voltage_scale", "1")) == ENODEV);
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
    iio_dev dev{};
    dev.abi_version = IIO_WRAP_ABI_VERSION;
    dev.modes = IIO_MODE_BUFFER_SOFTWARE;
    dev.name = "thrower";
    dev.info = &info;
    dev.channels = channels.data();
    dev.num_channels = 1;
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
    iio_dev dev{};
    dev.abi_version = IIO_WRAP_ABI_VERSION;
    dev.modes = IIO_MODE_BUFFER_SOFTWARE;
    dev.name = "polling";
    dev.info = &info;
    dev.channels = channels.data();
    dev.num_channels = 1;
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

TEST_CASE("a channel that is in no scan has no bit in a scan mask")
{
    const auto channel = Channel::in(ChannelType::temp).separate(Info::raw);
    BufferSetup setup{};
    setup.active = ~std::uint64_t{0};
    CHECK_FALSE(setup.has(channel));
    CHECK(scan_bit(-1) == 0);
    CHECK(scan_bit(0) == 1);
    CHECK(scan_bit(63) == std::uint64_t{1} << 63);
    CHECK(scan_bit(64) == 0);
}
