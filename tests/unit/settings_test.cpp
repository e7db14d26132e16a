// SPDX-License-Identifier: MIT
#include "fake_driver.hpp"

#include <catch2/catch.hpp>
#include <iio/host/log.hpp>

using namespace iio;
using namespace iio::tests;

namespace {

using Live = Device<FakeDriver, Registered>;

struct Bench {
    Live register_with(const Settings &settings = {})
    {
        DeviceOptions options;
        options.settings = {settings};
        return Device<FakeDriver, Unregistered>::probe(board.hardware)
            .value()
            .register_on(registry, options)
            .value();
    }
    Answers answers;
    FakeBoard board{answers};
    Registry registry;
};

std::vector<std::string> lines;
void keep_line(std::string_view line) noexcept { lines.emplace_back(line); }

} // namespace

TEST_CASE("settings are what was stored, in the order of the last write")
{
    Bench bench;
    const auto live = bench.register_with();
    const auto &view = live.view();
    REQUIRE(view.write("in_voltage_scale", "0.5\n"));
    REQUIRE(view.write("events/in_voltage0_thresh_rising_en", "1"));
    REQUIRE(view.write("in_voltage0_power", "high\n"));
    REQUIRE(view.write("current_timestamp_clock", "monotonic\n"));
    REQUIRE(view.write("in_voltage_scale", std::string_view{"0.75\0", 5}));
    CHECK(view.settings() == Settings{{"events/in_voltage0_thresh_rising_en", "1"},
                                      {"in_voltage0_power", "high"},
                                      {"current_timestamp_clock", "monotonic"},
                                      {"in_voltage_scale", "0.75"}});
}

TEST_CASE("orders, registers, the streaming state and what is refused are no settings")
{
    Bench bench;
    const auto live = bench.register_with();
    const auto &view = live.view();
    REQUIRE(view.write("store", "1"));
    REQUIRE(view.write("uevent", "add"));
    REQUIRE(view.store(view.debug_attributes()[0], "2 0x33"));
    CHECK_FALSE(view.write("in_voltage0_power", "higher"));
    bench.answers.write = [](Info, Written) { return Result<void>{fail(EINVAL)}; };
    CHECK_FALSE(view.write("in_voltage_scale", "0.5"));
    CHECK(view.settings().empty());
}

TEST_CASE("settings are stored before anybody sees the device, and what needs others is retried")
{
    struct Observer : DeviceObserver {
        void device_added(const std::shared_ptr<const LiveDevice> &device) override
        {
            seen = device->settings();
        }
        void device_removed(const std::shared_ptr<const LiveDevice> &) override {}
        Settings seen;
    } observer;
    Bench bench;
    bench.registry.observe(observer);
    std::vector<Info> taken;
    bench.answers.write = [&](Info info, Written) -> Result<void> {
        if (info == Info::scale && taken.empty())
            return fail(EINVAL);
        if (info == Info::raw)
            return fail(ERANGE);
        taken.push_back(info);
        return {};
    };
    lines.clear();
    set_log_sink(keep_line);
    const auto live = bench.register_with({{"events/in_voltage0_thresh_rising_en", "1"},
                                           {"in_voltage_scale", "0.5"},
                                           {"in_voltage0_raw", "7"},
                                           {"of_another_version", "1"},
                                           {"sampling_frequency", "10"},
                                           {"current_timestamp_clock", "boottime"}});
    set_log_sink(nullptr);
    CHECK(taken == std::vector{Info::sampling_frequency, Info::scale});
    CHECK(lines ==
          std::vector<std::string>{"iio:device0: in_voltage0_raw \"7\" is refused: ERANGE"});
    CHECK(observer.seen == live.view().settings());
    CHECK(observer.seen == Settings{{"events/in_voltage0_thresh_rising_en", "1"},
                                    {"in_voltage_scale", "0.5"},
                                    {"sampling_frequency", "10"},
                                    {"current_timestamp_clock", "boottime"}});
    CHECK(live.view().read("events/in_voltage0_thresh_rising_en").value() == "1\n");
    CHECK(live.view().read("current_timestamp_clock").value().starts_with("boottime\n"));
    bench.registry.stop_observing(observer);
}

TEST_CASE("observers are told of each setting that is stored")
{
    struct Observer : DeviceObserver {
        void device_added(const std::shared_ptr<const LiveDevice> &) override {}
        void device_removed(const std::shared_ptr<const LiveDevice> &) override {}
        void setting_changed(const LiveDevice &device, const Setting &setting) override
        {
            CHECK(device.settings().back() == setting);
            told.push_back(device.directory() + " " + setting.path + "=" + setting.text);
        }
        std::vector<std::string> told;
    } observer;
    Bench bench;
    bench.registry.observe(observer);
    const auto live = bench.register_with({{"in_voltage_scale", "0.5"}});
    CHECK(observer.told.empty());
    REQUIRE(live.view().write("in_voltage_scale", "0.75\n"));
    REQUIRE(live.view().write("store", "1\n"));
    REQUIRE(live.view().write("in_voltage_scale", "0.5"));
    CHECK(observer.told == std::vector<std::string>{"iio:device0 in_voltage_scale=0.75",
                                                    "iio:device0 in_voltage_scale=0.5"});
    bench.registry.stop_observing(observer);
}
