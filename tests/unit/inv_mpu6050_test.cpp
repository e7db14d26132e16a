// SPDX-License-Identifier: MIT
//
// The InvenSense family on a chip of registers and a FIFO: every code, which
// sensors run when, rates and filters, and the way from an interrupt to scans.
#include "device_bench.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

namespace inv_mpu6050_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;
using Data = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;

constexpr std::uint8_t SMPLRT_DIV = 0x19;
constexpr std::uint8_t CONFIG = 0x1a;
constexpr std::uint8_t ACCEL_CONFIG_2 = 0x1d;
constexpr std::uint8_t FIFO_EN = 0x23;
constexpr std::uint8_t I2C_SLV0_REG = 0x26;
constexpr std::uint8_t I2C_MST_STATUS = 0x36;
constexpr std::uint8_t INT_PIN_CFG = 0x37;
constexpr std::uint8_t INT_ENABLE = 0x38;
constexpr std::uint8_t INT_STATUS = 0x3a;
constexpr std::uint8_t ACCEL_XOUT_H = 0x3b;
constexpr std::uint8_t EXT_SENS_DATA_00 = 0x49;
constexpr std::uint8_t USER_CTRL = 0x6a;
constexpr std::uint8_t PWR_MGMT_1 = 0x6b;
constexpr std::uint8_t PWR_MGMT_2 = 0x6c;
constexpr std::uint8_t FIFO_COUNTH = 0x72;
constexpr std::uint8_t FIFO_R_W = 0x74;
constexpr std::uint8_t WHO_AM_I = 0x75;
constexpr unsigned FIFO_RESET = 1 << 2;

/// Registers, the FIFO behind FIFO_R_W, and an AK8963 that answers slave 0.
class FakeMpu final : public I2cClient {
public:
    FakeMpu()
    {
        registers_[WHO_AM_I] = 0x68;
        registers_[INT_STATUS] = 1;
    }
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        const std::lock_guard lock{mutex_};
        if (failing_ > 0 && (fail_in_ == 0 || --fail_in_ == 0)) {
            --failing_;
            return fail(EREMOTEIO);
        }
        const auto out = messages[0].out();
        if (messages.size() == 1)
            write(out[0], out.subspan(1));
        else
            read(out[0], messages[1].in());
        return {};
    }

    void set(std::uint8_t reg, const Data &bytes)
    {
        const std::lock_guard lock{mutex_};
        std::ranges::copy(bytes, registers_.begin() + reg);
    }
    void set_word(std::uint8_t reg, int word)
    {
        set(reg, {static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word)});
    }
    unsigned get(std::uint8_t reg) const
    {
        const std::lock_guard lock{mutex_};
        return registers_[reg];
    }
    void fill_fifo(const Data &bytes)
    {
        const std::lock_guard lock{mutex_};
        fifo_.insert(fifo_.end(), bytes.begin(), bytes.end());
    }
    std::size_t fifo_size() const
    {
        const std::lock_guard lock{mutex_};
        return fifo_.size();
    }
    /// The n-th transfer from now fails, and those after it.
    void fail_transfer(int n, int count = 1)
    {
        const std::lock_guard lock{mutex_};
        fail_in_ = n;
        failing_ = count;
    }
    using Write = std::pair<std::uint8_t, std::uint8_t>;
    std::vector<Write> take_writes()
    {
        const std::lock_guard lock{mutex_};
        return std::exchange(writes_, {});
    }

    std::atomic<std::chrono::milliseconds> fifo_takes{}; ///< one read of it
    std::uint8_t ak8963_id = 0x48;
    std::uint8_t adjustment = 176;

