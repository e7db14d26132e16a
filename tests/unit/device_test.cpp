// SPDX-License-Identifier: MIT
//
// A driver as a device: its attributes, its binding, its end.
#include "fake_driver.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <iio/host/bound_chip.hpp>
#include <iio/host/log.hpp>
#include <set>
#include <thread>

namespace device_test {

using namespace iio;
using namespace iio::tests;

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

TEST_CASE("devices of one part share their attributes, others have their own")
{
    Answers answers;
    FakeBoard board{answers};
    FakeBoard same_board{answers};
    FakeBoard labelled_board{answers};
    Registry registry;
    const auto live = register_fake(board, registry).value();
    const auto same = register_fake(same_board, registry).value();
    const auto labelled = register_fake(labelled_board, registry, {.label = "left"}).value();
    CHECK(same.view().find("in_voltage0_raw") == live.view().find("in_voltage0_raw"));
    CHECK(labelled.view().find("in_voltage0_raw") != live.view().find("in_voltage0_raw"));
    REQUIRE(same.view().write("current_timestamp_clock", "monotonic"));
    CHECK(same.view().read("current_timestamp_clock").value() == "monotonic\n");
    CHECK(live.view().read("current_timestamp_clock").value() == "realtime\n");
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
    std::optional<LiveFake> live{register_fake(board, registry).value()};
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

} // namespace device_test
