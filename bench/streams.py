# SPDX-License-Identifier: MIT
"""What the benchmarks of streaming share: a device's settings, and stream_bench that reads it.

A tree is the kernel's (/sys/bus/iio) or a mount's; both are used in the same way.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("IIOFS_BUILD", f"{os.path.dirname(HERE)}/build"))
os.environ.setdefault("IIOFS", f"{BUILD}/daemon/iiofs")
sys.path.insert(0, f"{os.path.dirname(HERE)}/tests/mount")


def put(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")


def entry(root, kind, name):
    """The directory of the device or trigger that has this name."""
    for directory in os.listdir(f"{root}/devices"):
        if directory.startswith(kind):
            with open(f"{root}/devices/{directory}/name", encoding="utf-8") as file:
                if file.read().rstrip("\n") == name:
                    return f"{root}/devices/{directory}"
    raise LookupError(f"{root} has no {kind} {name}")


class Timer:
    """An hrtimer trigger, for as long as the block runs."""

    def __init__(self, root, hertz, name="bench"):
        config = "/sys/kernel/config" if root.startswith("/sys") else f"{root}/config"
        self.root, self.name, self.hertz = root, name, hertz
        self.directory = f"{config}/iio/triggers/hrtimer/{name}"

    def __enter__(self):
        os.mkdir(self.directory)
        put(f"{entry(self.root, 'trigger', self.name)}/sampling_frequency", self.hertz)
        return self.name

    def __exit__(self, *_):
        os.rmdir(self.directory)


class Stream:
    """A device that streams these channels and the timestamp, for as long as the block runs."""

    def __init__(self, root, device, trigger, channels, length=1024, watermark=1):
        self.device = entry(root, "iio:device", device)
        number = os.path.basename(self.device)
        self.node = f"/dev/{number}" if root.startswith("/sys") else f"{root}/dev/{number}"
        self.settings = {"current_timestamp_clock": "monotonic", "trigger/current_trigger": trigger,
                         "buffer/length": length, "buffer/watermark": watermark}
        self.settings |= {f"scan_elements/{channel}_en": 1
                          for channel in (*channels, "in_timestamp")}

    def __enter__(self):
        for attribute, value in self.settings.items():
            put(f"{self.device}/{attribute}", value)
        put(f"{self.device}/buffer/enable", 1)
        return self

    def __exit__(self, *_):
        put(f"{self.device}/buffer/enable", 0)
        put(f"{self.device}/trigger/current_trigger", "")

    def read(self, *options):
        """What stream_bench says of it."""
        done = subprocess.run([f"{BUILD}/bench/stream_bench", *map(str, options), self.node],
                              capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr.strip()