private:
    void write(std::uint8_t reg, std::span<const std::uint8_t> bytes) const
    {
        for (const auto byte : bytes) {
            registers_[reg] = byte;
            writes_.emplace_back(reg, byte);
            if (reg == I2C_SLV0_REG)
                registers_[EXT_SENS_DATA_00] = byte == 0x00 ? ak8963_id : adjustment;
            if (reg == USER_CTRL && byte & FIFO_RESET) {
                fifo_.clear();
                registers_[reg] = static_cast<std::uint8_t>(byte & ~FIFO_RESET);
            }
            ++reg;
        }
    }
    void read(std::uint8_t reg, std::span<std::uint8_t> into) const
    {
        registers_[FIFO_COUNTH] = static_cast<std::uint8_t>(fifo_.size() >> 8);
        registers_[FIFO_COUNTH + 1] = static_cast<std::uint8_t>(fifo_.size());
        if (reg == FIFO_R_W)
            std::this_thread::sleep_for(fifo_takes.load());
        for (auto &byte : into) {
            if (reg != FIFO_R_W) {
                byte = registers_[reg++];
            } else {
                byte = fifo_.empty() ? 0xee : fifo_.front();
                if (!fifo_.empty())
                    fifo_.pop_front();
            }
        }
    }

    mutable std::mutex mutex_;
    mutable std::array<std::uint8_t, 256> registers_{};
    mutable std::deque<std::uint8_t> fifo_;
    mutable std::vector<Write> writes_;
    mutable int fail_in_ = 0;
    mutable int failing_ = 0;
};

struct Bench : OnChip<FakeMpu>, DeviceBench {
    explicit Bench(std::string_view part, Edge edge = Edge::rising,
                   const MountMatrix &matrix = identity_matrix)
        : DeviceBench{edge}, matrix_{matrix}, part_{part}
    {
    }
    Result<void> try_bind()
    {
        IIO_TRY(DeviceBench::bind(part_, chip, &line, matrix_));
        chip.take_writes();
        return {};
    }
    Bench &bind()
    {
        REQUIRE(try_bind());
        return *this;
    }
    std::string stream(std::initializer_list<const char *> channels)
    {
        for (const std::string channel : channels)
            REQUIRE(write("scan_elements/in_" + channel + "_en", "1") == "ok");
        REQUIRE(write("buffer/length", "64") == "ok");
        return write("buffer/enable", "1");
    }
    /// What arrives once the line has an edge and the FIFO was looked at. An
    /// edge that comes before the last one was seen to is lost, so there are more
    /// of them until as many scans are there.
    Data interrupt(std::size_t scans)
    {
        const auto end = Clock::now() + 5s;
        do {
            line.raise();
            std::this_thread::sleep_for(scans ? 10ms : 50ms);
        } while (buffer().data_available() < scans && Clock::now() < end);
        return DeviceBench::scans();
    }

    /// What an interrupt at that moment brings, with these bytes in the FIFO.
    Data take(const Data &fifo, std::size_t scans, Clock::time_point moment)
    {
        chip.fill_fifo(fifo);
        line.raise(moment);
        REQUIRE(DeviceBench::soon([&] { return buffer().data_available() == scans; }));
        return DeviceBench::scans();
    }

private:
    const MountMatrix matrix_;
    const std::string part_;
};

std::int64_t time_of(const Data &scans, std::size_t number)
{
    std::int64_t time_ns = 0;
    std::memcpy(&time_ns, scans.data() + 16 * number + 8, sizeof time_ns);
    return time_ns;
}

} // namespace

TEST_CASE("InvenSense samples and offsets are 16 bits of two's complement")
{
    Bench bench{"mpu6050"};
    bench.bind();
    const auto check = [&](int word) {
        bench.chip.set_word(ACCEL_XOUT_H, word);
        bench.chip.set_word(0x47, -word);
        CHECK(bench.read("in_accel_x_raw") == std::to_string(std::int16_t(word)));
        CHECK(bench.read("in_anglvel_z_raw") == std::to_string(std::int16_t(-word)));
        CHECK(bench.write("in_accel_z_calibbias", std::to_string(word)) == "ok");
        CHECK(bench.read("in_accel_z_calibbias") == std::to_string(std::int16_t(word)));
    };
    for (int word = INT16_MIN; word <= INT16_MAX; word += 1021)
        check(word);
    for (const int word : {INT16_MIN, -1, 0, 1, 255, 256, INT16_MAX})
        check(word);
}

TEST_CASE("an MPU's temperature is EBUSY until accelerometer or gyroscope run")
{
    Bench bench{"mpu9250"};
    bench.bind();
    CHECK(bench.read("in_temp_raw") == "EBUSY");
    CHECK(bench.read("in_magn_x_raw") != "EBUSY");
    CHECK(bench.read("in_temp_raw") == "EBUSY");
    bench.read("in_accel_x_raw");
    CHECK(bench.read("in_temp_raw") == "0");
}

