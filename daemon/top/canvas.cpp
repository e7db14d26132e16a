// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <daemon/top/canvas.hpp>
#include <langinfo.h>

namespace iiofs::top {

namespace {

constexpr char32_t replacement = U'\uFFFD';

/// The columns that a character takes: 1 or 2; 0: it is not shown by itself.
int width_of(char32_t glyph)
{
    if (glyph < 0x7F)
        return 1;
    const int width = ::wcwidth(static_cast<wchar_t>(glyph));
    // The locale may be less capable than the charset that was asked for.
    return width < 0 ? 1 : width;
}

bool has(Charset charset, char32_t glyph)
{
    switch (charset) {
    case Charset::ascii:
        return glyph < 0x7F;
    case Charset::latin:
        return glyph < 0x100;
    case Charset::unicode:
        break;
    }
    return true;
}

/// What can be shown of a text: no control characters, no combining ones.
std::u32string shown(std::string_view text, Charset charset)
{
    std::u32string glyphs;
    for (const auto glyph : decoded(text)) {
        const bool control = glyph < 0x20 || (glyph >= 0x7F && glyph < 0xA0);
        if (control || !has(charset, glyph))
            glyphs += U'?';
        else if (width_of(glyph) > 0)
            glyphs += glyph;
    }
    return glyphs;
}

int width_of(const std::u32string &glyphs)
{
    int width = 0;
    for (const auto glyph : glyphs)
        width += width_of(glyph);
    return width;
}

void shorten(std::u32string &glyphs, int width, Charset charset)
{
    if (width_of(glyphs) <= width)
        return;
    while (!glyphs.empty() && width_of(glyphs) >= width)
        glyphs.pop_back();
    if (width > 0)
        glyphs += charset == Charset::unicode ? U'…' : U'~';
}

} // namespace

Charset charset_of_terminal()
{
    const std::string_view codeset{::nl_langinfo(CODESET)};
    if (codeset != "UTF-8")
        return Charset::ascii;
    const char *const term = std::getenv("TERM");
    return term != nullptr && std::strcmp(term, "linux") == 0 ? Charset::latin : Charset::unicode;
}

Canvas::Canvas(int rows, int columns, Charset charset)
    : rows_{std::max(rows, 0)},
      columns_{std::max(columns, 0)},
      charset_{charset},
      cells_(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_))
{
}

const Cell &Canvas::at(int row, int column) const
{
    return cells_.at(static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                     static_cast<std::size_t>(column));
}

int Canvas::put(int row, int column, int width, std::string_view text, Role role, Align align)
{
    auto glyphs = shown(text, charset_);
    shorten(glyphs, std::min(width, columns_ - column), charset_);
    const int taken = width_of(glyphs);
    if (align == Align::right)
        column += width - taken;
    for (const auto glyph : glyphs) {
        put(row, column++, {glyph, role});
        if (width_of(glyph) == 2)
            put(row, column++, {U'\0', role});
    }
    return taken;
}

void Canvas::put(int row, int column, Cell cell)
{
    if (row < 0 || row >= rows_ || column < 0 || column >= columns_)
        return;
    cells_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
           static_cast<std::size_t>(column)] = cell;
}

void Canvas::select(int row)
{
    for (int column = 0; column < columns_ && row >= 0 && row < rows_; ++column) {
        auto cell = at(row, column);
        cell.selected = true;
        put(row, column, cell);
    }
}

std::string Canvas::line(int row) const
{
    std::string text;
    for (int column = 0; column < columns_; ++column) {
        if (const auto glyph = at(row, column).glyph; glyph != 0)
            text += encoded(glyph);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::u32string decoded(std::string_view text)
{
    std::u32string glyphs;
    while (!text.empty()) {
        const auto lead = static_cast<unsigned char>(text.front());
        const std::size_t length = lead < 0x80   ? 1
                                   : lead < 0xC2 ? 0
                                   : lead < 0xE0 ? 2
                                   : lead < 0xF0 ? 3
                                   : lead < 0xF5 ? 4
                                                 : 0;
        char32_t glyph = length == 1 ? lead : length == 0 ? 0 : lead & (0x7FU >> length);
        bool valid = length > 0 && length <= text.size();
        for (std::size_t i = 1; valid && i < length; ++i) {
            const auto next = static_cast<unsigned char>(text[i]);
            valid = (next & 0xC0U) == 0x80U;
            glyph = (glyph << 6U) | (next & 0x3FU);
        }
        constexpr char32_t least[]{0, 0, 0x80, 0x800, 0x10000};
        const bool surrogate = glyph >= 0xD800 && glyph < 0xE000;
        valid = valid && glyph >= least[length] && !surrogate && glyph <= 0x10FFFF;
        glyphs += valid ? glyph : replacement;
        text.remove_prefix(valid ? length : 1);
    }
    return glyphs;
}

std::string encoded(char32_t glyph)
{
    const auto tail = [&](unsigned shift) {
        return static_cast<char>(0x80U | ((glyph >> shift) & 0x3FU));
    };
    if (glyph < 0x80)
        return {static_cast<char>(glyph)};
    if (glyph < 0x800)
        return {static_cast<char>(0xC0U | (glyph >> 6U)), tail(0)};
    if (glyph < 0x10000)
        return {static_cast<char>(0xE0U | (glyph >> 12U)), tail(6), tail(0)};
    return {static_cast<char>(0xF0U | (glyph >> 18U)), tail(12), tail(6), tail(0)};
}

} // namespace iiofs::top
