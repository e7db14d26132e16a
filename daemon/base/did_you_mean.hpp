// SPDX-License-Identifier: MIT
//
// Which known word a wrong one most likely stands for; and words of others in a message.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace iiofs {

/// The word of `known` that `word` most likely is a slip of: with one letter in
/// three (but always one) left out, put in, exchanged or swapped with the next.
/// Capitals do not count, nor does _ for -. Of equals the first.
[[nodiscard]] std::optional<std::string_view> closest(std::string_view word,
                                                      std::span<const std::string_view> known);

/// A text of others as part of a one-line message: control characters as \xNN,
/// and cut after `max_bytes`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes = 60);
/// The same in ''.
[[nodiscard]] std::string in_quotes(std::string_view text);

} // namespace iiofs
