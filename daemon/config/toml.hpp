// SPDX-License-Identifier: MIT
//
// TOML with positions: reads tables key by key and reports what does not fit.
#pragma once

#include <daemon/config/mistakes.hpp>
#include <string>
#include <string_view>
#include <vector>

// Debian's shared library, and so its pkg-config file, is for programs with
// exceptions: headers alone.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
// Texts such as "a = [}]" fail an assertion of toml++ 3.3, and without it are
// reported as any other syntax error (measured: config_test.cpp).
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace iiofs {

inline SourceLine place(const toml::source_region &source)
{
    return {source.begin.line, source.begin.column};
}

/// "an integer": what a message calls the kind of value that was found.
[[nodiscard]] const char *kind(const toml::node &node);

/// The keys of one table. What is asked for is thereby a known key.
class TableReader {
public:
    /// `prefix` stands before the keys in reports: "device." or "".
    TableReader(const toml::table &table, std::string prefix, MistakeList &mistakes)
        : table_{table}, prefix_{std::move(prefix)}, mistakes_{mistakes}
    {
    }

    /// The key's value, or null. The caller checks its kind.
    [[nodiscard]] const toml::node *node(std::string_view key);
    /// `right` follows the report of a wrong kind: "a path such as ...".
    [[nodiscard]] Field<std::string> string(std::string_view key, std::string_view right);
    [[nodiscard]] Field<std::int64_t> integer(std::string_view key, std::string_view right);
    [[nodiscard]] Field<bool> boolean(std::string_view key, std::string_view right);
    [[nodiscard]] const toml::table *table(std::string_view key, std::string_view right);

    /// Reports that `node` is of the wrong kind.
    void wrong_kind(std::string_view key, const toml::node &node, std::string_view right);
    void mistake(std::string_view key, SourceLine where, std::string message);
    [[nodiscard]] SourceLine where() const { return place(table_.source()); }

    /// Reports every key that has not been asked for.
    void finish();

private:
    template <class T> Field<T> field(std::string_view key, std::string_view right);

    const toml::table &table_;
    std::string prefix_;
    MistakeList &mistakes_;
    std::vector<std::string_view> known_; ///< literals of the callers
};

/// The tables of a text that TOML can read, and a mistake for each syntax
/// error: a top-level table with an error in it is left out, with its subtables.
[[nodiscard]] toml::table read_tables(std::string text, MistakeList &mistakes);

} // namespace iiofs
