// SPDX-License-Identifier: MIT
//
// A modifier has the modified flag.
// expect: a_modifier_needs_the_modified_flag_and_a_known_modifier
#include "driver.hpp"

constexpr iio::Channel accel(bool good)
{
    auto channel = iio::Channel::in(iio::ChannelType::accel).separate(iio::Info::raw);
    if (good)
        return channel.modifier(iio::Modifier::x);
    channel.channel2 = IIO_MOD_X;
    return channel;
}
#ifdef FORBIDDEN
constexpr std::array one{accel(false)};
#else
constexpr std::array one{accel(true)};
#endif
constexpr iio::ChannelTable table{one};
