// SPDX-License-Identifier: MIT
//
// The LSM6DS family on a chip with a FIFO: raw values, what goes through the
// FIFO at all pairs of rates, its clock, the wake-up events, and what a failed
// transfer leaves behind.
#include "device_bench.hpp"

#include <deque>
#include <mutex>

namespace lsm6dsx_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;
using Data = std::vector<std::uint8_t>;

constexpr std::uint8_t FIFO_CTRL_MODE = 0x0a;
constexpr std::uint8_t CTRL1_XL = 0x10;
constexpr std::uint8_t CTRL2_G = 0x11;
constexpr std::uint8_t OUTX_L_G = 0x22;
constexpr std::uint8_t TIMESTAMP2 = 0x42;
constexpr std::uint8_t MD1_CFG = 0x5e;

enum Tag : std::uint8_t { tag_gyro = 1, tag_accel = 2, tag_time = 4 };

/// Registers of one byte and a FIFO at its port.
class FakeImu final : public I2cClient {
public:
    explicit FakeImu(std::string_view part)
        : tagged{part == "lsm6dso" || part == "lsm6dsv16x"}, is_v16x{part == "lsm6dsv16x"}
    {
        registers_[0x0f] = part == "lsm6ds3" ? 0x69 : is_v16x ? 0x70 : tagged ? 0x6c : 0x6a;
    }

    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        const std::lock_guard lock{mutex_};
        if (fail_in_ > 0 && --fail_in_ == 0)
            return fail(EREMOTEIO);
        const auto out = messages[0].out();
        if (messages.size() == 1) {
            write(out[0], out[1]);
            return {};
        }
        const auto in = messages[1].in();
        ++transfers_;
        for (std::size_t i = 0; i < in.size(); ++i)
            in[i] = out[0] == port() ? pop() : read(out[0] + i);
        return {};
    }
    /// One entry of the FIFO.
    void put(Tag tag, const std::array<std::int16_t, 3> &axes) const
    {
        Data bytes;
        for (const int axis : axes) {
            bytes.push_back(static_cast<std::uint8_t>(axis & 0xff));
            bytes.push_back(static_cast<std::uint8_t>(axis >> 8 & 0xff));
        }
        put_bytes(tag, bytes);
    }
    void put_time(std::uint32_t ticks) const
    {
        const auto byte = [&](int n) { return static_cast<std::uint8_t>(ticks >> 8 * n); };
        put_bytes(tag_time, tagged ? Data{byte(0), byte(1), byte(2), byte(3), 0, 0}
                                   : Data{byte(1), byte(2), 0xee, byte(0), 0xee, 0xee});
    }
    void put_bytes(std::uint8_t tag, const Data &bytes) const
    {
        const std::lock_guard lock{mutex_};
        if (tagged)
            fifo_.push_back(static_cast<std::uint8_t>(tag << 3));
        fifo_.insert(fifo_.end(), bytes.begin(), bytes.end());
    }
    void set(std::size_t reg, unsigned value) const
    {
        const std::lock_guard lock{mutex_};
        registers_[reg] = static_cast<std::uint8_t>(value);
    }
    unsigned get(std::size_t reg) const
    {
        const std::lock_guard lock{mutex_};
        return registers_[reg];
    }
    std::array<std::uint8_t, 256> image() const
    {
        const std::lock_guard lock{mutex_};
        auto image = registers_;
        image[TIMESTAMP2] = 0;
        return image;
    }
    unsigned reads_of(std::size_t reg) const
    {
        const std::lock_guard lock{mutex_};
        return reads_[reg];
    }
    /// The oldest entries are lost, and the FIFO says so.
    void overrun(std::size_t entries) const
    {
        const std::lock_guard lock{mutex_};
        const auto bytes = static_cast<std::ptrdiff_t>(entries * (tagged ? 7 : 6));
        fifo_.erase(fifo_.begin(), fifo_.begin() + bytes);
        overrun_ = true;
    }
    /// The oldest word is lost, and only FIFO_PATTERN tells.
    void lose_word() const
    {
        const std::lock_guard lock{mutex_};
        (void)pop();
        (void)pop();
    }
    /// FIFO_STATUS1 and 2 never change again.
    void stick(unsigned level) const
    {
        const std::lock_guard lock{mutex_};
        stuck_level_ = level;
    }
    unsigned transfers() const
    {
        const std::lock_guard lock{mutex_};
        return transfers_;
    }
    /// The n-th transfer from now fails.
    void fail_transfer(int n) const
    {
        const std::lock_guard lock{mutex_};
        fail_in_ = n;
    }
    bool has_failed() const
    {
        const std::lock_guard lock{mutex_};
        return fail_in_ == 0;
    }

    const bool tagged;
    const bool is_v16x;
    const unsigned wake_up_src = is_v16x ? 0x45 : 0x1b;
    const std::int64_t tick_ns = is_v16x ? 21'701 : 25'000;

