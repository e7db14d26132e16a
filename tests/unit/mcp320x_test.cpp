// SPDX-License-Identifier: MIT
//
// The MCP320x family bit by bit: a converter that looks for the start bit and
// answers as in the datasheets' timing diagrams, with noise where it drives
// nothing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iio/host/modules.hpp>
#include <random>
#include <sim/simulated_timing.hpp>
#include <string>
#include <vector>

namespace mcp320x_test {

using namespace iio;

namespace {

/// A part's frame. `inputs` is 0 for a part without a multiplexer.
struct Shape {
    std::string part;
    unsigned bits;
    unsigned inputs;
    int reference_steps;
};
const std::vector<Shape> successive_approximation{
    {"mcp3001", 10, 0, 1 << 10}, {"mcp3002", 10, 2, 1 << 10}, {"mcp3004", 10, 4, 1 << 10},
    {"mcp3008", 10, 8, 1 << 10}, {"mcp3201", 12, 0, 1 << 12}, {"mcp3202", 12, 2, 1 << 12},
    {"mcp3204", 12, 4, 1 << 12}, {"mcp3208", 12, 8, 1 << 12}, {"mcp3301", 13, 0, 1 << 13},
};

class FakeAdc final : public SpiDevice {
public:
    explicit FakeAdc(Shape shape) : shape_{std::move(shape)} {}

    Result<void> transfer(std::span<const SpiTransfer> transfers) const override
    {
        REQUIRE(transfers.size() == 1);
        const auto &frame = transfers[0];
        std::vector<bool> sent;
        for (const unsigned byte : frame.out) {
            for (int bit = 7; bit >= 0; --bit)
                sent.push_back(byte >> bit & 1);
        }
        const auto answered = answer(sent);
        for (std::size_t i = 0; i < frame.in.size(); ++i) {
            unsigned byte = 0;
            for (std::size_t bit = 0; bit < 8; ++bit)
                byte = byte << 1 | (answered[8 * i + bit] ? 1 : 0);
            frame.in[i] = static_cast<std::uint8_t>(byte);
        }
        return {};
    }

    mutable unsigned code = 0; // what it holds, as it goes over the wire
    // What the last frame asked for.
    mutable unsigned asked_input = 0;
    mutable bool asked_single_ended = false;

private:
    /// The bits of a frame: noise, the null bit, the code, noise.
    std::vector<bool> answer(const std::vector<bool> &sent) const
    {
        std::vector<bool> bits(sent.size());
        for (auto &&bit : bits)
            bit = noise_() & 1;
        const std::size_t first = first_bit_of_code(sent);
        REQUIRE(first + shape_.bits <= bits.size());
        bits[first - 1] = false;
        for (std::size_t i = 0; i < shape_.bits; ++i)
            bits[first + i] = code >> (shape_.bits - 1 - i) & 1;
        return bits;
    }
    /// Two clocks to sample and the null bit come before the code; with a
    /// multiplexer also the start bit, SGL/DIFF and three bits of a number, of
    /// which a part with two inputs has ODD/SIGN and MSBF and samples meanwhile.
    std::size_t first_bit_of_code(const std::vector<bool> &sent) const
    {
        if (shape_.inputs == 0)
            return 3;
        const auto start =
            static_cast<std::size_t>(std::find(sent.begin(), sent.end(), true) - sent.begin());
        REQUIRE(start + 4 < sent.size());
        asked_single_ended = sent[start + 1];
        if (shape_.inputs == 2) {
            asked_input = sent[start + 2];
            return start + 5;
        }
        asked_input = sent[start + 2] * 4U + sent[start + 3] * 2U + sent[start + 4];
        return start + 7;
    }

    Shape shape_;
    mutable std::minstd_rand noise_{1};
};

struct Bench {
    explicit Bench(Shape shape, int vref_uv = 3'300'000) : part{shape.part}, chip{std::move(shape)}
    {
        supplies.set("vref", vref_uv);
        const auto module = std::ranges::find_if(
            all_modules(), [](const Module *candidate) { return candidate->name == "mcp320x"; });
        device = (*module)->bind(Hardware{part, chip, supplies}, registry, {}).value();
    }
    Result<std::string> read(const std::string &name) { return device->view()->read(name); }

