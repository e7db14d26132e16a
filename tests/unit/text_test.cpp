// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <core/value_text.hpp>
#include <cstring>
#include <iio/driver/text.hpp>
#include <iio/driver/value.hpp>
#include <limits>

namespace text_test {

using namespace iio;

namespace {

std::string text_of(const Value &value)
{
    std::array<char, IIO_PAGE_SIZE> page{};
    Text text{page.data()};
    text += value;
    return {page.data(), text.size()};
}

std::string written(std::string_view text, int format = IIO_VAL_INT_PLUS_MICRO)
{
    const auto value = core::parse_written(text, format);
    if (!value)
        return iio::errno_name(value.error().value());
    return std::to_string(value->integer) + " " + std::to_string(value->fraction);
}

constexpr int int_min = std::numeric_limits<int>::min();
constexpr int int_max = std::numeric_limits<int>::max();

} // namespace

TEST_CASE("whole values print as numbers and characters")
{
    CHECK(text_of(Int{0}) == "0");
    CHECK(text_of(Int{int_min}) == "-2147483648");
    CHECK(text_of(Int64{-1}) == "-1");
    CHECK(text_of(Int64{std::numeric_limits<std::int64_t>::min()}) == "-9223372036854775808");
    CHECK(text_of(Int64{0x1'0000'0002}) == "4294967298");
    CHECK(text_of(Char{'K'}) == "K");
    CHECK(text_of(IntMultiple{std::array{1, -2, 3}}) == "1 -2 3 ");
}

TEST_CASE("a fixed-point value has its sign in the integer or in the fraction")
{
    CHECK(text_of(IntPlusMicro{1, 500'000}) == "1.500000");
    CHECK(text_of(IntPlusMicro{-1, 10}) == "-1.000010");
    CHECK(text_of(IntPlusMicro{0, -123}) == "-0.000123");
    CHECK(text_of(IntPlusMicro{-1, -123}) == "-1.000123");
    CHECK(text_of(IntPlusMicro{1, 1'500'000}) == "1.1500000");
    CHECK(text_of(IntPlusMicroDb{-6, 20'000}) == "-6.020000 dB");
    CHECK(text_of(IntPlusNano{0, 1'533'981}) == "0.001533981");
}

TEST_CASE("a fraction is cut toward zero after nine digits")
{
    CHECK(text_of(Fractional{-200, 3}) == "-66.666666666");
    CHECK(text_of(Fractional{1, 3}) == "0.333333333");
    CHECK(text_of(Fractional{-1, 3}) == "-0.333333333");
    CHECK(text_of(Fractional{1, -3}) == "-0.333333333");
    CHECK(text_of(Fractional{int_min, 1}) == "-2147483648.000000000");
    CHECK(text_of(FractionalLog2{-123, 10}) == "-0.120117187");
    CHECK(text_of(FractionalLog2{3300, 12}) == "0.805664062");
    CHECK(text_of(FractionalLog2{int_max, 0}) == "2147483647.000000000");
}

TEST_CASE("a denominator of zero cannot be made at run time")
{
    CHECK_FALSE(NonZero::make(0));
    CHECK(NonZero::make(-5)->value() == -5);
    CHECK_FALSE(Log2::make(-1));
    CHECK_FALSE(Log2::make(63));
    CHECK(Log2::make(62)->bits() == 62);
}

TEST_CASE("a zero denominator from behind the C ABI prints no number")
{
    std::array<char, IIO_PAGE_SIZE> page{};
    Text text{page.data()};
    core::append_value(text, IIO_VAL_FRACTIONAL, std::array{1, 0});
    CHECK(text.size() == 0);
    core::append_value(text, 99, std::array{1, 0});
    CHECK(text.size() == 0);
}

TEST_CASE("available values are a list or a range")
{
    const auto available = [](int type, std::vector<int> vals, bool range) {
        std::array<char, IIO_PAGE_SIZE> page{};
        Text text{page.data()};
        core::append_available(text, type, vals, range);
        return std::string{page.data(), text.size()};
    };
    CHECK(available(IIO_VAL_INT, {1, 2, 4}, false) == "1 2 4");
    CHECK(available(IIO_VAL_INT_PLUS_MICRO, {0, 500'000, 1, 0}, false) == "0.500000 1.000000");
    CHECK(available(IIO_VAL_INT, {0, 1, 4095}, true) == "[0 1 4095]");
    CHECK(available(IIO_VAL_INT, {}, false).empty());
}

TEST_CASE("what does not fit into a page is dropped")
{
    std::array<char, IIO_PAGE_SIZE> page{};
    Text text{page.data()};
    text += std::string(5000, 'x');
    text += 12LL;
    CHECK(text.size() == IIO_PAGE_SIZE - 1);
}

TEST_CASE("a written fixed-point number is digits, a point and a sign")
{
    CHECK(written("1.5\n") == "1 500000");
    CHECK(written("-1.5") == "-1 500000");
    CHECK(written("-0.5") == "0 -500000");
    CHECK(written("+7\n") == "7 0");
    CHECK(written(".5\n") == "0 500000");
    CHECK(written("1.\n") == "1 0");
    CHECK(written("\n") == "0 0");
    CHECK(written("") == "0 0");
    CHECK(written(".") == "0 0");
    CHECK(written("0.1234567") == "0 123456");
    CHECK(written("0.1234567891", IIO_VAL_INT_PLUS_NANO) == "0 123456789");
    CHECK(written("99999999999\n") == "1215752191 0");
}

TEST_CASE("anything else in a written number is EINVAL")
{
    for (const char *text :
         {"abc\n", " 3\n", "1 2\n", "0x10\n", "1e3", "1.2.3", "--1", "1\n\n", "1 \n", "3 dB"})
        CHECK(written(text) == "EINVAL");
}

TEST_CASE("decibels may say so")
{
    for (const char *text : {"-6.02", "-6.02dB", "-6.02 dB", "-6.02 dB\n"})
        CHECK(written(text, IIO_VAL_INT_PLUS_MICRO_DB) == "-6 20000");
    CHECK(written("-6.02 db", IIO_VAL_INT_PLUS_MICRO_DB) == "EINVAL");
}

TEST_CASE("a written integer is a C number")
{
    CHECK(written("0x10\n", IIO_VAL_INT) == "16 0");
    CHECK(written("010", IIO_VAL_INT) == "8 0");
    CHECK(written("-5\n", IIO_VAL_INT) == "-5 0");
    CHECK(written("-2147483648", IIO_VAL_INT) == "-2147483648 0");
    CHECK(written("2147483648", IIO_VAL_INT) == "ERANGE");
    CHECK(written("99999999999999999999999", IIO_VAL_INT) == "ERANGE");
    for (const char *text : {"", "\n", "1.5", "abc", "1 ", " 1", "0x", "08", "-", "1\n\n"})
        CHECK(written(text, IIO_VAL_INT) == "EINVAL");
}

TEST_CASE("a written character is the first one")
{
    CHECK(written("K\n", IIO_VAL_CHAR) == "75 0");
    CHECK(written("", IIO_VAL_CHAR) == "EINVAL");
}

TEST_CASE("a format that cannot be written is EINVAL")
{
    CHECK(written("1", IIO_VAL_FRACTIONAL) == "EINVAL");
}

TEST_CASE("a boolean is told by its first characters")
{
    for (const char *text : {"1", "1.5\n", "y", "Yes", "t", "True", "on", "oN"})
        CHECK(parse_bool(text).value());
    for (const char *text : {"0", "0x10", "n", "No", "f", "off", "of", "OF"})
        CHECK_FALSE(parse_bool(text).value());
    for (const char *text : {"", "\n", "2", "-1", "o", "ox", " 1", "+7"})
        CHECK(parse_bool(text).error().value() == EINVAL);
}

} // namespace text_test
