// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <core/uevent.hpp>
#include <string>

namespace uevent_test {

using iio::core::take_uevent;

namespace {

const std::string uuid = "12345678-1234-1234-1234-123456789abc";

bool is_taken(const std::string &text)
{
    const auto taken = take_uevent(text);
    if (!taken)
        CHECK(taken == iio::fail(EINVAL));
    return taken == text.size();
}

std::string repeated(const std::string &text, std::size_t times)
{
    std::string all;
    while (times-- > 0)
        all += text;
    return all;
}

} // namespace

TEST_CASE("an uevent is an action, then a UUID, then variables, and may have one end")
{
    using namespace std::string_literals;
    for (const auto &text :
         {"add"s, "add\n"s, "add\0"s, "remove"s, "change"s, "move"s, "online"s, "offline"s, "bind"s,
          "unbind"s, "change " + uuid, "change 12345678-1234-1234-1234-123456789ABC"s,
          "change " + uuid + " A=1 B2=x\n", "change " + uuid + " A=1\0"s}) {
        INFO(text);
        CHECK(is_taken(text));
    }
}

TEST_CASE("an uevent of another shape is EINVAL")
{
    using namespace std::string_literals;
    for (const auto &text : {""s,
                             "\n"s,
                             "ad"s,
                             "addx"s,
                             "ADD"s,
                             "add\n\n"s,
                             "add "s,
                             "add  "s,
                             "add x"s,
                             "add " + uuid + " ",
                             "add " + uuid + "0",
                             "add " + uuid.substr(1),
                             "add " + std::string(36, '0'),
                             "add " + uuid + " A",
                             "add " + uuid + " A=",
                             "add " + uuid + " =1",
                             "add " + uuid + " A=1 ",
                             "add " + uuid + " A=1 \n",
                             "add " + uuid + " A=1  B=2",
                             "add " + uuid + " A_B=1",
                             "add " + uuid + " A=_",
                             "add " + uuid + " A=1=2"}) {
        INFO(text);
        CHECK_FALSE(is_taken(text));
    }
}

TEST_CASE("an uevent has room for as much as the kernel's")
{
    CHECK(is_taken("add " + uuid + repeated(" A=1", 63)));
    CHECK_FALSE(is_taken("add " + uuid + repeated(" A=1", 64)));
    CHECK(is_taken("add " + uuid + " A=" + std::string(1985, 'x')));
    CHECK_FALSE(is_taken("add " + uuid + " A=" + std::string(1990, 'x')));
}

} // namespace uevent_test
