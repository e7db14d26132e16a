// SPDX-License-Identifier: MIT
//
// ST's sensors on a chip of 128 registers: every kind of word, how long a raw
// read takes and what it leaves on the chip, and the data-ready trigger.
#include "register_bench.hpp"

namespace st_sensors_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;

constexpr std::uint8_t CTRL_REG1 = 0x20;
constexpr std::uint8_t CTRL_REG3 = 0x22;
constexpr std::uint8_t CTRL_REG6 = 0x25;
constexpr std::uint8_t STATUS_REG = 0x27;
constexpr std::uint8_t OUT_X_L = 0x28;

/// The pointer's high bit is not part of the register. The status counts the
/// samples that wait, and so does the line that it drives; a read of the outputs takes one.
class FakeChip final : public RegisterChip {
public:
    void drive(const sim::SimulatedLine &line) { line_ = &line; }
    /// CTRL_REG1 when the outputs were read last.
    unsigned awake_with() const
    {
        const std::lock_guard lock{mutex_};
        return awake_with_;
    }
    void give_samples(int count)
    {
        const std::lock_guard lock{mutex_};
        set_waiting(count);
    }
    int waiting() const
    {
        const std::lock_guard lock{mutex_};
        return waiting_;
    }

private:
    Result<void> serve(std::span<const I2cMessage> messages) const override
    {
        const auto out = messages[0].out();
        const std::size_t first = out[0] & 0x7f;
        if (messages.size() == 1) {
            registers_[first] = out[1];
            return {};
        }
        registers_[STATUS_REG] = waiting_ > 0 ? 0x0f : 0;
        const auto in = messages[1].in();
        std::copy_n(registers_.begin() + static_cast<std::ptrdiff_t>(first), in.size(), in.begin());
        if (first >= OUT_X_L && waiting_ > 0)
            set_waiting(waiting_ - 1);
        if (in.size() > 1)
            awake_with_ = registers_[CTRL_REG1];
        return {};
    }

    void set_waiting(int count) const
    {
        waiting_ = count;
        if (line_)
            line_->set_active(count > 0);
    }

    const sim::SimulatedLine *line_ = nullptr;
    mutable int waiting_ = 0;
    mutable unsigned awake_with_ = 0;
};

struct Bench : OnChip<FakeChip>, DeviceBench {
    explicit Bench(std::string_view part, const InterruptLine *wired = nullptr)
    {
        if (const auto bound = bind(part, chip, wired); !bound)
            error = bound.error().value();
    }
    /// Puts a word into x's outputs and reads it.
    std::string read_word(const std::string &path, std::uint8_t low, std::uint8_t high,
                          unsigned word)
    {
        chip.set(low, word & 0xff);
        chip.set(high, word >> 8);
        return read(path);
    }
    /// How many scans there are, after some time for more than `expected`.
    std::size_t count_scans(std::size_t expected) const
    {
        (void)soon([&] { return buffer().data_available() >= expected; });
        std::this_thread::sleep_for(50ms);
        return buffer().data_available();
    }

    int error = 0;
};

/// The ends, both sides of zero, and sampled_words with the bits in all places.
constexpr auto sampled_words = [] {
    std::array<unsigned, 48> all{0, 1, 0xf, 0x10, 0x7fff, 0x8000, 0x8001, 0xfff0, 0xffff};
    for (unsigned i = 9; i < all.size(); ++i)
        all[i] = (i * 0x3a7d) & 0xffff;
    return all;
}();

constexpr int as_signed(unsigned word) { return static_cast<std::int16_t>(word); }

} // namespace

TEST_CASE("an accelerometer's sample is the upper twelve bits of its word, signed")
{
    Bench bench{"lis331dlh"};
    REQUIRE(bench.write("sampling_frequency", "1000") == "ok");
    for (const unsigned word : sampled_words)
        CHECK(bench.read_word("in_accel_y_raw", 0x2a, 0x2b, word) ==
              std::to_string(as_signed(word) >> 4));
}

TEST_CASE("a gyroscope's sample is its word, low byte first")
{
    Bench bench{"l3gd20"};
    REQUIRE(bench.write("sampling_frequency", "760") == "ok");
    for (const unsigned word : sampled_words)
        CHECK(bench.read_word("in_anglvel_z_raw", 0x2c, 0x2d, word) ==
              std::to_string(as_signed(word)));
}

TEST_CASE("the LSM303DLHC's sample is its word, high byte first, z before y")
{
    Bench bench{"lsm303dlhc_magn"};
    REQUIRE(bench.write("sampling_frequency", "220") == "ok");
    for (const unsigned word : sampled_words) {
        CHECK(bench.read_word("in_magn_z_raw", 0x06, 0x05, word) ==
              std::to_string(as_signed(word)));
        CHECK(bench.read_word("in_magn_y_raw", 0x08, 0x07, word) ==
              std::to_string(as_signed(word)));
    }
}

TEST_CASE("a raw read wakes the chip for two samples and leaves it asleep")
{
    Bench bench{"lis3dh"};
    CHECK(bench.chip.get(CTRL_REG1) == 0x07);
    REQUIRE(bench.write("sampling_frequency", "25") == "ok");
    CHECK(bench.chip.get(CTRL_REG1) == 0x07);
    const auto before = bench.timing.now();
    REQUIRE(bench.read("in_accel_x_raw") == "0");
    CHECK(bench.timing.now() - before >= 80ms);
    CHECK(bench.chip.awake_with() == 0x37);
    CHECK(bench.chip.get(CTRL_REG1) == 0x07);
}

