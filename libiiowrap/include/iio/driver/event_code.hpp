// SPDX-License-Identifier: MIT
//
// The number that says in an event record what happened where. Its fields are
// those that <linux/iio/events.h> extracts.
#pragma once

#include <iio/driver/channel.hpp>
#include <linux/iio/events.h>

namespace iio {

/// An event of a channel. `modifier` instead of the channel's own where one
/// event speaks for several of them, such as Modifier::x_or_y_or_z.
[[nodiscard]] constexpr std::uint64_t event_code(const Channel &channel, EventType type,
                                                 EventDirection direction, Modifier modifier)
{
    const bool differential = channel.flags & IIO_CHAN_DIFFERENTIAL;
    const auto number = [](int n) { return std::uint64_t{static_cast<std::uint16_t>(n)}; };
    return static_cast<std::uint64_t>(type) << 56 | std::uint64_t{differential} << 55 |
           static_cast<std::uint64_t>(direction) << 48 |
           static_cast<std::uint64_t>(modifier) << 40 | std::uint64_t{channel.type} << 32 |
           (differential ? number(channel.channel2) : 0) << 16 | number(channel.channel);
}
[[nodiscard]] constexpr std::uint64_t event_code(const Channel &channel, EventType type,
                                                 EventDirection direction)
{
    return event_code(channel, type, direction, channel.channel_modifier());
}

static_assert(
    IIO_EVENT_CODE_EXTRACT_CHAN(event_code(Channel::differential(ChannelType::voltage, 2, 3),
                                           EventType::thresh, EventDirection::rising)) == 2);
static_assert(
    IIO_EVENT_CODE_EXTRACT_CHAN2(event_code(Channel::differential(ChannelType::voltage, 2, 3),
                                            EventType::thresh, EventDirection::rising)) == 3);
static_assert(IIO_EVENT_CODE_EXTRACT_MODIFIER(
                  event_code(Channel::in(ChannelType::accel).modifier(Modifier::y), EventType::roc,
                             EventDirection::either)) == IIO_MOD_Y);

} // namespace iio
