// SPDX-License-Identifier: MIT
//
// Several threads read at once: read_raw is const.
// expect: a driver has Result<Value> read_raw(const Channel &, Info) const
#include "driver.hpp"

struct D : Base {
    using Base::Base;
#ifdef FORBIDDEN
    iio::Result<iio::Value> read_raw(const iio::Channel &, iio::Info) { return iio::Int{1}; }
#else
    iio::Result<iio::Value> read_raw(const iio::Channel &, iio::Info) const { return iio::Int{1}; }
#endif
};
auto f(const iio::Hardware &hardware) { return Fresh<D>::probe(hardware); }
