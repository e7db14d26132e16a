// SPDX-License-Identifier: MIT
//
// A driver has channels, and their table is a checked one.
// expect: a driver has ChannelTable channels() const
#include "driver.hpp"

struct D {
    explicit D(const iio::Hardware &) {}
    iio::Result<void> probe() { return {}; }
#ifndef FORBIDDEN
    iio::ChannelTable channels() const { return temp_table; }
#endif
    iio::Result<iio::Value> read_raw(const iio::Channel &, iio::Info) const { return iio::Int{1}; }
};
auto f(const iio::Hardware &hardware) { return Fresh<D>::probe(hardware); }
