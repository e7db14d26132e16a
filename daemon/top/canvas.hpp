// SPDX-License-Identifier: MIT
//
// A rectangle of characters with their roles, which a terminal shows and a test
// reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iiofs::top {

/// What the terminal can show.
enum class Charset {
    ascii,
    latin, ///< the Linux console: UTF-8, but few characters beyond Latin-1
    unicode,
};

/// What the locale and $TERM promise.
[[nodiscard]] Charset charset_of_terminal();

/// What a character is; the terminal knows which colour that has.
enum class Role {
    text,
    title,
    heading,
    quiet,
    device,
    value,
    trend,
    failed,  ///< now
    trouble, ///< streaming, waiting, failed some time ago
    graph,   ///< the first of graph_count
};

/// Graphs of different channels differ in their colour.
inline constexpr int graph_count = 5;

enum class Align { left, right };

struct Cell {
    char32_t glyph = U' '; ///< 0: the right half of the one before
    Role role = Role::text;
    int graph = 0; ///< which, of Role::graph
    bool selected = false;
};

class Canvas {
public:
    Canvas(int rows, int columns, Charset charset);

    [[nodiscard]] int rows() const { return rows_; }
    [[nodiscard]] int columns() const { return columns_; }
    [[nodiscard]] Charset charset() const { return charset_; }
    [[nodiscard]] const Cell &at(int row, int column) const;

    /// Writes UTF-8 into a field of so many columns, and shortens what is too
    /// long. What lies outside of the canvas, and what the charset has not, is not
    /// shown. Returns the columns that the text took.
    int put(int row, int column, int width, std::string_view text, Role role,
            Align align = Align::left);
    void put(int row, int column, Cell cell);
    void select(int row);

    /// A row in UTF-8 without the blanks at its end.
    [[nodiscard]] std::string line(int row) const;

private:
    int rows_, columns_;
    Charset charset_;
    std::vector<Cell> cells_;
};

/// The code points of UTF-8; what is none is U+FFFD.
[[nodiscard]] std::u32string decoded(std::string_view text);
[[nodiscard]] std::string encoded(char32_t glyph);

} // namespace iiofs::top
