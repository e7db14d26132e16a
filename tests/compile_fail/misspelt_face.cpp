// SPDX-License-Identifier: MIT
//
// A face with another signature is not just left out.
// expect: write_raw is not const or has another signature than iio/driver/driver.hpp says
#include "driver.hpp"

struct D : Complete {
    using Complete::Complete;
#ifdef FORBIDDEN
    iio::Result<void> write_raw(const iio::Channel &, iio::Info, int) const { return {}; }
#else
    iio::Result<void> write_raw(const iio::Channel &, iio::Info, iio::Written) const { return {}; }
#endif
};
auto f(const iio::Hardware &hardware) { return Fresh<D>::probe(hardware); }
