// SPDX-License-Identifier: MIT
//
// A sample fits into its storage.
// expect: a_scan_type_must_be_s_or_u_and_fit_its_storage
#include "driver.hpp"

#ifdef FORBIDDEN
constexpr auto shift = 8;
#else
constexpr auto shift = 4;
#endif
constexpr std::array one{iio::Channel::in(iio::ChannelType::voltage, 0)
                             .scan(0, iio::ScanType::of_signed(12, 16, shift))};
constexpr iio::ChannelTable table{one};
