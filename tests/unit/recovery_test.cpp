// SPDX-License-Identifier: MIT
//
// A part that stops answering, and comes back.
#include "streaming_driver.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <iio/driver/module.hpp>
#include <iio/host/log.hpp>
#include <sim/simulated.hpp>
#include <sim/simulated_line.hpp>

using namespace iio;
using namespace iio::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::uint8_t ID = 0x00;
constexpr std::uint8_t MODE = 0x10;
constexpr std::uint8_t GAIN = 0x11;
constexpr std::uint8_t STREAM = 0x12;
constexpr std::uint8_t READY = 0x13;
constexpr std::uint8_t DATA = 0x20;
constexpr std::uint8_t mode_on = 3;

constexpr std::string_view gauge_file = R"({ "part": "Gauge", "driver": "gauge", "bus": "i2c",
    "address": "0x20", "irq": 0,
    "model": { "kind": "registers", "registers": { "0x00": 42, "0x20": 7 } } })";

constexpr std::array gauge_channels{
    Channel::in(ChannelType::voltage, 0)
        .separate(Info::raw)
        .by_all(Info::hardwaregain)
        .direct_write(Info::hardwaregain)
        .scan(0, ScanType::of_unsigned(8, 8)),
    Channel::timestamp(1),
};
constexpr ChannelTable gauge_table{gauge_channels};
constexpr std::array gauge_triggers{OwnTrigger::numbered("-dev", true)};

/// What the tests see and decide of the next Gauge.
struct GaugeAnswers {
    bool tells = true; ///< is_configured() looks; else it is never sure
    std::atomic<int> probes = 0;
    std::atomic<int> alive = 0;
    std::atomic<int> handled = 0;
    std::atomic<bool> doubts = false;  ///< a part that is not on is doubted
    std::atomic<bool> forgets = false; ///< its mode is lost as soon as it is told
    std::atomic<int> slow_probe = 0;   ///< transfers of 1 ms more in each probe but the first
    std::atomic<bool> is_busy = false; ///< reads and interrupts last as long as the chip answers
    std::atomic<int> rounds = 0;       ///< of those
};
GaugeAnswers *next_gauge = nullptr;

/// Its raw value is the data times what the chip has as its gain, as the driver
/// remembers that.
class Gauge {
public:
    explicit Gauge(const Hardware &hardware)
        : answers_{*next_gauge}, bus_{*hardware.i2c()}, host_{hardware.host()}
    {
        ++answers_.alive;
    }
    Gauge(const Gauge &) = delete;
    Gauge &operator=(const Gauge &) = delete;
    ~Gauge()
    {
        --answers_.alive;
        (void)bus_.write_u8(MODE, 0);
    }
    Result<void> probe()
    {
        ++answers_.probes;
        if (IIO_TRY(bus_.read_u8(ID)) != 42)
            return fail(ENODEV);
        for (int i = 0; answers_.probes > 1 && i < answers_.slow_probe; ++i) {
            std::this_thread::sleep_for(1ms);
            IIO_TRY(bus_.read_u8(ID));
        }
        return bus_.write_u8(MODE, answers_.forgets ? 0 : mode_on);
    }
    Result<bool> is_configured() const
    {
        return answers_.tells && IIO_TRY(bus_.read_u8(MODE)) == mode_on;
    }
    ChannelTable channels() const { return gauge_table; }
    Result<Value> read_raw(const Channel &, Info info) const
    {
        const auto gain = gain_.lock();
        if (info == Info::hardwaregain)
            return Int{*gain};
        IIO_TRY(stay_busy());
        const auto data = IIO_TRY(bus_.read_u8(DATA));
        if (answers_.doubts && IIO_TRY(bus_.read_u8(MODE)) != mode_on) {
            host_.doubt();
            return fail(EIO);
        }
        if (IIO_TRY(bus_.read_u8(MODE)) != mode_on || IIO_TRY(bus_.read_u8(GAIN)) != *gain)
            return Int{-1}; // half configured
        return Int{data * *gain};
    }
    Result<void> write_raw(const Channel &, Info, Written written) const
    {
        const auto gain = gain_.lock();
        IIO_TRY(bus_.write_u8(GAIN, static_cast<std::uint8_t>(written.integer)));
        *gain = written.integer;
        return {};
    }
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED; }
    std::span<const OwnTrigger> triggers() const { return gauge_triggers; }
    Result<void> start_buffer(const BufferSetup &) const { return bus_.write_u8(STREAM, 1); }
    Result<void> stop_buffer() const { return bus_.write_u8(STREAM, 0); }
    Result<void> set_trigger(std::uint32_t, bool on) const { return bus_.write_u8(READY, on); }
    Result<void> scan(Scan &scan) const
    {
        const auto gain = gain_.lock();
        const bool streams = IIO_TRY(bus_.read_u8(STREAM)) && IIO_TRY(bus_.read_u8(READY)) &&
                             IIO_TRY(bus_.read_u8(GAIN)) == *gain;
        scan.put(gauge_channels[0], streams ? IIO_TRY(bus_.read_u8(DATA)) : 255);
        return {};
    }
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (!stay_busy() || !bus_.read_u8(DATA))
            return;
        ++answers_.handled;
        host_.fire(0, timestamp_ns);
    }

