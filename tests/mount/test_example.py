#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mnt-example/listing.txt is what the program shows for mnt-example/iiofs.toml.

    test_example.py            compares; IIOFS is the program
    test_example.py --write    writes the listing anew

What a channel measures moves and is written as ~; it has to be a number.
The status, of which most is of one run, is written so, too.
"""
import json
import os
import re
import stat
import sys

from mount_fixture import Mount

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
EXAMPLE = os.path.join(SOURCE, "mnt-example")
MEASURED = re.compile(r"in_\w.*_(raw|input)$")
OF_THIS_SERVER = "status"  # its process, its mountpoint, when it began


def read(path):
    try:
        with open(path, encoding="latin-1") as attribute:
            return attribute.read()
    except OSError as error:
        return f"({error.strerror})"


def line(root, relative):
    path = os.path.join(root, relative)
    status = os.lstat(path)
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    if stat.S_ISLNK(status.st_mode):
        return f"link {relative} -> {os.readlink(path)}"
    if stat.S_ISDIR(status.st_mode):
        return f"{mode} {relative}/"
    if not status.st_mode & 0o444:
        return f"{mode} {relative}"
    text = read(path)
    if MEASURED.match(os.path.basename(relative)):
        float(text)
        return f"{mode} {relative}  ~"
    if relative == OF_THIS_SERVER:
        json.loads(text)
        return f"{mode} {relative}  ~"
    shown = text.rstrip("\n").replace("\n", "\\n").replace("\0", "\\0")
    return f"{mode} {relative}  {shown}".rstrip()


def listing(root):
    found = []
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            found.append(os.path.relpath(os.path.join(directory, name), root))
    return "".join(line(root, relative) + "\n" for relative in sorted(found))


def main():
    with Mount("--config", os.path.join(EXAMPLE, "iiofs.toml")) as mount:
        now = listing(mount.root)
    path = os.path.join(EXAMPLE, "listing.txt")
    if "--write" in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            file.write(now)
        return 0
    with open(path, encoding="utf-8") as file:
        expected = file.read()
    difference = [f"-{l}" for l in expected.splitlines() if l not in now.splitlines()]
    difference += [f"+{l}" for l in now.splitlines() if l not in expected.splitlines()]
    print("\n".join(difference))
    print(f"{len(now.splitlines())} lines, {len(difference)} differ")
    return 1 if now != expected else 0


sys.exit(main())
