// SPDX-License-Identifier: MIT
//
// Sheet: all that is known of a part, each fact from its one place.
#pragma once

#include <daemon/info/facts.hpp>
#include <daemon/info/portrait.hpp>
#include <optional>
#include <string>
#include <vector>

namespace iiofs::info {

struct Sheet {
    const iio::Module *family;
    const iio::Part *part;
    FamilyFacts facts;
    OrProblem<Portrait> portrait;
    std::vector<Recording> recordings; ///< of this part
};

/// Of all parts that this program drives, in the order of families and their parts.
[[nodiscard]] std::vector<Sheet> all_sheets();
/// None: there is no such part.
[[nodiscard]] std::optional<Sheet> sheet_of(std::string_view part);

/// "I2C at 0x76, 0x77; SPI, mode 0, up to 10 MHz"
[[nodiscard]] std::string buses_of(const iio::Part &part);
/// "0x48-0x4b,0x50", without blanks; "-": it is not on I2C.
[[nodiscard]] std::string addresses_of(const iio::Part &part);
/// What a supply of this name is for; empty: nobody has said it yet.
[[nodiscard]] std::string_view purpose_of(std::string_view supply);
/// A section [[device]] that `iiofs check` accepts.
[[nodiscard]] std::string example_of(const Sheet &sheet);
/// "5 recordings of Linux 6.12.117"; or how else the part's driver is held against something.
[[nodiscard]] std::string evidence_of(const std::vector<Recording> &recordings);

} // namespace iiofs::info
