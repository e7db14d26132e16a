// SPDX-License-Identifier: MIT
//
// A constant denominator is not zero.
// expect: a_denominator_must_not_be_zero
#include "driver.hpp"

constexpr iio::Value third = iio::Fractional{1, 3};
#ifdef FORBIDDEN
constexpr iio::Value nothing = iio::Fractional{1, 0};
#endif