TEST_CASE("a raw read that fails gives its errno and leaves the chip asleep")
{
    Bench bench{"l3gd20"};
    // Transfers: CTRL_REG1 written; the outputs read.
    for (int n = 1; n <= 2; ++n) {
        bench.chip.fail_transfer(n);
        CHECK(bench.read("in_anglvel_x_raw") == "EREMOTEIO");
        CHECK(bench.chip.get(CTRL_REG1) == 0x07);
        CHECK(bench.read("in_anglvel_x_raw") == "0");
    }
}

TEST_CASE("a buffer keeps the wanted axes awake at the rate that is set, also while it runs")
{
    sim::SimulatedLine line;
    Bench bench{"lis3dh", &line};
    REQUIRE(bench.write("sampling_frequency", "400") == "ok");
    REQUIRE(bench.write("scan_elements/in_accel_x_en", "1") == "ok");
    REQUIRE(bench.write("scan_elements/in_accel_z_en", "1") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(bench.chip.get(CTRL_REG1) == 0x75);
    CHECK(bench.write("sampling_frequency", "10") == "ok");
    CHECK(bench.chip.get(CTRL_REG1) == 0x25);
    CHECK(bench.write("buffer/enable", "0") == "ok");
    CHECK(bench.chip.get(CTRL_REG1) == 0x07);
}

TEST_CASE("a buffer that cannot start leaves the chip asleep and all its axes on")
{
    sim::SimulatedLine line;
    Bench bench{"l3gd20", &line};
    REQUIRE(bench.write("scan_elements/in_anglvel_x_en", "1") == "ok");
    // Transfers: CTRL_REG1 written for the axes and for the power; CTRL_REG3 written.
    for (int n = 1; n <= 3; ++n) {
        bench.chip.fail_transfer(n);
        CHECK(bench.write("buffer/enable", "1") == "EREMOTEIO");
        CHECK(bench.read("buffer/enable") == "0");
        // Once the part has been probed again.
        CHECK(DeviceBench::soon([&] { return bench.read("sampling_frequency") == "95"; }));
        CHECK(bench.chip.get(CTRL_REG1) == 0x07);
        CHECK(bench.chip.get(CTRL_REG3) == 0);
    }
    CHECK(bench.write("buffer/enable", "1") == "ok");
}

TEST_CASE("the data-ready trigger takes every sample that the chip has")
{
    sim::SimulatedLine line;
    Bench bench{"lis3dh", &line};
    REQUIRE(bench.write("scan_elements/in_accel_x_en", "1") == "ok");
    REQUIRE(bench.write("buffer/length", "16") == "ok");
    REQUIRE(bench.write("buffer/enable", "1") == "ok");
    CHECK(bench.chip.get(CTRL_REG3) == 0x10);

    bench.chip.drive(line);

    SECTION("one for an edge")
    {
        bench.chip.give_samples(1);
        CHECK(bench.count_scans(1) == 1);
    }
    SECTION("none for an edge without a sample")
    {
        line.raise();
        CHECK(bench.count_scans(0) == 0);
    }
    SECTION("also those that come while one is read, which make no further edge")
    {
        bench.chip.give_samples(3);
        CHECK(bench.count_scans(3) == 3);
        CHECK(bench.chip.waiting() == 0);
    }
    CHECK(bench.write("buffer/enable", "0") == "ok");
    CHECK(bench.chip.get(CTRL_REG3) == 0);
}

TEST_CASE("the chip's output has the edge of the line, where it can")
{
    const sim::SimulatedLine line{Edge::falling};
    CHECK(Bench{"lis3dh", &line}.chip.get(CTRL_REG6) == 0x02);
    CHECK(Bench{"lis331dlh", &line}.chip.get(CTRL_REG3) == 0x80);
    CHECK(Bench{"l3gd20", &line}.error == EINVAL);
    CHECK(Bench{"lis3mdl", &line}.error == EINVAL);

    const sim::SimulatedLine rising;
    CHECK(Bench{"lis3dh", &rising}.chip.get(CTRL_REG6) == 0);
    CHECK(Bench{"lis3mdl", &rising}.error == 0);
    CHECK(Bench{"lsm303dlhc_magn", &rising}.error == EINVAL);
}

TEST_CASE("registers and values are cut to a byte")
{
    Bench bench{"lis3mdl"};
    bench.chip.set(0x0f, 0x3d);
    const auto debug = bench.device->view()->debug_attributes();
    REQUIRE(debug.size() == 1);
    std::array<char, IIO_PAGE_SIZE> page;
    REQUIRE(bench.device->view()->store(debug[0], "0x10f"));
    const auto length = bench.device->view()->show(debug[0], page.data());
    REQUIRE(length);
    CHECK(std::string_view{page.data(), *length} == "0x3D\n");
    REQUIRE(bench.device->view()->store(debug[0], "0x23 0x145"));
    CHECK(bench.chip.get(0x23) == 0x45);
}

} // namespace st_sensors_test
