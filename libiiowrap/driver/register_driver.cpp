// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iio/driver/register_driver.hpp>

namespace iio {

RegisterDriver::RegisterDriver(const Hardware &hardware, const Layout &layout,
                               ChannelTable channels, std::span<const DeviceAttribute> attributes)
    : TableDriver{hardware, channels, attributes},
      layout_{layout},
      registers_{hardware, layout.format},
      power_{hardware, [this](bool on) { return turn(on); }, layout.power.idle}
{
}

RegisterDriver::RegisterDriver(const Hardware &hardware)
    : RegisterDriver{hardware, hardware.data<RegisterPart>().layout,
                     hardware.data<RegisterPart>().channels,
                     hardware.data<RegisterPart>().attributes}
{
}

Result<void> RegisterDriver::probe()
{
    if (const Identity &identity = layout_.identity; identity.field.exists()) {
        const unsigned code = IIO_TRY(registers_.get(identity.field));
        if (!identity.takes_any && !identity.has(code))
            return fail(ENODEV);
    }
    if (layout_.reset) {
        IIO_TRY(registers_.order(*layout_.reset));
        registers_.forget();
        hardware().delay(layout_.start_up);
    }
    IIO_TRY(registers_.set(layout_.setup));
    IIO_TRY(for_each_field([this](const Choices &setting, unsigned index) -> Result<void> {
        if (&setting == layout_.power.on_by)
            return {};
        if (!setting.kept)
            return registers_.set(setting.field, setting.code(index));
        const unsigned code = IIO_TRY(registers_.get(setting.field));
        for (unsigned i = 0; i < setting.values.size(); ++i) {
            if (setting.code(i) == code)
                remember(setting, channels().front(), i);
        }
        return {};
    }));
    if (!layout_.data_ready.triggers.empty()) {
        IIO_TRY(registers_.set(layout_.data_ready.enable, 0));
        IIO_TRY(choose_edge());
    }
    if (layout_.power.always_on)
        always_on_ = IIO_TRY(power_.use());
    return {};
}

Result<void> RegisterDriver::choose_edge() const
{
    const auto edge = hardware().interrupt_edge();
    if (!edge)
        return {};
    const DataReady &output = layout_.data_ready;
    const bool low = *edge == Edge::falling;
    if (low && !output.active_low.exists() && !output.active_high.exists())
        return fail(EINVAL);
    return registers_.set(
        std::array{FieldValue{output.active_low, low}, FieldValue{output.active_high, !low}});
}

Result<bool> RegisterDriver::is_configured() const
{
    const auto &[field, code] = layout_.proof;
    return field.exists() && IIO_TRY(registers_.get(field)) == code;
}

Result<void> RegisterDriver::turn(bool on) const
{
    const PowerPlan &plan = layout_.power;
    if (!on)
        return registers_.set(std::array{plan.off, plan.also_off});
    const unsigned choice = plan.on_by ? chosen(*plan.on_by) : 0;
    const auto wake =
        plan.on_by ? FieldValue{plan.on_by->field, plan.on_by->code(choice)} : plan.on;
    IIO_TRY(registers_.set(std::array{wake, plan.also_on}));
    hardware().delay(plan.settles_at ? plan.settles_at(choice) : plan.settles);
    woke_at_ = hardware().timing().now();
    return {};
}

Result<Value> RegisterDriver::read_raw(const Channel &channel, Info info) const
{
    if (info != Info::raw || channel.setting_of(info))
        return TableDriver::read_raw(channel, info);
    return read_settled(channel, {});
}

Result<Value> RegisterDriver::read_settled(const Channel &channel,
                                           std::chrono::nanoseconds settles) const
{
    auto awake = IIO_TRY(power_.use());
    hardware().delay(woke_at_.load() + settles - hardware().timing().now());
    IIO_TRY(await_sample());
    const auto sample = read_sample(channel);
    IIO_TRY(awake.end());
    return Int{IIO_TRY(sample)};
}

Result<int> RegisterDriver::read_sample(const Channel &channel) const
{
    std::array<std::uint8_t, 4> bytes{};
    const auto word = std::span{bytes}.first(std::min(bytes.size(), bytes_of(channel.scan_type)));
    IIO_TRY(registers_.read_burst(static_cast<unsigned>(channel.address), word));
    return sample_of(channel.scan_type, word);
}

Result<void> RegisterDriver::wait_until(FieldValue state, const Polls &polls) const
{
    for (int poll = 0; poll < polls.most; ++poll) {
        if (IIO_TRY(registers_.get(state.field)) == state.code)
            return {};
        hardware().delay(polls.pause);
    }
    return fail(polls.error);
}

Result<void> RegisterDriver::choose(const Choices &setting, const Channel &channel,
                                    unsigned index) const
{
    if (&setting != layout_.power.on_by)
        return choose_by(setting, channel, index,
                         [&](unsigned code) { return registers_.set(setting.field, code); });
    // Remembered first: a part that wakes up just now wakes up with it.
    remember(setting, channel, index);
    return power_.if_awake(
        [&] { return registers_.set(setting.field, setting.code(chosen(setting))); });
}

Result<void> RegisterDriver::scan(Scan &scan) const
{
    IIO_TRY(await_sample());
    const Burst &burst = layout_.burst;
    std::array<std::uint8_t, 32> bytes{};
    const auto sample = std::span{bytes}.first(std::min<std::size_t>(burst.bytes, bytes.size()));
    IIO_TRY(registers_.read_burst(burst.first, sample));
    for (const Channel &channel : channels()) {
        const std::size_t at = channel.index() - burst.first;
        const std::size_t size = bytes_of(channel.scan_type);
        if (channel.scan_index < 0 || channel.type == IIO_TIMESTAMP || at + size > sample.size())
            continue;
        scan.put(channel, std::int64_t{number_of(channel.scan_type, sample.subspan(at, size))});
    }
    return {};
}

Result<void> RegisterDriver::start_buffer(const BufferSetup &) const
{
    streaming_ = IIO_TRY(power_.use());
    return {};
}

Result<void> RegisterDriver::stop_buffer() const { return streaming_.end(); }

std::span<const OwnTrigger> RegisterDriver::triggers() const
{
    if (!hardware().interrupt())
        return {};
    return layout_.data_ready.triggers;
}

Result<void> RegisterDriver::set_trigger(std::uint32_t, bool on) const
{
    const DataReady &output = layout_.data_ready;
    if (on)
        IIO_TRY(registers_.order(output.clear));
    return registers_.set(output.enable, on);
}

void RegisterDriver::handle_interrupt(std::int64_t timestamp_ns) const
{
    const DataReady &output = layout_.data_ready;
    if (output.triggers.empty())
        return;
    if (output.status.exists() && sample_status().value_or(0) == 0)
        return;
    host().fire(output.triggers.front().id, timestamp_ns);
}

Result<unsigned> RegisterDriver::sample_status() const
{
    const Field status = layout_.data_ready.status;
    if (!layout_.data_ready.status_in_sample)
        return registers_.get(status);
    return status.extract(static_cast<unsigned>(IIO_TRY(registers_.burst<LeU16>(status.reg))));
}

void RegisterDriver::reenable_trigger(std::uint32_t) const
{
    (void)registers_.order(layout_.data_ready.clear);
}

} // namespace iio