TEST_CASE("an MPU-9250 without a magnetometer is shown without one, and a line says so")
{
    Bench bench{"mpu9250"};
    bench.chip.ak8963_id = 0;
    bench.chip.set_word(ACCEL_XOUT_H, 5);
    bench.bind();
    CHECK(bench.read("name") == "mpu9250");
    CHECK(bench.read("in_accel_x_raw") == "5");
    CHECK(bench.read("in_magn_x_raw") == "ENOENT");
    const char *note = bench.device->view()->dev().note;
    REQUIRE(note);
    CHECK(std::string_view{note}.starts_with("no AK8963 answers"));
    Bench whole{"mpu9250"};
    whole.bind();
    CHECK(whole.device->view()->dev().note == nullptr);
}

TEST_CASE("an MPU-6050 runs on the gyroscope's clock just as long as the gyroscope runs")
{
    using Writes = std::vector<FakeMpu::Write>;
    Bench bench{"mpu6050"};
    bench.bind();
    bench.read("in_accel_x_raw");
    CHECK(bench.chip.take_writes() == Writes{{PWR_MGMT_2, 0x07}});
    bench.read("in_anglvel_x_raw");
    CHECK(bench.chip.take_writes() == Writes{{PWR_MGMT_2, 0x00}, {PWR_MGMT_1, 0x09}});
    const auto last_use = Clock::now();
    bench.read("in_temp_raw");
    CHECK(bench.chip.take_writes() == Writes{{PWR_MGMT_1, 0x01}});

    // Two seconds after the last use; the clock changes before the gyroscope stops.
    while (bench.chip.get(PWR_MGMT_1) != 0x48 && Clock::now() - last_use < 10s)
        std::this_thread::sleep_for(10ms);
    CHECK(Clock::now() - last_use >= 2s);
    CHECK(bench.chip.take_writes() ==
          Writes{{PWR_MGMT_1, 0x00}, {PWR_MGMT_2, 0x3f}, {PWR_MGMT_1, 0x08}, {PWR_MGMT_1, 0x48}});

    CHECK(bench.read("in_temp_raw") == "EBUSY");
    bench.read("in_accel_x_calibbias");
    CHECK(bench.chip.take_writes().empty());
    bench.read("in_accel_x_raw");
    CHECK(bench.chip.take_writes() == Writes{{PWR_MGMT_1, 0x08}, {PWR_MGMT_2, 0x07}});
    bench.device.reset();
    CHECK(bench.chip.get(PWR_MGMT_1) == 0x48);
}

TEST_CASE("an InvenSense part takes every rate, and filters at half of it")
{
    constexpr std::array bandwidths_hz{188, 98, 42, 20, 10, 5};
    for (const char *part : {"mpu6050", "icm20602"}) {
        Bench bench{part};
        bench.bind();
        CHECK(bench.write("sampling_frequency", "3") == "EINVAL");
        CHECK(bench.write("sampling_frequency", "1001") == "EINVAL");
        for (int hz = 4; hz <= 1000; ++hz) {
            INFO(part << " at " << hz << " Hz");
            REQUIRE(bench.write("sampling_frequency", std::to_string(hz)) == "ok");
            const int got_hz = 1000 / (1000 / hz);
            CHECK(bench.read("sampling_frequency") == std::to_string(got_hz));
            CHECK(bench.chip.get(SMPLRT_DIV) == static_cast<unsigned>(1000 / hz - 1));
            const unsigned code = bench.chip.get(CONFIG);
            CHECK((code == 6 || bandwidths_hz[code - 1] <= got_hz / 2));
            CHECK((code == 1 || bandwidths_hz[code - 2] > got_hz / 2));
            CHECK(bench.chip.get(ACCEL_CONFIG_2) == (part == std::string{"mpu6050"} ? 0 : code));
        }
    }
}

