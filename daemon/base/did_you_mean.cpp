// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdint>
#include <daemon/base/did_you_mean.hpp>
#include <vector>

namespace iiofs {
namespace {

char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return static_cast<char>(c - 'A' + 'a');
    return c == '_' ? '-' : c;
}

/// Optimal string alignment distance, by rows of its table.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before, above);
        std::swap(above, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool equal = folded(a[i - 1]) == folded(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (equal ? 0 : 1)});
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

} // namespace

std::optional<std::string_view> closest(std::string_view word,
                                        std::span<const std::string_view> known)
{
    std::optional<std::string_view> best;
    std::size_t within = std::max<std::size_t>(1, word.size() / 3);
    for (const std::string_view candidate : known) {
        const std::size_t longer = std::max(word.size(), candidate.size());
        if (longer - std::min(word.size(), candidate.size()) > within)
            continue;
        const std::size_t found = distance(word, candidate);
        if (found < within || (found == within && !best)) {
            best = candidate;
            within = found;
        }
    }
    return best;
}

std::string printable(std::string_view text, std::size_t max_bytes)
{
    constexpr std::array digits{'0', '1', '2', '3', '4', '5', '6', '7',
                                '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    std::size_t end = std::min(text.size(), max_bytes);
    while (end > 0 && end < text.size() && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80)
        --end; // not within a UTF-8 character
    std::string out;
    for (const char c : text.substr(0, end)) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (byte >= 0x20 && byte != 0x7f)
            out += c;
        else
            out.append("\\x").append({digits[byte >> 4], digits[byte & 15]});
    }
    return out + (end < text.size() ? "..." : "");
}

std::string in_quotes(std::string_view text) { return "'" + printable(text) + "'"; }

} // namespace iiofs