private:
    std::uint8_t port() const { return tagged ? 0x78 : 0x3e; }
    void write(std::size_t reg, std::uint8_t value) const
    {
        registers_[reg] = value;
        if (reg == 0x12 && value & 1) { // SW_RESET
            for (std::size_t setting = 0; setting < 0x5f; ++setting) {
                if (setting < 0x0f || (setting > 0x0f && setting < 0x1b) || setting > 0x55)
                    registers_[setting] = 0;
            }
        }
        if (reg == FIFO_CTRL_MODE && (value & 7) == 0) {
            fifo_.clear();
            taken_ = 0;
            overrun_ = false;
        }
    }
    /// Words of one period, by the decimation factors' codes: times and samples.
    std::size_t pattern_words() const
    {
        constexpr std::array<std::size_t, 8> factors{0, 1, 2, 3, 4, 8, 16, 32};
        const auto gyro = factors[registers_[0x08] >> 3 & 7];
        const auto accel = factors[registers_[0x08] & 7];
        const auto ticks = std::max({gyro, accel, std::size_t{1}});
        return 3 * (ticks + (gyro ? ticks / gyro : 0) + (accel ? ticks / accel : 0));
    }
    std::uint8_t read(std::size_t reg) const
    {
        ++reads_[reg];
        const std::size_t level = stuck_level_.value_or(fifo_.size() / (tagged ? 7 : 2));
        const std::size_t status = is_v16x ? 0x1b : 0x3a;
        if (reg == status)
            return static_cast<std::uint8_t>(level & 0xff);
        if (reg == status + 1)
            return static_cast<std::uint8_t>(level >> 8 | (tagged || level > 0 ? 0x80 : 0x10) |
                                             (overrun_ ? 0x40 : 0));
        if (reg == 0x3c && !tagged)
            return static_cast<std::uint8_t>(taken_ / 2 % pattern_words());
        return registers_[reg];
    }
    std::uint8_t pop() const
    {
        if (fifo_.empty())
            return 0;
        const auto byte = fifo_.front();
        fifo_.pop_front();
        ++taken_;
        return byte;
    }

    mutable std::mutex mutex_;
    mutable std::array<std::uint8_t, 256> registers_{};
    mutable std::array<unsigned, 256> reads_{};
    mutable std::deque<std::uint8_t> fifo_;
    mutable std::size_t taken_ = 0; ///< bytes, since it was empty
    mutable bool overrun_ = false;
    mutable std::optional<std::size_t> stuck_level_;
    mutable unsigned transfers_ = 0;
    mutable int fail_in_ = 0;
};

struct ScanOfThree {
    std::array<std::int16_t, 3> axes;
    std::int64_t time_ns;
};

struct Bench : OnChip<FakeImu>, DeviceBench {
    explicit Bench(std::string_view part, unsigned trim = 0) : OnChip{part}
    {
        chip.set(chip.is_v16x ? 0x4f : 0x63, trim);
        REQUIRE(bind(part, chip, &line));
    }
    const LiveDevice &gyro() const { return *device->views()[0]; }
    const LiveDevice &accel() const { return *device->views()[1]; }

