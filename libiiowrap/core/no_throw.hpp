// SPDX-License-Identifier: MIT
//
// no_throw: the border that no exception passes.
#pragma once

#include <iio/driver/result.hpp>

namespace iio::core {

/// What `f` returns. Errors: its own; ENOMEM: it threw, which in the core
/// allocations do and nothing else.
template <class F> auto no_throw(F &&f) noexcept -> decltype(f())
{
    try {
        return f();
    } catch (...) {
        return fail(ENOMEM);
    }
}

} // namespace iio::core
