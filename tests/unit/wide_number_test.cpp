// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <sim/wide_number.hpp>

namespace wide_number_test {

using iio::sim::WideNumber;

namespace {

constexpr WideNumber low_word = ~std::uint64_t{0};
constexpr WideNumber all = ~WideNumber{0};

} // namespace

TEST_CASE("a wide number is a built-in one of 128 bits")
{
    CHECK((WideNumber{1} << 127 >> 127) == 1);
    CHECK((WideNumber{1} << 64) == low_word + 1);
    CHECK((all >> 64) == low_word);
    CHECK((all << 0) == all);
    CHECK(static_cast<std::uint64_t>((WideNumber{0x1234} << 60) >> 56) == 0x12340);
    CHECK(WideNumber{-1} == all);
    CHECK(all + 1 == 0);
    CHECK(WideNumber{0} - 1 == all);
    CHECK((low_word + 1) - 1 == low_word);
    CHECK((all ^ low_word) == low_word << 64);
    CHECK((all & low_word) == low_word);
    CHECK((low_word << 64 | low_word) == all);
    CHECK(low_word < (WideNumber{1} << 64));
    CHECK((WideNumber{2} << 64) > (WideNumber{1} << 64 | low_word));
    CHECK(static_cast<bool>(WideNumber{1} << 100));
    CHECK_FALSE(static_cast<bool>(WideNumber{}));
    CHECK(static_cast<std::uint8_t>(WideNumber{0x1ff}) == 0xff);
    CHECK(static_cast<double>(WideNumber{3} << 64) == 3 * 0x1p64);
}

} // namespace wide_number_test
