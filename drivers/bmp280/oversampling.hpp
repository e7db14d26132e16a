// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <iio/result.hpp>
#include <iio/value.hpp>

namespace iio::bmp {

/// The exponent of a written oversampling ratio, 2^0 to 2^(count - 1); what
/// follows the point does not count. Errors: EINVAL: none of these.
inline Result<unsigned> find_ratio(Written written, std::size_t count)
{
    for (unsigned exponent = 0; exponent < count; ++exponent) {
        if (written.integer == 1 << exponent)
            return exponent;
    }
    return fail(EINVAL);
}

} // namespace iio::bmp
