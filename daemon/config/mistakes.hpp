// SPDX-License-Identifier: MIT
//
// What is wrong with a configuration: each mistake with its place in the file.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iiofs {

/// A place in a file. Both count from 1, columns in characters; 0 is none.
struct SourceLine {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    friend constexpr auto operator<=>(SourceLine, SourceLine) = default;
};

/// One thing that is wrong with a file.
struct Mistake {
    std::string file;
    SourceLine where; ///< none where the file itself cannot be read
    std::string key;  ///< "device.address"; empty where the syntax is wrong
    std::string message;
    friend bool operator==(const Mistake &, const Mistake &) = default;
};

/// "file:line:column: key: message", without the parts that there are not.
[[nodiscard]] std::string format(const Mistake &mistake);

/// Sorted by their place in the file, never empty.
using Mistakes = std::vector<Mistake>;

/// Collects what is wrong with one file.
class MistakeList {
public:
    explicit MistakeList(std::string file) : file_{std::move(file)} {}
    void add(SourceLine where, std::string key, std::string message)
    {
        list_.push_back({file_, where, std::move(key), std::move(message)});
    }
    [[nodiscard]] bool empty() const { return list_.empty(); }
    /// By place, each once.
    [[nodiscard]] Mistakes sorted() &&;

private:
    std::string file_;
    Mistakes list_;
};

/// A key as written: absent, there without a usable value (which has been
/// reported), or there with a value.
template <class T> struct Field {
    std::string key;
    SourceLine where;
    bool present = false;
    std::optional<T> value;
};

} // namespace iiofs