private:
    Result<void> stay_busy() const
    {
        while (answers_.is_busy) {
            IIO_TRY(bus_.read_u8(DATA));
            ++answers_.rounds;
        }
        return {};
    }

    GaugeAnswers &answers_;
    const I2cClient &bus_;
    Host host_;
    Guarded<int> gain_{0};
};

struct Bench {
    Bench()
    {
        next_gauge = &answers;
        const auto hardware = Hardware{"gauge", client, supplies}.with_interrupt(&line);
        device = ProbedChip::probe(driver_of<Gauge>("gauge"), hardware)
                     .value()
                     .register_on(registry, {.interrupt = &line})
                     .value();
        lines.clear();
        set_log_sink([](std::string_view text) noexcept {
            const std::lock_guard lock{lines_mutex};
            lines.emplace_back(text);
        });
    }
    Bench(const Bench &) = delete;
    Bench &operator=(const Bench &) = delete;
    ~Bench()
    {
        device.reset();
        set_log_sink(nullptr);
    }
    [[nodiscard]] std::string read(std::string_view path) const
    {
        const auto text = device->view()->read(path);
        return text ? text->substr(0, text->find('\n')) : errno_name(text.error().value());
    }
    [[nodiscard]] int write(std::string_view path, std::string_view text) const
    {
        return error_of(device->view()->write(path, text));
    }
    /// Scans that wait, without waiting.
    [[nodiscard]] std::vector<std::uint8_t> scans() const
    {
        std::vector<std::uint8_t> bytes;
        core::Cancellation never;
        (void)device->view()->buffer()->read(4096, true, never, [&](auto first, auto second) {
            bytes.assign(first.begin(), first.end());
            bytes.insert(bytes.end(), second.begin(), second.end());
            return true;
        });
        return bytes;
    }
    void start_streaming() const
    {
        REQUIRE(write("scan_elements/in_voltage0_en", "1") == 0);
        REQUIRE(write("buffer/length", "16") == 0);
        REQUIRE(write("buffer/enable", "1") == 0);
    }
    static std::vector<std::string> log()
    {
        const std::lock_guard lock{lines_mutex};
        return lines;
    }

    static inline std::mutex lines_mutex;
    static inline std::vector<std::string> lines;
    GaugeAnswers answers;
    std::shared_ptr<sim::SimulatedBus> chip =
        std::make_shared<sim::SimulatedBus>(*sim::ChipFile::parse(gauge_file, "gauge"));
    sim::SimulatedI2c client{chip, 0x20};
    sim::SimulatedLine line;
    Supplies supplies;
    Registry registry;
    std::unique_ptr<BoundChip> device;
};

