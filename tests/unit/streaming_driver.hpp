// SPDX-License-Identifier: MIT
//
// A driver that streams what the test decides, and a bench that reads it.
#pragma once

#include "fake_driver.hpp"

#include <chrono>
#include <core/buffer.hpp>
#include <core/events.hpp>
#include <core/software_triggers.hpp>
#include <optional>
#include <thread>

namespace iio::tests {

/// Waits until it holds, and says whether it ever did.
template <class Holds> bool eventually(Holds &&holds)
{
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until)
            return false;
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    return true;
}

inline constexpr std::array stream_channels{
    Channel::in(ChannelType::voltage, 0)
        .separate(Info::raw)
        .direct(Info::raw)
        .direct_events()
        .scan(0, ScanType::of_signed(12, 16, 4, Endian::little))
        .with_events(fake_events),
    Channel::in(ChannelType::voltage, 1).scan(1, ScanType::of_unsigned(8, 8, 0, Endian::little)),
    Channel::in(ChannelType::voltage, 2).scan(2, ScanType::of_signed(24, 32, 8, Endian::big)),
    Channel::in(ChannelType::rot)
        .modifier(Modifier::quaternion)
        .scan(3, ScanType::of_signed(16, 16, 0, Endian::little).times(4)),
    Channel::timestamp(4),
};
inline constexpr ChannelTable stream_table{stream_channels};
inline constexpr std::array stream_triggers{
    OwnTrigger::named("-trigger", false, 1),
    OwnTrigger::numbered("-dev", true, 2).for_own_device_only()};

/// What the driver does; set before the device is made, or while nothing runs.
struct StreamAnswers {
    unsigned modes = IIO_MODE_BUFFER_TRIGGERED | IIO_MODE_BUFFER_SOFTWARE;
    bool has_triggers = false;
    std::vector<ScanMask> masks{};
    std::function<Result<void>(Scan &)> scan{}; ///< none: the number of the scan in voltage1
    std::function<Result<void>(const BufferSetup &)> start{};
    std::function<Result<void>()> stop{};
    std::function<Result<unsigned>(unsigned)> flush{};
    std::function<Result<void>(std::uint32_t, bool)> set_trigger{};
    std::function<void(std::uint32_t)> reenable{};
    std::function<void(const Host &, std::int64_t)> interrupt{};
    std::function<Result<Value>()> read{};
    std::function<Result<void>(Written)> write{};

    std::atomic<unsigned> scans = 0;
    std::atomic<int> started = 0; ///< starts less stops
    std::atomic<unsigned> interrupts = 0;
};

/// The next StreamingDriver's answers; they outlive it.
inline StreamAnswers *next_stream = nullptr;

template <bool OneHot, bool OwnTriggerOnly> class StreamingDriver {
public:
    static constexpr bool one_hot_scan = OneHot;
    static constexpr bool own_trigger_only = OwnTriggerOnly;

    explicit StreamingDriver(const Hardware &hardware)
        : answers_{*next_stream}, host_{hardware.host()}
    {
    }
    Result<void> probe() { return {}; }
    ChannelTable channels() const { return stream_table; }
    Result<Value> read_raw(const Channel &, Info) const
    {
        return answers_.read ? answers_.read() : Result<Value>{Int{1}};
    }
    Result<void> write_raw(const Channel &, Info, Written written) const
    {
        return answers_.write ? answers_.write(written) : Result<void>{fail(EINVAL)};
    }
    Result<bool> read_event_config(const Channel &, Event) const { return true; }
    Result<Value> read_event_value(const Channel &, Event, EventInfo) const { return Int{1}; }
    Result<void> write_event_config(const Channel &, Event, bool) const { return {}; }
    unsigned modes() const { return answers_.modes; }
    std::span<const ScanMask> scan_masks() const { return answers_.masks; }
    std::span<const OwnTrigger> triggers() const
    {
        return answers_.has_triggers ? std::span<const OwnTrigger>{stream_triggers}
                                     : std::span<const OwnTrigger>{};
    }
    Result<void> scan(Scan &scan) const
    {
        const unsigned number = ++answers_.scans;
        if (answers_.scan)
            return answers_.scan(scan);
        scan.put(stream_channels[1], number);
        return {};
    }
    Result<void> start_buffer(const BufferSetup &setup) const
    {
        if (answers_.start)
            IIO_TRY(answers_.start(setup));
        ++answers_.started;
        return {};
    }
    Result<void> stop_buffer() const
    {
        --answers_.started;
        return answers_.stop ? answers_.stop() : Result<void>{};
    }
    Result<unsigned> flush_fifo(unsigned most) const
    {
        return answers_.flush ? answers_.flush(most) : Result<unsigned>{0U};
    }
    Result<void> set_trigger(std::uint32_t id, bool on) const
    {
        return answers_.set_trigger ? answers_.set_trigger(id, on) : Result<void>{};
    }
    void reenable_trigger(std::uint32_t id) const
    {
        if (answers_.reenable)
            answers_.reenable(id);
    }
    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (answers_.interrupt)
            answers_.interrupt(host_, timestamp_ns);
        ++answers_.interrupts;
    }
    const Host &host() const { return host_; }

private:
    StreamAnswers &answers_;
    Host host_;
};

/// A board with a part, and the shortest ways to do with it what a client does.
template <bool OneHot = false, bool OwnTriggerOnly = false> struct StreamBench {
    using Driver = StreamingDriver<OneHot, OwnTriggerOnly>;
    using Live = Device<Driver, Registered>;

    /// Made from a's present answers, on a registry that others may share.
    StreamBench(Registry &registry, StreamAnswers &answers, const DeviceOptions &options = {},
                std::string_view part = "stream")
    {
        next_stream = &answers;
        const Hardware hardware{part, client_, supplies_};
        live.emplace(Device<Driver, Unregistered>::probe(hardware)
                         .value()
                         .register_on(registry, options)
                         .value());
        view = live->shared_view();
    }

    [[nodiscard]] int write(std::string_view path, std::string_view text) const
    {
        return error_of(view->write(path, text));
    }
    [[nodiscard]] std::string read(std::string_view path) const
    {
        const auto text = view->read(path);
        return text ? *text : iio::errno_name(text.error().value());
    }
    [[nodiscard]] core::Buffer &buffer() const { return *view->buffer(); }
    /// Pushes a scan with this number in voltage1.
    bool push(std::int64_t number, std::int64_t timestamp_ns = 0) const
    {
        return live->driver().host().push(
            timestamp_ns, [&](Scan &scan) { scan.put(stream_channels[1], number); });
    }
    /// What one read() gives.
    [[nodiscard]] Result<std::vector<std::uint8_t>> take(std::size_t size,
                                                         bool nonblocking = true) const
    {
        core::Cancellation never;
        return take(size, nonblocking, never);
    }
    [[nodiscard]] Result<std::vector<std::uint8_t>> take(std::size_t size, bool nonblocking,
                                                         core::Cancellation &cancellation) const
    {
        std::vector<std::uint8_t> bytes;
        IIO_TRY(buffer().read(size, nonblocking, cancellation, [&](auto first, auto second) {
            bytes.assign(first.begin(), first.end());
            bytes.insert(bytes.end(), second.begin(), second.end());
            return true;
        }));
        return bytes;
    }

    SilentI2c client_;
    Supplies supplies_;
    std::optional<Live> live;
    std::shared_ptr<const LiveDevice> view;
};

using ScanBytes = std::vector<std::uint8_t>;

} // namespace iio::tests
