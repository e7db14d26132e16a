// SPDX-License-Identifier: MIT
//
// JsonNode: a JSON value that knows where in its file it stands, so that every
// mistake is told with its key and with what would be right.
//
// For the parsers of this folder alone: a mistake is thrown as BadChipFile, and
// ChipFile::parse() catches it.
#pragma once

#include "sim/wide_number.hpp"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iio::sim {

/// Keeps the order of the file, which is the order in which rules act.
using Json = nlohmann::ordered_json;
using Bytes = std::vector<std::uint8_t>;

/// "key: what is wrong; what would be right".
struct BadChipFile {
    std::string text;
};

class JsonNode {
public:
    JsonNode(const Json &json, std::string path) : json_{&json}, path_{std::move(path)} {}

    [[noreturn]] void fail(const std::string &what) const;
    /// Fails unless this is an object with no other keys; `what` is named in the message.
    void only(std::string_view what, std::initializer_list<std::string_view> known,
              std::span<const std::string_view> more = {}) const;

    [[nodiscard]] bool is_array() const { return json_->is_array(); }
    [[nodiscard]] bool is_object() const { return json_->is_object(); }
    [[nodiscard]] bool is_text() const { return json_->is_string(); }
    [[nodiscard]] bool is_integer() const { return json_->is_number_integer(); }

    [[nodiscard]] std::optional<JsonNode> find(std::string_view key) const;
    [[nodiscard]] JsonNode at(std::string_view key) const;
    [[nodiscard]] std::vector<JsonNode> elements() const;
    [[nodiscard]] std::vector<std::pair<std::string, JsonNode>> members() const;

    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool boolean() const;
    /// A JSON number from `least` to `most`.
    [[nodiscard]] double real(double least, double most = std::numeric_limits<double>::max()) const;
    /// A JSON integer or a string such as "0x76" (or "0b101", "118").
    [[nodiscard]] std::uint64_t number(std::uint64_t most, std::uint64_t least = 0) const;
    template <class T> [[nodiscard]] T number(std::uint64_t least = 0) const
    {
        return static_cast<T>(number(std::numeric_limits<T>::max(), least));
    }
    /// As number(), of at most so many bytes (1 to 16).
    [[nodiscard]] WideNumber wide_number(unsigned bytes) const;
    /// As number(), with a sign.
    [[nodiscard]] std::int64_t signed_number() const;
    /// Pairs of hexadecimal digits, with or without spaces between: "f4 57".
    [[nodiscard]] Bytes bytes() const;
    /// An object's members by the numbers that their keys spell: {"0x10": ...}.
    [[nodiscard]] std::vector<std::pair<std::uint64_t, JsonNode>>
    numbered(std::uint64_t most) const;

private:
    const Json *json_;
    std::string path_;
};

/// "f4 57" as bytes, for the keys of command tables.
[[nodiscard]] Bytes hex_bytes(const std::string &text, const JsonNode &where);

} // namespace iio::sim