const auto first_pause_is_over = Health::first_pause + 20ms;

} // namespace

TEST_CASE("a part that failed once and is configured as it was goes on")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.chip->fail_transfer(1, EIO);
    CHECK(bench.read("in_voltage0_raw") == "EIO");
    bench.chip->record(true);
    CHECK(bench.read("in_voltage0_raw") == "14");
    CHECK(bench.chip->take_log() ==
          std::vector<std::string>{"w:10 r:03", "w:20 r:07", "w:10 r:03", "w:11 r:02"});
    CHECK(bench.answers.probes == 1);
    CHECK(bench.log().empty());
}

TEST_CASE("a part that is not sure to be configured is probed and set anew")
{
    Bench bench;
    bench.answers.tells = false;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.chip->fail_transfer(1, EIO);
    CHECK(bench.read("in_voltage0_raw") == "EIO");
    CHECK(bench.read("hardwaregain") == "2");
    CHECK(bench.read("in_voltage0_raw") == "14");
    CHECK(bench.answers.probes == 2);
    CHECK(bench.answers.alive == 1);
    CHECK(bench.log() ==
          std::vector<std::string>{"iio:device0 (gauge): configured again after EIO"});
}

TEST_CASE("a write that was lost is not assumed done")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.chip->fail_transfer(1, EREMOTEIO);
    CHECK(bench.write("hardwaregain", "3") == EREMOTEIO);
    CHECK(bench.read("hardwaregain") == "2");
    CHECK(bench.read("in_voltage0_raw") == "14");
    CHECK(bench.answers.probes == 2);
    CHECK(bench.device->view()->settings() == Settings{{"hardwaregain", "2"}});
}

TEST_CASE("a part that lost its power gets its settings before the next value is given out")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "3") == 0);
    bench.chip->unplug();
    CHECK(bench.read("in_voltage0_raw") == "ENXIO");
    bench.chip->plug();
    CHECK(bench.read("in_voltage0_raw") == "21");
    CHECK(bench.read("hardwaregain") == "3");
    CHECK(bench.answers.probes == 2);
}

TEST_CASE("the farewell of a driver that is replaced does not reach the chip")
{
    Bench bench;
    bench.answers.tells = false;
    bench.chip->fail_transfer(1, EIO);
    CHECK(bench.read("in_voltage0_raw") == "EIO");
    bench.chip->record(true);
    CHECK(bench.read("hardwaregain") == "0");
    CHECK(bench.chip->take_log() == std::vector<std::string>{"w:00 r:2a", "w:1003"});
}

TEST_CASE("an absent part gives its errno at once, is tried after pauses and logged once")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.chip->unplug();
    CHECK(bench.read("in_voltage0_raw") == "ENXIO"); // doubtful
    CHECK(bench.read("in_voltage0_raw") == "ENXIO"); // absent
    const auto tried = bench.chip->transfers();
    for (int i = 0; i < 20; ++i) {
        CHECK(bench.read("in_voltage0_raw") == "ENXIO");
        CHECK(bench.read("hardwaregain") == "ENXIO");
        CHECK(bench.write("hardwaregain", "3") == ENXIO);
        CHECK(bench.read("name") == "gauge");
    }
    CHECK(bench.chip->transfers() - tried < 40);
    std::this_thread::sleep_for(first_pause_is_over);
    CHECK(bench.read("in_voltage0_raw") == "ENXIO");
    bench.chip->plug();
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "14"; }));
    CHECK(bench.log() == std::vector<std::string>{"iio:device0 (gauge): does not answer: ENXIO",
                                                  "iio:device0 (gauge): answers again"});
}

TEST_CASE("the pauses double from 100 ms to 5 s")
{
    std::chrono::milliseconds pause{0};
    std::vector<long> pauses;
    for (int i = 0; i < 8; ++i)
        pauses.push_back((pause = Health::next_pause(pause)).count());
    CHECK(pauses == std::vector<long>{100, 200, 400, 800, 1600, 3200, 5000, 5000});
}

