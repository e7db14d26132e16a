// SPDX-License-Identifier: MIT
//
// What a scan found, for people, and as a configuration.
#pragma once

#include <daemon/scan/look.hpp>
#include <iosfwd>
#include <string>

namespace iiofs {

/// "certain", "one of", or "something answers".
[[nodiscard]] const char *confidence(const iio::Sighting &sighting);

/// A line for each chip: bus, address, confidence, parts or the kernel's driver.
void print_findings(std::ostream &out, const BusFindings &findings);

/// A configuration that mounts the chips that are certain; the others stand in it as comments.
[[nodiscard]] std::string configuration_of(const std::vector<BusFindings> &all);

} // namespace iiofs
