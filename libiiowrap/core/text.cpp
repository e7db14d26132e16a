// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <charconv>
#include <iio/driver/text.hpp>
#include <limits>

namespace iio {

Text &Text::operator+=(std::string_view text)
{
    const auto length = std::min(text.size(), page_.size() - 1 - size_);
    std::copy_n(text.begin(), length, page_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += length;
    return *this;
}

Text &Text::operator+=(long long number)
{
    std::array<char, 24> buffer{};
    const auto end = std::to_chars(buffer.begin(), buffer.end(), number).ptr;
    return *this += std::string_view{buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

Result<bool> parse_bool(std::string_view text)
{
    if (text.empty())
        return fail(EINVAL);
    switch (text[0]) {
    case 'y':
    case 'Y':
    case 't':
    case 'T':
    case '1':
        return true;
    case 'n':
    case 'N':
    case 'f':
    case 'F':
    case '0':
        return false;
    case 'o':
    case 'O':
        if (text.size() > 1 && (text[1] == 'n' || text[1] == 'N'))
            return true;
        if (text.size() > 1 && (text[1] == 'f' || text[1] == 'F'))
            return false;
        return fail(EINVAL);
    default:
        return fail(EINVAL);
    }
}

namespace {

/// The digits of a number without a sign; "0x" and "0" choose the base if it is 0.
Result<unsigned long long> parse_digits(std::string_view text, int base)
{
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    const bool hex_prefix = text.starts_with("0x") || text.starts_with("0X");
    if (base == 0)
        base = hex_prefix ? 16 : text.starts_with('0') && text.size() > 1 ? 8 : 10;
    if (base == 16 && hex_prefix)
        text.remove_prefix(2);

    unsigned long long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error == std::errc::invalid_argument || end != text.data() + text.size())
        return fail(EINVAL);
    if (error == std::errc::result_out_of_range)
        return fail(ERANGE);
    return number;
}

} // namespace

Result<int> parse_int(std::string_view text, int base)
{
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    const auto number = IIO_TRY(parse_digits(text, base));
    constexpr auto most = static_cast<unsigned long long>(std::numeric_limits<int>::max());
    if (number > most + (negative ? 1 : 0))
        return fail(ERANGE);
    const auto value = static_cast<long long>(number);
    return static_cast<int>(negative ? -value : value);
}

Result<unsigned> parse_unsigned(std::string_view text, int base)
{
    if (text.starts_with('+'))
        text.remove_prefix(1);
    const auto number = IIO_TRY(parse_digits(text, base));
    if (number > std::numeric_limits<unsigned>::max())
        return fail(ERANGE);
    return static_cast<unsigned>(number);
}

} // namespace iio
