// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <daemon/mounter/mountinfo.hpp>
#include <filesystem>

namespace mountinfo_test {

using namespace iiofs;

TEST_CASE("a line of mountinfo is read whatever optional fields it has")
{
    const MountEntry expected{52, "0:46", "/", "/run/iiofs", "fuse.iiofs", "iiofs"};
    const auto *const optional = GENERATE("", "shared:7 ", "shared:7 master:1 propagate_from:2 ");
    const auto entries = parse_mountinfo(std::string{"52 27 0:46 / /run/iiofs rw,nosuid "} +
                                         optional + "- fuse.iiofs iiofs rw,user_id=0\n");
    REQUIRE(entries.size() == 1);
    CHECK(entries.front() == expected);
    CHECK(is_iiofs(entries.front()));
}

TEST_CASE("the escapes of mountinfo are undone, and other backslashes stay")
{
    const auto entries =
        parse_mountinfo("1 2 0:3 /a\\134b /x\\040y\\011z\\012\\043 rw - fuse a\\040b rw\n"
                        "2 2 0:3 / /end\\ rw - fuse \\04 rw\n"
                        "3 2 0:3 / /\\999\\08x\\777 rw - fuse s rw\n");
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].root == "/a\\b");
    CHECK(entries[0].mountpoint == "/x y\tz\n#");
    CHECK(entries[0].source == "a b");
    CHECK(entries[1].mountpoint == "/end\\");
    CHECK(entries[1].source == "\\04");
    CHECK(entries[2].mountpoint == "/\\999\\08x\\777");
}

TEST_CASE("an empty source is kept, and lines that are no mount are left out")
{
    const auto entries = parse_mountinfo("\n"
                                         "x 2 0:3 / /no-number rw - fuse s rw\n"
                                         "1 2 0:3 / /no-dash rw shared:1\n"
                                         "1 2 0:3 / /no-type rw -\n"
                                         "1 2\n"
                                         "7 2 0:3 / /no-source rw - fuse.iiofs  rw\n"
                                         "8 2 0:4 / /no-newline rw - tmpfs iiofs");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].mountpoint == "/no-source");
    CHECK(entries[0].source.empty());
    CHECK(is_iiofs(entries[0]));
    CHECK(entries[1].source == "iiofs");
    CHECK_FALSE(is_iiofs(entries[1]));
    CHECK(parse_mountinfo("").empty());
}

TEST_CASE("iiofs is known by its type, or by its source where FUSE has no subtype")
{
    const auto of = [](std::string type, std::string source) {
        return is_iiofs({1, "0:1", "/", "/m", std::move(type), std::move(source)});
    };
    CHECK(of("fuse.iiofs", "anything"));
    CHECK(of("fuse", "iiofs"));
    CHECK_FALSE(of("fuse", "sshfs"));
    CHECK_FALSE(of("fuse.sshfs", "iiofs"));
    CHECK_FALSE(of("tmpfs", "iiofs"));
}

TEST_CASE("what is no iiofs mount is no stale one")
{
    CHECK_FALSE(is_stale_mount("/"));
    CHECK_FALSE(is_stale_mount("/proc"));
    CHECK_FALSE(is_stale_mount(std::filesystem::temp_directory_path() / "there-is-no-such-thing"));
    CHECK_FALSE(is_stale_mount(""));
}

} // namespace mountinfo_test
