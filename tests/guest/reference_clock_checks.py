#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In the reference kernel: the clock is set, forward and back, while the kernel's driver and ours stream.
    reference_clock_checks.py KERNEL

KERNEL is the reference kernel's folder. The kernel drives an HMC5883L on its I2C bus, ours is simulated.
Both are triggered by timers at 50 Hz, and what ours shows is to be what the kernel's shows.
"""
import contextlib
import json
import os
import struct
import sys
import time

KERNEL = sys.argv[1]
sys.path[:0] = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mount"), KERNEL]
import chipmodel  # noqa: E402: folders beside this one
from mount_fixture import Mount, read, recordings, run, simulate, wait_until, write  # noqa: E402

CONTROL = "/sys/kernel/debug/emubus/ctl"
COME_S = 20
HERTZ = 50
STEP_S = 3600
# On a busy machine all of this kernel comes late, but not by that much.
LATE_S = 60
SCAN = struct.Struct("<h6xq")  # in_magn_x as the chip sends it, timestamp
PARTS = ("hmc5883l", "bma250")


class Streamer:
    """A device in the tree of the kernel or of a mount, and a timer that triggers it."""

    def __init__(self, bus, config, dev, name, channel):
        self.name, self.dev, self.channel = name, dev, channel
        self.devices = f"{bus}/devices"
        self.timer = f"{config}/iio/triggers/hrtimer/timer"

    def entry(self, kind, name):
        return next(f"{self.devices}/{entry}" for entry in os.listdir(self.devices)
                    if entry.startswith(kind) and read(f"{self.devices}/{entry}/name").strip() == name)

    @contextlib.contextmanager
    def running(self, clock):
        os.mkdir(self.timer)
        device, trigger = self.entry("iio:device", self.name), self.entry("trigger", "timer")
        write(f"{trigger}/sampling_frequency", f"{HERTZ}\n")
        for attribute, value in (("current_timestamp_clock", clock), ("trigger/current_trigger", "timer"),
                                 (f"scan_elements/{self.channel}_en", 1), ("scan_elements/in_timestamp_en", 1),
                                 ("buffer/length", 256), ("buffer/enable", 1)):
            write(f"{device}/{attribute}", f"{value}\n")
        node = os.open(f"{self.dev}/{os.path.basename(device)}", os.O_RDONLY)
        try:
            yield node
        finally:
            os.close(node)
            write(f"{device}/buffer/enable", "0\n")
            write(f"{device}/trigger/current_trigger", "\n")
            os.rmdir(self.timer)


def times(node, count):
    """Of so many scans, in the order in which they come."""
    found = []
    while len(found) < count:
        found += [time_ns for _, time_ns in SCAN.iter_unpack(os.read(node, SCAN.size * count))]
    return found


def step_clock(seconds):
    time.clock_settime_ns(time.CLOCK_REALTIME, time.clock_gettime_ns(time.CLOCK_REALTIME) + seconds * 10**9)


def jumps(streamer, clock):
    """How the times of neighbours in one stream differ, in minutes, where that is any, while the clock is
    set forward and back; and how many seconds the whole took."""
    with streamer.running(clock) as node:
        found = times(node, 5)
        begin = time.monotonic()
        for step in (STEP_S, -STEP_S):
            step_clock(step)
            found += times(node, HERTZ)
        took = time.monotonic() - begin
    steps = [round((later - earlier) / 60e9) for earlier, later in zip(found, found[1:])]
    return [step for step in steps if step != 0], took


@contextlib.contextmanager
def both():
    """A streamer of the kernel and one of ours."""
    file, = recordings("hmc5883l")
    with open(file, encoding="utf-8") as text:
        chip = json.load(text)["chip"]
    where = chipmodel.num(chip["address"])
    bus = chipmodel.Bus()
    bus.on = False
    bus.attach("i2c", where, chip["model"])
    write(CONTROL, f"i2c {chip['driver']} {where}\n")
    try:
        with Mount(*simulate(recordings(*PARTS))) as mount:
            kernel = Streamer("/sys/bus/iio", "/sys/kernel/config", "/dev", "hmc5883l", "in_magn_x")
            wait_until(lambda: os.listdir(kernel.devices), COME_S, "the kernel's device")
            yield kernel, Streamer(mount.root, f"{mount.root}/config", f"{mount.root}/dev", "hmc5883l",
                                   "in_magn_x"), mount
    finally:
        write(CONTROL, f"remove i2c {where}\n")
        bus.detach("i2c", where)


def test_streams():
    """a stream's times jump with the clock that they are taken from, as the kernel's, and scans come on"""
    with both() as (kernel, ours, _):
        said = []
        for clock, expected in (("realtime", [STEP_S // 60, -STEP_S // 60]), ("monotonic", []), ("boottime", [])):
            for who, streamer in (("kernel", kernel), ("ours", ours)):
                found, took = jumps(streamer, clock)
                assert found == expected, f"{who}, {clock}: jumps by {found} minutes"
                assert took < LATE_S, f"{who}, {clock}: two seconds of scans took {took:.1f} s"
                said.append(f"{took:.1f}")
        return f"2 s of scans took {', '.join(said)} s"


def test_waits():
    """waits end when they are to, whatever the clock is set to meanwhile"""
    with both() as (_, ours, mount):
        name = f"{mount.root}/devices/iio:device0/name"
        for step in (STEP_S, -STEP_S):
            with ours.running("monotonic") as node:
                begin = time.monotonic()
                step_clock(step)
                times(node, HERTZ // 2)
                # A read of one value asks the simulated part, whose own time goes on.
                assert read(f"{mount.root}/devices/iio:device1/in_accel_x_raw").strip().lstrip("-").isdigit()
                assert read(name) == "hmc5883l\n"
                took = time.monotonic() - begin
                assert took < LATE_S, f"{took:.1f} s for half a second of scans"


run(test_streams, test_waits)