    static std::string write(const LiveDevice &view, const std::string &path,
                             const std::string &text)
    {
        const auto wrote = view.write(path, text);
        return wrote ? "ok" : iio::errno_name(wrote.error().value());
    }
    static std::string start(const LiveDevice &view, const std::string &watermark = "1")
    {
        for (const auto &group : view.groups()) {
            for (const auto &attribute : group.attributes) {
                if (group.name == "scan_elements" && attribute.name.ends_with("_en"))
                    (void)view.write("scan_elements/" + attribute.name, "1");
            }
        }
        (void)view.write("buffer/length", "512");
        (void)view.write("buffer/watermark", watermark);
        return write(view, "buffer/enable", "1");
    }
    /// The chip is recovered, if it has to be.
    void await_answer() const
    {
        CHECK(soon([&] { return gyro().read("sampling_frequency").has_value(); }));
    }
    /// Makes an edge and waits until the FIFO has begun again.
    void interrupt_that_restarts() const
    {
        chip.set(TIMESTAMP2, 0);
        line.raise();
        CHECK(
            soon([&] { return chip.get(TIMESTAMP2) == 0xaa && chip.get(FIFO_CTRL_MODE) == 0x46; }));
    }
    /// Makes an edge and waits for so many scans.
    void interrupt(const LiveDevice &view, std::size_t scans) const
    {
        line.raise();
        for (int i = 0; i < 2000 && view.buffer()->data_available() < scans; ++i)
            std::this_thread::sleep_for(1ms);
    }
    static std::vector<ScanOfThree> take(const LiveDevice &view)
    {
        const Data bytes = scans_of(*view.buffer());
        std::vector<ScanOfThree> scans(bytes.size() / 16);
        for (std::size_t i = 0; i < scans.size(); ++i) {
            std::memcpy(scans[i].axes.data(), &bytes[16 * i], 6);
            std::memcpy(&scans[i].time_ns, &bytes[16 * i + 8], 8);
        }
        return scans;
    }
};

/// What the chip puts into its FIFO at one tick of the faster sensor's rate.
void put_tick(const FakeImu &imu, int tick, int gyro_every, int accel_every)
{
    const auto time = static_cast<std::uint32_t>(1000 + 100 * tick);
    const auto number = static_cast<std::int16_t>(tick);
    if (imu.tagged)
        imu.put_time(time);
    if (gyro_every && tick % gyro_every == 0)
        imu.put(tag_gyro, {number, -1, 0});
    if (accel_every && tick % accel_every == 0)
        imu.put(tag_accel, {number, 1, 2});
    if (!imu.tagged)
        imu.put_time(time);
}

void check_scans(const std::vector<ScanOfThree> &scans, int ticks, int every, int y,
                 std::int64_t tick_ns = 25'000)
{
    REQUIRE(scans.size() == static_cast<std::size_t>(ticks / every));
    for (std::size_t i = 0; i < scans.size(); ++i) {
        CHECK(scans[i].axes[0] == static_cast<int>(i) * every);
        CHECK(scans[i].axes[1] == y);
        CHECK(scans[i].time_ns - scans[0].time_ns ==
              static_cast<std::int64_t>(i) * every * 100 * tick_ns);
    }
}

} // namespace

TEST_CASE("an lsm6dsx axis is two bytes, low first, with a sign")
{
    const Bench bench{"lsm6ds3"};
    REQUIRE(Bench::write(bench.gyro(), "sampling_frequency", "416") == "ok");
    // 257 steps from one end to the other, each of which changes both bytes.
    for (int raw = INT16_MIN; raw <= INT16_MAX; raw += 255) {
        bench.chip.set(OUTX_L_G, static_cast<unsigned>(raw) & 0xff);
        bench.chip.set(OUTX_L_G + 1, static_cast<unsigned>(raw) >> 8 & 0xff);
        CHECK(bench.gyro().read("in_anglvel_x_raw") == std::to_string(raw) + "\n");
    }
}

TEST_CASE("an lsm6dsx sensor is off after a raw read, unless it is needed")
{
    const Bench bench{"lsm6dso"};
    const auto read = [&] { REQUIRE(bench.accel().read("in_accel_x_raw")); };
    read();
    CHECK(bench.chip.get(CTRL1_XL) == 0);
    REQUIRE(Bench::write(bench.accel(), "events/in_accel_y_thresh_either_en", "1") == "ok");
    read();
    CHECK(bench.chip.get(CTRL1_XL) == 0x10);
    REQUIRE(Bench::start(bench.accel()) == "ok");
    REQUIRE(Bench::write(bench.accel(), "events/in_accel_y_thresh_either_en", "0") == "ok");
    CHECK(bench.chip.get(CTRL1_XL) == 0x10);
    REQUIRE(Bench::write(bench.accel(), "buffer/enable", "0") == "ok");
    CHECK(bench.chip.get(CTRL1_XL) == 0);
}

