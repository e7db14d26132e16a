// SPDX-License-Identifier: MIT
#include "sim/json_node.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace iio::sim {
namespace {

struct Spelled {
    bool negative = false;
    WideNumber magnitude = 0;
};

/// `number` with one more digit, in base 2, 10 or 16; none: that is wider than a WideNumber.
std::optional<WideNumber> with_digit(WideNumber number, int base, unsigned digit)
{
    WideNumber sum = digit;
    for (const unsigned shift : {1U, 3U, 4U}) {
        if ((static_cast<unsigned>(base) >> shift & 1) == 0)
            continue;
        const auto part = number << shift;
        sum += part;
        if ((part >> shift) != number || sum < part)
            return std::nullopt;
    }
    return sum;
}

std::optional<Spelled> spelled_number(std::string_view text)
{
    Spelled number{.negative = text.starts_with('-')};
    if (number.negative)
        text.remove_prefix(1);
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X"))
        base = 16;
    else if (text.starts_with("0b") || text.starts_with("0B"))
        base = 2;
    else if (text.size() > 1 && text.starts_with('0'))
        return std::nullopt; // octal to some, decimal to others
    if (base != 10)
        text.remove_prefix(2);
    if (text.empty())
        return std::nullopt;
    for (const char c : text) {
        unsigned digit = 0;
        const auto [last, error] = std::from_chars(&c, &c + 1, digit, base);
        if (error != std::errc{})
            return std::nullopt;
        const auto longer = with_digit(number.magnitude, base, digit);
        if (!longer)
            return std::nullopt;
        number.magnitude = *longer;
    }
    return number;
}

std::optional<Spelled> number_of(const Json &json)
{
    if (json.is_string())
        return spelled_number(json.get_ref<const std::string &>());
    if (json.is_number_unsigned())
        return Spelled{.magnitude = json.get<std::uint64_t>()};
    if (json.is_number_integer()) {
        const auto value = json.get<std::int64_t>();
        return Spelled{.negative = value < 0,
                       .magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value)
                                              : static_cast<std::uint64_t>(value)};
    }
    return std::nullopt;
}

/// A value for a message: not all of a long one.
std::string shown(const Json &json)
{
    constexpr std::size_t most = 80;
    const auto text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() <= most ? text : text.substr(0, most) + "...";
}

std::string range(std::uint64_t least, std::uint64_t most)
{
    return std::to_string(least) + " to " + std::to_string(most);
}

} // namespace

void JsonNode::fail(const std::string &what) const
{
    throw BadChipFile{path_.empty() ? what : path_ + ": " + what};
}

