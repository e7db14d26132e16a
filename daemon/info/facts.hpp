// SPDX-License-Identifier: MIT
//
// What the authors of the drivers say of them in their comments, and the recordings that the
// drivers are held against. collect_facts.py makes the tables when the program is built.
#pragma once

#include <span>
#include <string_view>

namespace iiofs::info {

/// A family, from the comments in its folder: the first paragraph at the top of
/// drivers/FAMILY/FAMILY.cpp, the paragraphs after it, and the comments "kernel: ...".
struct FamilyFacts {
    std::string_view name;
    std::string_view maker;
    std::string_view summary;    ///< "Bosch BMP580: pressure and temperature. I2C at 0x46."
    std::string_view datasheets; ///< "BST-BMP580-DS004"
    std::span<const std::string_view> notes;
    std::span<const std::string_view> differences; ///< sentences: the kernel and the datasheet
};

/// A recording in tests/golden/.
struct Recording {
    std::string_view part;
    std::string_view file;   ///< "bmp280/bme280.json", or "hwmon/..." of a hwmon driver
    std::string_view kernel; ///< "6.12.117"; empty: written after the datasheet
};

/// Threads: any. Lifetime: the program's.
[[nodiscard]] std::span<const FamilyFacts> all_facts();
[[nodiscard]] std::span<const Recording> all_recordings();

} // namespace iiofs::info