TEST_CASE("an lsm6dsx fifo is taken apart at every pair of rates")
{
    const auto [part, rates] = GENERATE(table<std::string, std::vector<std::string>>(
        {{"lsm6ds3", {"12.5", "26", "52", "104", "208", "416"}},
         {"lsm6dsl", {"12.5", "26", "52", "104", "208", "416"}},
         {"lsm6dso", {"12.5", "26", "52", "104", "208", "416", "833"}},
         {"lsm6dsv16x", {"7.5", "15", "30", "60", "120", "240", "480", "960"}}}));
    for (std::size_t g = 0; g < rates.size(); ++g) {
        for (std::size_t a = 0; a < rates.size(); ++a) {
            CAPTURE(part, rates[g], rates[a]);
            const Bench bench{part};
            REQUIRE(Bench::write(bench.gyro(), "sampling_frequency", rates[g]) == "ok");
            REQUIRE(Bench::write(bench.accel(), "sampling_frequency", rates[a]) == "ok");
            REQUIRE(Bench::start(bench.gyro()) == "ok");
            REQUIRE(Bench::start(bench.accel()) == "ok");
            const int gyro_every = 1 << (std::max(g, a) - g);
            const int accel_every = 1 << (std::max(g, a) - a);
            const int period = std::max(gyro_every, accel_every);
            const int ticks = 2 * period;
            for (int tick = 0; tick < ticks; ++tick) {
                put_tick(bench.chip, tick, gyro_every, accel_every);
                if (const int put = tick + 1; put % period == 0) {
                    bench.interrupt(bench.gyro(), static_cast<std::size_t>(put / gyro_every));
                    bench.interrupt(bench.accel(), static_cast<std::size_t>(put / accel_every));
                }
            }
            const auto tick_ns = bench.chip.tick_ns;
            check_scans(Bench::take(bench.gyro()), ticks, gyro_every, -1, tick_ns);
            check_scans(Bench::take(bench.accel()), ticks, accel_every, 1, tick_ns);
        }
    }
}

TEST_CASE("an lsm6dsx is told what its fifo takes and when to interrupt, as the kernel tells it")
{
    // Recorded from the kernel's driver.
    SECTION("by decimation in words of 16 bits")
    {
        const Bench bench{"lsm6dsl"};
        REQUIRE(Bench::write(bench.gyro(), "sampling_frequency", "416") == "ok");
        REQUIRE(Bench::start(bench.gyro()) == "ok");
        CHECK((bench.chip.get(0x06) == 6 && bench.chip.get(0x07) == 0x80));
        CHECK((bench.chip.get(0x08) == 0x08 && bench.chip.get(0x09) == 0x08));
        REQUIRE(Bench::start(bench.accel()) == "ok");
        CHECK((bench.chip.get(0x06) == 0xc3 && bench.chip.get(0x07) == 0x80));
        CHECK((bench.chip.get(0x08) == 0x0f && bench.chip.get(0x0a) == 0x46));
    }
    SECTION("by rate in tagged entries")
    {
        const Bench bench{"lsm6dso"};
        REQUIRE(Bench::write(bench.accel(), "sampling_frequency", "208") == "ok");
        REQUIRE(Bench::start(bench.gyro()) == "ok");
        CHECK((bench.chip.get(0x07) == 2 && bench.chip.get(0x09) == 0x10));
        REQUIRE(Bench::start(bench.accel(), "50") == "ok");
        CHECK((bench.chip.get(0x07) == 0x21 && bench.chip.get(0x08) == 0));
        CHECK((bench.chip.get(0x09) == 0x15 && bench.chip.get(0x0a) == 0x46));
        REQUIRE(Bench::write(bench.gyro(), "buffer/enable", "0") == "ok");
        CHECK((bench.chip.get(0x07) == 50 && bench.chip.get(0x09) == 0x05));
    }
    SECTION("when half of it is full at the latest, as it is to have room still")
    {
        const Bench bench{"lsm6dso"};
        REQUIRE(Bench::start(bench.gyro(), "512") == "ok");
        CHECK((bench.chip.get(0x07) == 0 && bench.chip.get(0x08) == 1));
    }
    SECTION("by half of an LSM6DSV16X's, which a period of very different rates exceeds")
    {
        const Bench bench{"lsm6dsv16x"};
        REQUIRE(Bench::write(bench.accel(), "sampling_frequency", "960") == "ok");
        REQUIRE(Bench::start(bench.accel()) == "ok");
        REQUIRE(Bench::start(bench.gyro()) == "ok");
        CHECK(bench.chip.get(0x07) == 128);
    }
    SECTION("by the codes of an LSM6DSV16X's rates")
    {
        const Bench bench{"lsm6dsv16x"};
        REQUIRE(Bench::write(bench.accel(), "sampling_frequency", "960") == "ok");
        REQUIRE(Bench::start(bench.accel()) == "ok");
        REQUIRE(Bench::start(bench.gyro()) == "ok");
        CHECK((bench.chip.get(CTRL1_XL) == 9 && bench.chip.get(CTRL2_G) == 2));
        CHECK((bench.chip.get(0x09) == 0x29 && bench.chip.get(0x0a) == 0x46));
    }
}

