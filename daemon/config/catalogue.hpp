// SPDX-License-Identifier: MIT
//
// What this program can drive and simulate: its parts, and the chip models
// that are installed beside it.
#pragma once

#include <daemon/base/problem.hpp>
#include <daemon/config/config.hpp>
#include <filesystem>
#include <string_view>

namespace iiofs {

/// The parts of all modules, and the models of the model folders. It reads a model's file
/// once: ask for another one to see what has changed.
[[nodiscard]] PartCatalogue catalogue();

/// What --simulate takes: a model's file, or the name of an installed one
/// ("bme280", "bme280-spi").
/// Errors: one line for people.
[[nodiscard]] OrProblem<DeviceConfig> simulated(std::string_view part_or_file);

} // namespace iiofs
