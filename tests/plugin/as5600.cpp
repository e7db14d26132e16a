// SPDX-License-Identifier: MIT
//
// The family as a shared object of its own.
#include "../../drivers/as5600/as5600.cpp" // NOLINT(bugprone-suspicious-include)

namespace iio::as5600 {
IIO_PLUGIN(as5600);
} // namespace iio::as5600
