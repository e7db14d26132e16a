// SPDX-License-Identifier: MIT
//
// The HMC5843 family on a chip of thirteen registers: every word, how it waits
// for a measurement, and what it leaves on the chip.
#include "device_bench.hpp"

#include <utility>

namespace hmc5843_test {

namespace {

using namespace iio;

constexpr std::uint8_t CONFIG_A = 0x00;
constexpr std::uint8_t MODE = 0x02;
constexpr std::uint8_t DATA = 0x03;
constexpr std::uint8_t STATUS = 0x09;

class FakeMagnetometer final : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        const auto out = messages[0].out();
        const std::uint8_t reg = out[0];
        if (messages.size() == 1) {
            ++writes;
            registers.at(reg) = out[1];
            return {};
        }
        asked.push_back(reg);
        if (reg == STATUS)
            registers[STATUS] = looks_until_ready > 0 && --looks_until_ready == 0;
        const auto in = messages[1].in();
        for (std::size_t i = 0; i < in.size(); ++i)
            in[i] = registers.at(reg + i);
        return {};
    }
    void set_word(std::size_t place, unsigned word)
    {
        registers[DATA + 2 * place] = static_cast<std::uint8_t>(word >> 8);
        registers[DATA + 2 * place + 1] = static_cast<std::uint8_t>(word);
        looks_until_ready = 1;
    }

    mutable std::array<std::uint8_t, 13> registers{0x10, 0x20, 0x01, 0,   0,   0,  0,
                                                   0,    0,    0,    'H', '4', '3'};
    /// The status register says once, after so many looks, that data are ready.
    mutable int looks_until_ready = 0;
    mutable int writes = 0;
    mutable std::vector<std::uint8_t> asked;
};

struct Bench : OnChip<FakeMagnetometer>, DeviceBench {
    explicit Bench(std::string_view part) : part_{part} {}
    Result<void> bind()
    {
        IIO_TRY(DeviceBench::bind(part_, chip));
        chip.asked.clear();
        return {};
    }

private:
    const std::string part_;
};

/// The places of x, y and z in the data.
const std::array<std::pair<const char *, std::array<std::size_t, 3>>, 3> families{{
    {"hmc5843", {0, 1, 2}},
    {"hmc5883", {0, 2, 1}},
    {"hmc5883l", {0, 2, 1}},
}};

} // namespace

TEST_CASE("every word of an HMC5843 reads as its two's complement number, on its axis")
{
    for (const auto &[part, places] : families) {
        Bench bench{part};
        REQUIRE(bench.bind());
        unsigned wrong = 0;
        for (unsigned word = 0; word <= 0xffff; ++word) {
            const std::size_t axis = word % 3;
            bench.chip.set_word(places.at(axis), word);
            const std::string path = std::string{"in_magn_"} + "xyz"[axis] + "_raw";
            const int expected = static_cast<int>(word) - (word & 0x8000 ? 65536 : 0);
            wrong += bench.read(path) != std::to_string(expected);
        }
        INFO(part);
        CHECK(wrong == 0);
    }
}

TEST_CASE("an HMC5843's data are read once they are ready, never before")
{
    Bench bench{"hmc5843"};
    REQUIRE(bench.bind());
    bench.chip.set_word(0, 77);
    bench.chip.looks_until_ready = 4;
    CHECK(bench.read("in_magn_x_raw") == "77");
    CHECK(bench.chip.asked == std::vector<std::uint8_t>{STATUS, STATUS, STATUS, STATUS, DATA});
}

TEST_CASE("an HMC5843 that never measures gives EIO after three seconds, and no data")
{
    Bench bench{"hmc5843"};
    REQUIRE(bench.bind());
    bench.chip.looks_until_ready = 0;
    const auto before = bench.timing.now();
    CHECK(bench.read("in_magn_x_raw") == "EIO");
    CHECK(bench.timing.now() - before >= std::chrono::seconds{3});
    CHECK(bench.chip.asked == std::vector<std::uint8_t>(150, STATUS));
}

TEST_CASE("an HMC5883L goes on averaging as it was told, whatever else is set")
{
    Bench bench{"hmc5883l"};
    bench.chip.registers[CONFIG_A] = 0x7e;
    REQUIRE(bench.bind());
    CHECK(bench.chip.registers[CONFIG_A] == 0x70);
    CHECK(bench.read("in_magn_sampling_frequency") == "15.000000");
    CHECK(bench.device->view()->write("in_magn_sampling_frequency", "75"));
    CHECK(bench.chip.registers[CONFIG_A] == 0x78);
    CHECK(bench.device->view()->write("in_magn_meas_conf", "negativebias"));
    CHECK(bench.chip.registers[CONFIG_A] == 0x7a);
    CHECK(bench.read("in_magn_sampling_frequency") == "75.000000");
}

TEST_CASE("an HMC5843 measures while it is driven and sleeps afterwards")
{
    Bench bench{"hmc5843"};
    REQUIRE(bench.bind());
    CHECK(bench.chip.registers[MODE] == 0);
    bench.device.reset();
    CHECK(bench.chip.registers[MODE] == 3);
}

TEST_CASE("a chip that is no HMC5843 gives ENODEV and is written nothing")
{
    for (const std::size_t reg : {0x0aU, 0x0bU, 0x0cU}) {
        Bench bench{"hmc5843"};
        bench.chip.registers.at(reg) ^= 1;
        const auto bound = bench.bind();
        REQUIRE(!bound);
        CHECK(bound.error().value() == ENODEV);
        CHECK(bench.chip.writes == 0);
    }
}

} // namespace hmc5843_test
