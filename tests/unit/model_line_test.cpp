// SPDX-License-Identifier: MIT
//
// What chip models do by themselves: their line, ticks, clocks and FIFOs.
#include <catch2/catch.hpp>
#include <ctime>
#include <sim/simulated.hpp>

namespace model_line_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;

/// A chip whose time the test sets.
class Chip {
public:
    explicit Chip(const std::string &events, const std::string &more_of_model = "")
        : bus{std::make_shared<sim::SimulatedBus>(
              parse(events, more_of_model),
              sim::SimulatedBus::Options{.clock = [this] { return now; }})}
    {
    }
    static sim::ChipFile parse(const std::string &events, const std::string &more_of_model = "")
    {
        auto file = try_parse(events, more_of_model);
        REQUIRE(file);
        return *file;
    }
    static tl::expected<sim::ChipFile, std::string> try_parse(const std::string &events,
                                                              const std::string &more_of_model = "")
    {
        return sim::ChipFile::parse(
            R"({ "part": "X", "driver": "x", "bus": "i2c", "address": "0x10", "irq": 0,
                 "model": { "kind": "registers", "registers": { "0x01": 0 })" +
                more_of_model + "}, " + events + "}",
            "x");
    }
    std::vector<std::uint8_t> read(std::uint8_t reg, std::size_t count)
    {
        std::vector<std::uint8_t> bytes(count);
        const std::array out{reg};
        const std::array messages{I2cMessage::write(out), I2cMessage::read(bytes)};
        REQUIRE(bus->i2c(0x10, messages));
        return bytes;
    }
    void write(std::uint8_t reg, std::uint8_t value)
    {
        const std::array out{reg, value};
        const std::array messages{I2cMessage::write(out)};
        REQUIRE(bus->i2c(0x10, messages));
    }

    sim::Time now{1000s};
    std::shared_ptr<sim::SimulatedBus> bus;
};

const std::string data_ready = R"(
    "ticks": [ { "hz": { "reg": 1, "mask": "0x03", "codes": { "1": 10, "2": 100 } },
                 "set_bits": { "2": 1 }, "count": [ { "registers": [4, 3] } ] } ],
    "on_read": [ { "reg": 4, "clear_bits": { "2": 1 } } ],
    "line": { "any": [ { "reg": 2, "mask": 1, "value": 1 } ], "active_low": { "reg": 5, "value": 1 } } )";

using Octets = std::vector<std::uint8_t>;

} // namespace

TEST_CASE("a model's line is active from a tick until its data are read")
{
    Chip chip{data_ready};
    const sim::ChipLine line{chip.bus};
    CHECK(!line.is_active());
    chip.write(1, 1);
    chip.now += 99ms;
    CHECK(line.wait(0ms).value() == std::nullopt);
    chip.now += 5ms;
    CHECK(line.wait(0ms).value() == (1000s + 100ms) / 1ns);
    CHECK(line.is_active());
    CHECK(line.wait(0ms).value() == std::nullopt);
    CHECK(chip.read(2, 1) == Octets{1});
    CHECK(line.is_active());
    CHECK(chip.read(3, 2) == Octets{1, 0});
    CHECK(!line.is_active());
    chip.now += 300ms;
    CHECK(line.wait(0ms).value() == (1000s + 200ms) / 1ns); // the first of three
    CHECK(chip.read(3, 2) == Octets{4, 0});
    chip.write(1, 0);
    chip.now += 10s;
    CHECK(line.wait(0ms).value() == std::nullopt);
}

TEST_CASE("a model's line is of the polarity that the chip was told")
{
    Chip chip{data_ready};
    const sim::ChipLine rising{chip.bus};
    const sim::ChipLine falling{chip.bus, Edge::falling};
    CHECK(!rising.is_active());
    CHECK(falling.is_active());
    chip.write(5, 1);
    CHECK(rising.is_active());
    CHECK(!falling.is_active());
}

TEST_CASE("whoever waits for a model's line is woken by its tick, by wake() and by nothing else")
{
    const auto file = Chip::parse(data_ready);
    const auto bus = std::make_shared<sim::SimulatedBus>(file);
    const sim::ChipLine line{bus};
    line.wake();
    CHECK(line.wait(std::nullopt).value() == std::nullopt);
    const std::array out{std::uint8_t{1}, std::uint8_t{2}};
    const std::array messages{I2cMessage::write(out)};
    REQUIRE(bus->i2c(0x10, messages));
    const auto before = std::chrono::steady_clock::now().time_since_epoch().count();
    const auto edge = line.wait(std::nullopt).value();
    REQUIRE(edge);
    CHECK(*edge - before <= 10'000'000);
    CHECK(*edge <= std::chrono::steady_clock::now().time_since_epoch().count());
}

