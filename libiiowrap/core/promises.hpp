// SPDX-License-Identifier: MIT
//
// Whether a device's operations back what its tables promise.
#pragma once

#include <iio/driver/result.hpp>
#include <iiowrap.h>

namespace iio::core {

/// Errors: EINVAL: the log says which channel, attribute or trigger lacks which operation.
[[nodiscard]] Result<void> check_promises(const iio_dev &dev);

} // namespace iio::core
