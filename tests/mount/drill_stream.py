#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""drill_stream.py [SECONDS]: streams into readers that stall, and looks at the daemon's memory.

Four parts stream, on a timer, on writes to trigger_now, on their own interrupts. Of their readers one
stalls, one is slow, one keeps up, one comes and goes, one never takes its events. Once warm, the daemon
has at the end what it had: resident memory, descriptors, and, but for workers that it keeps, data segment.
"""
import contextlib
import os
import select
import sys
import threading
import time

from mount_fixture import Mount, recordings, run, simulate, write
from streaming_bench import (ALARM, AXES, PARTS, Device, SysfsTrigger, alarming_chip, interrupting,
                             make_timer)

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 6
HERTZ = 50
# What the allocator's and the kernel's rounding may move.
SLACK_KB = 256
# Requests that come at once make workers, which the daemon keeps: with a stack and room
# for a request of 1 MiB, that nobody has touched yet.
IDLE_WORKERS, WORKER_KB = 16, 4096


class Drill:
    """The clients; each runs on a thread of its own until the end."""

    def __init__(self):
        self.end = threading.Event()
        self.scans = {"stalled": 0, "slow": 0, "steady": 0, "passing": 0}
        self.fired = 0
        self.failures = []
        self.threads = []

    def start(self, client, *arguments):
        def work():
            try:
                client(*arguments)
            except Exception as error:  # told at the end
                self.failures.append(f"{client.__name__}: {error!r}")
                self.end.set()
        self.threads.append(threading.Thread(target=work, daemon=True))
        self.threads[-1].start()

    def take(self, who, fd, size=4096):
        self.scans[who] += len(os.read(fd, size)) // 16

    def stalled(self, device):
        """Reads once, and never again; what comes is dropped."""
        with device.open() as fd:
            self.take("stalled", fd)
            self.end.wait()

    def slow(self, device):
        """Takes a scan now and then, of a buffer that is always full."""
        with device.open() as fd:
            while not self.end.wait(0.5):
                self.take("slow", fd, 16)

    def steady(self, device):
        """Polls for the watermark and takes all."""
        poll = select.poll()
        with device.open(os.O_RDONLY | os.O_NONBLOCK) as fd:
            poll.register(fd, select.POLLIN)
            while not self.end.is_set():
                if poll.poll(1000):
                    self.take("steady", fd)

    def passing(self, device):
        """Opens, reads, starts the buffer anew, closes, again and again."""
        while not self.end.wait(0.5):
            with device.open() as fd:
                self.take("passing", fd)
                device.stop()
                device.set("buffer/enable", 1)

    def fire(self, trigger):
        while not self.end.wait(1 / HERTZ):
            write(trigger.now, "1\n")
            self.fired += 1

    def finish(self):
        self.end.set()
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive(), "a client hangs"
        assert not self.failures, self.failures


def footprint(process):
    """VmRSS and VmData in kB, descriptors, threads."""
    status = {}
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            status[key] = value.split()
    return (int(status["VmRSS"][0]), int(status["VmData"][0]),
            len(os.listdir(f"/proc/{process.pid}/fd")), int(status["Threads"][0]))


def watch(drill, process):
    """The footprints of the time, oldest first; and tells them as they come."""
    begin, seen, told = time.monotonic(), [], 0.0
    while (now := time.monotonic() - begin) < SECONDS and not drill.end.wait(SECONDS / 200):
        seen.append(footprint(process))
        if now >= told:
            print("  {:6.0f} s: RSS {} kB, data {} kB, {} descriptors, {} threads; ".format(
                now, *seen[-1]) + ", ".join(f"{k} {v}" for k, v in drill.scans.items()), flush=True)
            told += max(SECONDS / 24, 1)
    return seen


def test_memory():
    """memory and descriptors stay what they are while readers stall"""
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(interrupting("bma255-fifo", HERTZ))
        alarming = stack.enter_context(alarming_chip())
        mount = stack.enter_context(Mount(*simulate(recordings("hmc5883", "hmc5883l")),
                                          "--simulate", own, "--simulate", alarming))
        timer, trigger = make_timer(mount, HERTZ), SysfsTrigger(mount)
        compass, other, accel, voltage = (Device(mount, number) for number in range(4))
        drill = Drill()
        voltage.set(ALARM, 1)
        stack.enter_context(voltage.open(suffix=".events"))  # whose events nobody takes
        compass.start(timer, *AXES, length=128, watermark=16)
        other.start(timer, *AXES, length=64)
        accel.start("", *PARTS["lis3dh"], length=256, watermark=10)  # from the chip's FIFO
        voltage.start(trigger.name, *PARTS["max1363"], length=32)
        drill.start(drill.stalled, compass)
        drill.start(drill.slow, other)
        drill.start(drill.steady, accel)
        drill.start(drill.passing, voltage)
        drill.start(drill.fire, trigger)
        seen = watch(drill, mount.process)
        drill.finish()
        assert compass.available() == 128, "the stalled reader's buffer is not full"
        assert all(drill.scans.values()), drill.scans
    warm = seen[len(seen) // 4:]
    begin, end = warm[:len(warm) // 3], warm[-(len(warm) // 3):]
    most = [(max(v[i] for v in begin), max(v[i] for v in end)) for i in range(4)]
    figures = ", ".join(f"{name} {before} then {after}" for name, (before, after) in
                        zip(("RSS kB", "data kB", "descriptors", "threads"), most))
    more = max(0, most[3][1] - most[3][0])
    for (before, after), slack in zip(most, (SLACK_KB, SLACK_KB + more * WORKER_KB, 0, IDLE_WORKERS)):
        assert after <= before + slack, f"it grew: {figures}"
    return f"{figures}; {drill.scans} scans taken, {drill.fired} moments written"


run(test_memory, limit_s=SECONDS + 90)
