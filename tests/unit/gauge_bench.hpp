// SPDX-License-Identifier: MIT
//
// Gauge: a driver that tests can follow through the failures of its part; GaugeBench: such
// a device on a chip model, and what the log says of it.
#pragma once

#include "streaming_driver.hpp"

#include <catch2/catch.hpp>
#include <iio/driver/module.hpp>
#include <iio/host/log.hpp>
#include <sim/simulated.hpp>
#include <sim/simulated_line.hpp>

namespace iio::tests {

using namespace std::chrono_literals;

inline constexpr std::uint8_t ID = 0x00;
inline constexpr std::uint8_t MODE = 0x10;
inline constexpr std::uint8_t GAIN = 0x11;
inline constexpr std::uint8_t STREAM = 0x12;
inline constexpr std::uint8_t READY = 0x13;
inline constexpr std::uint8_t DATA = 0x20;
inline constexpr std::uint8_t mode_on = 3;

inline constexpr std::string_view gauge_file =
    R"({ "part": "Gauge", "driver": "gauge", "bus": "i2c",
    "address": "0x20", "irq": 0,
    "model": { "kind": "registers", "registers": { "0x00": 42, "0x20": 7 } } })";

inline constexpr std::array gauge_channels{
    Channel::in(ChannelType::voltage, 0)
        .separate(Info::raw)
        .by_all(Info::hardwaregain)
        .direct_write(Info::hardwaregain)
        .scan(0, ScanType::of_unsigned(8, 8)),
    Channel::timestamp(1),
};
inline constexpr ChannelTable gauge_table{gauge_channels};
inline constexpr std::array gauge_triggers{OwnTrigger::numbered("-dev", true)};

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
inline GaugeAnswers *next_gauge = nullptr;

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

struct GaugeBench {
    GaugeBench()
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
    GaugeBench(const GaugeBench &) = delete;
    GaugeBench &operator=(const GaugeBench &) = delete;
    ~GaugeBench()
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

inline const auto first_pause_is_over = Health::first_pause + 20ms;

} // namespace iio::tests
