// SPDX-License-Identifier: MIT
//
// Two channels do not share the name of a separate attribute.
// expect: two_channels_have_the_same_attribute_name
#include "driver.hpp"

using iio::Channel;
using iio::ChannelType;
using iio::Info;
constexpr std::array two{Channel::in(ChannelType::voltage, 0).separate(Info::raw),
#ifdef FORBIDDEN
                         Channel::in(ChannelType::voltage, 0).separate(Info::raw)};
#else
                         Channel::in(ChannelType::voltage, 1).separate(Info::raw)};
#endif
constexpr iio::ChannelTable table{two};