TEST_CASE("a model's FIFO fills, tells its level, overruns and is emptied")
{
    Chip chip{R"(
        "ticks": [ { "hz": 100, "count": [ { "registers": 3 } ] } ],
        "fifo": { "registers": [8, 9], "capacity": 8, "unit": 2, "hz": 100, "fill": 255,
                  "entries": [ { "registers": [3, 4] }, { "registers": [3, 5], "every": { "reg": 6, "mask": 255, "codes": { "2": 2 } } } ],
                  "count": { "registers": 10, "mask": "0x7f" }, "watermark": { "registers": 11 },
                  "pattern": { "registers": 12 },
                  "flags": [ { "of": "watermark", "reg": 13, "bits": 1 }, { "of": "overrun", "reg": 13, "bits": 2 },
                             { "of": "empty", "reg": 13, "bits": 4 }, { "of": "full", "reg": 13, "bits": 8 } ],
                  "cleared_when": [ { "reg": 7, "value": 0 } ], "overrun_until_read_of": 8 },
        "line": { "any": [ { "reg": 13, "mask": 1, "value": 1 } ] })"};
    const sim::ChipLine line{chip.bus};
    chip.write(11, 2);
    CHECK(chip.read(8, 2) == Octets{255, 255});
    CHECK(chip.read(13, 1) == Octets{4});
    chip.write(7, 1);
    chip.now += 15ms;
    CHECK(chip.read(10, 1) == Octets{1});
    CHECK(!line.is_active());
    chip.now += 10ms;
    CHECK(line.is_active());
    CHECK(chip.read(13, 1) == Octets{1});
    const auto two = chip.read(8, 4);
    CHECK(two[2] == two[0] + 1);
    CHECK(!line.is_active());
    chip.now += 60ms;
    CHECK(chip.read(10, 4) == Octets{4, 2, 0, 1 | 2 | 8});
    const auto four = chip.read(8, 8);
    CHECK(four[6] == four[0] + 3);
    CHECK(four[0] == two[2] + 3); // two were dropped, the oldest
    CHECK(chip.read(13, 1) == Octets{4});
    chip.write(6, 2);
    chip.now += 10ms;
    chip.write(7, 0);
    CHECK(chip.read(10, 1) == Octets{0});
}

TEST_CASE("a register of more bytes goes into a FIFO whole, in the model's byte order")
{
    const std::string events = R"("ticks": [ { "hz": 100, "set": { "3": "0x1234", "4": 5 } } ],
        "fifo": { "registers": 8, "capacity": 8, "hz": 100, "entries": [ { "registers": [3, 4] } ] })";
    const std::string order = R"(, "widths": { "3": 2 }, "byte_order": )";
    Chip little{events, order + R"("little")"};
    little.now += 15ms;
    CHECK(little.read(8, 3) == Octets{0x34, 0x12, 5});
    Chip big{events, order + R"("big")"};
    big.now += 15ms;
    CHECK(big.read(8, 3) == Octets{0x12, 0x34, 5});
}

TEST_CASE("a model that was not asked for a year answers at once")
{
    Chip chip{R"("ticks": [ { "hz": 100000, "count": [ { "registers": [4, 3] } ] } ])"};
    chip.now += 24h * 365;
    const auto cpu_seconds = [] { return std::clock() / CLOCKS_PER_SEC; };
    const auto before = cpu_seconds();
    (void)chip.read(3, 1);
    CHECK(cpu_seconds() - before <= 1);
}

TEST_CASE("what a model does by itself is parsed strictly")
{
    const auto error = [](const std::string &events) {
        const auto file = Chip::try_parse(events);
        return file ? std::string{"none"} : file.error();
    };
    CHECK(error(R"("ticks": [ { "hz": 2e9 } ])") ==
          "x: ticks[0].hz: 2000000000.0 is too large: at most 100000.0");
    CHECK(error(R"("interrupt_hz": 2e9)") ==
          "x: interrupt_hz: 2000000000.0 is too large: at most 100000.0");
    CHECK(error(R"("line": { "any": [] }, "interrupt_hz": 5)") ==
          "x: line: a chip has either line or interrupt_hz");
    CHECK(error(R"("line": { "any": [ { "reg": 1, "mask": 1, "value": 2 } ] })") ==
          "x: line.any[0].value: never holds: it has bits that mask does not have");
    CHECK(error(R"("fifo": { "registers": [1, 3], "capacity": 4, "hz": 1, "entries": [] })") ==
          "x: fifo.registers: must be neighbours, the lowest first");
    CHECK(
        error(R"("fifo": { "registers": 1, "capacity": 5, "unit": 2, "hz": 1, "entries": [] })") ==
        "x: fifo.capacity: must be a multiple of unit, 2");
    CHECK(
        error(R"("fifo": { "registers": 1, "capacity": 4, "entries": [ { "registers": 2 } ] })") ==
        "x: fifo.entries[0]: has no rate: give hz here, or for the whole fifo");
    CHECK(error(R"("about": )" + std::string(40, '[') + std::string(40, ']')) ==
          "x: lists and objects are nested too deeply: at most 32 levels");
}

} // namespace model_line_test