TEST_CASE("an interrupt brings the samples of an MPU's FIFO into the buffer")
{
    Bench bench{"mpu6050"};
    bench.bind();
    REQUIRE(bench.stream({"accel_z", "anglvel_x"}) == "ok");
    CHECK(bench.chip.get(FIFO_EN) == 0x78);
    CHECK(bench.chip.get(USER_CTRL) == 0x40);
    CHECK(bench.chip.get(INT_ENABLE) == 1);
    const Data sample{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    SECTION("one")
    {
        bench.chip.fill_fifo(sample);
        CHECK(bench.interrupt(1) == Data{5, 6, 7, 8});
    }
    SECTION("several")
    {
        for (int i = 0; i < 3; ++i)
            bench.chip.fill_fifo(sample);
        CHECK(bench.interrupt(3) == Data{5, 6, 7, 8, 5, 6, 7, 8, 5, 6, 7, 8});
    }
    SECTION("the part of one waits for its rest")
    {
        bench.chip.fill_fifo({sample.begin(), sample.begin() + 5});
        CHECK(bench.interrupt(0).empty());
        bench.chip.fill_fifo({sample.begin() + 5, sample.end()});
        CHECK(bench.interrupt(1) == Data{5, 6, 7, 8});
    }
    SECTION("an interrupt of something else: none")
    {
        bench.chip.set(INT_STATUS, {0x10});
        bench.chip.fill_fifo(sample);
        CHECK(bench.interrupt(0).empty());
        CHECK(bench.chip.fifo_size() == sample.size());
    }
    SECTION("an overflow: none, and it begins anew")
    {
        bench.chip.fill_fifo(Data(1024 - 11));
        CHECK(bench.interrupt(0).empty());
        CHECK(bench.chip.fifo_size() == 0);
        CHECK(bench.chip.get(FIFO_EN) == 0x78);
        CHECK(bench.chip.get(USER_CTRL) == 0x40);
        bench.chip.fill_fifo(sample);
        CHECK(bench.interrupt(1) == Data{5, 6, 7, 8});
    }
    SECTION("it may have run over while it was read: what was read in time, and it begins anew")
    {
        for (int i = 0; i < 84; ++i)
            bench.chip.fill_fifo(sample); // in four reads; there is room for one sample
        bench.chip.fifo_takes = 15ms;
        CHECK(bench.interrupt(21).size() == std::size_t{21} * 4);
        // The scans are there before it begins anew.
        CHECK(bench.soon([&] { return bench.chip.get(FIFO_EN) == 0x78; }));
        CHECK(bench.chip.fifo_size() == 0);
        bench.chip.fifo_takes = 0ms;
        bench.chip.fill_fifo(sample);
        CHECK(bench.interrupt(1) == Data{5, 6, 7, 8});
    }
    SECTION("a read that fails: the chip and its FIFO begin anew")
    {
        bench.chip.fill_fifo(sample);
        bench.chip.fail_transfer(3);
        CHECK(bench.interrupt(0).empty());
        CHECK(DeviceBench::soon(
            [&] { return bench.chip.fifo_size() == 0 && bench.chip.get(FIFO_EN) == 0x78; }));
        CHECK(bench.read("sampling_frequency") == "50"); // all of it is done
        bench.chip.fill_fifo(sample);
        CHECK(bench.interrupt(1) == Data{5, 6, 7, 8});
    }
    SECTION("a new beginning that fails: it is tried again")
    {
        bench.chip.fill_fifo(Data(1024));
        bench.chip.fail_transfer(5);
        CHECK(bench.interrupt(0).empty());
        CHECK(DeviceBench::soon([&] { return bench.chip.get(FIFO_EN) == 0x78; }));
        CHECK(bench.read("sampling_frequency") == "50");
        bench.chip.fill_fifo(sample);
        CHECK(bench.interrupt(1) == Data{5, 6, 7, 8});
    }
    CHECK(bench.write("buffer/enable", "0") == "ok");
    CHECK(bench.chip.get(INT_ENABLE) == 0);
    CHECK(bench.chip.get(FIFO_EN) == 0);
    CHECK(bench.chip.get(USER_CTRL) == 0);
}

TEST_CASE("what has gathered in an MPU's FIFO has times one period apart")
{
    Bench bench{"icm20602"};
    bench.bind();
    constexpr std::int64_t period_ns = 20'000'000;
    REQUIRE(bench.stream({"accel_x", "timestamp"}) == "ok");
    const auto samples = [](std::size_t n) { return Data(8 * n); };

    std::this_thread::sleep_for(3 * 20ms);
    bench.chip.fill_fifo(samples(3));
    const auto before = bench.device->view()->now();
    const auto first = bench.interrupt(3);
    REQUIRE(first.size() == 48);
    CHECK(time_of(first, 2) >= before);
    CHECK(time_of(first, 2) <= bench.device->view()->now());
    CHECK(time_of(first, 1) - time_of(first, 0) == period_ns);
    CHECK(time_of(first, 2) - time_of(first, 1) == period_ns);

    // Soon enough to follow those.
    bench.chip.fill_fifo(samples(20));
    const auto second = bench.interrupt(20);
    REQUIRE(second.size() == 320);
    CHECK(time_of(second, 0) - time_of(first, 2) == period_ns);

    // These are ahead of the clock by now, and time does not go back.
    bench.chip.fill_fifo(samples(1));
    const auto third = bench.interrupt(1);
    REQUIRE(third.size() == 16);
    CHECK(time_of(third, 0) > time_of(second, 19));
    CHECK(time_of(third, 0) < time_of(second, 19) + period_ns);
}

TEST_CASE("a stream's times go on where its interrupt is older than its start")
{
    Bench bench{"icm20602"};
    bench.bind();
    const auto at = Clock::now();
    REQUIRE(bench.stream({"accel_x", "timestamp"}) == "ok");
    const auto take = [&](std::size_t scans, Clock::duration after) {
        return bench.take(Data(8 * scans), scans, at + after);
    };
    const auto first = take(1, -300ms);
    const auto late = take(4, -299ms);
    CHECK(time_of(late, 0) - time_of(first, 0) == 20'000'000);
    CHECK(time_of(late, 3) - time_of(first, 0) == 80'000'000);
}

TEST_CASE("no sample is older than its stream")
{
    Bench bench{"icm20602"};
    bench.bind();
    REQUIRE(bench.stream({"accel_x", "timestamp"}) == "ok");
    const auto started = bench.device->view()->now();
    // The interrupt is that of the first one.
    const auto late = bench.take(Data(8 * 40), 40, Clock::now());
    CHECK(time_of(late, 0) >= started - 20'000'000);
    CHECK(time_of(late, 0) <= bench.device->view()->now());
    CHECK(time_of(late, 39) - time_of(late, 0) == 39 * 20'000'000);
}

TEST_CASE("a sample whose interrupt was that of the one before is a period later")
{
    Bench bench{"icm20602"};
    bench.bind();
    REQUIRE(bench.stream({"accel_x", "timestamp"}) == "ok");
    const auto at = Clock::now();
    const auto take = [&](std::size_t scans, Clock::duration after) {
        return bench.take(Data(8 * scans), scans, at + after);
    };

    const auto first = take(1, 0ms);
    const auto late = take(2, 20ms); // the second one's interrupt is yet to be served
    const auto next = take(1, 40ms + 70ns);
    CHECK(time_of(late, 0) - time_of(first, 0) == 20'000'000);
    CHECK(time_of(late, 1) - time_of(first, 0) == 40'000'000);
    CHECK(time_of(next, 0) - time_of(first, 0) == 60'000'000);
}

TEST_CASE("the first sample with an MPU-9250's magnetometer is dropped")
{
    Bench bench{"mpu9250"};
    bench.bind();
    REQUIRE(bench.stream({"magn_x", "magn_z"}) == "ok");
    CHECK(bench.chip.get(FIFO_EN) == 0x01);
    CHECK(bench.chip.get(USER_CTRL) == 0x60);
    bench.chip.fill_fifo({9, 9, 9, 9, 9, 9, 0x10});
    CHECK(bench.interrupt(0).empty());
    bench.chip.fill_fifo({1, 2, 3, 4, 5, 6, 0x10});
    CHECK(bench.interrupt(1) == Data{1, 2, 5, 6});
}

TEST_CASE("while an MPU streams its rate may change, and nothing else")
{
    Bench bench{"mpu6050"};
    bench.bind();
    REQUIRE(bench.stream({"temp"}) == "ok");
    CHECK(bench.write("in_accel_scale", "0.001196") == "EBUSY");
    CHECK(bench.write("in_accel_x_calibbias", "5") == "EBUSY");
    CHECK(bench.read("in_accel_x_raw") == "EBUSY");
    CHECK(bench.read("in_accel_x_calibbias") == "0");
    CHECK(bench.write("sampling_frequency", "200") == "ok");
    CHECK(bench.chip.get(SMPLRT_DIV) == 4);
    CHECK(bench.chip.get(USER_CTRL) == 0x40);
    CHECK(bench.chip.get(FIFO_EN) == 0x88);
}

TEST_CASE("an MPU whose buffer fails to start at any transfer does not stream")
{
    bool failed = true;
    for (int n = 1; failed; ++n) {
        INFO("transfer " << n);
        Bench bench{"mpu9250"};
        bench.bind();
        bench.chip.fail_transfer(n);
        const auto answer = bench.stream({"accel_x", "magn_x"});
        failed = answer != "ok";
        CHECK(n < 20);
        if (!failed)
            break;
        CHECK(answer == "EREMOTEIO");
        CHECK(bench.read("buffer/enable") == "0");
        CHECK((bench.chip.get(USER_CTRL) & 0x40) == 0);
        CHECK(bench.chip.get(INT_ENABLE) == 0);
        CHECK(bench.read("in_accel_x_raw") == "0");
        CHECK(bench.write("buffer/enable", "1") == "ok");
        CHECK(bench.chip.get(FIFO_EN) == 0x09);
    }
}

TEST_CASE("an InvenSense part's interrupt has the edge that the line is for")
{
    for (const auto &[part, edge, config] : {std::tuple{"mpu6050", Edge::rising, 0x02U},
                                             {"mpu6050", Edge::falling, 0x82U},
                                             {"mpu9250", Edge::rising, 0x00U},
                                             {"mpu9250", Edge::falling, 0x80U}}) {
        Bench bench{part, edge};
        bench.bind();
        CHECK(bench.chip.get(INT_PIN_CFG) == config);
    }
}

TEST_CASE("an MPU-9250's magnetometer is mounted otherwise than the rest of it")
{
    Bench bench{"mpu9250", Edge::rising, {"1", "-2", "0", "0.5", "0", "7", "0", "-0.25", "8"}};
    bench.bind();
    CHECK(bench.read("in_accel_mount_matrix") == "1, -2, 0; 0.5, 0, 7; 0, -0.25, 8");
    CHECK(bench.read("in_anglvel_mount_matrix") == bench.read("in_accel_mount_matrix"));
    CHECK(bench.read("in_magn_mount_matrix") == "0.5, 0, 7; 1, -2, 0; 0, 0.25, -8");
}

TEST_CASE("an MPU-9250's magnetometer that does not acknowledge is EIO")
{
    Bench bench{"mpu9250"};
    bench.bind();
    for (const unsigned status : {0x01U, 0x02U, 0x03U}) {
        bench.chip.set(I2C_MST_STATUS, {static_cast<std::uint8_t>(status)});
        CHECK(bench.read("in_magn_y_raw") == "EIO");
    }
    // Slaves that are not used, and what is no error.
    bench.chip.set(I2C_MST_STATUS, {0xfc});
    CHECK(bench.read("in_magn_y_raw") == "0");
}

TEST_CASE("an ICM-20602 that is moved reports it, and samples all the while")
{
    Bench bench{"icm20602"};
    bench.bind();
    REQUIRE(bench.device->view()->events()->open());
    const std::string event = "events/in_accel_x|y|z_roc_rising";
    CHECK(bench.write(event + "_value", "20") == "ok");
    CHECK(bench.read(event + "_value") == "19.613300");
    CHECK(bench.write(event + "_en", "1") == "ok");
    CHECK(bench.chip.get(0x20) == 10);
    CHECK(bench.chip.get(0x22) == 10);
    CHECK(bench.chip.get(0x69) == 0xc0);
    CHECK(bench.chip.get(INT_ENABLE) == 0xe0);
    CHECK(bench.chip.get(PWR_MGMT_2) == 0x07); // the accelerometer runs

    bench.chip.set(INT_STATUS, {0x40});
    bench.line.raise();
    std::vector<std::uint64_t> codes;
    CHECK(bench.soon([&] { return !(codes = bench.events()).empty(); }));
    const auto moved = Channel::in(ChannelType::accel).modifier(Modifier::x_or_y_or_z);
    CHECK(codes == std::vector{event_code(moved, EventType::roc, EventDirection::rising)});

    // The same rate of change is half as much from one sample to the next.
    CHECK(bench.write("sampling_frequency", "100") == "ok");
    CHECK(bench.chip.get(0x21) == 5);
    CHECK(bench.write(event + "_en", "0") == "ok");
    CHECK(bench.chip.get(INT_ENABLE) == 0);
    CHECK(bench.chip.get(0x69) == 0);
}

} // namespace inv_mpu6050_test