TEST_CASE("an lsm6dsx buffer keeps its samples when the other one starts or stops")
{
    const std::string part = GENERATE("lsm6ds3", "lsm6dso");
    const Bench bench{part};
    REQUIRE(Bench::start(bench.gyro()) == "ok");
    put_tick(bench.chip, 0, 1, 0);
    REQUIRE(Bench::start(bench.accel()) == "ok");
    put_tick(bench.chip, 1, 1, 1);
    REQUIRE(Bench::write(bench.accel(), "buffer/enable", "0") == "ok");
    put_tick(bench.chip, 2, 1, 0);
    bench.interrupt(bench.gyro(), 3);
    CHECK(Bench::take(bench.gyro()).size() == 3);
    CHECK(Bench::take(bench.accel()).size() == 1);
}

TEST_CASE("an lsm6dsx fifo read that fails does not shift what comes after it")
{
    const Bench bench{"lsm6ds3"};
    REQUIRE(Bench::start(bench.gyro()) == "ok");
    for (int tick = 0; tick < 30; ++tick)
        put_tick(bench.chip, tick, 1, 0);
    bench.chip.fail_transfer(3); // the second data read; the first had 42 entries
    bench.interrupt(bench.gyro(), 21);
    CHECK(Bench::take(bench.gyro()).size() == 21);
    bench.await_answer();
    for (int tick = 0; tick < 5; ++tick)
        put_tick(bench.chip, tick, 1, 0);
    bench.interrupt(bench.gyro(), 5);
    check_scans(Bench::take(bench.gyro()), 5, 1, -1);
}

TEST_CASE("samples of an lsm6dsx never change places after a fifo overrun")
{
    const std::string part = GENERATE("lsm6ds3", "lsm6dsl", "lsm6dso");
    const bool is_reported = GENERATE(true, false);
    if (part == "lsm6dso" && !is_reported)
        return; // it has tags
    CAPTURE(part, is_reported);
    const Bench bench{part};
    REQUIRE(Bench::start(bench.gyro()) == "ok");
    REQUIRE(Bench::start(bench.accel()) == "ok");
    for (int tick = 0; tick < 10; ++tick)
        put_tick(bench.chip, tick, 1, 1);
    if (is_reported)
        bench.chip.overrun(4);
    else
        bench.chip.lose_word();
    bench.interrupt_that_restarts();
    CHECK(Bench::take(bench.gyro()).empty());
    CHECK(Bench::take(bench.accel()).empty());

    for (int tick = 0; tick < 5; ++tick)
        put_tick(bench.chip, tick, 1, 1);
    bench.interrupt(bench.gyro(), 5);
    check_scans(Bench::take(bench.gyro()), 5, 1, -1);
    check_scans(Bench::take(bench.accel()), 5, 1, 1);
}

