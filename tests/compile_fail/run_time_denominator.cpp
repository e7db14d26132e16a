// SPDX-License-Identifier: MIT
//
// A denominator that is known at run time goes through make().
// expect: 'n' is not a constant expression
#include "driver.hpp"

iio::Value f(int n)
{
#ifdef FORBIDDEN
    return iio::Fractional{1, n};
#else
    const auto denominator = iio::NonZero::make(n);
    return denominator ? iio::Value{iio::Fractional{1, *denominator}} : iio::Value{iio::Int{0}};
#endif
}