TEST_CASE("another part in the place of the one that went is refused")
{
    Bench bench;
    bench.chip->unplug();
    CHECK(bench.read("in_voltage0_raw") == "ENXIO");
    bench.chip->plug();
    REQUIRE(bench.client.write_u8(ID, 43)); // as if by itself
    CHECK(bench.read("in_voltage0_raw") == "ENODEV");
    REQUIRE(bench.client.write_u8(ID, 42));
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "0"; }));
}

TEST_CASE("while one client recovers the part the others wait, and all get its value")
{
    Bench bench;
    bench.answers.tells = false;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    for (int round = 0; round < 20; ++round) {
        bench.chip->fail_transfer(1, EIO);
        CHECK(bench.read("in_voltage0_raw") == "EIO");
        std::vector<std::future<std::string>> readers;
        for (int i = 0; i < 8; ++i)
            readers.push_back(
                std::async(std::launch::async, [&] { return bench.read("in_voltage0_raw"); }));
        for (auto &reader : readers)
            CHECK(reader.get() == "14");
    }
    CHECK(bench.answers.probes == 21);
}

TEST_CASE("a part that comes and goes under load gives its values or an errno")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    std::atomic<bool> stop = false;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            while (!stop) {
                const auto raw = bench.read("in_voltage0_raw");
                const auto gain = bench.read("hardwaregain");
                wrong += (raw != "14" && raw != "ENXIO") || (gain != "2" && gain != "ENXIO");
            }
        });
    }
    for (int round = 0; round < 10; ++round) {
        bench.chip->unplug();
        const auto before = bench.chip->transfers();
        CHECK(eventually([&] { return bench.chip->transfers() > before; })); // it is noticed
        bench.chip->plug();
        CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "14"; }));
    }
    stop = true;
    readers.clear();
    CHECK(wrong == 0);
    CHECK(bench.answers.alive == 1);
}

TEST_CASE("a buffer streams on when its part came back, with its settings")
{
    Bench bench;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    bench.start_streaming();
    bench.line.raise();
    CHECK(eventually([&] { return bench.scans() == ScanBytes{7}; }));
    bench.chip->unplug();
    bench.line.raise();
    CHECK(eventually([&] { return !bench.log().empty(); }));
    CHECK(bench.scans().empty());
    CHECK(bench.read("buffer/enable") == "1");
    bench.chip->plug();
    // Nobody asks: the interrupt is still to be handled.
    CHECK(eventually([&] { return bench.scans() == ScanBytes{7}; }));
    CHECK(bench.read("hardwaregain") == "2");
    CHECK(bench.write("buffer/enable", "0") == 0);
}

TEST_CASE("a buffer that was stopped while its part was away is not started again")
{
    Bench bench;
    bench.start_streaming();
    bench.chip->unplug();
    CHECK(bench.read("hardwaregain") == "0");
    bench.line.raise();
    CHECK(eventually([&] { return !bench.log().empty(); }));
    CHECK(bench.write("buffer/enable", "0") == ENXIO);
    CHECK(bench.read("buffer/enable") == "0");
    bench.chip->plug();
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "0"; }));
    CHECK(bench.client.read_u8(STREAM).value() == 0);
    CHECK(bench.client.read_u8(READY).value() == 0);
}

TEST_CASE("an interrupt that could not be handled is handled after a pause")
{
    Bench bench;
    bench.chip->arm({{.transfer = 1, .count = 2, .error = EIO}});
    bench.line.raise();
    CHECK(eventually([&] { return bench.answers.handled == 1; }));
}

