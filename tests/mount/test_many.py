#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Very many devices: what holds of one holds of each of a thousand."""
import os
import tempfile

from held_mount import HeldMount
from mount_fixture import read, recordings, run, write

COUNT = 1000


def files_below(directory):
    """The inode number of everything below it."""
    found = {}
    for folder, folders, files in os.walk(directory):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            found[os.path.relpath(path, directory)] = os.lstat(path).st_ino
    return found


def test_takeover():
    """a thousand devices are the same ones after the server died, and open files go on"""
    model, = recordings("mcp4725")
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        config = os.path.join(folder, "iiofs.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'[[device]]\nmodel = "{model}"\n' * COUNT)
        with HeldMount("--config", config) as mount:
            devices = f"{mount.root}/devices"
            assert len(os.listdir(devices)) == COUNT + 1  # iio_sysfs_trigger
            for number in range(COUNT):
                write(mount.path(number, "out_voltage0_raw"), f"{number}\n")
            with open(mount.path(COUNT - 1, "name"), "rb", buffering=0) as name:
                assert os.read(name.fileno(), 3) == b"mcp"
                before = files_below(mount.root)
                mount.replace()
                assert os.read(name.fileno(), 99) == b"4725\n"
                assert os.pread(name.fileno(), 99, 0) == b"mcp4725\n"
            for number in range(COUNT):
                value = read(mount.path(number, "out_voltage0_raw"))
                assert value == f"{number}\n", f"device {number}: {value}"
            after = files_below(mount.root)
            assert after == before, set(after.items()) ^ set(before.items())


run(test_takeover)
