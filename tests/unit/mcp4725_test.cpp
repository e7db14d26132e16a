// SPDX-License-Identifier: MIT
//
// The MCP4725 and MCP4726 byte by byte: what writes put on the bus, and that
// what attributes say is what the chip holds.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iio/host/modules.hpp>
#include <sim/simulated_timing.hpp>
#include <string>
#include <vector>

namespace mcp4725_test {

using namespace iio;

namespace {

using Message = std::vector<unsigned>;

class FakeDac final : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        REQUIRE(messages.size() == 1);
        if (fail_in > 0 && --fail_in == 0)
            return fail(EREMOTEIO);
        const auto in = messages[0].in();
        if (!in.empty()) {
            ++reads;
            for (std::size_t i = 0; i < in.size(); ++i)
                in[i] = static_cast<std::uint8_t>(answer.at(i));
            if (busy_reads > 0 && --busy_reads > 0)
                in[0] &= 0x7f;
            return {};
        }
        const auto out = messages[0].out();
        written.emplace_back(out.begin(), out.end());
        return {};
    }
    mutable Message answer{0xc0, 0x4d, 0x20, 0x08, 0x00}; // ready, 0x4d2
    mutable std::vector<Message> written;
    mutable int reads = 0;
    mutable int busy_reads = 0; // the EEPROM is being written as long
    mutable int fail_in = 0;    // the transfer that fails, counted from now
};

struct Bench {
    explicit Bench(std::string name = "mcp4725") : part{std::move(name)} {}
    const LiveDevice &view()
    {
        if (!device) {
            const auto module = std::ranges::find_if(all_modules(), [](const Module *candidate) {
                return candidate->name == "mcp4725";
            });
            const auto hardware = Hardware{part, chip, supplies}.with_timing(timing);
            device = (*module)->bind(hardware, registry, {}).value();
            chip.written.clear();
        }
        return *device->view();
    }
    Result<std::size_t> write(const std::string &name, const std::string &text)
    {
        return view().write(name, text + "\n");
    }
    std::string read(const std::string &name) { return view().read(name).value(); }

    std::string part;
    FakeDac chip;
    sim::SimulatedTiming timing;
    Supplies supplies;
    Registry registry;
    std::unique_ptr<BoundChip> device;
};

} // namespace

TEST_CASE("every code of the DACs goes out as two bytes and is read back")
{
    for (const std::string part : {"mcp4725", "mcp4726"}) {
        Bench bench{part};
        for (unsigned code = 0; code < 4096; ++code) {
            const auto text = std::to_string(code);
            REQUIRE(bench.write("out_voltage0_raw", text));
            if (bench.chip.written.back() != Message{code / 256, code % 256} ||
                bench.read("out_voltage0_raw") != text + "\n")
                FAIL(part << " at " << code);
        }
    }
}

TEST_CASE("a code that a DAC does not have is refused and not sent")
{
    Bench bench;
    for (const std::string text : {"-1", "4096", "65536", "2147483647", "abc", "1 2"}) {
        CHECK(bench.write("out_voltage0_raw", text).error() == Errno{EINVAL});
        CHECK(bench.chip.written.empty());
    }
    REQUIRE(bench.write("out_voltage0_powerdown", "1"));
    CHECK(bench.chip.written.back() == Message{0x34, 0xd2}); // still the code from the probe
}

TEST_CASE("a power-down is sent with its mode and the code that waits for the power-up")
{
    const std::vector<std::vector<std::string>> modes{
        {"mcp4725", "1kohm_to_gnd", "100kohm_to_gnd", "500kohm_to_gnd"},
        {"mcp4726", "1kohm_to_gnd", "125kohm_to_gnd", "640kohm_to_gnd"}};
    for (const auto &part : modes) {
        Bench bench{part[0]};
        for (unsigned pd = 1; pd <= 3; ++pd) {
            bench.chip.written.clear();
            REQUIRE(bench.write("out_voltage0_powerdown_mode", part[pd]));
            CHECK(bench.chip.written.empty()); // it is not down
            REQUIRE(bench.write("out_voltage0_powerdown", "1"));
            CHECK(bench.chip.written.back() == Message{pd << 4 | 4, 0xd2});
            CHECK(bench.read("out_voltage0_powerdown") == "1\n");
            REQUIRE(bench.write("out_voltage0_powerdown", "0"));
            CHECK(bench.chip.written.back() == Message{4, 0xd2});
            CHECK(bench.read("out_voltage0_powerdown_mode") == part[pd] + "\n");
        }
    }
}

