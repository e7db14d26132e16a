// SPDX-License-Identifier: MIT
//
// What can drive a chip: the families that this program was built with, and those that
// come as shared objects.
#pragma once

#include <daemon/base/problem.hpp>
#include <filesystem>
#include <iio/host/bound_chip.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iiofs {

/// The program's own families first. The first call loads the shared objects in the driver
/// folders; why one is refused is logged.
/// Threads: any; the first call before there are others, as it forks.
/// Lifetime: the process's.
[[nodiscard]] std::span<const iio::Module *const> all_drivers();

/// The family among these that has the part; null: none does.
[[nodiscard]] const iio::Module *driver_of(std::span<const iio::Module *const> drivers,
                                           std::string_view part);

/// The folders in which all_drivers() looks: that of the installation, and those in
/// $IIOFS_DRIVERS, which has colons between them.
[[nodiscard]] std::vector<std::filesystem::path> driver_folders();

/// Loads a driver, which stays in the process. A process of its own tries that first, so that
/// an object that crashes takes nothing with it.
/// Errors: the file or its folder can be written by others than root and this user; it is no
/// driver, one for another version of the ABI, incomplete, or it crashes when it is loaded.
[[nodiscard]] OrProblem<std::unique_ptr<iio::ForeignModule>>
load_driver(const std::filesystem::path &file);

/// What is wrong with a driver's description; empty: nothing.
[[nodiscard]] std::string fault_of(const iio_driver &driver);

} // namespace iiofs
