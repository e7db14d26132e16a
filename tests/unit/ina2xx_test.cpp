// SPDX-License-Identifier: MIT
//
// What the recordings of an INA226 leave out, as it depends on the moment: its buffer.
#include "device_bench.hpp"

#include <iio/driver.hpp>
#include <sim/simulated.hpp>

namespace ina2xx_test {

using namespace iio;
using namespace std::chrono_literals;

namespace {

/// `ticks` sets the flag that the part has converted, which a read clears.
struct Bench : DeviceBench {
    explicit Bench(const std::string &ticks)
    {
        const auto chip = sim::ChipFile::parse(
            R"({"part": "INA226", "driver": "ina226", "bus": "i2c", "address": "0x40",
            "model": {"kind": "registers", "word_bytes": 2, "auto_increment": false,
              "registers": {"0x00": "0x4127", "0x04": "0x0f97", "0x06": 0}},
            "ticks": )" +
                ticks + R"(, "on_read": [{"reg": "0x06", "clear_bits": {"0x06": "0x0008"}}]})",
            "the test");
        REQUIRE(chip);
        bus = std::make_shared<sim::SimulatedBus>(*chip);
        client = std::make_unique<sim::SimulatedI2c>(bus, chip->address);
        const auto &modules = all_modules();
        const auto found = std::ranges::find_if(
            modules, [](const auto *module) { return module->find("ina226"); });
        REQUIRE(found != modules.end());
        auto bound = (*found)->bind(Hardware{"ina226", *client, supplies}, registry, {});
        REQUIRE(bound);
        device = std::move(*bound);
        REQUIRE(write("scan_elements/in_current3_en", "1") == "ok");
        REQUIRE(write("buffer/length", "64") == "ok");
    }
    ~Bench() { device.reset(); }

    /// Bytes that came until there were so many.
    std::vector<std::uint8_t> at_least(std::size_t bytes) const
    {
        std::vector<std::uint8_t> all;
        CHECK(soon([&] {
            const auto more = scans();
            all.insert(all.end(), more.begin(), more.end());
            return all.size() >= bytes;
        }));
        return all;
    }

    Supplies supplies;
    std::shared_ptr<sim::SimulatedBus> bus;
    std::unique_ptr<sim::SimulatedI2c> client;
};
const std::string converting = R"([{"hz": 200, "set_bits": {"0x06": "0x0008"}}])";
const std::string never_converting = R"([{"hz": 0.001, "set_bits": {"0x06": "0x0008"}}])";

} // namespace

TEST_CASE("an INA226's buffer is filled without a trigger, until it is switched off")
{
    const Bench bench{converting};
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    const auto bytes = bench.at_least(8);
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        CHECK((bytes[i] == 0x97 && bytes[i + 1] == 0x0f));
    CHECK(bench.write("in_voltage0_integration_time", "0.000140") == "EBUSY");
    REQUIRE(bench.write("buffer/enable", "0") == "ok");
    const auto transfers = bench.bus->transfers();
    std::this_thread::sleep_for(50ms);
    CHECK(bench.bus->transfers() == transfers);
}

TEST_CASE("an INA226 that does not convert gives no scan, unless that is asked for")
{
    const Bench bench{never_converting};
    bench.bus->arm({});
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(bench.soon([&] { return bench.bus->transfers() >= 10; }));
    CHECK(bench.scans().empty());
    REQUIRE(bench.write("in_allow_async_readout", "1") == "ok");
    (void)bench.at_least(8);
}

TEST_CASE("an INA226's stream goes on after a transfer that fails")
{
    const Bench bench{converting};
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    (void)bench.at_least(4);
    bench.bus->fail_transfer(2, EIO);
    (void)bench.at_least(16);
}

} // namespace ina2xx_test
