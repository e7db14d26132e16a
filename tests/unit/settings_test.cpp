// SPDX-License-Identifier: MIT
#include "fake_driver.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <iio/host/log.hpp>

namespace settings_test {

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

TEST_CASE("a setting that takes its time does not keep others from being stored")
{
    Bench bench;
    std::promise<void> end;
    bench.answers.write = [&](Info info, Written) -> Result<void> {
        if (info == Info::scale)
            end.get_future().wait();
        return {};
    };
    const auto live = bench.register_with();
    auto slow = std::async(std::launch::async, [&] {
        return live.view().write("in_voltage_scale", "0.5").has_value();
    });
    auto quick = std::async(std::launch::async, [&] {
        return live.view().write("sampling_frequency", "10").has_value();
    });
    CHECK(quick.wait_for(std::chrono::seconds{10}) == std::future_status::ready);
    CHECK(live.view().settings() == Settings{{"sampling_frequency", "10"}});
    end.set_value();
    CHECK(quick.get());
    CHECK(slow.get());
    CHECK(live.view().settings() ==
          Settings{{"sampling_frequency", "10"}, {"in_voltage_scale", "0.5"}});
}

TEST_CASE("of one attribute the setting that is kept is the one that the part took last")
{
    struct Observer : DeviceObserver {
        void device_added(const std::shared_ptr<const LiveDevice> &) override {}
        void device_removed(const std::shared_ptr<const LiveDevice> &) override {}
        void setting_changed(const LiveDevice &, const Setting &setting) override
        {
            told.push_back(setting.text);
        }
        std::vector<std::string> told;
    } observer;
    Bench bench;
    bench.registry.observe(observer);
    std::vector<std::string> taken; // the device's lock of this attribute is enough
    bench.answers.write = [&](Info, Written written) -> Result<void> {
        taken.push_back(std::to_string(written.integer));
        return {};
    };
    {
        const auto live = bench.register_with();
        std::vector<std::future<void>> writers;
        for (int writer = 0; writer < 4; ++writer) {
            writers.push_back(std::async(std::launch::async, [&, writer] {
                for (int i = 0; i < 200; ++i)
                    (void)live.view().write("sampling_frequency",
                                            std::to_string(1000 * writer + i));
            }));
        }
        for (auto &writer : writers)
            writer.get();
        CHECK(live.view().settings() == Settings{{"sampling_frequency", taken.back()}});
    }
    CHECK(observer.told == taken);
    bench.registry.stop_observing(observer);
}

} // namespace settings_test
