// SPDX-License-Identifier: MIT
#include <clocale>
#include <cstdio>
#include <daemon/run/find_tree.hpp>
#include <daemon/top/plain.hpp>
#include <daemon/top/screen.hpp>
#include <daemon/top/terminal.hpp>
#include <daemon/top/top.hpp>
#include <unistd.h>

namespace iiofs {

int top_command(const TopOptions &options)
{
    // Characters only: numbers have a point everywhere.
    std::setlocale(LC_CTYPE, "");
    const auto tree = find_tree(options.mount);
    if (!tree) {
        std::fprintf(stderr, "iiofs: top: %s\n", tree.error().c_str());
        return 1;
    }
    if (options.once)
        return top::write_table(*tree, options);
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
        return top::write_lines(*tree, options);
    if (const auto usable = top::Terminal::usable(); !usable) {
        std::fprintf(stderr, "iiofs: top: %s\n", usable.error().c_str());
        return top::write_lines(*tree, options);
    }
    return top::show_screen(*tree, options);
}

} // namespace iiofs