void JsonNode::only(std::string_view what, std::initializer_list<std::string_view> known,
                    std::span<const std::string_view> more) const
{
    std::vector<std::string_view> keys{known};
    keys.insert(keys.end(), more.begin(), more.end());
    for (const auto &[key, value] : members()) {
        if (std::ranges::find(keys, key) != keys.end())
            continue;
        std::string list;
        for (const auto name : keys)
            list.append(list.empty() ? "" : ", ").append(name);
        value.fail("unknown key; " + std::string{what} + " knows " + list);
    }
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const
{
    if (!json_->is_object())
        fail("is not an object: write { ... }");
    const auto found = json_->find(std::string{key});
    if (found == json_->end())
        return std::nullopt;
    return JsonNode{*found, (path_.empty() ? "" : path_ + ".") + std::string{key}};
}

JsonNode JsonNode::at(std::string_view key) const
{
    if (auto found = find(key))
        return *found;
    fail("the key \"" + std::string{key} + "\" is missing");
}

std::vector<JsonNode> JsonNode::elements() const
{
    if (!json_->is_array())
        fail("is not a list: write [ ... ]");
    std::vector<JsonNode> nodes;
    for (const auto &json : *json_)
        nodes.emplace_back(json, path_ + "[" + std::to_string(nodes.size()) + "]");
    return nodes;
}

std::vector<std::pair<std::string, JsonNode>> JsonNode::members() const
{
    if (!json_->is_object())
        fail("is not an object: write { ... }");
    std::vector<std::pair<std::string, JsonNode>> nodes;
    for (const auto &[key, json] : json_->items())
        nodes.emplace_back(key, JsonNode{json, (path_.empty() ? "" : path_ + ".") + key});
    return nodes;
}

std::string JsonNode::text() const
{
    if (!json_->is_string())
        fail(shown(*json_) + " is not a text: write it in quotes");
    return json_->get<std::string>();
}

bool JsonNode::boolean() const
{
    if (!json_->is_boolean())
        fail(shown(*json_) + " is neither true nor false");
    return json_->get<bool>();
}

double JsonNode::real(double least, double most) const
{
    if (!json_->is_number())
        fail(shown(*json_) + " is not a number: write it without quotes, such as 2.5");
    const auto value = json_->get<double>();
    if (!(value >= least))
        fail(shown(*json_) + " is too small: at least " + Json(least).dump());
    if (value > most)
        fail(shown(*json_) + " is too large: at most " + Json(most).dump());
    return value;
}

std::uint64_t JsonNode::number(std::uint64_t most, std::uint64_t least) const
{
    const auto number = number_of(*json_);
    if (!number)
        fail(shown(*json_) + " is not a number: write an integer or a string such as \"0x76\"");
    if (number->negative || number->magnitude < least || number->magnitude > most)
        fail(shown(*json_) + " is out of range: " + range(least, most));
    return static_cast<std::uint64_t>(number->magnitude);
}

WideNumber JsonNode::wide_number(unsigned bytes) const
{
    if (bytes <= 8)
        return number(std::numeric_limits<std::uint64_t>::max() >> (64 - 8 * bytes));
    const auto number = number_of(*json_);
    if (!number)
        fail(shown(*json_) + " is not a number: write an integer or a string such as \"0x76\"");
    if (number->negative || (bytes < 16 && (number->magnitude >> (std::size_t{8} * bytes)) != 0))
        fail(shown(*json_) + " is out of range: a number of " + std::to_string(bytes) + " bytes");
    return number->magnitude;
}

std::int64_t JsonNode::signed_number() const
{
    const auto number = number_of(*json_);
    if (!number)
        fail(shown(*json_) + " is not a number: write an integer or a string such as \"0x76\"");
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (number->magnitude > most)
        fail(shown(*json_) + " is too large");
    const auto magnitude = static_cast<std::int64_t>(number->magnitude);
    return number->negative ? -magnitude : magnitude;
}

Bytes JsonNode::bytes() const { return hex_bytes(text(), *this); }

std::vector<std::pair<std::uint64_t, JsonNode>> JsonNode::numbered(std::uint64_t most) const
{
    std::vector<std::pair<std::uint64_t, JsonNode>> nodes;
    std::set<std::uint64_t> seen;
    for (const auto &[key, node] : members()) {
        const auto number = spelled_number(key);
        if (!number || number->negative || number->magnitude > most)
            fail("the key \"" + key + "\" is not a number of " + range(0, most) +
                 " such as \"0x76\"");
        const auto narrow = static_cast<std::uint64_t>(number->magnitude);
        if (!seen.insert(narrow).second)
            node.fail("this number appears twice");
        nodes.emplace_back(narrow, node);
    }
    return nodes;
}

Bytes hex_bytes(const std::string &text, const JsonNode &where)
{
    std::string digits;
    std::ranges::remove_copy(text, std::back_inserter(digits), ' ');
    Bytes bytes(digits.size() / 2);
    bool good = digits.size() % 2 == 0;
    for (std::size_t i = 0; good && i < bytes.size(); i++) {
        const char *at = digits.data() + 2 * i;
        good = std::from_chars(at, at + 2, bytes[i], 16).ptr == at + 2;
    }
    if (!good)
        where.fail("\"" + text + "\" is not hexadecimal: write pairs of digits such as \"f457\"");
    return bytes;
}

} // namespace iio::sim
