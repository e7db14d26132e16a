# SPDX-License-Identifier: MIT
"""Holds a device's directory against a recording of the kernel's own driver.

A recording is NAME.json of a driver's golden/ folder: for each file of the
device's directory its mode and what a read gave, then writes, and what each
changed.
"""
import errno
import json
import os
import re
import stat

# What is the kernel's own business, and differs from machine to machine.
NOT_COMPARED = re.compile(r"^(power|of_node|waiting_for_supplier|uevent|dev)(/|$)")


def load(file):
    with open(file, encoding="utf-8") as text:
        return json.load(text)


def answer(entry):
    """What a read or write was answered, from a recorded entry."""
    return {key: entry[key] for key in ("read", "wrote", "errno") if key in entry}


def try_read(path):
    return _try(path, os.O_RDONLY, lambda fd: {"read": os.read(fd, 4096).decode("latin-1")})


def try_write(path, text):
    return _try(path, os.O_WRONLY, lambda fd: {"wrote": os.write(fd, text.encode("latin-1"))})


def _try(path, flags, call):
    try:
        fd = os.open(path, flags)
        try:
            return call(fd)
        finally:
            os.close(fd)
    except OSError as error:
        return {"errno": errno.errorcode[error.errno]}


class Comparison:
    """Counts what holds, and keeps the differences as lines of text."""

    def __init__(self):
        self.checks = 0
        self.differences = []

    def equal(self, what, got, recorded):
        self.checks += 1
        if got != recorded:
            self.differences.append(f"{what}: {got!r}, recorded {recorded!r}")

    def __str__(self):
        return f"{self.checks - len(self.differences)} of {self.checks} hold"


def compare(directory, recording):
    """Compares names, types, modes, reads, writes and what they changed."""
    comparison = Comparison()
    _compare_tree(comparison, directory, recording["tree"])
    _compare_writes(comparison, directory, recording)
    return comparison


def _kind(mode):
    return "link" if stat.S_ISLNK(mode) else "dir" if stat.S_ISDIR(mode) else "file"


def _compare_tree(comparison, directory, tree):
    found = set()
    for folder, folders, files in os.walk(directory):
        within = os.path.relpath(folder, directory)
        found |= {os.path.normpath(os.path.join(within, name)) for name in folders + files}
    recorded = {entry["path"]: entry for entry in tree}
    names = {name for name in found | set(recorded) if not NOT_COMPARED.match(name)}
    for name in sorted(names):
        comparison.equal(f"{name} is there", name in found, name in recorded)
        if name not in found or name not in recorded:
            continue
        entry, path = recorded[name], os.path.join(directory, name)
        mode = os.lstat(path).st_mode
        comparison.equal(f"{name} is a", _kind(mode), entry["type"])
        if entry["type"] != "file":
            continue
        comparison.equal(f"{name}'s mode", f"{stat.S_IMODE(mode):04o}", entry["mode"])
        if answer(entry) and not entry.get("varies"):
            comparison.equal(f"reading {name}", try_read(path), answer(entry))


def _compare_writes(comparison, directory, recording):
    expected = {entry["path"]: answer(entry) for entry in recording["tree"]
                if "/" not in entry["path"] and answer(entry) and not entry.get("varies")}
    for op in recording["ops"]:
        what = f"{op['text']!r} to {op['path']}"
        comparison.equal(f"writing {what}", try_write(f"{directory}/{op['path']}", op["text"]),
                         answer(op))
        expected |= {name: changed for name, changed in op.get("changed", {}).items()
                     if name in expected}
        for name, recorded in expected.items():
            comparison.equal(f"reading {name} after {what}", try_read(f"{directory}/{name}"),
                             recorded)
