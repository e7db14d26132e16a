// SPDX-License-Identifier: MIT
#include <charconv>
#include <core/value_text.hpp>
#include <cstdlib>

namespace iio {

Text &Text::operator+=(const Value &value)
{
    const auto raw = detail::to_raw(value);
    const auto count = raw.type == IIO_VAL_INT_MULTIPLE ? raw.count : 2;
    core::append_value(*this, raw.type, std::span{raw.vals}.first(static_cast<std::size_t>(count)));
    return *this;
}

} // namespace iio

namespace iio::core {

namespace {

constexpr std::int64_t billion = 1'000'000'000;

/// digits wide, with leading zeros.
void append_padded(Text &text, unsigned long number, int digits)
{
    std::array<char, 20> buffer{};
    const auto end = std::to_chars(buffer.begin(), buffer.end(), number).ptr;
    for (auto missing = digits - (end - buffer.begin()); missing > 0; --missing)
        text += "0";
    text += std::string_view{buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

unsigned long magnitude(std::int64_t number)
{
    return static_cast<unsigned long>(number < 0 ? -number : number);
}

/// Integer part and fraction as two numbers; a negative fraction negates both.
void append_fixed(Text &text, int integer, int fraction, int digits)
{
    if (fraction < 0) {
        text += "-";
        text += static_cast<long long>(magnitude(integer));
    } else {
        text += static_cast<long long>(integer);
    }
    text += ".";
    append_padded(text, magnitude(fraction), digits);
}

/// A number of billionths.
void append_nano(Text &text, std::int64_t nano)
{
    const std::int64_t integer = nano / billion;
    if (integer == 0 && nano < 0)
        text += "-";
    // The kernel prints the integer part as an int.
    text += static_cast<long long>(static_cast<int>(integer));
    text += ".";
    append_padded(text, magnitude(nano % billion), 9);
}

} // namespace

void append_value(Text &text, int type, std::span<const int> vals)
{
    const auto scaled = static_cast<std::int64_t>(vals[0]) * billion;
    switch (type) {
    case IIO_VAL_INT:
        text += static_cast<long long>(vals[0]);
        break;
    case IIO_VAL_INT_PLUS_MICRO:
        append_fixed(text, vals[0], vals[1], 6);
        break;
    case IIO_VAL_INT_PLUS_MICRO_DB:
        append_fixed(text, vals[0], vals[1], 6);
        text += " dB";
        break;
    case IIO_VAL_INT_PLUS_NANO:
        append_fixed(text, vals[0], vals[1], 9);
        break;
    case IIO_VAL_FRACTIONAL:
        // A driver behind the C ABI may give a zero; there is no text for it.
        if (vals[1] != 0)
            append_nano(text, scaled / vals[1]);
        break;
    case IIO_VAL_FRACTIONAL_LOG2: {
        const auto shifted =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(std::llabs(scaled)) >>
                                      (static_cast<unsigned>(vals[1]) & 63));
        append_nano(text, scaled < 0 ? -shifted : shifted);
        break;
    }
    case IIO_VAL_INT_MULTIPLE:
        for (int value : vals) {
            text += static_cast<long long>(value);
            text += " ";
        }
        break;
    case IIO_VAL_INT_64:
        text += static_cast<long long>(static_cast<std::int64_t>(
            static_cast<std::uint64_t>(vals[1]) << 32 | static_cast<std::uint32_t>(vals[0])));
        break;
    case IIO_VAL_CHAR: {
        const char c = static_cast<char>(vals[0]);
        text += std::string_view{&c, 1};
        break;
    }
    default:
        break;
    }
}

void append_available(Text &text, int type, std::span<const int> vals, bool range)
{
    const std::size_t stride = type == IIO_VAL_INT ? 1 : 2;
    if (range)
        text += "[";
    for (std::size_t i = 0; i < vals.size(); i += stride) {
        if (i > 0)
            text += " ";
        const std::array pair{vals[i], i + 1 < vals.size() ? vals[i + 1] : 0};
        append_value(text, type, pair);
    }
    if (range)
        text += "]";
}

namespace {

/// The fixed-point forms; scale is what the first digit behind the point counts.
Result<Written> parse_fixed(std::string_view text, int scale, bool decibels)
{
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);

    std::uint32_t integer = 0;
    int fraction = 0;
    bool behind_point = false;
    for (; !text.empty(); text.remove_prefix(1)) {
        const char c = text.front();
        if (c >= '0' && c <= '9') {
            const int digit = c - '0';
            if (behind_point) {
                fraction += scale * digit;
                scale /= 10;
            } else {
                integer = integer * 10 + static_cast<std::uint32_t>(digit);
            }
        } else if (c == '.' && !behind_point) {
            behind_point = true;
        } else {
            break;
        }
    }
    if (decibels && text.starts_with(" dB"))
        text.remove_prefix(3);
    else if (decibels && text.starts_with("dB"))
        text.remove_prefix(2);
    if (!text.empty() && text != "\n")
        return fail(EINVAL);

    auto whole = static_cast<int>(integer);
    if (negative) {
        if (whole != 0)
            whole = static_cast<int>(0U - integer);
        else
            fraction = -fraction;
    }
    return Written{whole, fraction};
}

} // namespace

Result<Written> parse_written(std::string_view text, int format)
{
    switch (format) {
    case IIO_VAL_INT:
        return Written{IIO_TRY(parse_int(text)), 0};
    case IIO_VAL_INT_PLUS_MICRO:
        return parse_fixed(text, 100'000, false);
    case IIO_VAL_INT_PLUS_MICRO_DB:
        return parse_fixed(text, 100'000, true);
    case IIO_VAL_INT_PLUS_NANO:
        return parse_fixed(text, 100'000'000, false);
    case IIO_VAL_CHAR:
        if (text.empty())
            return fail(EINVAL);
        return Written{text.front(), 0};
    default:
        return fail(EINVAL);
    }
}

} // namespace iio::core

iio::Result<iio::Written> iio::parse_written(std::string_view text, WriteFormat format)
{
    return core::parse_written(text, static_cast<int>(format));
}
