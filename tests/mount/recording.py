# SPDX-License-Identifier: MIT
"""Holds a device's directory against a recording of the kernel's own driver.

A recording is NAME.json of a driver's recordings folder: for each file of the
device's directory its mode and what a read gave, then writes, and what each
changed; then captures: which channels of the buffer, what enabling it said, what
attributes read meanwhile, and the scans that the trigger sysfstrig7 made.
"""
import errno
import json
import os
import re
import select
import stat
import time

# What is the kernel's own business, and differs from machine to machine.
NOT_COMPARED = re.compile(r"^(power|of_node|waiting_for_supplier|uevent|dev)(/|$)")


# How long a scan that was recorded may take here.
PATIENCE_S = 2


def load(file):
    with open(file, encoding="utf-8") as text:
        return json.load(text)


def answer(entry):
    """What a read or write was answered, from a recorded entry."""
    return {key: entry[key] for key in ("read", "wrote", "errno") if key in entry}


def captures(device):
    """The captures of a recorded device, in order; none of one without a buffer."""
    buffer = device.get("buffer")
    if not buffer:
        return []
    with_timestamp = [buffer["with_timestamp_bytes"]] if "with_timestamp_bytes" in buffer else []
    return [buffer["without_trigger"], *buffer.get("captures", []), *with_timestamp,
            buffer["empty"]]


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

    def add(self, other):
        self.checks += other.checks
        self.differences += other.differences

    def __str__(self):
        return f"{self.checks - len(self.differences)} of {self.checks} hold"


def compare(directory, recording):
    """Compares names, types, modes, reads, writes and what they changed, captures."""
    comparison = Comparison()
    _compare_tree(comparison, directory, recording["tree"])
    _compare_writes(comparison, directory, recording)
    if "buffer" in recording:
        _compare_captures(comparison, directory, recording)
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


def _compare_captures(comparison, directory, recording):
    trigger = _sysfs_trigger(os.path.dirname(directory))
    current, buffer = f"{directory}/trigger/current_trigger", recording["buffer"]
    without_trigger, *others = captures(recording)
    _compare_capture(comparison, directory, without_trigger, trigger)
    if "default_trigger" in buffer:
        comparison.equal("current_trigger", try_read(current), buffer["default_trigger"])
        comparison.equal("setting current_trigger", try_write(current, "sysfstrig7\n"),
                         buffer["set_trigger"])
    for capture in others:
        _compare_capture(comparison, directory, capture, trigger)


def _sysfs_trigger(devices):
    """The directory of the trigger sysfstrig7, made where there is none."""
    for name in os.listdir(devices):
        if try_read(f"{devices}/{name}/name") == {"read": "sysfstrig7\n"}:
            return f"{devices}/{name}"
    try_write(f"{devices}/iio_sysfs_trigger/add_trigger", "7\n")
    return _sysfs_trigger(devices)


def _compare_capture(comparison, directory, capture, trigger):
    what = f"with {' '.join(capture['enabled']) or 'no channel'}"
    elements = f"{directory}/scan_elements"
    for name in sorted(os.listdir(elements)):
        if name.endswith("_en"):
            try_write(f"{elements}/{name}", f"{int(name in capture['enabled'])}\n")
    enable = f"{directory}/buffer/enable"
    comparison.equal(f"{what}, length", try_write(f"{directory}/buffer/length", "16\n"),
                     capture["length"])
    comparison.equal(f"{what}, enable", try_write(enable, "1\n"), capture["enable"])
    if "errno" not in capture["enable"]:
        _compare_scans(comparison, directory, capture, trigger, what)
        comparison.equal(f"{what}, disable", try_write(enable, "0\n"), capture["disable"])
    try_write(enable, "0\n")


def _compare_scans(comparison, directory, capture, trigger, what):
    root, device = directory.rsplit("/devices/", 1)
    fd = os.open(f"{root}/dev/{device}", os.O_RDONLY | os.O_NONBLOCK)
    try:
        for name, read in capture["reads_while_enabled"].items():
            comparison.equal(f"{what}, reading {name}", try_read(f"{directory}/{name}"), read)
        for number, scan in enumerate(capture["scans"]):
            try_write(f"{trigger}/trigger_now", "1\n")
            comparison.equal(f"{what}, scan {number}", _next_scan(fd, scan), scan)
    finally:
        os.close(fd)


def _next_scan(fd, recorded):
    """What is in the buffer, in hexadecimal, or how much of it there is."""
    if recorded != "EAGAIN":
        select.select([fd], [], [], PATIENCE_S)
    # The trigger does not fire again before the part is done with this scan.
    time.sleep(0.05)
    try:
        scan = os.read(fd, 4096)
    except OSError as error:
        return errno.errorcode[error.errno]
    return len(scan) if isinstance(recorded, int) else scan.hex()
