// SPDX-License-Identifier: MIT
#include <cstdio>
#include <daemon/base/exit_status.hpp>
#include <daemon/control/words.hpp>

namespace iiofs {

int fail(const std::string &why)
{
    std::fprintf(stderr, "iiofs: %s\n", why.c_str());
    return exit_failed;
}

std::string joined(const std::vector<std::string> &words, const char *separator)
{
    std::string line;
    for (const auto &word : words)
        line += (line.empty() ? "" : separator) + word;
    return line;
}

} // namespace iiofs
