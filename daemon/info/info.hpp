// SPDX-License-Identifier: MIT
//
// The commands `iiofs info` and `iiofs drivers`, and docs/drivers.md.
#pragma once

#include <iosfwd>
#include <string>

namespace iiofs {

enum class DriversFormat {
    text,
    json,
    markdown, ///< docs/drivers.md
};

/// `iiofs drivers`: as text, a line for each part, under comments that begin with "#".
void print_drivers(std::ostream &out, DriversFormat format);

/// `iiofs info`. Returns the exit status.
[[nodiscard]] int info_command(const std::string &part);

} // namespace iiofs
