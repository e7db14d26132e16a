// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/info/fold.hpp>
#include <fmt/format.h>
#include <optional>
#include <ranges>
#include <set>
#include <string_view>

namespace iiofs::info {

namespace {

bool is_axis(std::string_view word)
{
    static const std::set<std::string_view> axes{"x",     "y",     "z",    "red", "green",
                                                 "blue",  "clear", "both", "ir",  "pm1",
                                                 "pm2p5", "pm4",   "pm10"};
    return axes.contains(word);
}

/// "voltage#" of "voltage3": what the words have in common that one name can stand for.
std::string shape_of(std::string_view word)
{
    if (is_axis(word))
        return "*";
    std::string shape;
    for (const char c : word) {
        if (c < '0' || c > '9')
            shape += c;
        else if (shape.empty() || shape.back() != '#')
            shape += '#';
    }
    return shape.find('#') != shape.npos ? shape : "";
}

struct Folded {
    File file;                       ///< the first one
    std::vector<std::string> words;  ///< its name's
    std::optional<std::size_t> at;   ///< the word that differs
    std::vector<std::string> others; ///< this word in the further ones
};

/// The only word in which the names differ, if these words can stand together.
std::optional<std::size_t> difference_of(const std::vector<std::string> &a,
                                         const std::vector<std::string> &b)
{
    if (a.size() != b.size())
        return std::nullopt;
    std::optional<std::size_t> at;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i])
            continue;
        const auto shape = shape_of(a[i]);
        if (at || shape.empty() || shape != shape_of(b[i]))
            return std::nullopt;
        at = i;
    }
    return at;
}

bool take(Folded &folded, const File &file)
{
    File as_first = file;
    as_first.name = folded.file.name;
    if (as_first != folded.file)
        return false;
    const auto words = words_of(file.name);
    const auto at = difference_of(folded.words, words);
    if (!at || (folded.at && folded.at != at))
        return false;
    folded.at = at;
    folded.others.push_back(words[*at]);
    return true;
}

/// "voltage0..3", or "x|y|z".
std::string joined(const std::string &first, const std::vector<std::string> &others)
{
    const auto digits = first.find_first_of("0123456789");
    bool is_row = digits != first.npos && others.size() > 1 &&
                  first.find_first_not_of("0123456789", digits) == first.npos;
    int number = is_row ? std::stoi(first.substr(digits)) : 0;
    for (const auto &other : others)
        is_row = is_row && other == fmt::format("{}{}", first.substr(0, digits), ++number);
    if (is_row)
        return fmt::format("{}..{}", first, number);
    return fmt::format("{}|{}", first, fmt::join(others, "|"));
}

} // namespace

std::vector<std::string> words_of(std::string_view name)
{
    std::vector<std::string> words;
    for (const auto word : std::views::split(name, '_'))
        words.emplace_back(word.begin(), word.end());
    return words;
}

std::vector<File> fold(const std::vector<File> &files)
{
    std::vector<Folded> all;
    for (const auto &file : files) {
        if (std::ranges::none_of(all, [&](Folded &folded) { return take(folded, file); }))
            all.push_back({file, words_of(file.name), std::nullopt, {}});
    }
    std::vector<File> result;
    for (auto &folded : all) {
        if (folded.at)
            folded.words[*folded.at] = joined(folded.words[*folded.at], folded.others);
        folded.file.name = fmt::format("{}", fmt::join(folded.words, "_"));
        result.push_back(folded.file);
    }
    return result;
}

std::vector<std::string> fold(const std::vector<std::string> &names)
{
    std::vector<File> files;
    files.reserve(names.size());
    for (const auto &name : names)
        files.push_back({.name = name});
    std::vector<std::string> result;
    for (auto &file : fold(files))
        result.push_back(std::move(file.name));
    return result;
}

} // namespace iiofs::info
