// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cctype>
#include <core/uevent.hpp>
#include <optional>

namespace iio::core {

namespace {

// Of the kernel's event: variables, and bytes with their NULs. SYNTH_UUID is one of them.
constexpr std::size_t most_variables = 64;
constexpr std::size_t most_bytes = 2048;
constexpr std::string_view uuid_shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view uuid_variable = "SYNTH_UUID=";
constexpr std::string_view argument_prefix = "SYNTH_ARG_";

bool is_action(std::string_view text)
{
    constexpr std::array<std::string_view, 8> actions{"add",    "remove",  "change", "move",
                                                      "online", "offline", "bind",   "unbind"};
    return std::ranges::find(actions, text) != actions.end();
}

bool is_uuid(std::string_view text)
{
    return std::ranges::equal(text, uuid_shape, [](char c, char s) {
        return s == 'x' ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : c == s;
    });
}

bool is_word(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0;
    });
}

bool is_pair(std::string_view text)
{
    const auto equals = text.find('=');
    return equals != text.npos && is_word(text.substr(0, equals)) &&
           is_word(text.substr(equals + 1));
}

/// Takes the next word of a text; a blank at the end has an empty one behind it.
std::string_view next_word(std::optional<std::string_view> &text)
{
    const auto blank = text->find(' ');
    const auto word = text->substr(0, blank);
    text = blank == text->npos ? std::nullopt : std::optional{text->substr(blank + 1)};
    return word;
}

bool is_uevent(std::optional<std::string_view> text)
{
    if (!is_action(next_word(text)))
        return false;
    if (!text)
        return true;
    if (!is_uuid(next_word(text)))
        return false;
    std::size_t variables = 1;
    auto bytes = uuid_variable.size() + uuid_shape.size() + 1;
    while (text) {
        const auto pair = next_word(text);
        bytes += argument_prefix.size() + pair.size() + 1;
        if (!is_pair(pair) || ++variables > most_variables || bytes > most_bytes)
            return false;
    }
    return true;
}

} // namespace

Result<std::size_t> take_uevent(std::string_view text)
{
    const bool has_end = text.ends_with('\n') || text.ends_with('\0');
    if (!is_uevent(text.substr(0, text.size() - has_end)))
        return fail(EINVAL);
    return text.size();
}

} // namespace iio::core