TEST_CASE("a recovery that is cut short is begun anew, and no setting is lost")
{
    for (std::uint64_t n = 1; n <= 4; ++n) {
        Bench bench;
        bench.answers.tells = false;
        REQUIRE(bench.write("hardwaregain", "2") == 0);
        REQUIRE(bench.write("current_timestamp_clock", "boottime") == 0);
        bench.start_streaming();
        bench.chip->arm({{.transfer = 1, .error = EIO}, {.transfer = 1 + n, .error = EIO}});
        bench.line.raise();
        CHECK(eventually([&] { return bench.scans().size() == 1; }));
        CHECK(bench.read("hardwaregain") == "2");
        CHECK(bench.read("current_timestamp_clock") == "boottime");
        CHECK(bench.client.read_u8(STREAM).value() == 1);
        CHECK(bench.device->view()->settings().size() == 2);
    }
}

TEST_CASE("a device that is removed while its part is away goes at once")
{
    Bench bench;
    bench.start_streaming();
    bench.chip->unplug();
    bench.line.raise();
    CHECK(eventually([&] { return !bench.log().empty(); }));
    const auto view = bench.device->view();
    bench.device.reset();
    CHECK(error_of(view->read("in_voltage0_raw")) == ENODEV);
    CHECK(bench.answers.alive == 0);
}

TEST_CASE("a stuck bus ends the wait of its readers, and others' parts do not see it")
{
    Bench bench;
    Bench other;
    bench.chip->arm({{.error = ETIMEDOUT, .delay = 300ms}});
    auto stuck = std::async(std::launch::async, [&] { return bench.read("in_voltage0_raw"); });
    int reads = 0;
    while (stuck.wait_for(0s) != std::future_status::ready) {
        REQUIRE(other.read("in_voltage0_raw") == "0");
        ++reads;
    }
    CHECK(reads > 10);
    CHECK(stuck.get() == "ETIMEDOUT");
    bench.chip->arm({});
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "0"; }));
}

TEST_CASE("a buffer that starts and a setting that is stored do not wait for each other")
{
    Bench bench;
    REQUIRE(bench.write("scan_elements/in_voltage0_en", "1") == 0);
    // 1: STREAM by start_buffer; 2: READY by set_trigger, which recovers the part.
    bench.chip->arm({{.transfer = 1, .delay = 300ms}, {.transfer = 2, .error = EIO}});
    auto start = std::async(std::launch::async, [&] { return bench.write("buffer/enable", "1"); });
    std::this_thread::sleep_for(100ms);
    auto store = std::async(std::launch::async, [&] { return bench.write("hardwaregain", "2"); });
    const auto ends = [](std::future<int> &future) {
        return future.wait_for(20s) == std::future_status::ready;
    };
    if (!ends(start) || !ends(store)) {
        std::puts("a buffer that starts and a setting that is stored wait for each other");
        std::_Exit(1); // their threads would be waited for
    }
    CHECK(start.get() == EIO);
    CHECK(store.get() == 0);
}

TEST_CASE("a part that was reset without a failed transfer is configured again")
{
    Bench bench;
    bench.answers.doubts = true;
    REQUIRE(bench.write("hardwaregain", "2") == 0);
    REQUIRE(bench.client.write_u8(MODE, 0));
    REQUIRE(bench.client.write_u8(GAIN, 0));
    CHECK(bench.read("in_voltage0_raw") == "14");
    CHECK(bench.answers.probes == 2);
    CHECK(bench.log() ==
          std::vector<std::string>{"iio:device0 (gauge): had been reset, and is configured again"});
}

TEST_CASE("a part that does not keep what it is told is not asked without end")
{
    Bench bench;
    bench.answers.doubts = true;
    bench.chip->unplug();
    CHECK(bench.read("in_voltage0_raw") == "ENXIO");
    // It forgets its mode: each read finds it reset.
    bench.answers.forgets = true;
    bench.chip->plug();
    CHECK(eventually([&] { return bench.read("in_voltage0_raw") == "EIO"; }));
    CHECK(bench.answers.probes < 20);
}

