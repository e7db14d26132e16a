// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/config/config.hpp>
#include <string>

namespace iiofs {

/// What the kernel calls the chip there: "1-0076", "spi0.1"; empty for a model.
[[nodiscard]] std::string location_of(const Bus &bus);

} // namespace iiofs