TEST_CASE("an lsm6dso drops the numbers that it has while its filters settle")
{
    const Bench bench{"lsm6dso"};
    REQUIRE(Bench::start(bench.gyro()) == "ok");
    REQUIRE(Bench::start(bench.accel()) == "ok");
    bench.chip.put_time(900);
    bench.chip.put(tag_gyro, {0x7ffe, 0x7ffd, 0x7fff});
    bench.chip.put(tag_accel, {0x7fff, 0x7fff, 0x7fff});
    put_tick(bench.chip, 0, 1, 1);
    bench.chip.put(tag_accel, {0x7fff, 0x7ffe, 0x7ffc}); // a sample
    bench.interrupt(bench.accel(), 2);
    check_scans(Bench::take(bench.gyro()), 1, 1, -1);
    const auto scans = Bench::take(bench.accel());
    REQUIRE(scans.size() == 2);
    CHECK(scans[0].axes == std::array<std::int16_t, 3>{0, 1, 2});
    CHECK(scans[1].axes == std::array<std::int16_t, 3>{0x7fff, 0x7ffe, 0x7ffc});
}

TEST_CASE("an lsm6dsx whose fifo never gets empty can be removed")
{
    const std::string part = GENERATE("lsm6ds3", "lsm6dsl", "lsm6dso");
    Bench bench{part};
    REQUIRE(Bench::start(bench.gyro()) == "ok");
    bench.chip.stick(0x3ff);
    const auto before = bench.chip.transfers();
    bench.line.raise();
    CHECK(bench.soon([&] { return bench.chip.transfers() > before; }));
    std::this_thread::sleep_for(50ms);
    CHECK(bench.chip.transfers() - before <= 2 + 0x3ff / 32);
    bench.line.set_active(true); // for good
    const auto now = bench.chip.transfers();
    CHECK(bench.soon([&] { return bench.chip.transfers() > now + 10; }));
    bench.device.reset();
}

TEST_CASE("an lsm6dso skips fifo entries with other tags")
{
    const Bench bench{"lsm6dso"};
    REQUIRE(Bench::start(bench.accel()) == "ok");
    for (std::uint8_t tag = 0; tag < 32; ++tag) {
        if (tag != tag_accel && tag != tag_time)
            bench.chip.put_bytes(tag, {1, 2, 3, 4, 5, 6});
    }
    put_tick(bench.chip, 0, 0, 1);
    bench.interrupt(bench.accel(), 1);
    check_scans(Bench::take(bench.accel()), 1, 1, 1);
}

