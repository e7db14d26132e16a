// SPDX-License-Identifier: MIT
//
// The exponent of a denominator is in range.
// expect: the_exponent_of_a_denominator_is_0_to_62
#include "driver.hpp"

constexpr iio::Value part = iio::FractionalLog2{1, 12};
#ifdef FORBIDDEN
constexpr iio::Value nothing = iio::FractionalLog2{1, -1};
#endif
