// SPDX-License-Identifier: MIT
#pragma once

#include "sim/simulated.hpp"

namespace iio::sim {

/// The interrupt output of a model, which it drives itself or by `interrupt_hz`; null: it
/// has none.
[[nodiscard]] std::unique_ptr<const InterruptLine>
line_of(const ChipFile &chip, const std::shared_ptr<SimulatedBus> &bus);

} // namespace iio::sim
