// SPDX-License-Identifier: MIT
//
// A driver whose answers the test decides.
#pragma once

#include <atomic>
#include <functional>
#include <iio/driver/guarded.hpp>
#include <iio/host/device.hpp>

namespace iio::tests {

struct Answers {
    std::function<void()> construct = [] {};
    std::function<Result<void>()> probe = [] { return Result<void>{}; };
    std::function<Result<Value>(const Channel &, Info)> read = [](const Channel &, Info) {
        return Result<Value>{Int{42}};
    };
    std::function<Result<void>(Info, Written)> write = [](Info, Written) { return Result<void>{}; };
    WriteFormat format = WriteFormat::plus_micro;
    std::array<Value, 2> scales{FractionalLog2{1, 1}, FractionalLog2{3, 2}};
    std::atomic<int> alive = 0;
};

/// The next FakeDriver's answers; they outlive it.
inline Answers *next_answers = nullptr;

inline constexpr std::array fake_words{"low", "high"};
inline constexpr std::array fake_ext_info{
    ExtInfo::choice("power", Shared::separate, fake_words),
    ExtInfo::choice_available("power_available", Shared::by_type, fake_words),
    ExtInfo::text("store", Shared::by_all, ExtInfo::Access::order),
    ExtInfo::mount_matrix(Shared::by_direction),
};
inline constexpr std::array turned_axes{"y", "x", "-z"};
inline constexpr std::array turned_ext_info{ExtInfo::mount_matrix(Shared::by_type, turned_axes)};
inline constexpr std::array fake_events{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
};
inline constexpr std::array fake_channels{
    Channel::in(ChannelType::voltage, 0)
        .separate(Info::raw)
        .by_type(Info::scale)
        .by_all(Info::sampling_frequency)
        .available(Shared::by_type, Info::scale)
        .with_ext_info(fake_ext_info)
        .with_events(fake_events),
    Channel::in(ChannelType::voltage, 1).separate(Info::raw).by_type(Info::scale).extend("supply"),
    Channel::in(ChannelType::accel)
        .modifier(Modifier::x)
        .separate(Info::raw, Info::enable)
        .with_ext_info(turned_ext_info),
    Channel::timestamp(0),
};
inline constexpr ChannelTable fake_table{fake_channels};

class FakeDriver {
public:
    explicit FakeDriver(const Hardware &) : answers_{*next_answers}
    {
        answers_.construct();
        ++answers_.alive;
    }
    ~FakeDriver() { --answers_.alive; }

    Result<void> probe() { return answers_.probe(); }
    ChannelTable channels() const { return fake_table; }
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        return answers_.read(channel, info);
    }
    Result<void> write_raw(const Channel &, Info info, Written value) const
    {
        return answers_.write(info, value);
    }
    WriteFormat write_format(const Channel &, Info) const { return answers_.format; }
    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::list(answers_.scales);
    }
    Result<unsigned> read_enum(const Channel &, const ExtInfo &) const { return *word_.lock(); }
    Result<void> write_enum(const Channel &, const ExtInfo &, unsigned item) const
    {
        *word_.lock() = item;
        return {};
    }
    Result<std::size_t> write_ext(const Channel &, const ExtInfo &, std::string_view text) const
    {
        return IIO_TRY(parse_bool(text)) ? text.size() : 0;
    }
    Result<bool> read_event_config(const Channel &, Event) const { return *event_on_.lock(); }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        *event_on_.lock() = on;
        return {};
    }
    Result<Value> read_event_value(const Channel &, Event, EventInfo) const
    {
        return IntPlusMicro{1, 250'000};
    }
    Result<unsigned> read_register(unsigned reg) const { return reg * 0x11; }
    Result<void> write_register(unsigned reg, unsigned) const
    {
        return reg == 0xff ? Result<void>{fail(EINVAL)} : Result<void>{};
    }

private:
    Answers &answers_;
    Guarded<unsigned> word_{0U};
    Guarded<bool> event_on_{false};
};

class SilentI2c final : public I2cClient {
public:
    [[nodiscard]] Result<void> transfer(std::span<const I2cMessage>) const override
    {
        return fail(ENXIO);
    }
};

/// What a FakeDriver is made from.
struct FakeBoard {
    explicit FakeBoard(Answers &answers) { next_answers = &answers; }
    SilentI2c client;
    Supplies supplies;
    Hardware hardware{"fake", client, supplies};
};

using LiveFake = Device<FakeDriver, Registered>;

inline Result<LiveFake> register_fake(const FakeBoard &board, Registry &registry,
                                      const DeviceOptions &options = {})
{
    auto fresh = IIO_TRY(Device<FakeDriver, Unregistered>::probe(board.hardware));
    return std::move(fresh).register_on(registry, options);
}

/// 0: it is a value.
template <class T> int error_of(const Result<T> &result)
{
    return result ? 0 : result.error().value();
}

/// What keep_line(), a log's sink, was given.
inline std::vector<std::string> lines;
inline void keep_line(std::string_view line) noexcept { lines.emplace_back(line); }

} // namespace iio::tests