    std::string part;
    FakeAdc chip;
    Supplies supplies;
    Registry registry;
    std::unique_ptr<BoundChip> device;
};

} // namespace

TEST_CASE("every code of every part up to 13 bits is read as it is, whatever the bits around it")
{
    for (const auto &shape : successive_approximation) {
        Bench bench{shape};
        const bool is_signed = shape.part == "mcp3301";
        const std::string name = shape.inputs == 0 ? "in_voltage0-voltage1_raw" : "in_voltage1_raw";
        for (unsigned code = 0; code < 1U << shape.bits; ++code) {
            bench.chip.code = code;
            const int expected =
                is_signed && code >= 4096 ? static_cast<int>(code) - 8192 : static_cast<int>(code);
            if (bench.read(name).value() != std::to_string(expected) + "\n")
                FAIL(shape.part << " at " << code);
        }
    }
}

TEST_CASE("each channel asks for its input, alone or against its neighbour")
{
    for (const auto &shape : successive_approximation) {
        Bench bench{shape};
        for (unsigned input = 0; input < shape.inputs; ++input) {
            CHECK(bench.read("in_voltage" + std::to_string(input) + "_raw"));
            CHECK(bench.chip.asked_input == input);
            CHECK(bench.chip.asked_single_ended);
            const unsigned neighbour = input % 2 == 0 ? input + 1 : input - 1;
            CHECK(bench.read("in_voltage" + std::to_string(input) + "-voltage" +
                             std::to_string(neighbour) + "_raw"));
            CHECK(bench.chip.asked_input == input);
            CHECK_FALSE(bench.chip.asked_single_ended);
        }
    }
}

TEST_CASE("a step is the reference's share, in mV")
{
    for (const auto &shape : successive_approximation) {
        for (const int reference_mv : {2'500, 3'300, 4'096, 5'000}) {
            Bench bench{shape, reference_mv * 1000};
            const auto scale =
                bench.read(shape.inputs == 0 ? "in_voltage-voltage_scale" : "in_voltage_scale");
            CHECK(std::stod(scale.value()) ==
                  Approx(double(reference_mv) / shape.reference_steps).margin(1e-9));
        }
    }
}

namespace {

/// The MCP3553, the fastest of its kind: DR, OVL, OVH, 22 bits, ones.
class FakeDeltaSigma final : public SpiDevice {
public:
    Result<void> transfer(std::span<const SpiTransfer> transfers) const override
    {
        for (const auto &transfer : transfers) {
            if (transfer.in.empty()) {
                ++pulses;
                continue;
            }
            REQUIRE(transfer.in.size() == 4);
            for (std::size_t i = 0; i < 4; ++i)
                transfer.in[i] = static_cast<std::uint8_t>(answer >> (24 - 8 * i));
        }
        return {};
    }
    void set(bool ready, bool low, bool high, int number)
    {
        answer = (ready ? 0U : 1U << 31) | (low ? 1U << 30 : 0) | (high ? 1U << 29 : 0) |
                 (static_cast<std::uint32_t>(number) & 0x3fffff) << 7 | 0x7f;
    }
    std::uint32_t answer = 0;
    mutable unsigned pulses = 0;
};

} // namespace

TEST_CASE("MCP3553 codes are signed and go beyond full scale where an overflow bit says so")
{
    FakeDeltaSigma chip;
    const Supplies supplies;
    Registry registry;
    const auto module = std::ranges::find_if(
        all_modules(), [](const Module *candidate) { return candidate->name == "mcp320x"; });
    const sim::SimulatedTiming timing;
    const auto hardware = Hardware{"mcp3553", chip, supplies}.with_timing(timing);
    const auto device = (*module)->bind(hardware, registry, {}).value();
    const auto raw = [&] { return device->view()->read("in_voltage0-voltage1_raw"); };
    constexpr int full_scale = 1 << 21;
    for (const int number : {0, 1, -1, 12'345, -12'345, full_scale - 1, -full_scale}) {
        chip.set(true, false, false, number);
        const auto pulses = chip.pulses;
        CHECK(raw().value() == std::to_string(number) + "\n");
        CHECK(chip.pulses == pulses + 1);
    }
    for (const int beyond : {0, 1, 251'658}) {
        chip.set(true, false, true, full_scale + beyond);
        CHECK(raw().value() == std::to_string(full_scale + beyond) + "\n");
        chip.set(true, true, false, -full_scale - 1 - beyond);
        CHECK(raw().value() == std::to_string(-full_scale - 1 - beyond) + "\n");
    }
    chip.answer = 0xffff'ffff; // nobody there
    CHECK(raw().error() == Errno{EIO});
}

} // namespace mcp320x_test
