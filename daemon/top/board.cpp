// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <daemon/top/board.hpp>
#include <limits>

namespace iiofs::top {

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

void note(ChannelState &channel, const Reading &reading, SteadyTime time)
{
    channel.unit = reading.unit;
    channel.error = reading.error;
    if (reading.error == 0) {
        channel.decimals = reading.decimals;
        channel.min = channel.value ? std::min(channel.min, reading.value) : reading.value;
        channel.max = channel.value ? std::max(channel.max, reading.value) : reading.value;
        channel.value = reading.value;
    } else if (reading.error != EBUSY) {
        channel.last_error = reading.error;
        ++channel.errors;
    }
    channel.history.add({time, reading.error == 0 ? reading.value : nothing});
}

/// The channels that a pass has, each with what was known of it.
std::vector<ChannelState> merged(std::vector<ChannelState> known, const Pass &pass)
{
    std::vector<ChannelState> channels;
    for (const auto &reading : pass.readings) {
        const auto before = std::ranges::find(known, reading.channel, &ChannelState::name);
        channels.push_back(before == known.end() ? ChannelState{.name = reading.channel}
                                                 : std::move(*before));
        note(channels.back(), reading, pass.end);
    }
    return channels;
}

} // namespace

void History::add(Sample sample)
{
    if (samples_.size() == capacity)
        samples_.pop_front();
    samples_.push_back(sample);
    ++uninterrupted_;
}

void History::interrupt(SteadyTime time)
{
    add({time, nothing});
    uninterrupted_ = 0;
}

std::vector<double> History::last(std::size_t count) const
{
    std::vector<double> values;
    const auto skipped = samples_.size() - std::min(count, samples_.size());
    for (auto i = skipped; i < samples_.size(); ++i)
        values.push_back(samples_[i].value);
    return values;
}

std::optional<double> History::rate(SteadyTime now) const
{
    constexpr std::size_t most = 10;
    const auto count = std::min({most, samples_.size(), uninterrupted_});
    if (count < 2)
        return std::nullopt;
    const auto first = samples_.end() - static_cast<std::ptrdiff_t>(count);
    const auto good = std::count_if(first + 1, samples_.end(),
                                    [](const Sample &sample) { return !std::isnan(sample.value); });
    using Seconds = std::chrono::duration<double>;
    const Seconds span = samples_.back().time - first->time;
    // The next one is late: as if it came now.
    const Seconds overdue = now - samples_.back().time;
    const auto usual = span / static_cast<double>(count - 1);
    const auto length = overdue > 2 * usual ? span + overdue : span;
    return length.count() > 0 ? static_cast<double>(good) / length.count() : 0;
}

void Board::apply(const Report &report, SteadyTime now)
{
    if (const auto *const list = std::get_if<DeviceList>(&report))
        follow(*list, now);
    else
        record(std::get<Pass>(report));
}

void Board::follow(const DeviceList &list, SteadyTime now)
{
    error_ = list.error;
    listed_ = true;
    if (list.error != 0)
        return;
    const auto gone = [&](unsigned number) {
        return !std::ranges::binary_search(list.devices, number);
    };
    std::erase_if(devices_, [&](const DeviceState &state) { return gone(state.number); });
    std::erase_if(silent_, gone);
    for (const auto number : list.devices) {
        if (device(number) != nullptr)
            continue;
        if (selective_) {
            silent_.insert(number);
            continue;
        }
        const auto after = std::ranges::upper_bound(devices_, number, {}, &DeviceState::number);
        devices_.insert(after, DeviceState{.number = number, .last_time = now});
    }
}

void Board::record(const Pass &pass)
{
    silent_.erase(pass.device);
    auto place = std::ranges::lower_bound(devices_, pass.device, {}, &DeviceState::number);
    const bool there = place != devices_.end() && place->number == pass.device;
    if (!pass.wanted) {
        if (there)
            devices_.erase(place);
        return;
    }
    if (!there)
        place = devices_.insert(place, DeviceState{.number = pass.device});
    auto &state = *place;
    if (!state.name.empty() && !pass.name.empty() && state.name != pass.name)
        state = DeviceState{.number = pass.device}; // another one has its number now
    state.name = pass.name;
    state.label = pass.label;
    state.streaming = pass.streaming;
    state.last_tick = pass.tick;
    state.last_time = pass.end;
    state.error = pass.error;
    if (pass.error == 0) {
        state.channels = merged(std::move(state.channels), pass);
        return;
    }
    ++state.errors;
    for (auto &channel : state.channels)
        note(channel, {channel.name, channel.unit, channel.decimals, 0, pass.error}, pass.end);
}

void Board::interrupt(SteadyTime now)
{
    for (auto &device : devices_) {
        for (auto &channel : device.channels)
            channel.history.interrupt(now);
    }
}

const DeviceState *Board::device(unsigned number) const
{
    const auto place = std::ranges::find(devices_, number, &DeviceState::number);
    return place == devices_.end() ? nullptr : &*place;
}

const ChannelState *Board::channel(const ChannelKey &key) const
{
    const auto *const state = device(key.device);
    if (state == nullptr)
        return nullptr;
    const auto place = std::ranges::find(state->channels, key.channel, &ChannelState::name);
    return place == state->channels.end() ? nullptr : &*place;
}

bool Board::answered(std::uint64_t tick) const
{
    return listed_ && silent_.empty() &&
           std::ranges::all_of(devices_, [&](const DeviceState &d) { return d.last_tick >= tick; });
}

void Board::toggle_watched(const ChannelKey &key)
{
    if (!key.channel.empty() && watched_.erase(key) == 0)
        watched_.insert(key);
}

std::vector<ChannelKey> Board::watched() const
{
    std::vector<ChannelKey> keys;
    for (const auto &device : devices_) {
        for (const auto &channel : device.channels) {
            if (const ChannelKey key{device.number, channel.name}; watched_.contains(key))
                keys.push_back(key);
        }
    }
    return keys;
}

} // namespace iiofs::top
