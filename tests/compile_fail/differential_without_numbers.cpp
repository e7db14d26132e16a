// SPDX-License-Identifier: MIT
//
// A differential channel is between two inputs.
// expect: a_differential_channel_needs_two_numbers
#include "driver.hpp"

#ifdef FORBIDDEN
constexpr int negative = 0;
#else
constexpr int negative = 1;
#endif
constexpr std::array one{iio::Channel::differential(iio::ChannelType::voltage, 0, negative)};
constexpr iio::ChannelTable table{one};