TEST_CASE("the removal ends what a driver does as long as its chip wants it to")
{
    Bench bench;
    bench.start_streaming();
    std::future<std::string> reader;
    bench.answers.is_busy = true;
    SECTION("in an interrupt") { bench.line.raise(); }
    SECTION("in a read")
    {
        reader = std::async(std::launch::async, [view = bench.device->view()]() -> std::string {
            const auto text = view->read("in_voltage0_raw");
            return text ? *text : errno_name(text.error().value());
        });
    }
    REQUIRE(eventually([&] { return bench.answers.rounds > 0; }));
    const auto begin = std::chrono::steady_clock::now();
    auto removal = std::async(std::launch::async, [&] { bench.device.reset(); });
    const bool ends = removal.wait_for(10s) == std::future_status::ready;
    CHECK(ends);
    CHECK(std::chrono::steady_clock::now() - begin < 1s);
    bench.answers.is_busy = false;
    removal.get();
    if (reader.valid())
        CHECK(reader.get() == "ENODEV");
    CHECK(bench.answers.alive == 0);
    // Yet the chip was told to stop.
    CHECK(bench.client.read_u8(STREAM).value() == 0);
    CHECK(bench.client.read_u8(READY).value() == 0);
    CHECK(bench.client.read_u8(MODE).value() == 0);
}

TEST_CASE("the removal of a part that is being recovered does not wait for its probe")
{
    Bench bench;
    bench.answers.tells = false;
    bench.answers.slow_probe = 1000;
    bench.chip->fail_transfer(1, EIO);
    CHECK(bench.read("in_voltage0_raw") == "EIO");
    auto reader = std::async(std::launch::async, [&] { return bench.read("hardwaregain"); });
    REQUIRE(eventually([&] { return bench.answers.probes == 2; }));
    const auto begin = std::chrono::steady_clock::now();
    const auto view = bench.device->view();
    bench.device.reset();
    CHECK(std::chrono::steady_clock::now() - begin < 1s);
    CHECK(bench.answers.alive == 0);
    (void)reader.wait_for(1s);
}

TEST_CASE("a wait of a driver ends with the removal, but not that of who removes")
{
    Supplies supplies;
    auto chip = std::make_shared<sim::SimulatedBus>(*sim::ChipFile::parse(gauge_file, "gauge"));
    const sim::SimulatedI2c client{chip, 0x20};
    Health health{Hardware{"gauge", client, supplies}};
    CHECK(health.wait(1ms));
    const Timing &timing = health.hardware().timing();
    auto waiting = std::async(std::launch::async, [&] { return health.wait(60s); });
    auto delayed = std::async(std::launch::async, [&] { timing.delay(60s); });
    CHECK(waiting.wait_for(20ms) == std::future_status::timeout);
    CHECK(delayed.wait_for(0s) == std::future_status::timeout);
    CHECK(timing.run([] {}));
    health.begin_removal();
    CHECK_FALSE(waiting.get());
    CHECK(delayed.wait_for(10s) == std::future_status::ready);
    CHECK_FALSE(timing.run([] { FAIL("a call into a driver that is being removed"); }));
    CHECK(health.wait(1ms));
    const auto &bus = *health.hardware().i2c();
    CHECK(bus.read_u8(DATA));
    CHECK(std::async(std::launch::async, [&] { return error_of(bus.read_u8(DATA)); }).get() ==
          ENODEV);
    CHECK(health.failures() == 0);
}

TEST_CASE("an errno that has no name is shown by its number")
{
    CHECK(errno_name(EIO) == "EIO");
    CHECK(errno_name(524) == "ENOTSUPP");
    CHECK(errno_name(4711) == "errno 4711");
    Bench bench;
    bench.chip->arm({{.count = 3, .error = 4711}});
    CHECK(bench.read("in_voltage0_raw") == "errno 4711");
    CHECK(bench.read("in_voltage0_raw") == "errno 4711");
    CHECK(bench.log() ==
          std::vector<std::string>{"iio:device0 (gauge): does not answer: errno 4711"});
}
