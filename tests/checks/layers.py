#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The folders of the daemon include only what docs/architecture.md allows them.

  layers.py SOURCE_DIRECTORY

The table "The daemon" there says which folders and libraries a folder sees. Here is checked that
each folder of the daemon is in the table, that what it sees stands above it, and that no file includes
anything else. A rule that nothing needs any more is a mistake, too.
"""
import pathlib
import re
import shutil
import sys
import tempfile

# Which library a header is of. Headers of the system and of libiiowrap's include/ are free.
LIBRARIES = {
    r"(fuse\w*\.h|cuse\w*\.h|linux/fuse\.h|fuse3/.*)": "fuse3",
    r"(spdlog|fmt)/.*": "spdlog",
    r"CLI/.*": "CLI11",
    r"toml\+\+/.*": "tomlplusplus",
    r"n?curses\w*\.h": "ncursesw",
    r"nlohmann/.*": "nlohmann_json",
    r"(core|bus|sim)/.*": None,  # the folder of libiiowrap of that name
}
ROW = re.compile(r"^\| `(daemon/[^`]+)` \| [^|]+ \| ([^|]*) \|$")


def read_rules(root):
    """What each row of the table sees, in the table's order: {"daemon/base/": {"spdlog"}, ...}."""
    rules = {}
    for line in (root / "docs/architecture.md").read_text().splitlines():
        if row := ROW.match(line):
            rules[row[1]] = set(re.findall(r"`([^`]+)`", row[2]))
    return rules


def seen_by(include, place):
    """By which name of the table a file of a folder sees a header; None: it needs none."""
    if include.startswith("daemon/"):
        folder, slash, _ = include.removeprefix("daemon/").partition("/")
        is_own = not slash or f"daemon/{folder}/" == place
        return None if is_own else folder + "/"
    for pattern, library in LIBRARIES.items():
        if re.fullmatch(pattern, include):
            return library or include.partition("/")[0] + "/"
    return None


def find_mistakes(root):
    rules = read_rules(root)
    mistakes, above, used = [], set(), {place: set() for place in rules}
    for place, sees in rules.items():
        mistakes += [f"docs/architecture.md: {place} sees {name}, which does not stand above it"
                     for name in sorted(sees)
                     if (root / "daemon" / name).is_dir() and name not in above]
        above.add(place.removeprefix("daemon/"))
    for file in sorted((root / "daemon").rglob("*.[ch]pp")):
        name = str(file.relative_to(root))
        place = name if name in rules else str(file.parent.relative_to(root)) + "/"
        if place not in rules:
            mistakes.append(f"{name}: docs/architecture.md has no row for its folder")
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            seen = include and seen_by(include[1], place)
            if not seen:
                continue
            used[place].add(seen)
            if seen not in rules[place]:
                mistakes.append(f"{name}:{number}: {place} does not see {seen} ({include[1]})")
    for place, sees in rules.items():
        mistakes += [f"docs/architecture.md: {place} includes nothing of {name}"
                     for name in sorted(sees - used[place])]
    return mistakes


def plant(root, file, line):
    """The mistakes when a line is put in front of a file."""
    with tempfile.TemporaryDirectory() as name:
        copy = pathlib.Path(name)
        shutil.copytree(root / "daemon", copy / "daemon")
        (copy / "docs").mkdir()
        shutil.copy(root / "docs/architecture.md", copy / "docs")
        text = (copy / file).read_text()
        (copy / file).write_text(line + "\n" + text)
        return find_mistakes(copy)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    mistakes = find_mistakes(root)
    if not mistakes:
        # It finds what it is there to find.
        for file, line, expected in (
                ("daemon/tree/tree.hpp", "#include <daemon/serve/mount.hpp>", "does not see serve/"),
                ("daemon/takeover/keep.hpp", "#include <fuse_lowlevel.h>", "does not see fuse3"),
                ("daemon/mounter/mounting.cpp", "#include <spdlog/spdlog.h>", "does not see spdlog")):
            if not any(expected in mistake for mistake in plant(root, file, line)):
                mistakes.append(f"{file}: {line} is not found")
    for mistake in mistakes:
        print(mistake)
    if not mistakes:
        print(f"{len(read_rules(root))} folders")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