TEST_CASE("an lsm6dsx clock runs in steps of 25 us or 21.7 us, which tagged parts trim")
{
    const auto step_ns = [](std::string_view part, unsigned trim) {
        const Bench bench{part, trim};
        REQUIRE(Bench::start(bench.gyro()) == "ok");
        put_tick(bench.chip, 0, 1, 0);
        put_tick(bench.chip, 1, 1, 0);
        bench.interrupt(bench.gyro(), 2);
        const auto scans = Bench::take(bench.gyro());
        REQUIRE(scans.size() == 2);
        return (scans[1].time_ns - scans[0].time_ns) / 100;
    };
    CHECK(step_ns("lsm6dsl", 0x64) == 25'000);
    // Measured with the kernel's driver.
    CHECK(step_ns("lsm6dso", 0x64) == 21'250);
    CHECK(step_ns("lsm6dso", 0x9c) == 28'750);
    CHECK(step_ns("lsm6dsv16x", 0x64) == 18'880);
}

TEST_CASE("an lsm6dsx clock starts anew before it wraps")
{
    const auto [part, last] = GENERATE(
        table<std::string, std::uint32_t>({{"lsm6ds3", 0xff'0000}, {"lsm6dso", 0xffff'0000}}));
    const Bench bench{part};
    REQUIRE(Bench::start(bench.accel()) == "ok");
    const auto put = [&](std::uint32_t ticks) {
        bench.chip.set(TIMESTAMP2, 0);
        if (bench.chip.tagged)
            bench.chip.put_time(ticks);
        bench.chip.put(tag_accel, {1, 2, 3});
        if (!bench.chip.tagged)
            bench.chip.put_time(ticks);
    };
    put(last - 1);
    bench.interrupt(bench.accel(), 1);
    CHECK(bench.chip.get(TIMESTAMP2) == 0);
    put(last);
    bench.interrupt(bench.accel(), 2);
    REQUIRE(Bench::write(bench.accel(), "buffer/enable", "0") == "ok"); // after the interrupt
    CHECK(bench.chip.get(TIMESTAMP2) == 0xaa);
}

TEST_CASE("an lsm6dsx reports the wake-ups of enabled axes, z first")
{
    const std::string part = GENERATE("lsm6ds3", "lsm6dsl", "lsm6dso", "lsm6dsv16x");
    const Bench bench{part};
    const auto source_reg = bench.chip.wake_up_src;
    REQUIRE(bench.accel().events()->open());
    const auto wake = [&](unsigned source) {
        bench.chip.set(source_reg, source);
        // The second one is read after all events of the first.
        for (int i = 0; i < 2; ++i) {
            const auto before = bench.chip.reads_of(source_reg);
            bench.line.raise();
            for (int k = 0; k < 2000 && bench.chip.reads_of(source_reg) == before; ++k)
                std::this_thread::sleep_for(1ms);
            bench.chip.set(source_reg, 0);
        }
        std::array<iio_event_data, 16> records{};
        core::Cancellation never;
        const auto count = bench.accel().events()->read(records, true, never).value_or(0);
        std::vector<std::uint64_t> codes;
        for (std::size_t i = 0; i < count; ++i)
            codes.push_back(records[i].id);
        return codes;
    };
    using Codes = std::vector<std::uint64_t>;
    const auto enable = [&](const char *axis, const char *on) {
        const auto path = std::string{"events/in_accel_"} + axis + "_thresh_either_en";
        REQUIRE(Bench::write(bench.accel(), path, on) == "ok");
    };
    enable("x", "1");
    CHECK(bench.chip.get(MD1_CFG) == 0x20);
    CHECK(wake(0x0f) == Codes{0x10300000000});
    enable("y", "1");
    CHECK(wake(0x0f) == Codes{0x20300000000, 0x10300000000});
    CHECK(wake(0x09).empty());
    enable("z", "1");
    CHECK(wake(0x09) == Codes{0x30300000000});
    for (const char *axis : {"x", "y", "z"})
        enable(axis, "0");
    CHECK(bench.chip.get(MD1_CFG) == 0);
}

TEST_CASE("an lsm6dsx start that fails leaves the chip as it was")
{
    const std::string part = GENERATE("lsm6ds3", "lsm6dsl", "lsm6dso");
    const auto path = std::string{GENERATE("buffer/enable", "events/in_accel_x_thresh_either_en")};
    const Bench bench{part};
    for (const auto &group : bench.accel().groups()) {
        if (group.name == "scan_elements")
            REQUIRE(Bench::write(bench.accel(), "scan_elements/in_accel_x_en", "1") == "ok");
    }
    // Batching and threshold do not matter while the FIFO is off.
    const auto relevant = [&] {
        const auto image = bench.chip.image();
        return Data{image[FIFO_CTRL_MODE], image[CTRL1_XL], image[CTRL2_G], image[0x58],
                    image[MD1_CFG]};
    };
    const auto before = relevant();
    int n = 1;
    for (;; ++n) {
        CAPTURE(part, path, n);
        bench.chip.fail_transfer(n);
        const auto answer = Bench::write(bench.accel(), path, "1");
        if (!bench.chip.has_failed())
            break;
        CHECK(answer == "EREMOTEIO");
        bench.await_answer();
        CHECK(relevant() == before);
        CHECK(bench.accel().read(path) == "0\n");
    }
    bench.chip.fail_transfer(0);
    CHECK(n > 2);
    CHECK(bench.accel().read(path) == "1\n");
    REQUIRE(Bench::write(bench.accel(), path, "0") == "ok");
    CHECK(relevant() == before);
}

TEST_CASE("an lsm6dsx stop that fails stops its buffer and not the other one")
{
    const std::string part = GENERATE("lsm6ds3", "lsm6dso");
    for (int n = 1;; ++n) {
        CAPTURE(part, n);
        const Bench bench{part};
        REQUIRE(Bench::start(bench.gyro()) == "ok");
        REQUIRE(Bench::start(bench.accel()) == "ok");
        bench.chip.fail_transfer(n);
        (void)Bench::write(bench.accel(), "buffer/enable", "0");
        if (!bench.chip.has_failed())
            break;
        CHECK(bench.accel().read("buffer/enable") == "0\n");
        bench.await_answer();
        CHECK(bench.chip.get(CTRL1_XL) == 0);
        put_tick(bench.chip, 0, 1, 0);
        bench.interrupt(bench.gyro(), 1);
        check_scans(Bench::take(bench.gyro()), 1, 1, -1);
    }
}

} // namespace lsm6dsx_test
