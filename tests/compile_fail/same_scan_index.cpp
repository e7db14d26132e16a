// SPDX-License-Identifier: MIT
//
// Each channel has a place of its own in a scan.
// expect: two_channels_have_the_same_scan_index
#include "driver.hpp"

#ifdef FORBIDDEN
constexpr int second = 0;
#else
constexpr int second = 1;
#endif
constexpr auto bits = iio::ScanType::of_signed(16, 16);
constexpr std::array two{iio::Channel::in(iio::ChannelType::voltage, 0).scan(0, bits),
                         iio::Channel::in(iio::ChannelType::voltage, 1).scan(second, bits)};
constexpr iio::ChannelTable table{two};
