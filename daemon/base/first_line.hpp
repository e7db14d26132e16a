// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace iiofs {

/// Of a file of sysfs or a control group; empty: it cannot be read.
inline std::string first_line(const std::filesystem::path &file)
{
    std::ifstream stream{file};
    std::string line;
    std::getline(stream, line);
    return line;
}

} // namespace iiofs