TEST_CASE("a mode that is changed while the output is down goes out at once")
{
    Bench bench;
    REQUIRE(bench.write("out_voltage0_powerdown", "1"));
    REQUIRE(bench.write("out_voltage0_powerdown_mode", "1kohm_to_gnd"));
    CHECK(bench.chip.written.back() == Message{0x14, 0xd2});
    REQUIRE(bench.write("out_voltage0_raw", "16"));
    CHECK(bench.chip.written.back() == Message{0x10, 0x10});
}

TEST_CASE("a DAC that is found in power-down stays there and says so")
{
    for (const unsigned pd : {1U, 2U, 3U}) {
        Bench bench;
        bench.chip.answer[0] = 0xc0 | pd << 1;
        CHECK(bench.read("out_voltage0_powerdown") == "1\n");
        REQUIRE(bench.write("out_voltage0_raw", "1"));
        CHECK(bench.chip.written.back() == Message{pd << 4, 1});
    }
}

TEST_CASE("the EEPROM gets configuration and code, and its time")
{
    Bench bench;
    REQUIRE(bench.write("out_voltage0_raw", "2748"));
    bench.chip.reads = 0;
    bench.chip.busy_reads = 3;
    REQUIRE(bench.write("store_eeprom", "1"));
    CHECK(bench.chip.written.back() == Message{0x60, 0xab, 0xc0});
    CHECK(bench.chip.reads == 3);
}

TEST_CASE("an EEPROM that stays busy is given up after its longest time")
{
    Bench bench;
    CHECK(bench.read("name") == "mcp4725\n");
    bench.chip.busy_reads = 1000;
    const auto before = bench.timing.now();
    CHECK(bench.write("store_eeprom", "1").error() == Errno{EIO});
    CHECK(bench.timing.now() - before >= std::chrono::milliseconds{50});
}

TEST_CASE("an MCP4726 with a reference of its own is told to use the pin")
{
    Bench bench{"mcp4726"};
    bench.supplies.set("vref", 2'048'000);
    CHECK(bench.read("out_voltage_scale") == "0.500000000\n");
    bench.device.reset();
    bench.chip.written.clear();
    Registry registry;
    const auto module = std::ranges::find_if(
        all_modules(), [](const Module *candidate) { return candidate->name == "mcp4725"; });
    CHECK((*module)->bind(Hardware{"mcp4726", bench.chip, bench.supplies}, registry, {}));
    REQUIRE(bench.chip.written.size() == 1);
    CHECK(bench.chip.written[0] == Message{0x40 | 2 << 3, 0x4d, 0x20});
}

TEST_CASE("a reference of the voltage that unnamed supplies have is a reference, too")
{
    Bench bench{"mcp4726"};
    bench.supplies.set("vdd", 5'000'000);
    CHECK(bench.read("out_voltage_scale") == "1.220703125\n");
    Bench with_reference{"mcp4726"};
    with_reference.supplies = bench.supplies;
    with_reference.supplies.set("vref", Supplies::default_microvolts);
    CHECK(with_reference.read("out_voltage_scale") == "0.805664062\n");
}

TEST_CASE("a write that fails leaves the attributes as the chip is")
{
    Bench bench;
    const auto raw = bench.read("out_voltage0_raw");
    for (const auto &[name, text] :
         {std::pair{"out_voltage0_raw", "99"}, std::pair{"out_voltage0_powerdown", "1"},
          std::pair{"store_eeprom", "1"}}) {
        bench.chip.fail_in = 1;
        CHECK(bench.write(name, text).error() == Errno{EREMOTEIO});
        CHECK(bench.read("out_voltage0_raw") == raw);
        CHECK(bench.read("out_voltage0_powerdown") == "0\n");
        CHECK(bench.chip.written.empty());
    }
}

} // namespace mcp4725_test
