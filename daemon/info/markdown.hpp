// SPDX-License-Identifier: MIT
//
// docs/drivers.md: the parts by what they measure, then a section for each family.
#pragma once

#include <daemon/info/sheet.hpp>
#include <iosfwd>

namespace iiofs::info {

void print_markdown(std::ostream &out, const std::vector<Sheet> &sheets);

} // namespace iiofs::info
