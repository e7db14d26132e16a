// SPDX-License-Identifier: MIT
//
// Choices: what an attribute can be set to, as constant data: its values, their
// codes, and the field that holds the code.
//
//     constexpr Choices rates{
//         .values = ints<1, 10, 25, 50>, .field = {CTRL_REG1, 0xf0}, .codes = codes_from(1)};
//
// A channel table names it (Channel::setting); a TableDriver then shows, lists, parses,
// finds, writes and remembers it.
#pragma once

#include <iio/driver/field.hpp>
#include <iio/driver/part.hpp>
#include <iio/driver/value.hpp>
#include <optional>
#include <span>

namespace iio {

/// The code of each value, in the order of the values.
class Codes {
public:
    /// 0, 1, 2 …
    constexpr Codes() = default;
    /// Each one, 16 at most.
    consteval Codes(std::initializer_list<std::uint16_t> codes) : each_{codes} {}
    constexpr Codes(unsigned first, int step) : first_{first}, step_{step} {}

    [[nodiscard]] constexpr unsigned operator[](unsigned index) const
    {
        if (!each_.empty())
            return each_.begin()[index];
        return first_ + index * static_cast<unsigned>(step_);
    }

private:
    Few<std::uint16_t, 16> each_{};
    unsigned first_ = 0;
    int step_ = 1;
};

/// first, first + 1 …
constexpr Codes codes_from(unsigned first) { return Codes(first, 1); }
/// first, first - 1 …
constexpr Codes codes_down_from(unsigned first) { return Codes(first, -1); }

/// "1", "10", "25"
template <int... numbers>
inline constexpr std::array<Value, sizeof...(numbers)> ints{Int{numbers}...};
/// Of millionths: 9806 is "0.009806", 1'500'000 is "1.500000".
template <int... millionths>
inline constexpr std::array<Value, sizeof...(millionths)> micros{IntPlusMicro::of(millionths)...};
/// Of billionths: 61'000 is "0.000061000".
template <int... billionths>
inline constexpr std::array<Value, sizeof...(billionths)> nanos{
    IntPlusNano{billionths / 1'000'000'000, billionths % 1'000'000'000}...};

struct Choices {
    /// All of one type, which is the write format, too; empty for a choice among words.
    std::span<const Value> values{};
    /// Where the code is; none: the driver's own code uses what was chosen. With a field the
    /// choice is the part's, without one it is the channel's.
    Field field{};
    Codes codes{};
    /// The index of the value that is in force after probe.
    unsigned initial = 0;
    /// Probe does not write the field: what the part holds is in force (`initial` where its
    /// code is of no value), and a client's choice from then on.
    bool kept = false;
    /// "_available" begins with this value.
    unsigned listed_from = 0;
    /// The index of what was written. Errors: EINVAL: it is none of the values.
    Result<unsigned> (*find)(std::span<const Value> values, Written written) = find_value;
    /// What a write is parsed as; none: as the values' type tells (an integer as
    /// plus_micro, as in a kernel driver without a write format of its own).
    std::optional<WriteFormat> format{};

    [[nodiscard]] constexpr unsigned code(unsigned index) const { return codes[index]; }
};

/// A choice among whole numbers, such as oversampling ratios; what is written behind the point
/// is ignored.
constexpr Choices integers(std::span<const Value> values, Field field, unsigned initial = 0,
                           Codes codes = {})
{
    return {
        .values = values, .field = field, .codes = codes, .initial = initial, .find = find_integer};
}

} // namespace iio
