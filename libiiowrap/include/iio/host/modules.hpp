// SPDX-License-Identifier: MIT
//
// The drivers that this program was built with (drivers/meson.build).
#pragma once

#include <iio/host/bound_chip.hpp>
#include <span>

namespace iio {

/// Threads: any. Lifetime: the program's. It is in libiiodrivers.
[[nodiscard]] std::span<const Module *const> all_modules();

} // namespace iio
