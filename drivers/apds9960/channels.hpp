// SPDX-License-Identifier: MIT
//
// What the APDS-9960 measures, and what can be chosen of it.
#pragma once

#include "registers.hpp"

#include <array>
#include <iio/driver/channel_table.hpp>
#include <iio/driver/value.hpp>
#include <string_view>

namespace iio::apds9960 {

/// Light is measured for (256 - ATIME) * 2.78 ms, which clients see rounded.
constexpr std::array<std::uint8_t, 4> atimes{0xf6, 0xdb, 0xb6, 0x00};
constexpr std::array<Value, 4> integration_times{IntPlusMicro{0, 28'000}, IntPlusMicro{0, 100'000},
                                                 IntPlusMicro{0, 200'000},
                                                 IntPlusMicro{0, 700'000}};
// By AGAIN, and by PGAIN and GGAIN.
using Gains = std::array<Value, 4>;
constexpr Gains intensity_gains{Int{1}, Int{4}, Int{16}, Int{64}};
constexpr Gains proximity_gains{Int{1}, Int{2}, Int{4}, Int{8}};

constexpr std::array own_attributes{
    DeviceAttribute::of("integration_time_available", ExtInfo::Access::read, 0),
    DeviceAttribute::of("intensity_scale_available", ExtInfo::Access::read, 1),
    DeviceAttribute::of("proximity_scale_available", ExtInfo::Access::read, 2),
};
constexpr std::array<std::string_view, 3> attribute_texts{"0.028 0.1 0.2 0.7\n", "1 4 16 64\n",
                                                          "1 2 4 8\n"};

constexpr std::array threshold_events{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value, EventInfo::enable),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value, EventInfo::enable),
};

/// A channel's address is where its data are.
constexpr Channel make_color(Modifier modifier, std::uint8_t data)
{
    return Channel::in(ChannelType::intensity)
        .modifier(modifier)
        .at(data)
        .separate(Info::raw)
        .by_type(Info::scale, Info::integration_time);
}
constexpr Channel make_photodiode(int index)
{
    return Channel::in(ChannelType::proximity, index + 1).scan(index, ScanType::of_unsigned(8, 8));
}
constexpr Channel proximity = Channel::in(ChannelType::proximity)
                                  .at(PDATA)
                                  .separate(Info::raw, Info::scale)
                                  .with_events(threshold_events);
constexpr Channel clear = make_color(Modifier::light_clear, CDATAL).with_events(threshold_events);
/// In the FIFO's order: up, down, left, right.
constexpr std::array photodiodes{make_photodiode(0), make_photodiode(1), make_photodiode(2),
                                 make_photodiode(3)};
constexpr std::array channels_data{
    proximity,
    clear,
    make_color(Modifier::light_red, RDATAL),
    make_color(Modifier::light_green, GDATAL),
    make_color(Modifier::light_blue, BDATAL),
    photodiodes[0],
    photodiodes[1],
    photodiodes[2],
    photodiodes[3],
};
constexpr ChannelTable channel_table{channels_data};

constexpr bool is_proximity(const Channel &channel)
{
    return channel.channel_type() == ChannelType::proximity;
}
constexpr unsigned interrupt_enable(const Channel &channel)
{
    return is_proximity(channel) ? ENABLE_PIEN : ENABLE_AIEN;
}

} // namespace iio::apds9960
