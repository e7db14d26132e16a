// SPDX-License-Identifier: MIT
//
// A driver reads.
// expect: a driver has Result<Value> read_raw(const Channel &, Info) const
#include "driver.hpp"

#ifdef FORBIDDEN
using D = Base;
#else
using D = Complete;
#endif
auto f(const iio::Hardware &hardware) { return Fresh<D>::probe(hardware); }
